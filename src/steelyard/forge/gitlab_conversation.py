"""The notes of one merge request or issue, as `forge.sticky` wants them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from steelyard.errors import ForgeError
from steelyard.forge import marker, sticky
from steelyard.forge.gitlab_client import Client
from steelyard.forge.gitlab_refusals import CREATE
from steelyard.forge.interface import Change, Issue
from steelyard.log import logger

_OLDEST_FIRST = {"sort": "asc", "order_by": "created_at"}
_WRITES_UNDER_WAY = 1.0
"""Seconds within which another job that has looked at a note has written it: two requests, one after the other."""


class _Account(msgspec.Struct, frozen=True):
    id: int


class Note(msgspec.Struct, frozen=True):
    """A note, as far as it is looked at."""

    id: int
    body: str = ""
    author: _Account | None = None
    system: bool = False


class _MergeRequest(msgspec.Struct, frozen=True):
    sha: str | None = None


def viewer(client: Client) -> int:
    """
    The token's account: of a project access token, its bot.

    Raises:
        ForgeError: GitLab refused or did not answer.
    """
    try:
        return client.send("find out whose token this is", lambda: client.get("//user", _Account), repeatable=True).id
    except ForgeError as exc:
        if exc.status == 403:  # a deploy token, or one without a scope that reads
            raise ForgeError(str(exc), hint=f"this token may not comment: {CREATE}", status=403) from exc
        raise


class Conversation:
    """
    The notes of one merge request or issue.

    GitLab tells nobody what a note held before it was edited: see `update`.
    """

    def __init__(self, client: Client, place: Change | Issue) -> None:
        kind, word = ("merge_requests", "merge request") if isinstance(place, Change) else ("issues", "issue")
        self._client = client
        self._is_change = isinstance(place, Change)
        self._path = f"/{kind}/{place.number}"
        self._page = client.page(self._path)
        self._name = f"{word} {place.number}"

    def viewer(self) -> int:
        """The token's account."""
        return viewer(self._client)

    def list(self) -> Sequence[sticky.Comment]:
        """All notes that somebody wrote, 100 a page; what GitLab notes itself is left out."""

        def read() -> Sequence[Note]:
            return self._client.list(f"{self._path}/notes", Note, _OLDEST_FIRST)

        notes = self._client.send(f"read the comments on {self._name}", read, repeatable=True)
        return [self.comment(note) for note in notes if not note.system]

    def create(self, body: str) -> sticky.Comment:
        """Not sent twice by itself: whether a lost answer meant a note, the next `list` tells."""

        def create() -> Note:
            return self._client.post(f"{self._path}/notes", Note, {"body": body})

        return self.comment(self._client.send(f"comment on {self._name}", create, repeatable=False))

    def update(self, comment: sticky.Comment, body: str) -> None:
        """
        Replace the body, if the note still holds what was read.

        There is no history from which an overwritten report could be put back. So the note is looked at right before
        it is written; when another job has been faster nothing is written, and the next `list` decides anew. And a
        job stays for a moment after it has written: one that looked before and writes only now is seen, and mended.
        """
        path = f"{self._path}/notes/{comment.id}"
        now = self._client.send(
            f"read the comment on {self._name}", lambda: self._client.get(path, Note), repeatable=True
        )
        if marker.plain(now.body) != marker.plain(comment.body):
            logger.info("another job has changed the comment in the meantime")
            return
        self._client.send(
            f"edit the comment on {self._name}", lambda: self._client.put(path, {"body": body}), repeatable=False
        )
        self._client.pause(_WRITES_UNDER_WAY)

    def delete(self, comment: sticky.Comment) -> None:
        """Remove the note."""
        path = f"{self._path}/notes/{comment.id}"
        self._client.send(
            f"delete a second comment on {self._name}", lambda: self._client.delete(path), repeatable=True
        )

    def history(self, comment: sticky.Comment) -> Sequence[str]:
        """Nothing: GitLab keeps no earlier bodies that its API shows."""
        del comment
        return ()

    def current_head(self) -> str:
        """The merge request's head at this moment; empty when its branch is gone, and of an issue."""
        if not self._is_change:
            return ""
        found = self._client.send(
            f"read {self._name}", lambda: self._client.get(self._path, _MergeRequest), repeatable=True
        )
        return found.sha or ""

    def comment(self, note: Note) -> sticky.Comment:
        """The same for `forge.sticky`."""
        author = note.author.id if note.author is not None else 0
        return sticky.Comment(id=note.id, author=author, body=note.body, url=f"{self._page}#note_{note.id}")
