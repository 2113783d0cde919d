"""git's own HTTP server (`git http-backend`) behind a small one that wants a login and remembers what was sent."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

TOKEN = "ghs_canaryCanaryCanaryCanaryCanary0123"
"""Accepted as the password of any user."""


class GitServer:
    """
    Serves bare repositories below a directory.

    Attributes:
        url: Its address.
        requests: Method, path and every Authorization header of each request, in order.
        may_write: Whether the token may push; otherwise it gets what GitHub answers then.
        failures: Statuses to answer with before anything is served again.
        tokens: What is accepted as the password of any user.
    """

    def __init__(self, root: Path) -> None:
        self.requests: list[tuple[str, str, list[str]]] = []
        self.may_write = True
        self.failures: list[int] = []
        self.tokens = {TOKEN}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(root))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[GitServer]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    @property
    def authorizations(self) -> list[list[str]]:
        """The Authorization headers of each request."""
        return [headers for _, _, headers in self.requests]

    def _accepts(self, header: str) -> bool:
        kind, _, value = header.partition(" ")
        try:
            user_and_password = base64.b64decode(value).decode()
        except ValueError:
            return False
        return kind.lower() == "basic" and user_and_password.partition(":")[2] in self.tokens

    def _handler(self, root: Path) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve(b"")

            def do_POST(self) -> None:
                self._serve(self._body())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
                pass

            def _serve(self, body: bytes) -> None:
                headers = self.headers.get_all("Authorization") or []
                server.requests.append((self.command, self.path, headers))
                if server.failures:
                    self._answer(server.failures.pop(0), b"trouble\n")
                elif len(headers) > 1:
                    self._answer(400, b"Duplicate header: Authorization\n")
                elif not headers or not server._accepts(headers[0]):
                    self._answer(401, b"login\n", {"WWW-Authenticate": 'Basic realm="git"'})
                elif "git-receive-pack" in self.path and not server.may_write:
                    self._answer(403, b"Write access to repository not granted.\n", {"Content-Type": "text/plain"})
                else:
                    self._backend(body)

            def _backend(self, body: bytes) -> None:
                parts = urlsplit(self.path)
                environment = {
                    **os.environ,
                    "GIT_PROJECT_ROOT": str(root),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "REMOTE_USER": "somebody",
                    "REQUEST_METHOD": self.command,
                    "PATH_INFO": parts.path,
                    "QUERY_STRING": parts.query,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": str(len(body)),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                }
                done = subprocess.run(
                    ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True
                )
                head, _, content = done.stdout.partition(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
                status = int(fields.pop("Status", "200").split()[0])
                self._answer(status, content, fields)

            def _answer(self, status: int, content: bytes, fields: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in (fields or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "") == "chunked":
                    body = b"".join(iter(self._chunk, b""))
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

            def _chunk(self) -> bytes:
                size = int(self.rfile.readline().strip() or b"0", 16)
                content = self.rfile.read(size)
                self.rfile.readline()
                return content

        return Handler


def basic(user: str, password: str) -> str:
    """The header that git sends for a user and a password."""
    return "basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
