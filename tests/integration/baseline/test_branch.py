"""The data branch as others see it, what its server may refuse, and the user's repository, which it leaves alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from steelyard.baseline.branch import BranchSnapshot
from steelyard.baseline.files import Edit
from steelyard.baseline.git_store import BRANCH, GitStore
from steelyard.baseline.repository import TemporaryRepository
from steelyard.errors import StoreError
from steelyard.process import Completed
from tests.integration.baseline.evaluations import evaluation, sha_of
from tests.integration.baseline.places import branch_files
from tests.integration.baseline.repos import clone, fingerprint, git, head, project


def save(work: Path, tmp_path: Path, number: int, *, keep: int = 50) -> None:
    """Save the Evaluation of one commit."""
    GitStore(work).save(evaluation(tmp_path / "made" / str(number), number), keep=keep)


def hook(remote: Path, name: str, script: str) -> None:
    """A hook of the server."""
    path = remote / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_branch__what_it_looks_like(tmp_path: Path) -> None:
    """One commit without parent, ours, not built by the forge, with a README that explains it."""
    remote, work = project(tmp_path)

    save(work, tmp_path, 1)
    save(work, tmp_path, 2)

    told = git(remote, "log", "--format=%an <%ae>|%cn <%ce>|%P|%s", BRANCH).split("|")
    assert told[:3] == ["steelyard <noreply>", "steelyard <noreply>", ""]
    assert told[3] == f"Keep the evaluation of {sha_of(2)[:12]} for default [skip ci]"
    readme = branch_files(remote, BRANCH)["README.md"].decode()
    assert readme.startswith("# steelyard-data")
    assert "{" not in readme
    assert subprocess.run(["git", "fsck", "--strict"], cwd=remote, check=True, capture_output=True).returncode == 0


def test_branch__history_grows_where_it_may_not_be_rewritten(tmp_path: Path) -> None:
    """A server that refuses to replace commits gets them one after the other, with nothing lost."""
    remote, work = project(tmp_path)
    git(remote, "config", "receive.denyNonFastForwards", "true")

    for number in (1, 2, 3):
        save(work, tmp_path, number)

    assert git(remote, "rev-list", "--count", BRANCH) == "3"
    assert len(GitStore(work).entries("default")) == 3


GITHUB_RULE = """
while read old new ref; do
  case $ref in refs/heads/steelyard-*) ;; *) continue;; esac
  case $old in 0000*) continue;; esac
  git merge-base --is-ancestor $old $new && continue
  echo "error: GH013: Repository rule violations found for $ref." >&2
  echo "- Cannot force-push to this branch" >&2
  exit 1
done
"""


def test_branch__rule_against_force_push_as_github_words_it(tmp_path: Path) -> None:
    """GitHub's rule against force pushes is recognised by its words."""
    remote, work = project(tmp_path)
    hook(remote, "pre-receive", GITHUB_RULE)

    save(work, tmp_path, 1)
    save(work, tmp_path, 2)

    assert git(remote, "rev-list", "--count", BRANCH) == "2"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (
            "error: GH006: Protected branch update failed for refs/heads/steelyard-data.",
            "let this job push to `steelyard-data`",
        ),
        (
            "error: GH013: Repository rule violations found\n- Commits must have verified signatures.",
            "wants signed commits",
        ),
        ("GitLab: You are not allowed to push code to protected branches on this project.", "let this job push"),
        ("ERROR: This repository was archived so it is read-only.", "archived"),
        ("something that nobody has heard of", "let this job push"),
    ],
)
def test_branch__server_refuses(tmp_path: Path, words: str, remedy: str) -> None:
    """A refusal is an error that repeats the server's words and says what to do; nothing is changed."""
    remote, work = project(tmp_path)
    lines = "\n".join(f"echo '{line}' >&2" for line in words.splitlines())
    hook(remote, "pre-receive", f"{lines}\nexit 1")

    with pytest.raises(StoreError) as caught:
        save(work, tmp_path, 1)
    assert words.splitlines()[0] in str(caught.value)
    assert remedy in caught.value.hint
    assert "\n" not in str(caught.value)
    assert branch_files(remote, BRANCH) == {}


