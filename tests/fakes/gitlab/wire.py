"""What travels: requests, answers, refusals, and the log of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from tests.fakes.github.wire import JSON
from tests.fakes.github.wire import Response as JSONResponse

TokenKind: TypeAlias = Literal["access", "job", "none", "invalid"]
"""Who asked: an access token, a job's token, nobody, or a token that this server never issued."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the routes see it."""

    method: str
    path: str
    """Without the API's prefix, still percent-encoded."""
    query: dict[str, str]
    body: bytes
    content_type: str

    def json(self) -> dict[str, JSON]:
        """Return the body as an object; GitLab's 400 when it is not one."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as exc:
            raise Refusal(400, {"error": "Problem while parsing request body: invalid JSON"}) from exc
        if not isinstance(value, dict):
            raise Refusal(400, {"error": "body must be an object"})
        return value


class Response(JSONResponse, frozen=True, kw_only=True):
    """One answer: JSON, or with `content` a file or a text as it is."""

    content: bytes | None = None

    def body(self) -> bytes:
        """Return the bytes that go out."""
        return super().body() if self.content is None else self.content


class Refusal(Exception):
    """GitLab's way to say no."""

    def __init__(self, status: int, payload: Mapping[str, JSON], *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(payload))
        self.response = Response(status=status, payload=payload, headers=dict(headers or {}))


def unauthorised() -> Refusal:
    """Return the 401 of a missing or unknown token, and of a job's token where that may not go."""
    return Refusal(401, {"message": "401 Unauthorized"})


def forbidden(reason: str = "") -> Refusal:
    """Return the 403 of a role that is too low."""
    return Refusal(403, {"message": "403 Forbidden" + (f" - {reason}" if reason else "")})


def not_found(what: str = "") -> Refusal:
    """Return the 404 that also hides what the token may not know of."""
    return Refusal(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def bad_request(reason: str) -> Refusal:
    """Return a 400."""
    return Refusal(400, {"message": f"400 Bad request - {reason}"})


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer, as the log keeps them. Tokens are never kept, only their kind."""

    method: str
    path: str
    query: dict[str, str]
    token: TokenKind
    status: int
    """0 when the connection was left hanging or was cut before an answer."""
    request_body: bytes
    response_body: bytes
