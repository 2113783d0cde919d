"""
An orphan branch of a remote that holds files, not history: `files.Files` by git plumbing.

Every update replaces the branch's one commit. It is pushed only if the branch still is what was read (compare-and-swap
by a lease); a writer that comes second reads again and repeats its change, so that nobody's files are lost. Where a
rule refuses to replace commits, the new one is put on top of the old one; the branch's history then grows.

Reading is lazy: small files come with the first fetch, large ones when they are asked for, where the server can leave
files out at all. How large a single file is can only be told when it is here; the time of a fetch is bounded.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from pathlib import Path

from steelyard.baseline.checkout import Checkout
from steelyard.baseline.files import Change, Edit, Limits, Unusable
from steelyard.baseline.git import GitFailed
from steelyard.baseline.names import README
from steelyard.baseline.refusals import PASSING, Cause, writing_remedy
from steelyard.baseline.remote import NAME, Access, Remote
from steelyard.baseline.repository import IGNORED_FILTER, NO_FILTER, TemporaryRepository
from steelyard.errors import GitError, StoreError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.text import bounded

_RACES = 12
"""Attempts that others may outrun."""

_TROUBLES_READING, _TROUBLES_WRITING = 2, 3
"""Attempts that may fail for other reasons; a silence counts twice, since it has taken half a minute or more."""

_TIME = 180.0
"""Seconds after which no further attempt is made."""

_LONGEST_PAUSE = 4.0
_FIRST_FETCH = "--filter=blob:limit=32k"
_MAX_NAMES = 20_000
_LONGEST_NAME = 200
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "steelyard"), ("EMAIL", "noreply"))
}
_NO_CI = "[skip ci]"


class Layout(Value, frozen=True, kw_only=True):
    """What a data branch holds."""

    branch: str
    names: re.Pattern[str]
    """The files that are ours; any other is ignored, and gone with the next update."""
    readme: str
    limits: Limits


class DataBranch:
    """One data branch of the remote of a checkout."""

    def __init__(
        self, workspace: Path, layout: Layout, *, remote: str = "origin", access: Access | None = None
    ) -> None:
        self.limits = layout.limits
        self._workspace = workspace
        self._layout = layout
        self._remote_name = remote
        self._access = access or Access()
        self._ref = f"refs/heads/{layout.branch}"

    def describe(self) -> str:
        """For messages: `branch steelyard-data of origin`."""
        return f"branch {self._layout.branch} of {bounded(self._remote_name, limit=_LONGEST_NAME)}"

    def snapshot(self) -> BranchSnapshot:
        """See `Files.snapshot`."""
        tries = _Tries(most=_TROUBLES_READING)
        while True:
            try:
                return self._fetch(self._open(push=False))
            except GitFailed as exc:
                if not tries.again(exc, f"read {self.describe()}"):
                    raise StoreError(f"cannot read {self.describe()}: {exc.text}", hint=exc.hint) from exc

    def update(self, change: Change) -> None:
        """See `Files.update`."""
        tries = _Tries(most=_TROUBLES_WRITING)
        while True:
            try:
                with self._open(push=True) as repository:
                    return self._attempt(repository, change)
            except GitFailed as exc:
                if not tries.again(exc, f"write {self.describe()}"):
                    raise self._unwritable(exc) from exc

    def _open(self, *, push: bool) -> TemporaryRepository:
        try:
            checkout = Checkout(self._workspace)
            remote = Remote.of(checkout, self._remote_name, access=self._access, push=push)
        except GitError as exc:
            raise StoreError(f"{self.describe()} cannot be used: {exc}", hint=exc.hint) from exc
        return TemporaryRepository(remote, object_format=checkout.object_format)

    def _fetch(self, repository: TemporaryRepository, *, lazy: bool = True) -> BranchSnapshot:
        try:
            options = ("--depth=1", _FIRST_FETCH if lazy else NO_FILTER)
            done = repository.fetch(f"+{self._ref}:{self._ref}", options=options)
        except GitFailed as exc:
            if exc.cause is Cause.NO_SUCH_REF:
                return BranchSnapshot(self, repository, tip=None)
            if exc.cause is Cause.NO_FILTER and lazy:
                return self._fetch(repository, lazy=False)
            raise
        lazy = lazy and IGNORED_FILTER not in done.stderr
        return BranchSnapshot(self, repository, tip=repository.ref(self._ref), lazy=lazy)

    def fetch_all(self) -> BranchSnapshot:
        """Like `snapshot`, with all files at once: for servers that leave out files but do not give out single ones."""
        return self._fetch(self._open(push=False), lazy=False)

    def ours(self, name: str) -> bool:
        """The name is one that this branch may hold."""
        return self._layout.names.fullmatch(name) is not None

    def _attempt(self, repository: TemporaryRepository, change: Change) -> None:
        snapshot = self._fetch(repository)
        edit = change(snapshot)
        if not edit.put and not edit.remove & snapshot.names:
            return
        tree = _write_tree(repository, self._files_after(repository, snapshot, edit))
        if snapshot.tip is not None and tree == repository.git("rev-parse", f"{snapshot.tip}^{{tree}}").stdout.strip():
            return
        commit = _write_commit(repository, tree, edit.message)
        try:
            self._push(repository, commit, expected=snapshot.tip)
        except GitFailed as exc:
            if exc.cause is not Cause.NO_FORCE or snapshot.tip is None:
                raise
            logger.debug("%s may not be rewritten, so its history grows: %s", self.describe(), exc.text)
            commit = _write_commit(repository, tree, edit.message, parent=snapshot.tip)
            self._push(repository, commit, expected=snapshot.tip)

    def _files_after(self, repository: TemporaryRepository, snapshot: BranchSnapshot, edit: Edit) -> dict[str, str]:
        kept = {name: blob for name, blob in snapshot.blobs.items() if name not in edit.remove}
        new = {**edit.put, README: self._layout.readme.encode()}
        return kept | {name: _write_blob(repository, content) for name, content in new.items()}

    def _push(self, repository: TemporaryRepository, commit: str, *, expected: str | None) -> None:
        """An empty lease means that there must be no such branch yet."""
        repository.talk(
            *("push", "--quiet", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"),
            *(f"--force-with-lease={self._ref}:{expected or ''}", NAME, f"{commit}:{self._ref}"),
        )

    def _unwritable(self, exc: GitFailed) -> StoreError:
        remedy = writing_remedy(exc.cause, branch=self._layout.branch)
        return StoreError(f"cannot write to {self.describe()}: {exc.text}", hint=remedy)


class _Tries:
    """
    Which failures are worth another attempt.

    Args:
        most: Troubles that end it.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._races = 0
        self._troubles = 0
        self._deadline = time.monotonic() + _TIME

    def again(self, failed: GitFailed, action: str) -> bool:
        """Whether to try again; if so, after a pause, with jitter: what failed together must not meet again."""
        self._races += 1
        if failed.cause is not Cause.LOST_RACE:
            self._troubles += 2 if failed.cause is Cause.TIMEOUT else 1
        if failed.cause not in PASSING or self._races >= _RACES or self._troubles >= self._most:
            return False
        shortest, longest = (0, 0.1 * 2**self._races) if failed.cause is Cause.LOST_RACE else (1, 2.0**self._troubles)
        pause = random.SystemRandom().uniform(min(shortest, _LONGEST_PAUSE), min(longest, _LONGEST_PAUSE))
        if time.monotonic() + pause > self._deadline:
            return False
        logger.debug("cannot %s: %s; trying again in %.1f s", action, failed.text, pause)
        time.sleep(pause)
        return True


