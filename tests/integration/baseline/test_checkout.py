"""The state of the user's repository."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from steelyard.baseline.checkout import Checkout, git_state
from steelyard.baseline.git import GitFailed
from tests.integration.baseline.repos import clone, commit, fingerprint, git, head, project


def test_git_state__of_a_clean_commit(tmp_path: Path) -> None:
    """Name, time in UTC, first line of the message and branch; a clean tree with untracked files is clean."""
    _, work = project(tmp_path)
    os.environ["GIT_COMMITTER_DATE"] = "2026-03-01T12:00:00 +0200"
    try:
        sha = commit(work, "Größer | <b>better</b> @octocat\n\nand more")
    finally:
        del os.environ["GIT_COMMITTER_DATE"]
    (work / "metrics.json").write_text("{}")
    before = fingerprint(work)

    state = git_state(work)

    assert state is not None
    assert (state.sha, state.branch, state.dirty) == (sha, "main", False)
    assert state.subject == "Größer | <b>better</b> @octocat"
    assert state.committed == "2026-03-01T10:00:00+00:00"
    assert fingerprint(work) == before


@pytest.mark.parametrize("how", ["edited", "staged", "deleted"])
def test_git_state__dirty(tmp_path: Path, how: str) -> None:
    """Tracked files that differ from the commit make it dirty, and looking does not refresh the index."""
    _, work = project(tmp_path)
    if how == "deleted":
        (work / "model.txt").unlink()
    else:
        (work / "model.txt").write_text("edited")
    if how == "staged":
        git(work, "add", "model.txt")
    before = fingerprint(work)

    state = git_state(work)

    assert state is not None
    assert state.dirty
    assert fingerprint(work) == before


def test_git_state__touched_file_is_clean_and_index_stays(tmp_path: Path) -> None:
    """A file whose time alone has changed is not dirty; git would note that in the index, which we keep it from."""
    _, work = project(tmp_path)
    os.utime(work / "model.txt", (1, 1))
    before = fingerprint(work)

    state = git_state(work)

    assert state is not None
    assert not state.dirty
    assert fingerprint(work) == before


def test_git_state__detached_and_shallow(tmp_path: Path) -> None:
    """A detached HEAD has no branch."""
    remote, work = project(tmp_path)
    shallow = clone(remote, tmp_path / "shallow", "--depth=1")
    git(shallow, "checkout", "--quiet", "--detach")

    state = git_state(shallow)

    assert state is not None
    assert (state.sha, state.branch) == (head(work), "")


@pytest.mark.parametrize("where", ["plain", "unborn", "bare"])
def test_git_state__none(tmp_path: Path, where: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where there is no work tree or no commit there is no state, and that is not worth a warning."""
    directory = tmp_path / where
    directory.mkdir()
    if where != "plain":
        git(directory, "init", "--quiet", *(("--bare",) if where == "bare" else ()))

    with caplog.at_level(logging.WARNING, logger="steelyard"):
        assert git_state(directory) is None
    assert caplog.records == []


def test_git_state__no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Without git there is no state, and a warning says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with caplog.at_level(logging.WARNING, logger="steelyard"):
        assert git_state(tmp_path) is None
    assert "install git" in caplog.text


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a repository of somebody else")
def test_git_state__repository_of_another_user(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A repository that git does not trust is no repository, and a warning says how to change that."""
    _, work = project(tmp_path)
    for path in (work, *work.rglob("*")):
        os.chown(path, 1234, 1234)
    if subprocess.run(["git", "status"], cwd=work, capture_output=True, check=False).returncode == 0:
        pytest.skip("this git is older than that check (2.35.2)")

    with caplog.at_level(logging.WARNING, logger="steelyard"):
        assert git_state(work) is None
    assert "safe.directory" in caplog.text


def test_git_state__subdirectory_and_signature(tmp_path: Path) -> None:
    """A project below the top of the work tree has the state of the whole; odd headers do not disturb."""
    _, work = project(tmp_path)
    (work / "models").mkdir()
    tree = git(work, "rev-parse", "HEAD^{tree}")
    headers = (f"tree {tree}", "author A <a> 1700000000 +0000", "committer C <c> 99999999999999999999 +0000")
    text = "\n".join((*headers, "mergetag object x", " committer no", "", "", "  spaced subject", ""))
    sha = git(work, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=text)
    git(work, "update-ref", "HEAD", sha)

    state = git_state(work / "models")

    assert state is not None
    assert (state.sha, state.committed, state.subject) == (sha, "", "spaced subject")


def test_commit__parents_are_named_in_a_shallow_clone(tmp_path: Path) -> None:
    """A depth-1 clone knows the names of commits that it does not have."""
    remote, work = project(tmp_path)
    shallow = Checkout(clone(remote, tmp_path / "shallow", "--depth=1"))
    sha, parent = head(work), head(work, "HEAD^")

    found = shallow.commit(sha)

    assert found is not None
    assert found.parents == (parent,)
    assert shallow.present((sha, parent)) == {sha}
    assert shallow.first_parents(sha, limit=9) == (sha, parent)
    assert not shallow.complete((sha, parent))


def test_commit__replacements_are_not_believed(tmp_path: Path) -> None:
    """`git replace` does not change what a commit is to us."""
    _, work = project(tmp_path)
    git(work, "replace", "--graft", "HEAD")

    found = Checkout(work).commit(head(work))

    assert found is not None
    assert len(found.parents) == 1


def test_settings__of_the_repository_alone(tmp_path: Path) -> None:
    """Values of the user's own configuration are not repeated: git reads them by itself."""
    _, work = project(tmp_path)
    git(work, "config", "http.proxy", "http://proxy.invalid:3128")
    git(work, "config", "http.https://x.invalid/.extraheader", "A: b\nc")

    settings = Checkout(work).settings(r"^http\.")

    assert settings == (("http.proxy", "http://proxy.invalid:3128"), ("http.https://x.invalid/.extraheader", "A: b\nc"))


def test_checkout__gone_directory(tmp_path: Path) -> None:
    """A directory that is not there is an error, not a crash."""
    gone = tmp_path / "gone"
    gone.mkdir()
    shutil.rmtree(gone)

    with pytest.raises(GitFailed):
        Checkout(gone)


def test_git_state__time_is_iso(tmp_path: Path) -> None:
    """The time of the commit can be read back."""
    _, work = project(tmp_path)

    state = git_state(work)

    assert state is not None
    assert datetime.fromisoformat(state.committed).utcoffset() is not None


@pytest.mark.parametrize("name", [b"\xe4", "ä\n€".encode()])
def test_checkout__any_path(tmp_path: Path, name: bytes) -> None:
    """The top of the work tree is found whatever its name is made of, from a directory in it too."""
    _, work = project(tmp_path)
    moved = tmp_path / os.fsdecode(name)
    work.rename(moved)
    (moved / "below").mkdir()

    assert Checkout(moved).root == moved
    assert Checkout(moved / "below").root == moved
    assert Checkout(moved / "below").head() == head(moved)
