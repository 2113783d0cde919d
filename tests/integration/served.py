"""A project whose repository a git server gives out over HTTP, once a test says so."""

from __future__ import annotations

from pathlib import Path

from tests.integration.baseline.git_server import GitServer
from tests.integration.world import World, git


class Served(World):
    """A `World` whose jobs may be told to reach the repository through a server that wants a login."""

    _remote_url = ""
    """Where jobs reach the repository; empty: by its path."""

    def use(self, server: GitServer) -> None:
        """Let a server serve the repository to jobs from now on, in the place of GitHub's own."""
        self._server_url, self._remote_url = server.url, f"{server.url}/{self.remote.name}"

    def checkout(self, sha: str) -> Path:
        """A depth-1 checkout of the remote that jobs talk to."""
        workspace = super().checkout(sha)
        if self._remote_url:
            git("remote", "set-url", "origin", self._remote_url, cwd=workspace)
        return workspace