def test_branch__hostile_words_of_the_server(tmp_path: Path) -> None:
    """What a server prints is bounded and printable in our error."""
    remote, work = project(tmp_path)
    hook(remote, "pre-receive", "printf 'x\\033[2J\\007%4000s\\n' y >&2; exit 1")

    with pytest.raises(StoreError) as caught:
        save(work, tmp_path, 1)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def mktree(remote: Path, *entries: str) -> str:
    """A tree as no checkout would ever write it."""
    return git(remote, "mktree", "--missing", stdin="".join(f"{entry}\n" for entry in entries))


def test_branch__odd_entries_are_ignored(tmp_path: Path) -> None:
    """Links, programs, submodules and unsafe names on the branch are neither read nor kept."""
    remote, work = project(tmp_path)
    save(work, tmp_path, 1)
    blob = git(remote, "rev-parse", f"{BRANCH}:evaluations/default/{sha_of(1)}.json")
    names = [f"{sha_of(number)}.json" for number in range(2, 6)]
    kinds = (f"120000 blob {blob}", f"100755 blob {blob}", f"160000 commit {head(work)}", f"100644 blob {blob}")
    inner = mktree(remote, *(f"{kind}\t{name}" for kind, name in zip(kinds, names, strict=True)))
    default = mktree(remote, *(f"040000 tree {inner}\t{name}" for name in ("default", "..", ".git")))
    root = mktree(remote, f"040000 tree {default}\tevaluations", f"100644 blob {blob}\t-rf")
    commit = git(remote, "commit-tree", root, "-m", "hostile")
    git(remote, "update-ref", f"refs/heads/{BRANCH}", commit)

    assert [entry.sha for entry in GitStore(work).entries("default")] == [sha_of(5)]
    with pytest.raises(StoreError, match="no evaluation"):
        GitStore(work).load("default", sha_of(2), into=tmp_path / "loaded")
    save(work, tmp_path, 6)
    assert {name.partition("/")[0] for name in branch_files(remote, BRANCH)} == {
        "README.md",
        "evaluations",
        "files",
        "ledger.json",
    }
    assert git(remote, "ls-tree", "-r", BRANCH).count("100644") == len(branch_files(remote, BRANCH))


