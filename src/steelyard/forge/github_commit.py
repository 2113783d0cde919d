"""The comments on one commit, as `forge.sticky` wants them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from github.CommitComment import CommitComment

from steelyard.errors import ForgeError
from steelyard.forge import sticky
from steelyard.forge.github_client import Client
from steelyard.forge.github_conversation import viewer
from steelyard.forge.interface import Commit

T = TypeVar("T")

_NEEDS = {"contents": "write"}
_LOCKED = 422


class CommitConversation:
    """What was said on one commit, outside any pull request."""

    def __init__(self, client: Client, place: Commit) -> None:
        self._client = client
        self._sha = place.sha
        self._known: dict[int, CommitComment] = {}

    def viewer(self) -> int:
        """The token's own account."""
        return viewer(self._client)

    def list(self) -> Sequence[sticky.Comment]:
        """All comments on the commit, 100 a page."""

        def read() -> Sequence[sticky.Comment]:
            return [self._comment(said) for said in self._client.repository.get_commit(self._sha).get_comments()]

        return self._send("read the comments", read, repeatable=True)

    def create(self, body: str) -> sticky.Comment:
        """Not sent twice by itself: whether a lost answer meant a comment, the next `list` tells."""

        def create() -> sticky.Comment:
            return self._comment(self._client.repository.get_commit(self._sha).create_comment(body))

        return self._send("comment", create, repeatable=False)

    def update(self, comment: sticky.Comment, body: str) -> None:
        """
        Replace the body.

        A workflow's own token may write comments on commits and delete them, but not edit them ("commit_id has been
        locked"). Then the comment goes, and is reported as gone, so that another one is written in its place.
        """
        known = self._known[comment.id]
        try:
            self._send("edit the comment", lambda: known.edit(body), repeatable=False)
        except ForgeError as exc:
            if exc.status != _LOCKED:
                raise
            self.delete(comment)
            raise ForgeError(str(exc), hint=exc.hint, status=404) from exc

    def delete(self, comment: sticky.Comment) -> None:
        """Remove the comment."""
        self._send("delete a comment", self._known[comment.id].delete, repeatable=True)

    def history(self, comment: sticky.Comment) -> Sequence[str]:
        """Nothing: reports on a commit are all about that commit."""
        del comment
        return ()

    def current_head(self) -> str:
        """The commit itself."""
        return self._sha

    def _send(self, what: str, request: Callable[[], T], *, repeatable: bool) -> T:
        return self._client.send(f"{what} on commit {self._sha[:12]}", request, repeatable=repeatable, needs=_NEEDS)

    def _comment(self, said: CommitComment) -> sticky.Comment:
        self._known[said.id] = said
        author = getattr(said.user, "id", 0)  # a deleted account's comment has no user
        return sticky.Comment(id=said.id, author=author, body=said.body or "", url=said.html_url or "")
