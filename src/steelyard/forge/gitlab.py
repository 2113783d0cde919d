"""GitLab.com and self-managed GitLab."""

from __future__ import annotations

import re

import msgspec

from steelyard.ci import Context
from steelyard.errors import ForgeError
from steelyard.forge import marker, sticky
from steelyard.forge.gitlab_client import Client
from steelyard.forge.gitlab_commit import CommitConversation
from steelyard.forge.gitlab_conversation import Conversation
from steelyard.forge.gitlab_thread import Thread
from steelyard.forge.interface import Change, Commit, Place, Posted, Stamp, Status
from steelyard.forge.patience import Patience
from steelyard.model.base import Value

BODY_LIMIT = 1_000_000
"""Characters in a note, by GitLab's own message."""

_ROOM_FOR_MARKS = 1_000
"""Characters that `defused` may add."""

_DESCRIPTION_LIMIT = 255
_QUICK_ACTION = re.compile(r"^(?=/\w+(?:\s|$))", re.MULTILINE)
_INVISIBLE = "\u2060"
"""WORD JOINER: what follows it is no longer at the beginning of its line."""

_WITHOUT_STATUSES = frozenset({"parent_pipeline", "webide"})
"""Sources of pipelines that GitLab does not find for a status (its `Enums::Ci::Pipeline.dangling_sources`)."""

_STATES = {"pass": "success", "fail": "failed"}


