"""A server that redirects git elsewhere does not get the token sent there."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from steelyard.baseline.checkout import Checkout
from steelyard.baseline.git import GitFailed
from steelyard.baseline.remote import Access, Remote
from steelyard.baseline.repository import TemporaryRepository
from steelyard.ci import Secret
from tests.integration.world import git


class _Server(ThreadingHTTPServer):
    """Redirects to `target`, or keeps the credentials that reach it."""

    def __init__(self, target: str = "") -> None:
        self.target = target
        self.credentials: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """With a name of its own, so that the two are different hosts."""
        return f"http://{'127.0.0.1' if self.target else 'localhost'}:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.server.credentials.append(self.headers.get("Authorization", ""))
        if self.server.target:
            self.send_response(302)
            self.send_header("Location", self.server.target + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        refs = b"001e# service=git-upload-pack\n0000000eversion 2\n0013ls-refs=unborn\n0012fetch=shallow\n0000"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.send_header("Content-Length", str(len(refs)))
        self.end_headers()
        self.wfile.write(refs)

    def do_POST(self) -> None:
        self.server.credentials.append(self.headers.get("Authorization", ""))
        self.send_error(404)


def test_fetch__redirect_to_another_host(tmp_path: Path) -> None:
    """Git ends with an error, and nothing that it sent to the other host had a credential."""
    elsewhere = _Server()
    here = _Server(target=elsewhere.url)
    git("init", "-q", ".", cwd=tmp_path)
    git("remote", "add", "origin", f"{here.url}/octo/digits", cwd=tmp_path)
    access = Access(server_url=here.url, token=Secret("a-token-that-is-secret"))
    remote = Remote.of(Checkout(tmp_path), "origin", access=access)

    with TemporaryRepository(remote) as repository, pytest.raises(GitFailed):
        repository.fetch("+refs/heads/main:refs/heads/main")
    for server in (here, elsewhere):
        server.shutdown()
        server.server_close()

    assert any(here.credentials)
    assert not any(elsewhere.credentials)
