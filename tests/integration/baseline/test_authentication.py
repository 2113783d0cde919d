"""Access to a remote that wants a login, through git's own HTTP server."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from steelyard.baseline.checkout import Checkout
from steelyard.baseline.choose import choose_base
from steelyard.baseline.git_store import GitStore
from steelyard.baseline.images import BranchImages
from steelyard.baseline.remote import Access, Remote
from steelyard.ci import Context, Secret
from steelyard.config import Config
from steelyard.errors import StoreError
from steelyard.log import redact
from tests.integration.baseline.evaluations import evaluation, sha_of
from tests.integration.baseline.git_server import TOKEN, GitServer, basic
from tests.integration.baseline.places import branch_files
from tests.integration.baseline.repos import fingerprint, git, head, project
from tests.pictures import picture

OURS = basic("x-access-token", TOKEN)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    """A server of the repositories below `tmp_path`."""
    with GitServer(tmp_path).running() as running:
        yield running


@pytest.fixture
def work(tmp_path: Path, server: GitServer) -> Path:
    """A clone whose remote is on the server."""
    remote, work = project(tmp_path)
    git(remote, "config", "http.receivepack", "true")
    git(work, "remote", "set-url", "origin", f"{server.url}/remote.git")
    return work


def access(server: GitServer, token: str = TOKEN) -> Access:
    """What a job on this server has."""
    return Access(server_url=server.url, token=Secret(token))


def save_and_load(work: Path, rights: Access, tmp_path: Path) -> None:
    """One Evaluation there and back."""
    GitStore(work, access=rights).save(evaluation(tmp_path / "made", 1), keep=5)
    GitStore(work, access=rights).load("default", sha_of(1), into=tmp_path / "loaded")


def test_token__one_header_in_every_request(tmp_path: Path, server: GitServer, work: Path) -> None:
    """Every request carries our Authorization header, exactly once, and git never has to be asked for a login."""
    before = fingerprint(work)

    save_and_load(work, access(server), tmp_path)

    assert server.requests
    assert {tuple(headers) for headers in server.authorizations} == {(OURS,)}
    assert fingerprint(work) == before


def test_token__large_push(tmp_path: Path, server: GitServer, work: Path) -> None:
    """A push beyond git's buffer, which is sent in pieces after a probe, carries the one header as well."""
    made = evaluation(tmp_path / "made", 1, predictions=os.urandom(3_000_000))

    GitStore(work, access=access(server)).save(made, keep=5)
    GitStore(work, access=access(server)).load("default", sha_of(1), into=tmp_path / "loaded")

    assert {tuple(headers) for headers in server.authorizations} == {(OURS,)}


PERSISTED = "AUTHORIZATION: basic " + "cGVyc2lzdGVkOnBlcnNpc3RlZA=="


@pytest.mark.parametrize("scope", ["--local", "--global"])
@pytest.mark.parametrize("key", ["server", "slash", "repository", "user", "none"])
def test_token__persisted_credential_is_neutralised(
    tmp_path: Path, server: GitServer, work: Path, monkeypatch: pytest.MonkeyPatch, scope: str, key: str
) -> None:
    """A header that checkout has left behind, under whichever key, does not become a second one."""
    names = {
        "server": f"http.{server.url}.extraheader",
        "slash": f"http.{server.url}/.extraheader",
        "repository": f"http.{server.url}/remote.git.extraheader",
        "user": f"http.{server.url.replace('://', '://x-access-token@')}/remote.git.extraheader",
        "none": "http.extraheader",
    }
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    git(work, "config", scope, names[key], PERSISTED)

    save_and_load(work, access(server), tmp_path)

    assert {tuple(headers) for headers in server.authorizations} == {(OURS,)}


