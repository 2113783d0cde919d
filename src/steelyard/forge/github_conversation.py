"""The conversation in one pull request or issue, as `forge.sticky` wants it: to the API both are issues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from github.Issue import Issue as Thread
from github.IssueComment import IssueComment

from steelyard.errors import ForgeError
from steelyard.forge import sticky
from steelyard.forge.github_client import Client
from steelyard.forge.interface import Change, Issue
from steelyard.log import logger

T = TypeVar("T")

_VIEWER = "query { viewer { databaseId } }"
_HISTORY = """
query($id: ID!) {
  node(id: $id) {
    ... on IssueComment { newest: userContentEdits(first: 20) { nodes { diff } }
                          oldest: userContentEdits(last: 20) { nodes { diff } } }
  }
}
"""
"""Both ends, since the order is not documented. `diff` is the whole body after the edit, whatever its name says."""


def viewer(client: Client) -> int:
    """
    The token's own account. By GraphQL, for a workflow's token may not ask `GET /user`.

    A server without GraphQL answers 404; it is asked in the other way.

    Raises:
        ForgeError: GitHub refused or did not answer.
    """

    def ask() -> int:
        return msgspec.convert(client.graphql(_VIEWER, {}), _ViewerAnswer).viewer.databaseId

    action = "find out whose token this is"
    try:
        return client.send(action, ask, repeatable=True)
    except ForgeError as exc:
        if exc.status != 404:
            raise
        return client.send(action, client.user_id, repeatable=True)


class Conversation:
    """The comments of one pull request or issue."""

    def __init__(self, client: Client, place: Change | Issue) -> None:
        self._client = client
        self._number = place.number
        self._is_change = isinstance(place, Change)
        self._needs = {"pull_requests" if self._is_change else "issues": "write"}
        self._known: dict[int, IssueComment] = {}

    def viewer(self) -> int:
        """The token's own account."""
        return viewer(self._client)

    def list(self) -> Sequence[sticky.Comment]:
        """All comments of the conversation, 100 a page."""

        def read() -> Sequence[sticky.Comment]:
            return [self._comment(said) for said in self._issue().get_comments()]

        return self._send("read the comments", read, repeatable=True)

    def create(self, body: str) -> sticky.Comment:
        """Not sent twice by itself: whether a lost answer meant a comment, the next `list` tells."""

        def create() -> sticky.Comment:
            return self._comment(self._issue().create_comment(body))

        return self._send("comment", create, repeatable=False)

    def update(self, comment: sticky.Comment, body: str) -> None:
        """Replace the body; not sent twice either, since another job may have written in between."""
        known = self._known[comment.id]
        self._send("edit the comment", lambda: known.edit(body), repeatable=False)

    def delete(self, comment: sticky.Comment) -> None:
        """Remove the comment."""
        self._send("delete a second comment", self._known[comment.id].delete, repeatable=True)

    def history(self, comment: sticky.Comment) -> Sequence[str]:
        """What the comment held before; nothing where GitHub does not tell."""
        node = self._known[comment.id].node_id

        def ask() -> Sequence[str]:
            answer = msgspec.convert(self._client.graphql(_HISTORY, {"id": node}), _HistoryAnswer)
            edits = (*answer.node.newest.nodes, *answer.node.oldest.nodes) if answer.node else ()
            return [edit.diff for edit in edits if edit.diff]

        try:
            return self._send("read the edits of the comment", ask, repeatable=True)
        except ForgeError as exc:
            logger.debug("%s", exc)
            return ()

    def current_head(self) -> str:
        """The pull request's head at this moment; an issue has none."""
        if not self._is_change:
            return ""
        return self._client.send(
            f"read pull request {self._number}",
            lambda: self._client.repository.get_pull(self._number).head.sha,
            repeatable=True,
        )

    def _send(self, what: str, request: Callable[[], T], *, repeatable: bool) -> T:
        where = f"pull request {self._number}" if self._is_change else f"issue {self._number}"
        return self._client.send(f"{what} on {where}", request, repeatable=repeatable, needs=self._needs)

    def _issue(self) -> Thread:
        """Comments in a pull request are an issue's to the API; nothing is asked yet."""
        return self._client.repository.get_issue(self._number)

    def _comment(self, said: IssueComment) -> sticky.Comment:
        self._known[said.id] = said
        author = getattr(said.user, "id", 0)  # a deleted account's comment has no user
        return sticky.Comment(id=said.id, author=author, body=said.body or "", url=said.html_url or "")


class _Viewer(msgspec.Struct, frozen=True):
    databaseId: int  # noqa: N815  GraphQL's name


class _ViewerAnswer(msgspec.Struct, frozen=True):
    viewer: _Viewer


class _Edit(msgspec.Struct, frozen=True):
    diff: str | None = None


class _Edits(msgspec.Struct, frozen=True):
    nodes: tuple[_Edit, ...] = ()


class _EditedComment(msgspec.Struct, frozen=True):
    newest: _Edits = _Edits()
    oldest: _Edits = _Edits()


class _HistoryAnswer(msgspec.Struct, frozen=True):
    node: _EditedComment | None = None
