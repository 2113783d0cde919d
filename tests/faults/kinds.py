"""What can go wrong with a request, in the words of the server that it was for."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from tests.fakes.front import Front, Raw, Step, Trouble

Server: TypeAlias = Literal["github", "gitlab", "git", "s3"]
"""Who answers: each has words and a form of its own."""

LASTING = ("401", "403", "404", "409", "422")
"""Nothing was done, and nothing else will be."""
LIMITS = ("limit", "429")
"""Nothing was done, for there were too many requests. `limit` is a refusal with the status 403."""
BROKEN = ("500", "502", "hang", "reset")
"""Nothing was done, and the client cannot know."""
UNHEARD = ("lost", "torn")
"""All was done, and the client cannot know."""
KINDS = (*LASTING, *LIMITS, *BROKEN, *UNHEARD)
FAULTS = [(kind, once) for kind in KINDS for once in ((False,) if kind in LASTING else (False, True))]
"""Every kind, for good and once; what is refused for good reasons is so for good."""

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to "
    "GitHub Support for help, please include the request ID 0."
)
_GITHUB = {
    "401": "Bad credentials",
    "403": "Resource not accessible by integration",
    "limit": _SECONDARY,
    "404": "Not Found",
    "409": "Conflict",
    "422": "Validation Failed",
    "429": "API rate limit exceeded for installation ID 1.",
    "500": "Server Error",
}
_GITLAB = {
    "401": "401 Unauthorized",
    "403": "403 Forbidden",
    "limit": "Too many requests from your address",
    "404": "404 Not Found",
    "409": "409 Conflict",
    "422": "422 Unprocessable",
    "500": "500 Internal Server Error",
}
_GIT = {
    "401": "HTTP Basic: Access denied",
    "403": "Permission to octo/digits.git denied to github-actions[bot].",
    "limit": "You have exceeded a secondary rate limit",
    "404": "Repository not found.",
    "409": "Conflict",
    "422": "Unprocessable",
    "429": "Too many requests",
    "500": "Internal Server Error",
}
_S3 = {
    "401": "InvalidAccessKeyId",
    "403": "AccessDenied",
    "limit": "SlowDown",
    "404": "NoSuchBucket",
    "409": "OperationAborted",
    "422": "InvalidRequest",
    "429": "SlowDown",
    "500": "InternalError",
}
_STATUS = {"limit": 403}
_S3_STATUS = {"limit": 503, "401": 403, "422": 400}


def trouble(kind: str, server: Server, *, seconds: int = 1) -> Trouble:
    """What a request meets; `seconds` is what a limit asks to wait."""
    if kind in {"hang", "reset", "lost", "torn"}:
        return kind  # type: ignore[return-value]  # the four of them
    if kind == "502":
        return Raw(status=502, headers={"Content-Type": "text/html"}, content=_HTML)
    return _refusal(kind, server, seconds)


def _refusal(kind: str, server: Server, seconds: int) -> Raw:
    status = _STATUS.get(kind) or int(kind) if server != "s3" else _S3_STATUS.get(kind) or int(kind)
    waiting = {"Retry-After": str(seconds)} if kind in {"429", "limit"} else {}
    if server == "github":
        return _json(status, {"message": _GITHUB[kind], "status": str(status)}, waiting)
    if server == "gitlab" and kind == "429":
        return Raw(status=429, headers={"Content-Type": "text/plain", **waiting}, content=b"Retry later\n")
    if server == "gitlab":
        return _json(status, {"message": _GITLAB[kind]}, {})
    if server == "s3":
        body = f"<?xml version='1.0'?><Error><Code>{_S3[kind]}</Code><Message>in a test</Message></Error>".encode()
        return Raw(status=status, headers={"Content-Type": "application/xml"}, content=body)
    login = {"WWW-Authenticate": 'Basic realm="GitHub"'} if kind == "401" else {}
    headers = {"Content-Type": "text/plain", **login, **waiting}
    return Raw(status=status, headers=headers, content=_GIT[kind].encode())


def _json(status: int, payload: dict[str, str], headers: dict[str, str]) -> Raw:
    return Raw(
        status=status, headers={"Content-Type": "application/json", **headers}, content=msgspec.json.encode(payload)
    )


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong in a run: from the step on whenever it is asked again, or this once."""

    step: Step
    kind: str
    once: bool = False

    def __str__(self) -> str:
        often = "once" if self.once else "always"
        return f"{self.step.name} #{self.step.turn}: {self.kind} {often}"

    def befall(self, front: Front, servers: dict[str, Server]) -> None:
        """Let it happen in what passes the front from now on."""

        def meddle(step: Step) -> Trouble | None:
            same = step.name == self.step.name and step.prefix == self.step.prefix
            due = step.turn == self.step.turn if self.once else step.turn >= self.step.turn
            return trouble(self.kind, servers[step.prefix]) if same and due else None

        front.clear()
        front.meddle = meddle
