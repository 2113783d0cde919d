"""Which endpoints exist, and what every one of them does first: find, authorise, refuse what is archived."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote, urlencode

import msgspec

from tests.fakes.github.auth import Access, Token, authorise
from tests.fakes.github.state import Repository, Role, User
from tests.fakes.github.wire import DOCS, JSON, Refusal, Request, Response, not_found


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """An authorised request, ready for its handler."""

    request: Request
    repo: Repository
    params: dict[str, str]
    """The path's parameters, decoded."""
    token: Token | None

    @property
    def user(self) -> User:
        """Who writes; writes always have a token."""
        if self.token is None:
            raise Refusal(401, "Requires authentication")
        return self.token.user

    def number(self, name: str) -> int:
        """Return a path parameter that is a number; 404 when it is none."""
        if not self.params[name].isdecimal():
            raise not_found()
        return int(self.params[name])

    def page(self, items: list[JSON]) -> Response:
        """Return one page of a list, with GitHub's `Link` header, which names the repository by id."""
        query = self.request.query
        size = min(_positive(query.get("per_page"), 30), 100)
        page = _positive(query.get("page"), 1)
        last = max(1, -(-len(items) // size))
        rels = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        wanted = [rel for rel, to in rels.items() if 1 <= to <= last and not (rel in {"last", "first"} and to == page)]
        root = "/".join([self.request.links.api, "repositories", str(self.repo.id), *self.request.path.split("/")[4:]])
        links = [f'<{root}?{urlencode({**query, "page": str(rels[rel])})}>; rel="{rel}"' for rel in wanted]
        headers = {"Link": ", ".join(links)} if links else {}
        return Response(payload=items[(page - 1) * size : page * size], headers=headers)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else default


Handler: TypeAlias = Callable[[Call], Response]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint; `template` is its path in GitHub's description, parameter names included."""

    method: str
    template: str
    docs: str
    access: Access
    handler: Handler

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters, or None when the request is for another endpoint."""
        if method != self.method:
            return None
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        pattern = pattern.replace("(?P<ref>[^/]+)", "(?P<ref>.+)")  # a branch's name may have slashes
        found = re.fullmatch(pattern, path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


ROUTES: list[Route] = []
"""Every endpoint that is served."""


def route(
    method: str, template: str, *, docs: str, accepts: str, needs: str = "", role: Role = "write"
) -> Callable[[Handler], Handler]:
    """
    Register a handler.

    Args:
        method: The HTTP method; all but GET change something.
        template: The path in GitHub's description.
        docs: The page under docs.github.com/rest, which refusals name.
        accepts: The value of `X-Accepted-GitHub-Permissions`.
        needs: What an installation token really needs, when that is less than what the header claims to suffice.
        role: What a person needs for a write.
    """
    access = Access(write=method != "GET", accepts=accepts, needs=needs or accepts, role=role)

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method=method, template=template, docs=docs, access=access, handler=handler))
        return handler

    return register


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the endpoint that a request is for, the most specific one, and its path's parameters."""
    matches = ((route, route.match(method, path)) for route in ROUTES)
    fitting = [(route, params) for route, params in matches if params is not None]
    return max(fitting, key=lambda match: len(match[0].template), default=None)


def answer(request: Request, *, token: Token | None, find: Callable[[str], Repository | None]) -> Response:
    """Answer a request for something in a repository; `find` looks a repository up by `owner/name`."""
    found = find_route(request.method, request.path)
    if found is None:
        return not_found().response(docs=f"{DOCS}/rest")
    endpoint, params = found
    docs = f"{DOCS}/rest/{endpoint.docs}"
    fine_grained = token is not None and token.kind == "installation"
    headers = {"X-Accepted-GitHub-Permissions": endpoint.access.accepts} if fine_grained else {}
    try:
        repo = _admit(find(f"{params['owner']}/{params['repo']}"), token=token, access=endpoint.access)
        response = endpoint.handler(Call(request=request, repo=repo, params=params, token=token))
    except Refusal as refusal:
        return refusal.response(docs=docs, headers=headers)
    return msgspec.structs.replace(response, headers={**headers, **response.headers})


def _admit(repo: Repository | None, *, token: Token | None, access: Access) -> Repository:
    if repo is None:
        raise not_found()
    authorise(token, repo, access)
    if access.write and repo.archived:
        raise Refusal(403, "Repository was archived so is read-only.")
    return repo
