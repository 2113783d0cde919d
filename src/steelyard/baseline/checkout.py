"""The user's own repository: read, never written to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from steelyard.baseline.git import OFFLINE, GitFailed, git
from steelyard.baseline.refusals import Cause
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.evaluation import Commit
from steelyard.process import Completed

_SUBJECT_LIMIT = 500
_MAX_SETTINGS = 200


class CommitObject(Value, frozen=True, kw_only=True):
    """What a commit object itself says; parents are named even where they are absent, as in a shallow clone."""

    parents: tuple[str, ...]
    committed: str
    """ISO 8601, UTC; empty when the object has no sensible time."""
    subject: str


class Checkout:
    """
    A git work tree.

    Attributes:
        root: The top directory of the work tree.
        shallow: Its history has been cut off.
        object_format: `sha1` or `sha256`.
    """

    def __init__(self, directory: Path) -> None:
        """
        Find the work tree that `directory` is in.

        Raises:
            GitFailed: There is none, git is missing, or git does not trust it.
        """
        self.root = directory
        # `--show-toplevel` wants a work tree. The way up to it, unlike its own name, has no character that gets lost.
        asked = ("--is-shallow-repository", "--show-object-format", "--show-cdup", "--show-toplevel")
        shallow, form, up, _ = self._git("rev-parse", *asked).stdout.split("\n", 3)
        self.root = (directory / up).resolve()
        self.shallow = shallow == "true"
        self.object_format = form

    def head(self) -> str | None:
        """The commit that is checked out; None on a branch without commits."""
        return self.resolve("HEAD")

    def branch(self) -> str:
        """The branch that is checked out; empty when HEAD is detached."""
        return self.symbolic("HEAD").removeprefix("refs/heads/")

    def symbolic(self, ref: str) -> str:
        """The full name of the ref that a symbolic ref stands for; empty when it is none."""
        try:
            return self._git("symbolic-ref", "--quiet", ref).stdout.strip()
        except GitFailed:
            return ""

    def resolve(self, revision: str) -> str | None:
        """The commit that a revision means here, whatever characters it is made of; None when it means none."""
        if not revision.isprintable() or not 0 < len(revision) <= 1000:
            return None
        try:
            shown = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}").stdout
        except GitFailed:
            return None
        return shown.split()[-1] if shown.strip() else None

    def commit(self, sha: str) -> CommitObject | None:
        """The commit object; None when it is not here."""
        try:
            text = self._git("cat-file", "commit", sha).stdout
        except GitFailed:
            return None
        return parse(text)

    def present(self, shas: Sequence[str]) -> frozenset[str]:
        """Those of some commits that are here."""
        if not shas:
            return frozenset()
        lines = self._git("cat-file", "--batch-check", stdin="\n".join(shas).encode() + b"\n").stdout.splitlines()
        return frozenset(line.split()[0] for line in lines if line.split()[1:2] == ["commit"])

    def dirty(self) -> bool:
        """Tracked files differ from HEAD."""
        return bool(self._git("status", "--porcelain", "--untracked-files=no").stdout.strip())

    def first_parents(self, sha: str, *, limit: int) -> tuple[str, ...]:
        """
        `sha` and its first-parent ancestors, nearest first, as far as they are known here.

        The parent of the last commit of a shallow history is known by name, so it is the last one.
        """
        try:
            arguments = ("rev-list", "--first-parent", f"--max-count={limit}", sha, "--")
            shas = tuple(self._git(*arguments).stdout.split())
        except GitFailed:
            return ()
        last = self.commit(shas[-1]) if shas and len(shas) < limit else None
        return (*shas, *(last.parents[:1] if last is not None else ()))

    def complete(self, chain: Sequence[str]) -> bool:
        """A chain of first parents that ends with a commit that has none."""
        last = self.commit(chain[-1]) if chain else None
        return last is not None and not last.parents

    def merge_base(self, sha: str, others: Iterable[str]) -> str | None:
        """The best common ancestor of a commit and a merge of some others, in the history that is here."""
        try:
            return self._git("merge-base", sha, *others).stdout.split()[0]
        except (GitFailed, IndexError):
            return None

    def boundary(self, sha: str, *, limit: int) -> tuple[str, ...]:
        """Where the history of `sha` begins here: its roots, or in a shallow clone the commits that were cut off."""
        arguments = ("rev-list", "--max-parents=0", f"--max-count={limit}", sha, "--")
        return tuple(self._git(*arguments).stdout.split())

    def remote_url(self, name: str, *, push: bool = False) -> str | None:
        """The address of a remote with `insteadOf` applied; it may contain a password. None: no such remote."""
        if name.startswith("-"):
            return None
        try:
            arguments = ("remote", "get-url", *(("--push",) if push else ()), name)
            return self._git(*arguments).stdout.split("\n")[0] or None
        except GitFailed:
            return None

    def settings(self, pattern: str) -> tuple[tuple[str, str], ...]:
        """Keys and values of this repository's own configuration (not the user's or the system's) by a pattern."""
        try:
            answer = self._git("config", "--show-scope", "--null", "--get-regexp", pattern).stdout
        except GitFailed:
            return ()
        fields = answer.split("\0")[:-1]
        pairs = zip(fields[::2], fields[1::2], strict=False)
        own = [entry.partition("\n")[::2] for scope, entry in pairs if scope in {"local", "worktree"}]
        return tuple(own[:_MAX_SETTINGS])

    def _git(self, *arguments: str, stdin: bytes | None = None) -> Completed:
        return git(*arguments, env=OFFLINE, cwd=self.root, stdin=stdin)


def git_state(workspace: Path) -> Commit | None:
    """
    The commit that is checked out, and whether tracked files differ from it.

    None outside a git repository and before the first commit; with a warning when git refuses to say.
    """
    try:
        checkout = Checkout(workspace)
        sha = checkout.head()
        found = checkout.commit(sha) if sha is not None else None
        if sha is None or found is None:
            return None
        return Commit(
            sha=sha,
            committed=found.committed,
            subject=found.subject,
            branch=checkout.branch(),
            dirty=checkout.dirty(),
        )
    except GitFailed as exc:
        if exc.cause is not Cause.NOT_A_REPOSITORY:
            logger.warning("the commit is unknown: %s%s", exc, f" ({exc.hint})" if exc.hint else "")
        return None


def parse(text: str) -> CommitObject:
    """What `git cat-file commit` prints."""
    header, _, message = text.partition("\n\n")
    fields = [line.partition(" ")[::2] for line in header.splitlines()]
    committer = next((value for key, value in fields if key == "committer"), "")
    return CommitObject(
        parents=tuple(value for key, value in fields if key == "parent"),
        committed=_time(committer),
        subject=(message.strip().splitlines() or [""])[0][:_SUBJECT_LIMIT],
    )


def _time(committer: str) -> str:
    """`Name <address> 1700000000 +0100` as ISO 8601 in UTC."""
    try:
        seconds = int(committer.rsplit(" ", 2)[1])
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, IndexError, OverflowError, OSError):
        return ""