class _MergeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A merge request, as far as it is looked at."""

    iid: int
    state: str
    web_url: str = ""
    sha: str | None = None
    source_branch: str = ""
    target_branch: str = ""
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    project_id: int = 0
    source_project_id: int | None = None
    """None: the fork was deleted."""


class _Ignored(msgspec.Struct, frozen=True):
    """An answer of which nothing is needed."""


class GitLab:
    """
    The forge of a GitLab job; an implementation of `Forge`.

    Args:
        context: A GitLab job with project and token.
        timeout: Seconds for a connection, and between two pieces of an answer.
        patience: How long to wait for GitLab over all requests; by default up to a minute.
    """

    comment_limit = BODY_LIMIT - marker.ROOM - _ROOM_FOR_MARKS

    def __init__(self, context: Context, *, timeout: int | None = None, patience: Patience | None = None) -> None:
        self._context = context
        self._client = Client(context, token=context.token, timeout=timeout, patience=patience)

    def find_change(self, *, number: int | None, head_sha: str) -> Change | None:
        """See `Forge.find_change`; of several merge requests of one commit, the one into the default branch."""
        if number is not None:
            path = f"/merge_requests/{number}"
            found = self._client.send(
                f"read merge request {number}", lambda: self._client.get(path, _MergeRequest), repeatable=True
            )
            return _change(found)
        return self._find_by_commit(head_sha) if head_sha else None

    def find_merged(self, sha: str) -> Change | None:
        """See `Forge.find_merged`; of several, the one that was merged as this very commit, else the latest."""
        found = [one for one in self._requests_of(sha, "merged") if one.target_branch == self._context.default_branch]
        found.sort(key=lambda one: (sha not in {one.merge_commit_sha, one.squash_commit_sha}, -one.iid))
        return _change(found[0]) if found else None

    def stamp_of(self, place: Place, *, report_id: str) -> Stamp | None:
        """See `Forge.stamp_of`."""
        return sticky.find(self._comments(place), report_id=report_id)

    def upsert_comment(
        self, place: Place, *, markdown: str, stamp: Stamp, create: bool = True, adopt: str | None = None
    ) -> Posted:
        """
        See `Forge.upsert_comment`.

        Raises:
            ForgeError: GitLab refused or did not answer, or the Markdown is longer than `comment_limit`.
        """
        text = self._taken(markdown)
        return sticky.upsert(self._comments(place), markdown=text, stamp=stamp, create=create, adopt=adopt)

    def upsert_thread(
        self, change: Change, *, markdown: str, stamp: Stamp, resolved: bool, create: bool = True
    ) -> Posted:
        """
        See `ThreadHost.upsert_thread`.

        Raises:
            ForgeError: As `upsert_comment`.
        """
        thread = Thread(self._client, change)
        posted = sticky.upsert(thread, markdown=self._taken(markdown), stamp=stamp, create=create)
        if posted.action not in {"superseded", "none"}:
            thread.resolve(report_id=stamp.id, resolved=resolved)
        return posted

    def set_status(self, status: Status) -> None:
        """
        See `Forge.set_status`.

        GitLab keeps statuses in pipelines. That of this job is named when it is one of the change's own head; a
        merged-result pipeline is one of another commit, and GitLab then takes or makes one of the head. A child
        pipeline takes none; without a name GitLab chooses the newest that does, which is its parent.
        """
        context = self._context
        data: dict[str, str | int] = {
            "state": _STATES[status.state],
            "name": status.name,
            "description": status.description[:_DESCRIPTION_LIMIT],
            **({"target_url": status.url} if status.url else {}),
        }
        if context.pipeline_id and context.tested_sha == status.sha:
            named = context.event not in _WITHOUT_STATUSES
            data = {**data, **({"pipeline_id": context.pipeline_id} if named else {})}
        elif context.branch and not context.from_fork:
            data = {**data, "ref": context.branch}
        self._client.send(
            f"set the status {status.name} of {status.sha[:12]}",
            lambda: self._client.post(f"/statuses/{status.sha}", _Ignored, data),
            repeatable=True,
        )

    def _comments(self, place: Place) -> sticky.Comments:
        if isinstance(place, Commit):
            return CommitConversation(self._client, place)
        return Conversation(self._client, place)

    def _taken(self, markdown: str) -> str:
        """The Markdown as GitLab may have it."""
        text = defused(markdown)
        if len(text) > BODY_LIMIT - marker.ROOM:
            raise ForgeError(
                f"the comment has {len(markdown):,} characters, GitLab takes {self.comment_limit:,}",
                hint="shorten it; the job's artifacts have room for all of it",
            )
        return text

    def _find_by_commit(self, sha: str) -> Change | None:
        """The open merge request of a commit: GitLab lists one for every source branch that contains it."""
        found = self._requests_of(sha, "opened")
        candidates = [one for request in found if (one := self._candidate(request, sha)) is not None]
        return min(candidates, key=lambda one: one.order).change if candidates else None

    def _requests_of(self, sha: str, state: str) -> list[_MergeRequest]:
        def ask() -> list[_MergeRequest]:
            path = f"/repository/commits/{sha}/merge_requests"
            return self._client.list(path, _MergeRequest, {"state": state})

        try:
            return self._client.send(f"look up the merge request of {sha[:12]}", ask, repeatable=True)
        except ForgeError as exc:
            if exc.status == 404 and self._sees_project():  # a commit that was never pushed
                return []
            raise

    def _sees_project(self) -> bool:
        """Whether a 404 is about what was asked for, and not about the project itself."""
        try:
            self._client.send("read the project", lambda: self._client.get("", _Ignored), repeatable=True)
        except ForgeError:
            return False
        return True

    def _candidate(self, found: _MergeRequest, sha: str) -> _Candidate | None:
        """One whose head has moved on counts only if the commit was pushed to its own branch."""
        ours = found.source_project_id == found.project_id
        exact = found.sha == sha
        moved_on = ours and found.source_branch == self._context.branch
        if found.state != "opened" or not (exact or moved_on):
            return None
        elsewhere = found.target_branch != self._context.default_branch
        return _Candidate(change=_change(found), order=(not exact, elsewhere, found.iid))


class _Candidate(Value, frozen=True, kw_only=True):
    """A merge request that a commit belongs to; the one that sorts first is meant."""

    change: Change
    order: tuple[bool, bool, int]


def defused(markdown: str) -> str:
    """
    The Markdown without quick actions.

    GitLab carries out lines such as `/merge` or `/close`, with the token's rights, and takes them out of the note.
    Whoever chooses a line of a report must not choose that. GitLab's own exceptions (code, quotes) are decided by
    patterns that a hostile line could step around, so every such line gets an invisible character before its slash;
    paths such as `/usr/lib` are none.
    """
    return _QUICK_ACTION.sub(_INVISIBLE, markdown.replace("\r\n", "\n").replace("\r", "\n"))


def _change(found: _MergeRequest) -> Change:
    return Change(
        number=found.iid,
        head_sha=found.sha or "",
        url=found.web_url,
        branch=found.source_branch,
        target=found.target_branch,
        open=found.state == "opened",
        from_fork=found.source_project_id != found.project_id,
    )
