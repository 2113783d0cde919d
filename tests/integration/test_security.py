"""Whole jobs that meet hostile things: what they leave behind, what they print, and that the report still goes out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fakes.github import FakeGitHub, PullRequest
from tests.fakes.github.wire import Exchange
from tests.integration.baseline import git_server
from tests.integration.baseline.git_server import GitServer, basic
from tests.integration.baseline.repos import fingerprint
from tests.integration.canary import SPY, files_below, forms_of, objects_of, places_of, record_arguments
from tests.integration.served import FILES, TRAIN, Served
from tests.integration.world import FULL, Finished, git
from tests.pictures import picture
from tests.rendered import Rendered, commands

ID_KEY = "canaryOfTheKeyThatIdsAreHashedWith"
RUNTIME = "canaryOfTheRunnersOwnServices"


class Project(Served):
    """A project whose training takes no time, on a GitHub whose jobs may be started with anything."""

    def store_on_main(self, token: str) -> None:
        """Let main store its evaluation."""
        done = self.push_job("main", token=token, arguments=TRAIN)
        assert done.code == 0, done.stderr

    def open_change(self, branch: str, files: Mapping[str, str]) -> PullRequest:
        """A pull request with these files."""
        self.commit(branch, files, new=True)
        return self.open_pull(branch)

    def job(
        self,
        pull: PullRequest,
        *,
        token: str,
        payload: object = None,
        arguments: tuple[str, ...] = TRAIN,
        variables: Mapping[str, str] | None = None,
    ) -> Finished:
        """A job of a pull request with an event and variables of the test's choice."""
        merge = self._merge(pull)
        known = {
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REF": f"refs/pull/{pull.number}/merge",
            "GITHUB_SHA": merge,
            "GITHUB_BASE_REF": "main",
        }
        event = event_of(pull) if payload is None else payload
        assert isinstance(event, dict)
        return self._job(merge, {**known, **(variables or {})}, event, token=token, arguments=("ci", *arguments))

    def forge_store(self, forge: Callable[[Path], object]) -> None:
        """Push another state of the data branch, as anybody may who can push."""
        there = self.author.parent / "forged"
        git("clone", "-q", "-b", "steelyard-data", str(self.remote), str(there), cwd=self.author)
        forge(next(there.glob("evaluations/*/*.json")))
        git("commit", "-q", "-a", "-m", "forged", cwd=there)
        git("push", "-q", "origin", "HEAD:steelyard-data", cwd=there)


def event_of(pull: PullRequest, **changes: object) -> dict[str, object]:
    """The event of a pull request, with parts of it replaced."""
    ours = {"full_name": "octo/digits"}
    request = {
        "number": pull.number,
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": ours},
        "base": {"ref": "main", "sha": "0" * 40, "repo": ours},
        **changes,
    }
    return {"pull_request": request, "repository": {"full_name": "octo/digits", "default_branch": "main"}}


def outputs_of(job: Finished) -> dict[str, str]:
    """The step's outputs as the runner reads them."""
    return {
        name: value
        for name, _, value in re.findall(r"^(\w+)<<(\S+)\n(.*?)\n\2$", job.outputs, re.DOTALL | re.MULTILINE)
    }


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, github: FakeGitHub) -> Project:
    """The project on main; nothing has run yet."""
    return Project(tmp_path, github, files=FILES)


@pytest.fixture
def token(project: Project, github: FakeGitHub) -> str:
    """A token that may do what the README's first workflow asks for."""
    return github.issue_token(project.repository, permissions=FULL)


