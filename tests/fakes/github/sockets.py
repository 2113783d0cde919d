"""The HTTP server: connections, threads, and the ways in which they can be cut."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, TypeAlias

import msgspec

from tests.fakes.github.wire import Response


class Torn(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of which the client gets the head and half of the body before the connection is cut."""

    answer: Response


Cut: TypeAlias = Literal["hang", "reset"] | Torn


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came in."""

    method: str
    target: str
    authorization: str
    """The header's value; it must not be kept."""
    content_type: str
    body: bytes
    headers: dict[str, str] = {}
    """All of them, names in lower case; they must not be kept either."""


Service: TypeAlias = Callable[[Incoming], Response | Cut]


class Server(ThreadingHTTPServer):
    """
    Serves on 127.0.0.1 and a free port, one thread a connection.

    `stop` ends everything: hanging requests are let go, open connections are cut, and all threads are joined, so that
    nothing is left for the garbage collector to complain about.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self, service: Service, *, tls: ssl.SSLContext | None = None) -> None:
        self.service = service
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="fake-github")
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End the server and wait until it has ended."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        for connection in list(self._connections):
            _shut(connection)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  the base class's signature
        """Remember the connection and give it a thread."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401  the base class's signature
        """Forget the connection and close it."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  the base class's signature
        """Say nothing of clients that went away; the service keeps its own failures."""


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # its thread was faster


class _Handler(BaseHTTPRequestHandler):
    """Reads requests off one connection until the client leaves."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server_version = "GitHub.com"
    sys_version = ""
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Print nothing; `FakeGitHub.log` has it all."""

    def _serve(self) -> None:
        result = self.server.service(
            Incoming(
                method=self.command,
                target=self.path,
                authorization=self.headers.get("Authorization") or "",
                content_type=self.headers.get("Content-Type") or "",
                body=self._body(),
                headers={name.lower(): value for name, value in self.headers.items()},
            )
        )
        if isinstance(result, Response):
            self._send(result)
        else:
            self._cut(result)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().strip() or b"0", 16)
        content = self.rfile.read(size)
        self.rfile.readline()
        return content

    def _send(self, response: Response, *, until: float = 1.0) -> None:
        """The whole answer, or the first part of its body."""
        body = response.body()
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: int(len(body) * until)])

    def _cut(self, how: Cut) -> None:
        """Leave the client waiting until the server stops, or answer with a TCP reset, perhaps in mid-body."""
        self.close_connection = True
        if how == "hang":
            self.server.stopping.wait()
            return
        if isinstance(how, Torn):
            self._send(how.answer, until=0.5)
            self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.server._connections.discard(self.connection)
        self.connection.close()

    do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = _serve  # noqa: N815  http.server's names
