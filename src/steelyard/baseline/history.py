"""
Ancestry: from the user's repository where it has it, else from the remote.

What is missing is fetched into a repository of our own, commits without files where the server can do that, and in
growing steps, since the answer is nearly always close to the tips. A server that cannot be reached is no error: the
answers are then as good as the user's repository allows, and `trouble` says why.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from steelyard.baseline.checkout import Checkout, CommitObject, parse
from steelyard.baseline.git import GitFailed
from steelyard.baseline.refusals import Cause
from steelyard.baseline.remote import NAME, Remote
from steelyard.baseline.repository import IGNORED_FILTER, NO_FILTER, TemporaryRepository
from steelyard.log import logger
from steelyard.model.base import Value

LIMIT = 200
"""Commits of a first-parent chain that are looked at."""

_DEPTHS = (50, 500, 5000)
_DEPTHS_WITH_FILES = (50, 200)
"""A server that cannot leave files out sends those of every commit."""

_ENDS = 50


class Tip(Value, frozen=True, kw_only=True):
    """The newest commit of a branch, as far as it is known."""

    sha: str
    current: bool
    """The remote said so now; otherwise it is what was there at the last fetch, or a local branch."""


class History:
    """
    Commits of a checkout and of its remote; a context manager, since it may keep repositories of its own.

    Attributes:
        trouble: Why the remote could not be asked; empty when it could, or did not have to be.
    """

    def __init__(self, checkout: Checkout, remote: Remote | None) -> None:
        self.trouble = ""
        self._checkout = checkout
        self._remote = remote
        self._stack = ExitStack()
        self._repositories: list[TemporaryRepository] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def default_branch(self) -> str:
        """The remote's, as it says itself or said when it was cloned; else `main` or `master`, if here; else empty."""
        symref = next((line for line in self._ask("--symref", "HEAD") if line.startswith("ref: refs/heads/")), "")
        if symref:
            return symref.partition("\t")[0].removeprefix("ref: refs/heads/")
        name = self._remote.name if self._remote is not None else "origin"
        if cloned := self._checkout.symbolic(f"refs/remotes/{name}/HEAD"):
            return cloned.removeprefix(f"refs/remotes/{name}/")
        return next((branch for branch in ("main", "master") if self._local_tip(branch) is not None), "")

    def tip(self, branch: str) -> Tip | None:
        """The newest commit of a branch: the remote's, else the one that is known here."""
        sha = self.remote_ref(f"refs/heads/{branch}")
        if sha is not None:
            return Tip(sha=sha, current=True)
        local = self._local_tip(branch)
        return Tip(sha=local, current=False) if local is not None else None

    def remote_ref(self, ref: str) -> str | None:
        """The commit of a full ref name of the remote (a tag's commit, not the tag)."""
        listed = dict(line.partition("\t")[::2][::-1] for line in self._ask(ref, f"{ref}^{{}}"))
        return listed.get(f"{ref}^{{}}") or listed.get(ref)

    def commit(self, sha: str) -> CommitObject | None:
        """A commit object, from here or from the remote, which may have it on no branch; None: neither gives it."""
        if (found := self._checkout.commit(sha)) is not None:
            return found
        for repository in self._growing((sha,)):
            try:
                return parse(repository.git("cat-file", "commit", sha).stdout)
            except GitFailed:  # the remote gave an object of another kind
                return None
        return None

    def merge_base(self, sha: str, tip: str) -> str | None:
        """
        The best common ancestor of a commit and the tip of a branch, neither of which need be here.

        In a shallow clone it is looked for from where the history was cut off. In a history that was fetched to a
        depth it is the best one within that depth.
        """
        here = self._checkout
        if not here.present((sha,)):
            return self._merge_base_of_ends((sha,), tip)
        if here.present((tip,)) and ((found := here.merge_base(sha, (tip,))) or not here.shallow):
            return found
        if here.shallow and (found := self._merge_base_of_ends(here.boundary(sha, limit=_ENDS), tip)):
            return found
        return self._merge_base_where_known(sha, tip)

    def chain(self, sha: str, *, known: Collection[str] | None = None) -> tuple[str, ...]:
        """
        `sha` and its first-parent ancestors, nearest first, at most `LIMIT`.

        Args:
            sha: A commit.
            known: Those that are of interest, when that is known: nothing is fetched once one of them is in the chain.
        """
        local = self._checkout.first_parents(sha, limit=LIMIT) or (sha,)
        best = local
        if self._enough(best, known) or self._checkout.complete(best):
            return best[:LIMIT]
        for repository in itertools.chain(tuple(self._repositories), self._growing((local[-1],))):
            best = max(best, (*local[:-1], *_first_parents(repository, local[-1])), key=len)
            if self._enough(best, known):
                break
        return best[:LIMIT]

    def _enough(self, chain: Sequence[str], known: Collection[str] | None) -> bool:
        return len(chain) >= LIMIT or (known is not None and (not known or any(sha in known for sha in chain)))

    def _local_tip(self, branch: str) -> str | None:
        name = self._remote.name if self._remote is not None else "origin"
        refs = (f"refs/remotes/{name}/{branch}", f"refs/heads/{branch}")
        return next((sha for ref in refs if (sha := self._checkout.resolve(ref)) is not None), None)

    def _merge_base_of_ends(self, ends: Sequence[str], tip: str) -> str | None:
        """What was cut off came from a remote, so the commits at the cut can be had from there, with their past."""
        for repository in self._growing((tip, *ends)):
            try:
                return repository.git("merge-base", tip, *ends).stdout.split()[0]
            except (GitFailed, IndexError):
                continue
        return None

    def _merge_base_where_known(self, sha: str, tip: str) -> str | None:
        """Walk back from the tip to commits that are here, and look on from those."""
        for repository in self._growing((tip,)):
            lines = [line.split() for line in repository.git("rev-list", "--parents", tip, "--").stdout.splitlines()]
            here = self._checkout.present([line[0] for line in lines])
            inner = {parent for commit, *parents in lines if commit in here for parent in parents}
            outer = [line[0] for line in lines if line[0] in here and line[0] not in inner]
            if outer and (found := self._checkout.merge_base(sha, outer[:_ENDS])):
                return found
        return None

    def _growing(self, commits: Sequence[str]) -> Iterator[TemporaryRepository]:
        """A repository with these commits and more and more of their ancestors; ends when that is all or too much."""
        if self._remote is None or self.trouble:
            return
        repository = self._stack.enter_context(
            TemporaryRepository(self._remote, object_format=self._checkout.object_format)
        )
        refspecs = [f"+{sha}:refs/steelyard/{sha}" for sha in commits]
        option, depths = "--filter=tree:0", list(_DEPTHS)
        while depths:
            depth = depths.pop(0)
            try:
                done = repository.fetch(*refspecs, options=(option, f"--depth={depth}"))
            except GitFailed as exc:
                if exc.cause is Cause.NO_FILTER and option != NO_FILTER:
                    option, depths = NO_FILTER, list(_DEPTHS_WITH_FILES)
                    continue
                self._note(exc)
                return
            if option != NO_FILTER and IGNORED_FILTER in done.stderr:
                option, depths = NO_FILTER, [more for more in _DEPTHS_WITH_FILES if more > depth]
            if repository not in self._repositories:
                self._repositories.append(repository)
            yield repository
            if repository.complete():
                return

    def _ask(self, *arguments: str) -> list[str]:
        if self._remote is None or self.trouble:
            return []
        try:
            with TemporaryRepository(self._remote, object_format=self._checkout.object_format) as repository:
                flags = [word for word in arguments if word.startswith("--")]
                names = [word for word in arguments if not word.startswith("--")]
                return repository.talk("ls-remote", *flags, NAME, *names).stdout.splitlines()
        except GitFailed as exc:
            self._note(exc)
            return []

    def _note(self, exc: GitFailed) -> None:
        """A server that did not answer is not asked again; one that does not have a commit is."""
        logger.debug("%s", exc)
        if exc.cause is not Cause.NO_FILTER:
            self.trouble = exc.text


def _first_parents(repository: TemporaryRepository, sha: str) -> tuple[str, ...]:
    try:
        arguments = ("rev-list", "--first-parent", f"--max-count={LIMIT}", sha, "--")
        return tuple(repository.git(*arguments).stdout.split())
    except GitFailed:
        return (sha,)