# ------------------------------------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize("refused", [False, True], ids=["all is well", "everything is refused"])
def test_job__canary(
    tmp_path: Path, github: FakeGitHub, project: Project, token: str, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    """
    Secrets of a job are nowhere in what it leaves: not as they are, not in base64 and not quoted for an address.

    Looked at: the log at its loudest, summary, outputs, comments, every object of the remote, every file below the
    home directory and the directory of temporary files, the arguments of every program that is started (git and
    shells, by wrappers that are found first), and the arguments of every process and the environment that training
    sees. The token is really used: the git server wants it.

    Not covered: the memory and the environment of processes that are still running, which anything of the same user
    can read; what travels over the network; other encodings, among them base64 of the token within other text; what is
    compressed inside a file; what training prints of its own accord; credentials that were in `.git/config` before; a
    git with tracing switched on.
    """
    log, home = record_arguments(tmp_path, monkeypatch), tmp_path / "temporary"
    home.mkdir()
    monkeypatch.setattr(git_server, "TOKEN", token)
    variables = {
        "INPUT_TOKEN": token,
        "STEELYARD_ID_KEY": ID_KEY,
        "ACTIONS_RUNTIME_TOKEN": RUNTIME,
        "TMPDIR": str(home),
    }
    pull = project.open_change("change", {"wrong.txt": "5", "extra.py": SPY})
    with GitServer(tmp_path).running() as server:
        project.use(server)
        if refused:
            server.may_write = False
            github.fail_next("POST", "/comments$", 403)
        else:
            project.store_on_main(token)
        job = project.job(pull, token=token, arguments=(*TRAIN, "-v"), variables=variables)

    assert job.code == (4 if refused else 0), job.stderr
    assert [basic("x-access-token", token)] in server.authorizations
    assert any(form in basic("x-access-token", token).encode() for form in forms_of(token))
    assert {"git", "fetch", "bash", "pipefail"} <= set(log.read_text(encoding="utf-8").split())
    assert json.loads((job.workspace / "seen.json").read_text(encoding="utf-8"))["CI"] == "true"
    texts = files_below(tmp_path, but=project.remote)
    texts |= {name: getattr(job, name).encode() for name in ("stdout", "stderr", "summary", "outputs")}
    texts["comments"] = "\n".join(project.repository.comments(pull.number)).encode()
    texts["remote"] = objects_of(project.remote)
    assert places_of((token, ID_KEY, RUNTIME), texts) == []


# ---------------------------------------------------------------------------------------- what is left alone and asked


def test_job__leaves_git_alone(project: Project, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whole jobs that store, show pictures and look for a baseline change nothing in the checkout's `.git`.

    Neither a file nor a time: configuration, remotes, refs, index and hooks are as the checkout left them; and no
    configuration of git appears in the home directory.
    """
    before: dict[Path, dict[str, str]] = {}
    checkout = project.checkout

    def recorded(sha: str) -> Path:
        workspace = checkout(sha)
        (workspace / ".git" / "hooks").mkdir(exist_ok=True)
        hook = workspace / ".git" / "hooks" / "pre-push"
        hook.write_text("#!/bin/sh\ntouch ran\n", encoding="utf-8")
        hook.chmod(0o755)
        before[workspace] = fingerprint(workspace)
        return workspace

    monkeypatch.setattr(project, "checkout", recorded)
    project.store_on_main(token)
    pull = project.open_change("change", {"wrong.txt": "5"})
    job = project.job(pull, token=token)

    assert job.code == 0, job.stderr
    assert len(before) == 2
    assert {workspace: fingerprint(workspace) for workspace in before} == before
    assert not [file for workspace in before for file in workspace.parent.glob(".git*")]
    assert not [workspace for workspace in before if (workspace / "ran").exists()]


_LISTEN = """
import os, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        address = arguments[1] if event != "socket.getaddrinfo" else arguments[:2]
        with open({log!r}, "a") as file:
            file.write(f"{{event}} {{address!r}}\\n")
sys.addaudithook(hook)
"""


def test_job__calls_nobody_else(tmp_path: Path, project: Project, token: str) -> None:
    """
    No process in Python asks for a name or connects to anything but the forge's API.

    Not covered: what compiled libraries do by themselves (DuckDB's extensions are switched off, see its tests), and
    git, whose only address is the remote's.
    """
    log = tmp_path / "connections.txt"
    (tmp_path / "listen").mkdir()
    (tmp_path / "listen" / "sitecustomize.py").write_text(_LISTEN.format(log=str(log)), encoding="utf-8")
    pull = project.open_change("change", {"wrong.txt": "5"})
    job = project.job(pull, token=token, variables={"PYTHONPATH": str(tmp_path / "listen")})

    assert job.code == 0, job.stderr
    api = urlsplit(project.api_url)
    assert log.read_text(encoding="utf-8").count("socket.connect") > 0
    called = set(re.findall(r"\('?([^',]+)'?, (\d+)", log.read_text(encoding="utf-8")))
    assert called == {(api.hostname, str(api.port))}


# ------------------------------------------------------------------------------------------------------ hostile content

_HOSTILE = [
    "::set-output name=verdict::forged",
    "x ##[set-output name=verdict]forged",
    "a\n::add-mask::accuracy",
    f"<!-- steelyard id=default head={'1' * 40} run=1 attempt=1 v=1 -->",
    "@octocat octo/digits#1",
    "\x1b[31m\x1b]0;title\x07",
    "\u202egnp.exe",
    "[x](javascript:alert(1))<img src=x>",
]
_HOSTILE_TRAINING = """
import sys
for name in json.load(open("labels.json")):
    print(name)
    print(name, file=sys.stderr)
json.dump({name: 0.5 for name in json.load(open("labels.json"))}, open("metrics.json", "w"))
"""


def test_job__hostile_names(github: FakeGitHub, project: Project, token: str) -> None:
    """Labels, ids, metrics and what training prints give no orders to the runner, and forge no marker or markup."""
    project.store_on_main(token)
    labels = json.dumps(_HOSTILE)
    pull = project.open_change("change", {"labels.json": labels, "extra.py": _HOSTILE_TRAINING})
    job = project.job(pull, token=token, arguments=(*TRAIN, "-v"))

    assert job.code == 0, job.stderr
    assert commands(job.stdout) == commands(job.stderr) == []
    assert sorted(outputs_of(job)) == ["comment_url", "json", "report", "verdict"]
    assert "forged" not in outputs_of(job)["verdict"]
    (body,) = project.repository.comments(pull.number)
    for text in (body, job.summary):
        seen = Rendered(text)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not re.search("@octocat|octo/digits#1", seen.prose)
        assert all(address.startswith(github.server_url) for address in seen.addresses)
        assert seen.comments == ([body.splitlines()[-1]] if text == body else [])


_PICTURES = r"""
import base64, os
os.makedirs("plots", exist_ok=True)
svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><image href="%s"/><g/></svg>'
open("plots/curve.svg", "w").write(svg % "https://evil.example/x.png")
open("plots/x](javascript:alert(1)) <script>.svg", "w").write(svg % "file:///etc/passwd")
open("plots/bomb.svg", "w").write('<!DOCTYPE svg [<!ENTITY a "b">]>' + svg % "&a;")
open("plots/page.png", "w").write("<html><script>alert(1)</script>")
os.symlink("/etc/hostname", "plots/link.png")
os.symlink(os.path.abspath("../../outside.png"), "plots/outside.png")
os.symlink("/proc/self/environ", "plots/environ.jpg")
os.mkfifo("plots/pipe.png")
"""


def test_job__hostile_pictures(tmp_path: Path, github: FakeGitHub, project: Project, token: str) -> None:
    """Of pictures that training leaves only drawings in the workspace are shown, without what runs or loads."""
    (tmp_path / "outside.png").write_bytes(picture("outside"))
    pull = project.open_change("change", {"wrong.txt": "5", "extra.py": _PICTURES})
    job = project.job(pull, token=token)

    assert job.code == 0, job.stderr
    (body,) = project.repository.comments(pull.number)
    seen = Rendered(body)
    assert all(address.startswith(github.server_url) for address in seen.addresses)
    assert "curve" in body
    assert not re.search('alt="(link|outside|environ|bomb|page|pipe)', body)
    assert body.count("leads outside the workspace and was left out") == 3
    assert "bomb.svg: not a whole SVG image" in body
    files = git("ls-tree", "-r", "--name-only", "steelyard-images", cwd=project.remote).split()
    drawn = [git("show", f"steelyard-images:{name}", cwd=project.remote) for name in files if name.endswith(".svg")]
    assert len(drawn) == 1, "both drawings are the same once they are clean"
    assert not re.search("script|onload|evil|file:|ENTITY", drawn[0])
    shown = [name for name in files if name.endswith(".png")]
    assert picture("outside") not in [blob(project.remote, f"steelyard-images:{name}") for name in shown]
    assert re.search("pictures: 3 of 3, branch steelyard-images of origin", job.stderr)


def blob(repository: Path, name: str) -> bytes:
    """A file of a branch."""
    return subprocess.run(["git", "show", name], cwd=repository, capture_output=True, check=True).stdout


def test_job__may_not_write(
    github: FakeGitHub, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `contents: read` the push of pictures is the probe: the log names the reason, and the report is whole."""
    reader = github.issue_token(project.repository, permissions={"contents": "read", "pull-requests": "write"})
    pull = project.open_change("change", {"wrong.txt": "5"})
    monkeypatch.setattr(git_server, "TOKEN", reader)
    with GitServer(tmp_path).running() as server:
        server.may_write = False
        project.use(server)
        job = project.job(pull, token=reader)

    assert job.code == 0, job.stderr
    (body,) = project.repository.comments(pull.number)
    assert "<img" not in body
    assert "accuracy" in body
    assert "warning: the report goes out without pictures" in job.stderr


@pytest.mark.parametrize(
    "configuration",
    [
        '[[predictions]]\npath = "no ##[set-output name=verdict]forged\\n::error::x.csv"\n',
        '[[predictions]]\npath = "predictions.csv"\nlabel = "x ##[add-mask]y\\n::add-mask::y"\n',
        'baseline = "x ##[add-mask]y\\r::add-mask::y"\n',
        '"::add-mask::x\\n::add-mask::y ##[add-mask]z" = 1\n',
    ],
)
def test_job__hostile_configuration(project: Project, token: str, configuration: str) -> None:
    """Messages that quote a change's configuration give no orders to the runner either, tracebacks included."""
    pull = project.open_change("change", {"steelyard.toml": configuration})
    job = project.job(pull, token=token, arguments=(*TRAIN, "-v"))

    assert job.code in {2, 3}, job.stderr
    assert commands(job.stderr) == []


@pytest.mark.parametrize(
    "forged",
    [
        b'{"schema": 1, "config": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b'{"schema": 99}',
        b"[" * 1_000_000,
        b"\xff\x00",
        b"x" * 50_000_000,
    ],
    ids=["deep", "newer", "deeper", "binary", "huge"],
)
def test_job__forged_store(project: Project, token: str, forged: bytes) -> None:
    """A store that somebody else wrote to costs the comparison, never the report, and the exit code says so."""
    project.store_on_main(token)
    project.forge_store(lambda file: file.write_bytes(forged))
    pull = project.open_change("change", {"wrong.txt": "5"})
    job = project.job(pull, token=token)

    assert job.code == 4, job.stderr
    assert "Traceback" not in job.stderr
    (body,) = project.repository.comments(pull.number)
    assert "First report · accuracy 0.958" in body
    assert "could not be read" in body
    assert "0.958" in job.summary


def test_job__forged_evaluation(project: Project, token: str) -> None:
    """One that is valid by itself but does not fit to its files is the store's failure too: 4, with the report."""
    project.store_on_main(token)

    def forge(file: Path) -> None:
        evaluation = json.loads(file.read_text(encoding="utf-8"))
        (stored,) = evaluation["predictions"].values()
        stored["rows"] -= 1
        file.write_text(json.dumps(evaluation), encoding="utf-8")

    project.forge_store(forge)
    pull = project.open_change("change", {"wrong.txt": "5"})
    job = project.job(pull, token=token)

    assert job.code == 4, job.stderr
    assert "Traceback" not in job.stderr
    (body,) = project.repository.comments(pull.number)
    assert "First report · accuracy 0.958" in body
    assert "The baseline cannot be used" in body
    assert "the baseline cannot be used" in job.stderr.partition("::error ")[2]


# --------------------------------------------------------------------------------------------------------------- events


@pytest.mark.parametrize(
    "changes",
    [
        {"head": None},
        {"head": {"ref": "--upload-pack=x", "sha": "--output=x", "repo": {"full_name": "octo/digits"}}},
        {"head": {"ref": "a\nb", "sha": "1" * 40 + "\n", "repo": "octo/digits"}, "base": [], "number": {"a": 1}},
        {"number": "-1", "base": {"ref": "-x", "sha": 5}},
    ],
)
def test_job__odd_event(project: Project, token: str, changes: dict[str, object]) -> None:
    """What an event does not say properly is missing; the report goes to the pull request of the ref all the same."""
    pull = project.open_change("change", {"wrong.txt": "5"})
    for _ in range(2):
        job = project.job(pull, token=token, payload=event_of(pull, **changes))

        assert job.code == 0, job.stderr
        assert "0.958" in job.summary
        (body,) = project.repository.comments(pull.number)
        assert f"head={pull.head_sha}" in body


# -------------------------------------------------------------------------------------------------------- the workspace


def test_job__links_in_the_state_directory(tmp_path: Path, project: Project, token: str) -> None:
    """A change that commits a `.steelyard` with links in it has nothing written, replaced or removed elsewhere."""
    outside = tmp_path / "outside"
    (outside / "directory").mkdir(parents=True)
    (outside / "directory" / "evaluation.json").write_text("precious", encoding="utf-8")
    (outside / "file").write_text("precious", encoding="utf-8")
    before = tree(outside)
    project.store_on_main(token)
    state = project.author / ".steelyard"
    for name in ("baseline", "evaluation", "images"):
        state.mkdir(exist_ok=True)
        (state / name).symlink_to(outside / "directory")
    for name in ("report.md", "report.json", "report.md.partial"):
        (state / name).symlink_to(outside / "file")
    pull = project.open_change("links", {".gitignore": "predictions.csv\n"})
    job = project.job(pull, token=token)

    assert job.code == 0, job.stderr
    assert tree(outside) == before
    assert "accuracy" in (job.workspace / ".steelyard" / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("is_link", [True, False])
def test_job__state_directory_is_something_else(tmp_path: Path, project: Project, token: str, is_link: bool) -> None:
    """`.steelyard` itself as a link or a file is refused in two lines."""
    outside = tmp_path / "outside"
    outside.mkdir()
    state = project.author / ".steelyard"
    state.symlink_to(outside) if is_link else state.write_text("x", encoding="utf-8")
    pull = project.open_change("links", {".gitignore": "predictions.csv\n"})
    job = project.job(pull, token=token)

    assert job.code == 2, job.stderr
    assert job.stderr.splitlines()[-1] == "hint:  remove it"
    assert tree(outside) == {}


def tree(directory: Path) -> dict[str, bytes]:
    """Every file below a directory."""
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------------------------------------- mishaps


def test_job__api_is_down(project: Project, token: str) -> None:
    """Where nobody answers, the report is in the summary and in the outputs within half a minute."""
    pull = project.open_change("change", {"wrong.txt": "5"})
    started = time.monotonic()
    job = project.job(pull, token=token, variables={"GITHUB_API_URL": "http://127.0.0.1:9"})

    assert job.code == 4, job.stderr
    assert "0.958" in job.summary
    assert outputs_of(job)["report"] == ".steelyard/report.md"
    assert time.monotonic() - started < 30


def test_job__push_is_refused(project: Project, token: str) -> None:
    """A rule against our branches is named, costs no comment, and what the server says gives no orders."""
    hook = project.remote / "hooks" / "pre-receive"
    refusal = (
        "#!/bin/sh\ngrep -q steelyard- || exit 0\nprintf '::add-mask::x\\r::add-mask::y ##[add-mask]z' >&2\nexit 1\n"
    )
    hook.write_text(refusal, encoding="utf-8")
    hook.chmod(0o755)
    main = project.push_job("main", token=token, arguments=(*TRAIN, "-v"))
    pull = project.open_change("change", {"wrong.txt": "5"})
    change = project.job(pull, token=token)

    assert main.code == 4, main.stderr
    assert "let this job push to `steelyard-data`" in main.stderr
    assert change.code == 0, change.stderr
    assert "without pictures" in change.stderr
    assert len(project.repository.comments(pull.number)) == 1
    assert commands(main.stderr) == commands(change.stderr) == []


def test_job__killed_as_it_comments(project: Project, github: FakeGitHub, token: str) -> None:
    """A job that is killed before it hears of its comment leaves one that the next job finds."""
    project.store_on_main(token)
    pull = project.open_change("change", {"wrong.txt": "5"})
    killed: list[int] = []

    def kill(exchange: Exchange) -> None:
        if exchange.method == "POST" and exchange.path.endswith("/comments") and not killed:
            killed.extend(processes_in(project.author.parent))
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    github.on_exchange(kill)
    first = project.job(pull, token=token)
    second = project.job(pull, token=token)

    assert first.code == -signal.SIGKILL
    assert second.code == 0, second.stderr
    assert len(project.repository.comments(pull.number)) == 1
    git("fsck", "--strict", cwd=project.remote)


def processes_in(directory: Path) -> list[int]:
    """The processes `steelyard ci` that work below a directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            ours = b"steelyard\0ci\0" in (entry / "cmdline").read_bytes()
            if ours and (entry / "cwd").resolve().is_relative_to(directory):
                found.append(int(entry.name))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found
