"""The files of a commit in a directory of their own, so that it can be trained again."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from steelyard.baseline.checkout import Checkout
from steelyard.baseline.git import OFFLINE, GitFailed, git
from steelyard.baseline.remote import Access, Remote
from steelyard.baseline.repository import TemporaryRepository
from steelyard.ci import Context
from steelyard.config import Config
from steelyard.errors import GitError, written
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.evaluation import Commit
from steelyard.text import quote


class Exported(Value, frozen=True, kw_only=True):
    """A commit's files."""

    commit: Commit
    project: Path
    """The project's directory among them: where the workspace is below the top of its repository, the same there."""


def export(sha: str, context: Context, config: Config, *, into: Path) -> Exported:
    """
    Write the files of a commit to the directory `into`, as a checkout would; the user's repository is only read.

    A commit that is not here, as in a depth-1 clone, is fetched. Submodules stay empty directories, and there is no
    `.git`: what is trained there cannot ask git anything.

    Args:
        sha: The commit.
        context: The job.
        config: The project's configuration, for the name of the remote.
        into: An empty directory.

    Raises:
        GitError: The commit cannot be had, or the project is not in it.
    """
    checkout = Checkout(context.workspace)
    below = context.workspace.resolve().relative_to(checkout.root)
    here = checkout.present([sha])
    remote = None if here else Remote.of(checkout, config.store.remote, access=Access.of(context))
    with TemporaryRepository(remote, object_format=checkout.object_format) as repository:
        if here:
            _borrow(repository, checkout)
        else:
            logger.info("fetching commit %s …", sha[:12])
            repository.fetch(sha, options=("--depth=1",), timeout=600)
        index = {"GIT_INDEX_FILE": str(repository.path / "export-index")}
        try:
            repository.git("read-tree", sha, env=index)
            repository.git(f"--work-tree={into}", "checkout-index", "--all", "--force", f"--prefix={into}/", env=index)
            told = repository.git("log", "-1", "--no-show-signature", "--format=%ct%x00%s", sha).stdout
        except GitFailed as exc:
            raise GitError(f"cannot write the files of {sha[:12]}: {exc.text}", hint=exc.hint) from exc
    seconds, _, subject = told.partition("\0")
    committed = datetime.fromtimestamp(int(seconds), UTC).isoformat(timespec="seconds")
    project = into / below
    if not project.resolve().is_relative_to(into.resolve()) or not project.is_dir():
        raise GitError(
            f"commit {sha[:12]} has no directory {quote(below.as_posix())}",
            hint="the project was not there yet, or elsewhere: name another commit with --baseline REV",
        )
    return Exported(commit=Commit(sha=sha, committed=committed, subject=subject.strip()[:500]), project=project)


def _borrow(repository: TemporaryRepository, checkout: Checkout) -> None:
    """Let our repository read the objects of the user's."""
    objects = os.fsdecode(git("rev-parse", "--git-path", "objects", env=OFFLINE, cwd=checkout.root).stdout.encode())
    alternates = repository.path / "objects" / "info" / "alternates"
    with written(repository.path):
        alternates.parent.mkdir(parents=True, exist_ok=True)
        alternates.write_bytes(os.fsencode((checkout.root / objects.removesuffix("\n")).resolve()) + b"\n")
