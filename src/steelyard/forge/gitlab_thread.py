"""A report that a merge request's reviewers must resolve: a discussion that is open while something is wrong."""

from __future__ import annotations

import msgspec

from steelyard.forge import sticky
from steelyard.forge.gitlab_client import Client
from steelyard.forge.gitlab_conversation import Conversation, Note
from steelyard.forge.interface import Change
from steelyard.log import logger


class _Discussion(msgspec.Struct, frozen=True):
    id: str
    individual_note: bool = False
    notes: list[Note] = []


class Thread(Conversation):
    """The notes of one merge request, to which ours is added as a discussion; as a note it is listed and edited."""

    def __init__(self, client: Client, place: Change) -> None:
        super().__init__(client, place)
        self._discussions = f"{self._path}/discussions"

    def create(self, body: str) -> sticky.Comment:
        """Not sent twice by itself: whether a lost answer meant a discussion, the next `list` tells."""

        def create() -> _Discussion:
            return self._client.post(self._discussions, _Discussion, {"body": body})

        made = self._client.send(f"begin a discussion on {self._name}", create, repeatable=False)
        return self.comment(made.notes[0])

    def resolve(self, *, report_id: str, resolved: bool) -> None:
        """
        Resolve our discussion of that report, or open it again. A report that is a mere note stays as it is.

        Raises:
            ForgeError: GitLab refused or did not answer.
        """
        found = self._find(report_id)
        if found is None or found.individual_note:
            logger.warning("the report on %s is no discussion, so it cannot be resolved: delete it once", self._name)
            return
        path, data = f"{self._discussions}/{found.id}", {"resolved": "true" if resolved else "false"}
        self._client.send(
            f"resolve the discussion on {self._name}", lambda: self._client.put(path, data), repeatable=True
        )

    def _find(self, report_id: str) -> _Discussion | None:
        me = self.viewer()

        def read() -> list[_Discussion]:
            return self._client.list(self._discussions, _Discussion, {})

        def is_ours(one: _Discussion) -> bool:
            comments = [self.comment(note) for note in one.notes[:1]]
            return sticky.first(comments, author=me, report_id=report_id) is not None

        found = self._client.send(f"read the discussions on {self._name}", read, repeatable=True)
        return next((one for one in found if is_ours(one)), None)