def test_token__header_of_the_environment_is_neutralised(
    tmp_path: Path, server: GitServer, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Configuration that another step put into the environment still holds, except for its credential."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"http.{server.url}/.extraheader")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", PERSISTED)
    monkeypatch.setenv("GIT_CONFIG_KEY_1", "http.userAgent")
    monkeypatch.setenv("GIT_CONFIG_VALUE_1", "theirs")

    save_and_load(work, access(server), tmp_path)

    assert {tuple(headers) for headers in server.authorizations} == {(OURS,)}


def test_no_token__persisted_credential_is_used(tmp_path: Path, server: GitServer, work: Path) -> None:
    """Without a token of ours, what checkout left in the repository opens the remote."""
    git(work, "config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {OURS}")

    save_and_load(work, Access(), tmp_path)

    assert {tuple(headers) for headers in server.authorizations} == {(OURS,)}
    assert redact(f"x {OURS} y") == "x basic *** y"


def test_no_token__password_in_the_address(
    tmp_path: Path, server: GitServer, work: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An address with a password works, and the password appears nowhere."""
    address = f"{server.url.replace('://', f'://somebody:{TOKEN}@')}/remote.git"
    git(work, "remote", "set-url", "origin", address)
    argv: list[str] = []

    with watching(argv):
        save_and_load(work, Access(), tmp_path)

    assert {tuple(headers) for headers in server.authorizations} == {(basic("somebody", TOKEN),)}
    assert TOKEN not in " ".join(argv) + caplog.text


def test_no_token__address_rewritten_by_the_user(
    tmp_path: Path, server: GitServer, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`insteadOf` with a token in it, as many jobs set it, is applied once and its token kept out of sight."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    secret = server.url.replace("://", f"://x-access-token:{TOKEN}@")
    git(work, "config", "--global", f"url.{secret}/.insteadOf", f"{server.url}/")
    argv: list[str] = []

    with watching(argv):
        save_and_load(work, Access(), tmp_path)

    assert {tuple(headers) for headers in server.authorizations} == {(OURS,)}
    assert TOKEN not in " ".join(argv)


@contextmanager
def watching(argv: list[str]) -> Iterator[None]:
    """Collects the command lines of every process that git starts, as git itself tells them."""
    trace = Path(os.environ["TMPDIR"]) / "trace"
    os.environ["GIT_TRACE"] = str(trace)
    try:
        yield
    finally:
        del os.environ["GIT_TRACE"]
        argv.append(trace.read_text())
        trace.unlink()


def test_token__not_in_arguments(
    tmp_path: Path, server: GitServer, work: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither our commands nor the helpers that git starts have the token among their arguments or in the log."""
    caplog.set_level(logging.DEBUG, logger="steelyard")
    argv: list[str] = []

    with watching(argv):
        save_and_load(work, access(server), tmp_path)

    shown = " ".join(argv) + caplog.text
    assert "git-remote-http" in shown
    assert "--force-with-lease" in caplog.text
    for secret in (TOKEN, OURS.partition(" ")[2]):
        assert secret not in shown


def test_token__not_in_arguments_by_proc(tmp_path: Path, server: GitServer, work: Path) -> None:
    """The system's own list of processes, looked at while git waits for the server, does not show the token."""
    seen: list[str] = []

    def look() -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue

    server.requests = Looking(look)
    save_and_load(work, access(server), tmp_path)

    assert [line for line in seen if "git-remote-http" in line or "remote-http" in line]
    for secret in (TOKEN, OURS.partition(" ")[2]):
        assert not [line for line in seen if secret in line]


class Looking(list[tuple[str, str, list[str]]]):
    """A list that does something whenever it grows."""

    def __init__(self, action: Callable[[], None]) -> None:
        super().__init__()
        self._action = action

    def append(self, item: tuple[str, str, list[str]]) -> None:
        """Note the request, and look."""
        super().append(item)
        self._action()


def test_token__in_no_file(tmp_path: Path, isolated: Path, server: GitServer, work: Path) -> None:
    """No file contains the token, while git is running or afterwards; nothing temporary is left."""
    found: list[Path] = []
    secrets = (TOKEN.encode(), OURS[6:].encode())

    def look() -> None:
        for path in tmp_path.rglob("*"):
            with suppress(OSError):  # directories, and files that git has removed meanwhile
                content = path.read_bytes()
                found.extend(path for secret in secrets if secret in content)

    server.requests = Looking(look)
    save_and_load(work, access(server), tmp_path)
    look()

    assert found == []
    assert [path.name for path in isolated.iterdir()] == []


def test_token__only_for_its_server(tmp_path: Path, server: GitServer, work: Path) -> None:
    """The token of one forge is not sent to a remote elsewhere."""
    elsewhere = Access(server_url="https://github.com", token=Secret(TOKEN))

    with pytest.raises(StoreError, match=r"Authentication failed|could not read Username"):
        GitStore(work, access=elsewhere).save(evaluation(tmp_path / "made", 1), keep=5)

    assert server.requests
    assert not any(server.authorizations)


@pytest.mark.parametrize(
    ("server_url", "sent"),
    [
        ("https://forge.example", True),
        ("https://forge.example:443", True),
        ("https://FORGE.example/sub", True),
        ("http://forge.example", False),
        ("https://forge.example:444", False),
        ("https://evil-forge.example", False),
        ("https://forge.example.evil.test", False),
        ("", False),
    ],
)
def test_remote__token_by_origin(work: Path, server_url: str, sent: bool) -> None:
    """Scheme, host and port must all be the same."""
    git(work, "remote", "set-url", "origin", "https://forge.example/o/r.git")

    remote = Remote.of(Checkout(work), "origin", access=Access(server_url=server_url, token=Secret(TOKEN)))

    assert remote.authenticated is sent
    assert TOKEN not in repr(remote)


@pytest.mark.parametrize("address", ["https://forge.example:x/r.git", "https://[/r.git", "https://forge.example:0/r"])
def test_remote__odd_address(work: Path, address: str) -> None:
    """An address that is none gets no token; git says what it thinks of it."""
    git(work, "remote", "set-url", "origin", address)

    rights = Access(server_url="https://forge.example", token=Secret(TOKEN))
    assert not Remote.of(Checkout(work), "origin", access=rights).authenticated


@pytest.mark.parametrize(
    "address", ["git@forge.example:o/r.git", "ssh://git@forge.example/o/r.git", "/srv/r.git", "../r.git"]
)
def test_remote__no_token_for_other_transports(work: Path, address: str) -> None:
    """SSH and local paths get no token; a relative path is one from the work tree."""
    git(work, "remote", "set-url", "origin", address)

    remote = Remote.of(Checkout(work), "origin", access=Access(server_url="https://forge.example", token=Secret(TOKEN)))

    assert not remote.authenticated
    assert remote.url.reveal() == (str(work / "../r.git") if address.startswith("..") else address)
    assert TOKEN not in str(remote.options())


def test_refused__wrong_token(tmp_path: Path, server: GitServer, work: Path) -> None:
    """A token that is not accepted is an error at once: no question, no endless tries, no token in the text."""
    wrong = "ghs_wrongWrongWrongWrongWrongWrong"

    with pytest.raises(StoreError) as caught:
        GitStore(work, access=access(server, wrong)).save(evaluation(tmp_path / "made", 1), keep=5)

    assert "cannot write to branch steelyard-data of origin: the remote does not take the token" in str(caught.value)
    assert "pass one that is valid now" in caught.value.hint
    assert wrong not in str(caught.value) + caught.value.hint
    assert len(server.requests) <= 3


def test_refused__read_only_token(tmp_path: Path, server: GitServer, work: Path) -> None:
    """A token that may read but not push: the message says so and names the line of the workflow."""
    server.may_write = False
    store = GitStore(work, access=access(server))

    assert store.entries("default") == ()
    with pytest.raises(StoreError, match="403") as caught:
        store.save(evaluation(tmp_path / "made", 1), keep=5)
    assert "permissions: {contents: write}" in caught.value.hint


def test_refused__images_with_read_only_token(tmp_path: Path, server: GitServer, work: Path) -> None:
    """Pictures need the same permission, and their error names it."""
    server.may_write = False
    shown = tmp_path / "a.png"
    shown.write_bytes(picture("a"))
    context = Context(workspace=work, server_url=server.url, repository="o/r", token=Secret(TOKEN))

    with pytest.raises(StoreError) as caught:
        BranchImages(context).publish({"forest": shown}, place="pr-7", report_id="default")
    assert "permissions: {contents: write}" in caught.value.hint


def test_trouble__server_errors_are_survived(tmp_path: Path, server: GitServer, work: Path) -> None:
    """A server that answers 502 now and then costs time, not the Evaluation."""
    server.failures = [502]
    GitStore(work, access=access(server)).save(evaluation(tmp_path / "made", 1), keep=5)
    server.failures = [503]
    entries = GitStore(work, access=access(server)).entries("default")

    assert [entry.sha for entry in entries] == [sha_of(1)]


def test_trouble__server_down(tmp_path: Path, work: Path) -> None:
    """A remote that cannot be reached is an error in one line with what to do; nothing hangs."""
    git(work, "remote", "set-url", "origin", "http://127.0.0.1:9/remote.git")

    with pytest.raises(StoreError) as caught:
        GitStore(work).save(evaluation(tmp_path / "made", 1), keep=5)
    assert "\n" not in str(caught.value)
    assert "network" in caught.value.hint


def test_choose_base__over_http(tmp_path: Path, server: GitServer, work: Path) -> None:
    """The choice of the base talks to the remote with the same, single header."""
    fork_point = head(work)
    git(work, "checkout", "--quiet", "-b", "change")
    git(work, "commit", "--quiet", "--allow-empty", "-m", "change")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{work}", str(shallow))
    git(shallow, "remote", "set-url", "origin", f"{server.url}/remote.git")
    context = Context(
        provider="github", workspace=shallow, server_url=server.url, token=Secret(TOKEN), event="push", branch="change"
    )
    git(work, "push", "--quiet", str(tmp_path / "remote.git"), "change")

    base = choose_base(context, Config())

    assert (base.kind, base.sha) == ("merge_base", fork_point)
    assert {tuple(headers) for headers in server.authorizations} == {(OURS,)}


def test_proxy_of_the_repository_is_used(tmp_path: Path, server: GitServer, work: Path) -> None:
    """What the user's repository says of proxies holds for our requests too."""
    git(work, "remote", "set-url", "origin", "http://forge.invalid/remote.git")
    git(work, "config", "http.proxy", server.url)
    rights = Access(server_url="http://forge.invalid", token=Secret(TOKEN))

    GitStore(work, access=rights).save(evaluation(tmp_path / "made", 1), keep=5)

    assert "README.md" in branch_files(tmp_path / "remote.git", "steelyard-data")
    assert {path.partition("/remote.git")[0] for _, path, _ in server.requests} == {"http://forge.invalid"}


def test_ssh_command_of_the_repository_is_used(tmp_path: Path, work: Path) -> None:
    """Checkout's deploy key (`core.sshCommand` in the repository) is used for SSH remotes."""
    script = tmp_path / "ssh"
    script.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/ssh.log"\nshift 1\nexec sh -c "$*"\n')
    script.chmod(0o755)
    git(work, "config", "core.sshCommand", str(script))
    git(work, "config", "ssh.variant", "simple")
    git(work, "remote", "set-url", "origin", f"ssh://forge.invalid{tmp_path}/remote.git")

    GitStore(work).save(evaluation(tmp_path / "made", 1), keep=5)

    assert "README.md" in branch_files(tmp_path / "remote.git", "steelyard-data")
    assert "git-receive-pack" in (tmp_path / "ssh.log").read_text()
