"""
One address before several servers: whatever passes can be made to fail, without the servers knowing.

    with Front({"/api/v3": github, "/": git}) as front:
        front.meddle = lambda step: "hang" if step.name == "POST /graphql" else None
        ...  # let the code under test use front.url

It speaks real HTTP on both sides, so PyGithub, python-gitlab, boto3 and git meet what a broken network or a broken
forge would show them.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import msgspec

from tests.fakes.github.sockets import Cut, Incoming, Server, Torn
from tests.fakes.github.wire import Response

_OWN_HEADERS = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})
_VOLATILE = re.compile(r"\b[0-9a-f]{16,64}\b|(?<=/)\d+(?=/|$)")
_TIMEOUT = 60


class Raw(Response, frozen=True, kw_only=True):
    """An answer of these bytes."""

    content: bytes = b""

    def body(self) -> bytes:
        """Return the bytes that go out."""
        return self.content


Trouble: TypeAlias = Response | Literal["hang", "reset", "lost", "torn"]
"""
What happens to a request: another answer, and the server never sees it. `hang`, `reset`: it is not passed on, and there
is no answer until the front closes, or the connection is cut. `lost`: it is passed on, and its answer is not. `torn`:
the answer breaks off in the middle of its body.
"""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A request on its way."""

    name: str
    """Method and path, without what differs from run to run, such as `GET /repos/octo/digits/pulls/*`."""
    turn: int
    """The how manieth request of that name it is, from 1 on."""
    prefix: str
    """Whose it is: a key of the front's servers."""
    proxied: bool = False
    """It came as to a proxy."""


class Front:
    """
    A server on 127.0.0.1, on a free port, while the `with` block lasts.

    It also takes requests as a proxy does: whatever host they are for, their paths decide where they go.

    Args:
        servers: The addresses that paths are passed on to, by the beginnings of the paths; the longest one counts.
        tls: Its certificate; None: it speaks HTTP without encryption.

    Attributes:
        url: Its address.
        steps: Every request, in the order of their arrival.
        meddle: Asked before each request is passed on: what shall happen in its place.
        after: Told of each request that was passed on, before its answer is.
    """

    def __init__(self, servers: Mapping[str, str], *, tls: ssl.SSLContext | None = None) -> None:
        self._server = Server(self._serve, tls=tls)
        self._servers = dict(servers)
        self._lock = threading.Lock()
        self.url = f"http{'s' if tls is not None else ''}://127.0.0.1:{self._server.server_port}"
        self.steps: list[Step] = []
        self.meddle: Callable[[Step], Trouble | None] = lambda _: None
        self.after: Callable[[Step], None] = lambda _: None

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def clear(self) -> None:
        """Forget the requests that were seen, and meddle no more."""
        self.steps = []
        self.meddle = lambda _: None
        self.after = lambda _: None

    def _serve(self, incoming: Incoming) -> Response | Cut:
        step = self._step(incoming)
        trouble = self.meddle(step)
        if isinstance(trouble, Response):
            return trouble
        if trouble in {"hang", "reset"}:
            return "hang" if trouble == "hang" else "reset"
        answer = self._pass_on(incoming, self._servers[step.prefix])
        self.after(step)
        if trouble == "lost":
            return "reset"
        return Torn(answer=answer) if trouble == "torn" else answer

    def _step(self, incoming: Incoming) -> Step:
        parts = urlsplit(incoming.target)
        prefix = max((one for one in self._servers if parts.path.startswith(one)), key=len)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = "".join(f"?{name}={query[name]}" for name in ("service", "list-type") if name in query)
        name = f"{incoming.method} {_VOLATILE.sub('*', parts.path.removeprefix(prefix.rstrip('/')))}{asked}"
        with self._lock:
            turn = sum(step.name == name for step in self.steps) + 1
            step = Step(name=name, turn=turn, prefix=prefix, proxied=bool(parts.scheme))
            self.steps.append(step)
        return step

    def _pass_on(self, incoming: Incoming, server: str) -> Raw:
        connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=_TIMEOUT)
        headers = {name: value for name, value in incoming.headers.items() if name not in _OWN_HEADERS | {"expect"}}
        try:
            parts = urlsplit(incoming.target)
            path = urlunsplit(parts._replace(scheme="", netloc=""))
            connection.request(incoming.method, path, body=incoming.body or None, headers=headers)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _OWN_HEADERS}
            return Raw(status=answer.status, headers=kept, content=answer.read())
        finally:
            connection.close()
