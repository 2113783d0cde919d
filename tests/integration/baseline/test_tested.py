"""Which commit another job may say that it measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.baseline.tested import measured, refuse_checkout_of
from steelyard.ci import Context
from steelyard.config import Config
from steelyard.errors import InputError, UsageError
from tests.integration.baseline.repos import bare, clone, commit, forge_merge, git, head, job_clone, project


class Place:
    """A remote with a change that nobody's clone has, and the checkout of a job on main."""

    def __init__(self, directory: Path) -> None:
        self.remote, self.work = project(directory)
        git(self.work, "checkout", "--quiet", "-b", "change", "main~1")
        self.head = commit(self.work, "the change", name="change.txt")
        git(self.work, "push", "--quiet", "origin", "change")
        self.merge = forge_merge(self.remote, target="main", branch="change", number=7)
        git(self.remote, "update-ref", "refs/pull/7/head", self.head)
        git(self.remote, "update-ref", "-d", "refs/heads/change")
        self.job = job_clone(self.remote, directory / "job", "refs/heads/main")

    def context(self, *, head_sha: str | None = None, target: str = "main") -> Context:
        """The job that reports."""
        sha = self.head if head_sha is None else head_sha
        return Context(
            provider="github",
            workspace=self.job,
            event="workflow_run",
            head_sha=sha,
            branch="change",
            target=target,
            default_branch="main",
            relayed=True,
            from_fork=True,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The remote and the job."""
    return Place(tmp_path)


def test_measured__head(place: Place) -> None:
    """The run's own head is what it measured; what is said of it comes from git and the forge."""
    found = measured(place.context(), Config(), place.head)

    assert (found.sha, found.subject, found.branch, found.dirty) == (place.head, "the change", "change", False)
    assert found.committed.endswith("+00:00")


def test_measured__merge(place: Place) -> None:
    """So is its merge into main, also once main and the forge's own merge have moved on."""
    commit(place.work, "main 4", name="other.txt")
    git(place.work, "push", "--quiet", "origin", "HEAD:refs/heads/unused")
    assert measured(place.context(), Config(), place.merge).subject == "Merge"

    git(place.work, "checkout", "--quiet", "main")
    for number in range(3):
        commit(place.work, f"later {number}")
    git(place.work, "push", "--quiet", "origin", "main")

    assert measured(place.context(), Config(), place.merge).sha == place.merge


@pytest.mark.parametrize("what", ["main", "parents exchanged", "merge of a branch", "octopus", "missing", ""])
def test_measured__something_else(place: Place, what: str) -> None:
    """Any other commit is refused: main's, merges of other commits and into others, and what nobody has."""
    main, tree = head(place.remote, "main"), git(place.remote, "rev-parse", "main^{tree}")
    side = git(place.remote, "commit-tree", tree, "-p", main, "-m", "side")

    def merge(*parents: str) -> str:
        return git(place.remote, "commit-tree", tree, *(word for one in parents for word in ("-p", one)), "-m", "m")

    claimed = {
        "main": main,
        "parents exchanged": merge(place.head, main),
        "merge of a branch": merge(side, place.head),
        "octopus": merge(main, place.head, side),
        "missing": "f" * 40,
        "": "",
    }[what]
    if claimed and what != "missing":
        git(place.remote, "update-ref", "refs/pull/8/head", claimed)

    with pytest.raises(InputError, match=r"neither|names no commit"):
        measured(place.context(), Config(), claimed)


def test_measured__into_another_target(place: Place) -> None:
    """A merge into main is none into the branch that the pull request goes to."""
    git(place.work, "push", "--quiet", "origin", "main~2:refs/heads/release")

    with pytest.raises(InputError, match="merged into its target"):
        measured(place.context(target="release"), Config(), place.merge)


def test_measured__unknown_run(place: Place) -> None:
    """A run whose head is unknown vouches for nothing."""
    with pytest.raises(InputError, match="the run that measured names no commit"):
        measured(place.context(head_sha=""), Config(), place.head)


def test_measured__remote_is_down(place: Place) -> None:
    """The run's own head needs no remote to be known; a merge does."""
    place.remote.rename(place.remote.with_name("gone"))

    assert measured(place.context(), Config(), place.head).subject == ""
    with pytest.raises(InputError, match="the remote could not be asked"):
        measured(place.context(), Config(), place.merge)


def test_refuse_checkout_of__head_and_merge(place: Place, tmp_path: Path) -> None:
    """A work tree that is the fork's head, or the forge's merge of it, is refused; main's is not."""
    refuse_checkout_of(place.context())
    for number, ref in enumerate(("refs/pull/7/head", "refs/pull/7/merge")):
        place.job = job_clone(place.remote, tmp_path / f"job-{number}", ref)
        with pytest.raises(UsageError, match="its configuration would judge itself"):
            refuse_checkout_of(place.context())


def test_refuse_checkout_of__empty(tmp_path: Path) -> None:
    """A repository without commits has nothing of anybody checked out."""
    remote = bare(tmp_path / "remote.git")
    work = clone(remote, tmp_path / "work")

    refuse_checkout_of(Context(workspace=work, head_sha="1" * 40))