class BranchSnapshot:
    """
    The files of a data branch at one commit.

    Attributes:
        tip: The commit; None when there is no such branch yet.
        blobs: The object of every file that is ours.
    """

    def __init__(
        self, branch: DataBranch, repository: TemporaryRepository, *, tip: str | None, lazy: bool = False
    ) -> None:
        self.tip = tip
        self._branch = branch
        self._repository = repository
        self.blobs = self._list() if tip is not None else {}
        self._absent = self._list_absent() if lazy and tip is not None else set()

    @property
    def names(self) -> frozenset[str]:
        """See `Snapshot.names`."""
        return frozenset(self.blobs)

    def gather(self, names: Iterable[str]) -> None:
        """See `Snapshot.gather`."""
        wanted = {self.blobs[name] for name in names if name in self.blobs} & self._absent
        if not wanted:
            return
        try:
            self._repository.fetch_objects(wanted)
            self._absent -= wanted
        except GitFailed as exc:
            if exc.cause is not Cause.NO_FILTER:
                raise self._failed(exc) from exc
            self._repository, self._absent = self._branch.fetch_all()._repository, set()

    def read(self, name: str) -> bytes:
        """See `Snapshot.read`."""
        blob = self.blobs.get(name)
        if blob is None:
            raise Unusable(f"{name} is not on {self._branch.describe()}")
        self.gather((name,))
        try:
            size, limit = int(self._repository.git("cat-file", "-s", blob).stdout), self._branch.limits.file
            if size > limit:
                raise Unusable(f"{name} on {self._branch.describe()}: {size:,} bytes, at most {limit:,} are read")
            file = self._repository.path / "steelyard-content"
            self._repository.git("cat-file", "blob", blob, stdout=file)
            return file.read_bytes()
        except GitFailed as exc:
            raise self._failed(exc) from exc

    def _failed(self, exc: GitFailed) -> StoreError:
        return StoreError(f"cannot read {self._branch.describe()}: {exc.text}", hint=exc.hint)

    def _list(self) -> dict[str, str]:
        """Regular files only: a link, a program or a submodule is none of ours."""
        listed = self._repository.git("ls-tree", "-r", "-z", "--full-tree", f"{self.tip}").stdout.split("\0")
        entries = [(*line.partition("\t")[0].split(), line.partition("\t")[2]) for line in listed if line]
        blobs = {path: blob for mode, _, blob, path in entries if mode == "100644" and self._branch.ours(path)}
        if len(blobs) > _MAX_NAMES:
            raise StoreError(
                f"{self._branch.describe()} has {len(blobs):,} files, at most {_MAX_NAMES:,} are looked at",
                hint="delete the branch: it is made again with the next run on the target branch",
            )
        return blobs

    def _list_absent(self) -> set[str]:
        arguments = ("rev-list", "--objects", "--no-walk", "--missing=print", f"{self.tip}")
        return {line[1:] for line in self._repository.git(*arguments).stdout.splitlines() if line.startswith("?")}


def _write_blob(repository: TemporaryRepository, content: bytes) -> str:
    return repository.git("hash-object", "-w", "--stdin", stdin=content).stdout.strip()


def _write_tree(repository: TemporaryRepository, files: dict[str, str]) -> str:
    """A tree of these files; those that were left out when fetching need not be here."""
    index = repository.path / "steelyard-index"
    index.unlink(missing_ok=True)
    entries = "".join(f"100644 {blob}\t{name}\0" for name, blob in sorted(files.items()))
    env = {"GIT_INDEX_FILE": str(index)}
    repository.git("update-index", "-z", "--index-info", stdin=entries.encode(), env=env)
    return repository.git("write-tree", "--missing-ok", env=env).stdout.strip()


def _write_commit(repository: TemporaryRepository, tree: str, message: str, *, parent: str | None = None) -> str:
    parents = ("-p", parent) if parent is not None else ()
    text = f"{message or 'Update'} {_NO_CI}\n".encode()
    return repository.git("commit-tree", tree, *parents, stdin=text, env=_IDENTITY).stdout.strip()