def counted(repository: TemporaryRepository, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands with which a repository talks to its remote from now on."""
    commands: list[tuple[str, ...]] = []
    talk = repository.talk

    def counting(*words: str, options: Sequence[str] = (), stdin: bytes | None = None) -> Completed:
        commands.append(words)
        return talk(*words, options=options, stdin=stdin)

    monkeypatch.setattr(repository, "talk", counting)
    return commands


@pytest.mark.parametrize("filters", [True, False], ids=["filters", "no-filters"])
def test_snapshot__reads_lazily(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: bool) -> None:
    """Large files come one batch at a time when they are asked for, or all at once from a simpler server."""
    _, work = project(tmp_path, filters=filters)
    for number in (1, 2, 3):
        made = evaluation(tmp_path / str(number), number, predictions=os.urandom(100_000))
        GitStore(work).save(made, keep=5)
    store = GitStore(work)
    store.entries("default")

    snapshot = store._seen
    assert isinstance(snapshot, BranchSnapshot)
    fetches = counted(snapshot._repository, monkeypatch)
    absent = len(snapshot._absent)
    store.load("default", sha_of(2), into=tmp_path / "loaded")

    assert absent == (3 if filters else 0)
    assert len(fetches) == (1 if filters else 0)
    assert len(snapshot._absent) == (2 if filters else 0)


def test_snapshot__remote_goes_away(tmp_path: Path) -> None:
    """A remote that is gone between listing and loading is an error, with nothing left that looks complete."""
    remote, work = project(tmp_path)
    GitStore(work).save(evaluation(tmp_path / "made", 1, predictions=os.urandom(100_000)), keep=5)
    store = GitStore(work)
    store.entries("default")
    remote.rename(tmp_path / "gone")

    with pytest.raises(StoreError, match="cannot read branch steelyard-data of origin"):
        store.load("default", sha_of(1), into=tmp_path / "loaded")
    assert not (tmp_path / "loaded" / "evaluation.json").exists()


def test_snapshot__too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch that somebody filled with files is an error with what to do."""
    _, work = project(tmp_path)
    save(work, tmp_path, 1)
    monkeypatch.setattr("steelyard.baseline.branch._MAX_NAMES", 2)

    with pytest.raises(StoreError, match="at most 2 are looked at") as caught:
        GitStore(work).entries("default")
    assert "delete the branch" in caught.value.hint


def test_snapshot__server_refuses_filters(tmp_path: Path) -> None:
    """A server that refuses to leave out files is asked for all of them."""
    remote, work = project(tmp_path)
    git(remote, "config", "uploadpackfilter.allow", "false")
    made = evaluation(tmp_path / "made", 1, predictions=os.urandom(100_000))

    GitStore(work).save(made, keep=5)
    save(work, tmp_path, 2)
    loaded = GitStore(work).load("default", sha_of(1), into=tmp_path / "loaded")

    assert (loaded / "evaluation.json").is_file()


def test_snapshot__server_that_gives_out_no_single_objects(tmp_path: Path) -> None:
    """An old protocol knows filters but not single objects: then all files are fetched."""
    remote, work = project(tmp_path)
    git(work, "config", "protocol.version", "0")
    os.environ["GIT_CONFIG_COUNT"] = "1"
    os.environ["GIT_CONFIG_KEY_0"], os.environ["GIT_CONFIG_VALUE_0"] = "protocol.version", "0"
    try:
        GitStore(work).save(evaluation(tmp_path / "made", 1, predictions=os.urandom(100_000)), keep=5)
        git(remote, "config", "uploadpack.allowAnySHA1InWant", "false")
        loaded = GitStore(work).load("default", sha_of(1), into=tmp_path / "loaded")
    finally:
        for name in ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"):
            del os.environ[name]

    assert (loaded / "evaluation.json").is_file()


def test_update__gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch that others never stop writing to is an error after a bounded number of attempts."""
    remote, work = project(tmp_path)
    save(work, tmp_path, 1)
    monkeypatch.setattr("steelyard.baseline.branch._LONGEST_PAUSE", 0.0)
    attempts = 0
    store = GitStore(work)
    branch = store._files

    def change(_: object) -> Edit:
        nonlocal attempts
        attempts += 1
        commit = git(remote, "commit-tree", f"{BRANCH}^{{tree}}", "-m", f"theirs {attempts}")
        git(remote, "update-ref", f"refs/heads/{BRANCH}", commit)
        return Edit(put={"ledger.json": b"{}"}, message="ours")

    with pytest.raises(StoreError, match="stale info") as caught:
        branch.update(change)
    assert attempts == 12
    assert "run the job again" in caught.value.hint
    assert git(remote, "log", "-1", "--format=%s", BRANCH) == "theirs 12"


def test_update__answer_was_lost(tmp_path: Path) -> None:
    """A push that arrived although its answer did not is not repeated into a second change."""
    remote, work = project(tmp_path)
    save(work, tmp_path, 1)
    hook(remote, "post-receive", "kill -9 $PPID")

    save(work, tmp_path, 2)

    assert {entry.sha for entry in GitStore(work).entries("default")} == {sha_of(1), sha_of(2)}


@pytest.mark.parametrize("problem", ["no-remote", "not-a-repository", "gone"])
def test_store__nowhere_to_go(tmp_path: Path, problem: str) -> None:
    """Without repository or remote, every operation is an error with what to do, never a crash."""
    remote, work = project(tmp_path)
    made = evaluation(tmp_path / "made", 1)
    where = work
    if problem == "no-remote":
        git(work, "remote", "remove", "origin")
    elif problem == "gone":
        remote.rename(tmp_path / "gone")
    else:
        where = tmp_path / "plain"
        where.mkdir()
    store = GitStore(where)

    for operation in (
        lambda: store.entries("default"),
        lambda: store.load("default", sha_of(1), into=tmp_path / "loaded"),
        lambda: store.save(made, keep=5),
        lambda: store.prune("default", keep=1),
    ):
        with pytest.raises(StoreError) as caught:
            operation()
        assert caught.value.hint
        assert "branch steelyard-data of origin" in str(caught.value)


def test_users_repository__is_not_touched(tmp_path: Path) -> None:
    """No byte and no time of change below `.git` differs after anything that a store does; hooks are not run."""
    remote, work = project(tmp_path)
    marker = tmp_path / "hook-ran"
    for name in ("pre-push", "post-checkout", "reference-transaction", "pre-auto-gc", "post-commit"):
        hook(work / ".git", name, f"touch '{marker}'")
    (work / "model.txt").write_text("edited, staged")
    git(work, "add", "model.txt")
    marker.unlink(missing_ok=True)
    before, status = fingerprint(work), git(work, "--no-optional-locks", "status", "--porcelain=v2", "--branch")

    store = GitStore(work)
    save(work, tmp_path, 1)
    store.entries("default")
    store.load("default", sha_of(1), into=tmp_path / "loaded")
    store.prune("default", keep=0)

    assert fingerprint(work) == before
    assert git(work, "--no-optional-locks", "status", "--porcelain=v2", "--branch") == status
    assert not marker.exists()
    assert branch_files(remote, "main") == {"model.txt": b"main 3\n"}


def test_users_repository__global_hooks_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do hooks of the user's configuration run in our repositories."""
    remote, work = project(tmp_path)
    hooks = tmp_path / "templates"
    hooks.mkdir()
    hook(hooks, "pre-push", "exit 1")
    hook(hooks, "reference-transaction", "exit 1")
    git(remote, "config", "core.hooksPath", str(remote / "hooks"))  # the server is another machine
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    for key, value in {
        "core.hooksPath": str(hooks / "hooks"),
        "init.templateDir": str(hooks),
        "push.gpgSign": "true",
        "commit.gpgSign": "true",
        "push.pushOption": "ci.skip",
        "fetch.prune": "true",
        "remote.origin.fetch": "+refs/pull/*/head:refs/remotes/origin/pr/*",
        "submodule.recurse": "true",
        "safe.bareRepository": "explicit",
    }.items():
        git(work, "config", "--global", key, value)

    save(work, tmp_path, 1)

    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    assert "README.md" in branch_files(remote, BRANCH)


def test_users_repository__inside_one_of_its_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by a hook, which says by variables where its repository is, we still write only to our own."""
    remote, work = project(tmp_path)
    before = fingerprint(work)
    for name, value in {
        "GIT_DIR": str(work / ".git"),
        "GIT_INDEX_FILE": str(work / ".git" / "index"),
        "GIT_WORK_TREE": str(work),
        "GIT_OBJECT_DIRECTORY": str(work / ".git" / "objects"),
        "GIT_QUARANTINE_PATH": str(work / ".git" / "objects"),
        "GIT_PREFIX": "",
    }.items():
        monkeypatch.setenv(name, value)

    save(work, tmp_path, 1)
    entries = GitStore(work).entries("default")

    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH"):
        monkeypatch.delenv(name)
    assert len(entries) == 1
    assert fingerprint(work) == before
    assert "README.md" in branch_files(remote, BRANCH)


def test_temporary_repositories__are_removed(tmp_path: Path, isolated: Path) -> None:
    """Nothing temporary is left, whether an operation ends well or not."""
    remote, work = project(tmp_path)
    save(work, tmp_path, 1)
    store = GitStore(work)
    store.entries("default")
    del store
    assert list(isolated.iterdir()) == []

    hook(remote, "pre-receive", "exit 1")
    with pytest.raises(StoreError):
        save(work, tmp_path, 2)
    assert list(isolated.iterdir()) == []


def test_sha256_repository(tmp_path: Path) -> None:
    """Repositories with SHA-256 names work like others."""
    remote, work = tmp_path / "remote.git", tmp_path / "work"
    git(tmp_path, "init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", str(remote))
    git(tmp_path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main", str(work))
    git(work, "remote", "add", "origin", f"file://{remote}")
    git(work, "commit", "--quiet", "--allow-empty", "-m", "first")

    save(work, tmp_path, 1)

    assert [entry.sha for entry in GitStore(work).entries("default")] == [sha_of(1)]


def test_relative_remote_and_subdirectory(tmp_path: Path) -> None:
    """A remote given by a path relative to the work tree is found from a project in a subdirectory."""
    remote, work = project(tmp_path)
    git(work, "remote", "set-url", "origin", "../remote.git")
    (work / "models").mkdir()

    save(work / "models", tmp_path, 1)

    assert "README.md" in branch_files(remote, BRANCH)


def test_push_address(tmp_path: Path) -> None:
    """Where fetching and pushing go to different addresses, writing goes to the latter."""
    remote, work = project(tmp_path)
    mirror = clone(remote, tmp_path / "mirror.git", "--bare")
    git(work, "remote", "set-url", "origin", f"file://{mirror}")
    git(work, "remote", "set-url", "--push", "origin", f"file://{remote}")

    save(work, tmp_path, 1)

    assert "README.md" in branch_files(remote, BRANCH)
    assert branch_files(mirror, BRANCH) == {}
