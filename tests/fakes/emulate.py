"""
Somebody else's GitHub emulator: npm `emulate` 0.12.2, run by Node 24.

It is the second opinion beside `tests.fakes.github`, written by others and far wider (repositories, branches, contents,
git data, reviews, check runs, apps). What was found by driving it with PyGithub 2.10, see
tests/contract/test_github_emulate.py:

Works: pull requests; comments of a conversation (create, list with pages and `Link`, edit, delete); installation tokens
with permissions, by a signed JWT as for a real app. It lists commit comments, check runs, git data and contents too.

Absent (404): GraphQL, so no `viewer`; commit statuses; the pull requests of a commit; locking a pull request.

Different from GitHub: a token that nobody issued is accepted as the first user's instead of 401; so is `GET /user` with
an installation token, instead of 403; a missing permission is 403 "Forbidden" without `X-Accepted-GitHub-Permissions`;
`issues: write` suffices to comment in a pull request; without a token a private repository is 401 instead of 404; a
comment has no longest length and can be made in an archived repository; `Link` names the repository by name, not by
id; URLs in answers say `localhost` unless `--base-url` is given, and PyGithub refuses to follow those.

So it can show that the sticky comment works end to end, not that it finds its own identity or explains refusals.
"""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from github import Auth, Github, GithubIntegration

from tests.fakes import npm

_START_SECONDS = 30
_APP, _INSTALLATION = 12345, 100
_PERMISSIONS = {"checks": "write", "contents": "write", "issues": "write", "pull_requests": "write"}


class Emulator(msgspec.Struct, frozen=True, kw_only=True):
    """A running emulator with one repository."""

    api_url: str
    """PyGithub's `base_url`; there is no `/api/v3`."""
    full_name: str
    owner_token: str
    """A person's token, of the repository's owner."""
    app_key: str
    """The private key (PEM) of the app that is installed at the owner's."""

    @property
    def server_url(self) -> str:
        """Where its pages would be; it has none."""
        return self.api_url

    @property
    def graphql_url(self) -> str:
        """Where GraphQL would be; it has none."""
        return f"{self.api_url}/graphql"

    def installation_token(self, permissions: Mapping[str, str]) -> str:
        """Return a `ghs_…` token of the app `steelyard-test` with some of its permissions (`pull_requests`, …)."""
        auth = Auth.AppAuth(_APP, self.app_key)
        integration = GithubIntegration(auth=auth, base_url=self.api_url, seconds_between_requests=None)
        try:
            return integration.get_access_token(_INSTALLATION, permissions=dict(permissions)).token
        finally:
            integration.close()

    def create_pull(self, branch: str) -> int:
        """Commit a file on a new branch, open a pull request to `main` and return its number."""
        client = Github(
            base_url=self.api_url,
            auth=Auth.Token(self.owner_token),
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        try:
            repo = client.get_repo(self.full_name)
            repo.create_git_ref(f"refs/heads/{branch}", repo.get_branch("main").commit.sha)
            repo.create_file(f"{branch}.txt", "A change", branch, branch=branch)
            return repo.create_pull(base="main", head=branch, title="A change").number
        finally:
            client.close()


@contextmanager
def emulate(full_name: str = "octo/digits", *, private: bool = True) -> Iterator[Emulator]:
    """
    Run the emulator on a free port of 127.0.0.1 while the block lasts.

    Raises:
        npm.NpmError: It could not be installed.
        RuntimeError: It did not start; the message has what it printed.
    """
    script = npm.install("emulate") / "dist" / "index.js"
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    url = f"http://127.0.0.1:{_free_port()}"
    owner_token = "ghp_" + "o" * 36
    with tempfile.TemporaryDirectory(prefix="emulate-") as home:
        seed = Path(home, "seed.json")
        seed.write_text(json.dumps(_seed(full_name, private=private, token=owner_token, key=pem)))
        log = Path(home, "log.txt")
        port = url.rpartition(":")[2]
        options = ["start", "--service", "github", "--port", port, "--base-url", url, "--seed", str(seed)]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(npm.NODE), str(script), *options],
                cwd=home,
                env={"HOME": home, "PATH": str(npm.NODE.parent)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait(process, url=url, log=log)
            yield Emulator(api_url=url, full_name=full_name, owner_token=owner_token, app_key=pem)
        finally:
            _stop(process)


def _seed(full_name: str, *, private: bool, token: str, key: str) -> object:
    owner, _, name = full_name.partition("/")
    app = {
        "app_id": _APP,
        "slug": "steelyard-test",
        "name": "steelyard-test",
        "private_key": key,
        "permissions": _PERMISSIONS,
        "installations": [{"installation_id": _INSTALLATION, "account": owner}],
    }
    repository = {"owner": owner, "name": name, "private": private, "auto_init": True}
    return {
        "tokens": {token: {"login": owner, "scopes": ["repo", "user"]}},
        "github": {"users": [{"login": owner}], "repos": [repository], "apps": [app]},
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], *, url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/meta", timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError(f"emulate did not start:\n{log.read_text(errors='replace')[-1_000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
