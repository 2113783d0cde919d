"""Which endpoints exist, and what every one of them does first: find the project, authorise."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote, urlencode

import msgspec

from tests.fakes.github.wire import JSON
from tests.fakes.gitlab.auth import Access, Token, authorise
from tests.fakes.gitlab.state import Project, Role, User
from tests.fakes.gitlab.wire import Refusal, Request, Response, not_found, unauthorised


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """An authorised request, ready for its handler."""

    request: Request
    project: Project
    params: dict[str, str]
    """The path's parameters, decoded."""
    token: Token | None
    api_url: str
    web_url: str

    @property
    def user(self) -> User:
        """Who writes."""
        if self.token is None:
            raise unauthorised()
        return self.token.user

    def number(self, name: str) -> int:
        """Return a path parameter that is a number; GitLab's 400 when it is none."""
        if not self.params[name].isdecimal():
            raise Refusal(400, {"error": f"{name} is invalid"})
        return int(self.params[name])

    def page(self, items: list[JSON]) -> Response:
        """Return one page of a list, with the headers of GitLab's offset pagination."""
        query = self.request.query
        size, page = min(_positive(query.get("per_page"), 20), 100), _positive(query.get("page"), 1)
        last = max(1, -(-len(items) // size))
        rels = {"prev": page - 1, "next": page + 1, "first": 1, "last": last}
        root = f"{self.api_url}{self.request.path}"
        links = [
            f'<{root}?{urlencode({**query, "page": str(to), "per_page": str(size)})}>; rel="{rel}"'
            for rel, to in rels.items()
            if 1 <= to <= last
        ]
        return Response(
            payload=items[(page - 1) * size : page * size],
            headers={
                "Link": ", ".join(links),
                "X-Page": str(page),
                "X-Per-Page": str(size),
                "X-Next-Page": str(page + 1) if page < last else "",
                "X-Prev-Page": str(page - 1) if page > 1 else "",
                "X-Total": str(len(items)),
                "X-Total-Pages": str(last),
            },
        )


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else default


Handler: TypeAlias = Callable[[Call], Response]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint; `template` is its path in GitLab's documentation."""

    method: str
    template: str
    access: Access
    handler: Handler

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters, or None when the request is for another endpoint."""
        pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", self.template)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


ROUTES: list[Route] = []
"""Every endpoint that is served."""


def route(method: str, template: str, *, role: Role = "guest", job: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler for `/projects/:id` and what follows it."""
    access = Access(write=method != "GET", role=role, job=job)

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method=method, template=f"/projects/:id{template}", access=access, handler=handler))
        return handler

    return register


def answer(
    request: Request, *, token: Token | None, find: Callable[[str], Project | None], api_url: str, web_url: str
) -> Response:
    """Answer a request for something in a project; `find` looks a project up by number or by path."""
    matches = ((one, one.match(request.method, request.path)) for one in ROUTES)
    found = next(((one, params) for one, params in matches if params is not None), None)
    if found is None:
        return Response(status=404, payload={"error": "404 Not Found"})
    endpoint, params = found
    try:
        project = find(params["id"])
        if project is None:
            raise not_found("Project")
        authorise(token, project, endpoint.access)
        return endpoint.handler(
            Call(request=request, project=project, params=params, token=token, api_url=api_url, web_url=web_url)
        )
    except Refusal as refusal:
        return refusal.response
