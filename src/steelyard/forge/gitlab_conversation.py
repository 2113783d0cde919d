"""The notes of one merge request, as `forge.sticky` wants them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from steelyard.errors import ForgeError
from steelyard.forge import marker, sticky
from steelyard.forge.gitlab_client import Client
from steelyard.forge.gitlab_refusals import CREATE
from steelyard.forge.interface import Change
from steelyard.log import logger

_OLDEST_FIRST = {"sort": "asc", "order_by": "created_at"}


class _Account(msgspec.Struct, frozen=True):
    id: int


class _Note(msgspec.Struct, frozen=True):
    id: int
    body: str = ""
    author: _Account | None = None
    system: bool = False


class _MergeRequest(msgspec.Struct, frozen=True):
    sha: str | None = None


class Conversation:
    """The notes of one merge request. GitLab tells nobody what a note held before it was edited: see `update`."""

    def __init__(self, client: Client, change: Change) -> None:
        self._client = client
        self._change = change
        self._path = f"/merge_requests/{change.number}"
        self._name = f"merge request {change.number}"

    def viewer(self) -> int:
        """The token's account: of a project access token, its bot."""
        action = "find out whose token this is"
        try:
            return self._client.send(action, lambda: self._client.get("//user", _Account), repeatable=True).id
        except ForgeError as exc:
            if exc.status == 403:  # a deploy token, or one without a scope that reads
                raise ForgeError(str(exc), hint=f"this token may not comment: {CREATE}", status=403) from exc
            raise

    def list(self) -> Sequence[sticky.Comment]:
        """All notes that somebody wrote, 100 a page; what GitLab notes itself is left out."""

        def read() -> Sequence[_Note]:
            return self._client.list(f"{self._path}/notes", _Note, _OLDEST_FIRST)

        notes = self._client.send(f"read the comments on {self._name}", read, repeatable=True)
        return [self._comment(note) for note in notes if not note.system]

    def create(self, body: str) -> sticky.Comment:
        """Not sent twice by itself: whether a lost answer meant a note, the next `list` tells."""

        def create() -> _Note:
            return self._client.post(f"{self._path}/notes", _Note, {"body": body})

        return self._comment(self._client.send(f"comment on {self._name}", create, repeatable=False))

    def update(self, comment: sticky.Comment, body: str) -> None:
        """
        Replace the body, if the note still holds what was read.

        There is no history from which an overwritten report could be put back. So the note is looked at right before
        it is written; when another job has been faster nothing is written, and the next `list` decides anew.
        """
        path = f"{self._path}/notes/{comment.id}"
        now = self._client.send(
            f"read the comment on {self._name}", lambda: self._client.get(path, _Note), repeatable=True
        )
        if marker.plain(now.body) != marker.plain(comment.body):
            logger.info("another job has changed the comment in the meantime")
            return
        self._client.send(
            f"edit the comment on {self._name}", lambda: self._client.put(path, {"body": body}), repeatable=False
        )

    def delete(self, comment: sticky.Comment) -> None:
        """Remove the note if it is still there."""
        path = f"{self._path}/notes/{comment.id}"
        try:
            self._client.send(
                f"delete a second comment on {self._name}", lambda: self._client.delete(path), repeatable=True
            )
        except ForgeError as exc:
            if exc.status != 404:
                raise

    def history(self, comment: sticky.Comment) -> Sequence[str]:
        """Nothing: GitLab keeps no earlier bodies that its API shows."""
        del comment
        return ()

    def current_head(self) -> str:
        """The merge request's head at this moment; empty when its branch is gone."""
        found = self._client.send(
            f"read {self._name}", lambda: self._client.get(self._path, _MergeRequest), repeatable=True
        )
        return found.sha or ""

    def _comment(self, note: _Note) -> sticky.Comment:
        author = note.author.id if note.author is not None else 0
        return sticky.Comment(id=note.id, author=author, body=note.body, url=f"{self._change.url}#note_{note.id}")
