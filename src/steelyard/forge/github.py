"""GitHub.com and GitHub Enterprise Server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from github.PullRequest import PullRequest

from steelyard.ci import Context
from steelyard.errors import ForgeError
from steelyard.forge import github_checks, github_closed, marker, sticky
from steelyard.forge.github_checks import SUMMARY_LIMIT
from steelyard.forge.github_client import Client
from steelyard.forge.github_commit import CommitConversation
from steelyard.forge.github_conversation import Conversation
from steelyard.forge.interface import Change, Check, Commit, Place, Posted, Stamp, Status
from steelyard.forge.patience import Patience
from steelyard.log import logger
from steelyard.model.base import Value

BODY_LIMIT = 65_536
"""Characters in a comment, by GitHub's own message."""


class GitHub:
    """
    The forge of a GitHub job; an implementation of `Forge`.

    Args:
        context: A GitHub job with repository and token.
        timeout: Seconds for a connection, and between two pieces of an answer.
        patience: How long to wait for GitHub over all requests; by default up to a minute.
    """

    comment_limit = BODY_LIMIT - marker.ROOM
    check_limit = SUMMARY_LIMIT

    def __init__(self, context: Context, *, timeout: int | None = None, patience: Patience | None = None) -> None:
        self._context = context
        self._client = Client(context, timeout=timeout, patience=patience)

    def find_change(self, *, number: int | None, head_sha: str) -> Change | None:
        """
        See `Forge.find_change`; of several pull requests of one commit, the one into the default branch.

        Where the job knows whose branch it is about, only that branch's pull request with this very commit as its head
        counts, and only if there is exactly one: everything else would let a contributor choose where a report goes.
        """
        if number is not None:
            pulls = self._client.repository
            return self._client.send(
                f"read pull request {number}", lambda: _change(pulls.get_pull(number)), repeatable=True
            )
        if self._context.head_owner:
            return self._find_by_branch(head_sha)
        return self._find_by_commit(head_sha) if head_sha else None

    def find_merged(self, sha: str) -> Change | None:
        """See `Forge.find_merged`; of several, the one that was merged as this very commit, else the latest."""
        return self._by_commit(sha, self._merged)

    def stamp_of(self, place: Place, *, report_id: str) -> Stamp | None:
        """See `Forge.stamp_of`."""
        return sticky.find(self._comments(place), report_id=report_id)

    def upsert_comment(
        self, place: Place, *, markdown: str, stamp: Stamp, create: bool = True, adopt: str | None = None
    ) -> Posted:
        """
        See `Forge.upsert_comment`.

        Raises:
            ForgeError: GitHub refused or did not answer, or the Markdown is longer than `comment_limit`.
        """
        if len(markdown) > self.comment_limit:
            raise ForgeError(
                f"the comment has {len(markdown):,} characters, GitHub takes {self.comment_limit:,}",
                hint="shorten it; the job's summary has room for all of it",
            )
        return sticky.upsert(self._comments(place), markdown=markdown, stamp=stamp, create=create, adopt=adopt)

    def set_status(self, status: Status) -> None:
        """See `StatusHost.set_status`."""
        github_checks.set_status(self._client, status)

    def set_check(self, check: Check) -> str:
        """See `CheckHost.set_check`."""
        return github_checks.set_check(self._client, check)

    def closed_before(self, numbers: Sequence[int], *, age: timedelta) -> frozenset[int]:
        """See `Archivist.closed_before`."""
        return github_closed.closed_before(self._client, self._context.repository, numbers, age=age)

    def _comments(self, place: Place) -> sticky.Comments:
        if isinstance(place, Commit):
            return CommitConversation(self._client, place)
        return Conversation(self._client, place)

    def _find_by_branch(self, sha: str) -> Change | None:
        owner, branch = self._context.head_owner, self._context.branch
        if not (sha and branch):
            return None
        action = f"look up the pull request of {owner}:{branch}"
        found = self._client.send(action, lambda: self._of_branch(owner, branch, sha), repeatable=True)
        if len(found) != 1:
            logger.info("%d open pull requests of %s:%s have %s as their head", len(found), owner, branch, sha[:12])
        return found[0] if len(found) == 1 else None

    def _of_branch(self, owner: str, branch: str, sha: str) -> list[Change]:
        """What GitHub lists is looked at again: a filter that it does not understand lets everything through."""
        return [
            _change(pull)
            for pull in self._client.repository.get_pulls(state="open", head=f"{owner}:{branch}")
            if pull.state == "open"
            and (pull.head.label.casefold(), pull.head.sha) == (f"{owner}:{branch}".casefold(), sha)
            and pull.base.repo.full_name.casefold() == self._context.repository.casefold()
        ]

    def _find_by_commit(self, sha: str) -> Change | None:
        return self._by_commit(sha, self._candidates)

    def _by_commit(self, sha: str, candidates: Callable[[str], list[_Candidate]]) -> Change | None:
        try:
            found = self._client.send(
                f"look up the pull request of {sha[:12]}", lambda: candidates(sha), repeatable=True
            )
        except ForgeError as exc:
            if exc.status == 422:  # a commit that was never pushed
                return None
            raise
        return min(found, key=lambda candidate: candidate.order).change if found else None

    def _candidates(self, sha: str) -> list[_Candidate]:
        """
        The open pull requests that the commit may be meant for.

        GitHub lists one for every branch that contains the commit, and for a fork's commit those of the repository it
        was forked from. One whose head has moved on counts only if the commit was pushed to its own branch.
        """
        ours, found = self._context.repository.casefold(), []
        for pull in self._client.repository.get_commit(sha).get_pulls():
            exact = pull.head.sha == sha
            moved_on = not _is_from_fork(pull) and pull.head.ref == self._context.branch
            if pull.state == "open" and pull.base.repo.full_name.casefold() == ours and (exact or moved_on):
                elsewhere = pull.base.ref != self._context.default_branch
                found.append(_Candidate(change=_change(pull), order=(not exact, elsewhere, pull.number)))
        return found

    def _merged(self, sha: str) -> list[_Candidate]:
        """The pull requests that were merged into the default branch and have the commit."""
        ours = self._context.repository.casefold()
        return [
            _Candidate(change=_change(pull), order=(pull.merge_commit_sha != sha, False, -pull.number))
            for pull in self._client.repository.get_commit(sha).get_pulls()
            if pull.merged_at is not None
            and pull.base.repo.full_name.casefold() == ours
            and pull.base.ref == self._context.default_branch
        ]


class _Candidate(Value, frozen=True, kw_only=True):
    """A pull request that a commit belongs to; the one that sorts first is meant."""

    change: Change
    order: tuple[bool, bool, int]


def _is_from_fork(pull: PullRequest) -> bool:
    theirs = getattr(pull.head.repo, "full_name", "")  # a deleted fork is no repository
    return str(theirs).casefold() != pull.base.repo.full_name.casefold()


def _change(pull: PullRequest) -> Change:
    return Change(
        number=pull.number,
        head_sha=pull.head.sha,
        url=pull.html_url,
        branch=pull.head.ref,
        target=pull.base.ref,
        open=pull.state == "open",
        from_fork=_is_from_fork(pull),
    )
