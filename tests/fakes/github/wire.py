"""What travels: requests, answers, refusals, and the log of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

JSON: TypeAlias = Mapping[str, "JSON"] | list["JSON"] | str | int | float | bool | None
"""A JSON value."""

TokenKind: TypeAlias = Literal["installation", "user", "none", "invalid"]
"""Who asked: a `ghs_` token, a `ghp_` token, nobody, or a token that this server never issued."""

DOCS = "https://docs.github.com"


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """The two roots from which URLs in answers are made; `api` is the one that the client itself used."""

    api: str
    web: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the routes see it."""

    method: str
    path: str
    """Without the API's prefix; `/repositories/<id>/…` already rewritten to `/repos/<owner>/<name>/…`."""
    query: dict[str, str]
    body: bytes
    links: Links

    def json(self) -> dict[str, JSON]:
        """Return the body as an object; GitHub's 400 when it is not one."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as exc:
            raise Refusal(400, "Problems parsing JSON") from exc
        if not isinstance(value, dict):
            raise Refusal(400, "Body should be a JSON object")
        return value


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; `payload` None means an empty body."""

    status: int = 200
    payload: JSON = None
    headers: dict[str, str] = {}

    def body(self) -> bytes:
        """Return the bytes that go out."""
        return b"" if self.status == 204 else json.dumps(self.payload).encode()


class Refusal(Exception):
    """
    GitHub's way to say no: status, message, and for 422 the list of what is wrong.

    Attributes:
        docs: Overrides the documentation URL, which otherwise is that of the operation.
    """

    def __init__(self, status: int, message: str, *, errors: list[JSON] | None = None, docs: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.docs = docs

    def response(self, *, docs: str, headers: Mapping[str, str] | None = None) -> Response:
        """Return the answer; since 2024 GitHub repeats the status as text in the body."""
        payload: dict[str, JSON] = {"message": self.message}
        if self.errors is not None:
            payload["errors"] = self.errors
        payload |= {"documentation_url": self.docs or docs, "status": str(self.status)}
        return Response(status=self.status, payload=payload, headers=dict(headers or {}))


def not_found() -> Refusal:
    """Return the 404 that also hides what the token may not know of."""
    return Refusal(404, "Not Found")


def invalid(resource: str, *, field: str, code: str, message: str) -> Refusal:
    """Return a 422 with one entry, e.g. a comment's body that is too long."""
    error: dict[str, JSON] = {"resource": resource, "code": code, "field": field, "message": message}
    return Refusal(422, "Validation Failed", errors=[error])


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer, as the log keeps them. Tokens are never kept, only their kind."""

    method: str
    path: str
    """As in `Request.path`."""
    target: str
    """As it was received: prefix, path and query."""
    query: dict[str, str]
    token: TokenKind
    status: int
    """0 when the connection was left hanging or was cut before an answer."""
    request_type: str
    request_body: bytes
    response_headers: dict[str, str]
    response_body: bytes
