"""
The discussions on one commit, as `forge.sticky` wants them.

GitLab's comments on commits (`/comments`) can only be added; what a discussion says can be edited and deleted.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from steelyard.errors import ForgeError
from steelyard.forge import sticky
from steelyard.forge.gitlab_client import Client
from steelyard.forge.gitlab_conversation import Note, viewer
from steelyard.forge.interface import Commit


class _Discussion(msgspec.Struct, frozen=True):
    id: str
    notes: list[Note] = []


class CommitConversation:
    """What was said on one commit, outside any merge request."""

    def __init__(self, client: Client, place: Commit) -> None:
        self._client = client
        self._path = f"/repository/commits/{place.sha}/discussions"
        self._page = client.page(f"/commit/{place.sha}")
        self._sha = place.sha
        self._where = f"commit {place.sha[:12]}"
        self._discussions: dict[int, str] = {}

    def viewer(self) -> int:
        """The token's account."""
        return viewer(self._client)

    def list(self) -> Sequence[sticky.Comment]:
        """What every discussion begins with; answers are other people's."""

        def read() -> Sequence[_Discussion]:
            return self._client.list(self._path, _Discussion, {})

        found = self._client.send(f"read the comments on {self._where}", read, repeatable=True)
        return [self._comment(one) for one in found if one.notes and not one.notes[0].system]

    def create(self, body: str) -> sticky.Comment:
        """Not sent twice by itself: whether a lost answer meant a comment, the next `list` tells."""

        def create() -> _Discussion:
            return self._client.post(self._path, _Discussion, {"body": body})

        return self._comment(self._client.send(f"comment on {self._where}", create, repeatable=False))

    def update(self, comment: sticky.Comment, body: str) -> None:
        """Replace the body."""
        path = self._note(comment)
        self._client.send(
            f"edit the comment on {self._where}", lambda: self._client.put(path, {"body": body}), repeatable=False
        )

    def delete(self, comment: sticky.Comment) -> None:
        """Remove the comment."""
        path = self._note(comment)
        self._client.send(
            f"delete a second comment on {self._where}", lambda: self._client.delete(path), repeatable=True
        )

    def history(self, comment: sticky.Comment) -> Sequence[str]:
        """Nothing: GitLab keeps no earlier bodies that its API shows."""
        del comment
        return ()

    def current_head(self) -> str:
        """The commit itself."""
        return self._sha

    def _note(self, comment: sticky.Comment) -> str:
        return f"{self._path}/{self._discussions[comment.id]}/notes/{comment.id}"

    def _comment(self, discussion: _Discussion) -> sticky.Comment:
        if not discussion.notes:
            raise ForgeError(f"GitLab made a discussion on {self._where} in which nothing is said")
        note = discussion.notes[0]
        self._discussions[note.id] = discussion.id
        author = note.author.id if note.author is not None else 0
        return sticky.Comment(id=note.id, author=author, body=note.body, url=f"{self._page}#note_{note.id}")
