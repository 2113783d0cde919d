"""
One comment per report id, whatever else is going on: several jobs at once, late jobs, lost answers, killed processes.

No forge offers to change a comment only if it is still the one that was read. So the algorithm rests on three things:

* The comment is the one with the *lowest id* among ours. Nobody deletes that one, and everybody who finds others
  deletes them, after the one that stays holds the best report that was seen. So there is never none, and in the end
  there is one, however many jobs start at the same instant.
* A report for the change's current head beats any other; then the higher (run, attempt) wins. Neither clocks nor
  ancestry count: a force-push makes an older commit the current one again. A report that is beaten is not written.
* After every write everything is read again, and repaired. A job that finds itself late after it has changed the
  comment may have overwritten a newer report of a job that has already gone. It looks into the comment's history and
  puts back what belongs there.

What is left: of two jobs for the *same* commit that write within the same few hundredths of a second, either may stay;
and on GitLab, which has no history, a late job that needs more than a second between its last look and its write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from steelyard.errors import ForgeError
from steelyard.forge import marker, watermark
from steelyard.forge.interface import Posted, Stamp
from steelyard.log import logger
from steelyard.model.base import Value

ROUNDS = 8
"""Readings of the comments before giving up on a conversation that never comes to rest; two or three are usual."""


class Comment(Value, frozen=True, kw_only=True):
    """A comment on the change, whoever wrote it."""

    id: int
    """Later comments have higher ids."""
    author: int
    body: str
    url: str = ""


class Comments(Protocol):
    """The conversation of one change. Every method may raise `ForgeError`."""

    def viewer(self) -> int:
        """Who we are, as in `Comment.author`."""
        ...

    def list(self) -> Sequence[Comment]:
        """All comments, of all pages."""
        ...

    def create(self, body: str) -> Comment:
        """Add a comment."""
        ...

    def update(self, comment: Comment, body: str) -> None:
        """Replace a comment's body; the error's status is 404 when it has been deleted."""
        ...

    def delete(self, comment: Comment) -> None:
        """Remove a comment; the error's status is 404 when it is already gone."""
        ...

    def history(self, comment: Comment) -> Sequence[str]:
        """The latest bodies that a comment has had, in any order; empty when the forge does not tell."""
        ...

    def current_head(self) -> str:
        """The change's head at this moment."""
        ...


class _Version(Value, frozen=True, kw_only=True):
    """A body that the comment has, had or could have."""

    stamp: Stamp
    body: str


def find(comments: Comments, *, report_id: str) -> Stamp | None:
    """
    The stamp of our comment for a report id: of several, the one that stays; None when there is none.

    Raises:
        ForgeError: The forge refused or did not answer.
    """
    me = comments.viewer()
    return first(comments.list(), author=me, report_id=report_id)


def first(comments: Sequence[Comment], *, author: int, report_id: str) -> Stamp | None:
    """The stamp of the oldest of these comments that is the author's for a report id; None when none is."""
    mine = sorted((comment for comment in comments if comment.author == author), key=lambda comment: comment.id)
    stamps = (marker.parse(comment.body) for comment in mine)
    return next((stamp for stamp in stamps if stamp is not None and stamp.id == report_id), None)


def upsert(comments: Comments, *, markdown: str, stamp: Stamp, create: bool = True, adopt: str | None = None) -> Posted:
    """
    Leave one comment for `stamp.id` that holds this report, or a better one.

    Args:
        comments: The conversation.
        markdown: The report, without marker.
        stamp: Which report it is.
        create: Write one where there is none.
        adopt: Where there is none, write over our own comment that CML left with this label; None: leave it.

    Raises:
        ForgeError: The forge refused, or its answers were lost twice in a row.
    """
    report = _Version(stamp=stamp, body=marker.seal(markdown, stamp=stamp))
    return _Writer(comments, report=report, create=create, adopt=adopt).run()


class _Writer:
    """One attempt to leave a report."""

    def __init__(self, comments: Comments, *, report: _Version, create: bool, adopt: str | None) -> None:
        self._comments = comments
        self._report = report
        self._may_create = create
        self._label = adopt
        self._me = comments.viewer()
        self._created: Comment | None = None
        self._missed: set[int] = set()
        self._gone: set[int] = set()
        self._edited = False
        self._lost_an_answer = False
        self._action = "unchanged"

    def run(self) -> Posted:
        """Read, do the one thing that is missing, and read again, until nothing is."""
        for _ in range(ROUNDS):
            found = [comment for comment in self._comments.list() if comment.author == self._me]
            mine = self._mine(found)
            if mine:
                gone = [comment for comment in found if comment.id in self._gone]
                if posted := self._settle(mine[0], others=mine[1:], gone=gone):
                    return posted
            elif (other := self._adoptable(found)) is not None:
                self._update(other, self._report.body)
            elif self._may_create or self._edited:  # what can only be written anew was there
                self._create()
            else:
                return Posted(action="none")
        logger.warning("other jobs keep changing the comment of this report; giving up after %d readings", ROUNDS)
        return Posted(action=self._action)

    def _mine(self, found: Sequence[Comment]) -> list[Comment]:
        """Of my comments those for this report id, the one that stays first."""
        mine = [comment for comment in found if comment.id not in self._gone and self._version(comment) is not None]
        if not mine and self._created is not None and self._created.id not in self._gone:
            return [self._created]  # GitHub's lists may lag behind its answers
        return sorted(mine, key=lambda comment: comment.id)

    def _adoptable(self, found: Sequence[Comment]) -> Comment | None:
        """The oldest comment of mine that CML left for this report."""
        if self._label is None:
            return None
        left = [
            comment
            for comment in found
            if comment.id not in self._gone and watermark.label_of(comment.body) == self._label
        ]
        return min(left, key=lambda comment: comment.id, default=None)

    def _version(self, comment: Comment) -> _Version | None:
        return self._parse(comment.body)

    def _parse(self, body: str) -> _Version | None:
        stamp = marker.parse(body)
        return _Version(stamp=stamp, body=marker.plain(body)) if stamp and stamp.id == self._report.stamp.id else None

    def _create(self) -> None:
        def create() -> None:
            answer = self._comments.create(self._report.body)
            self._created = Comment(id=answer.id, author=self._me, body=self._report.body, url=answer.url)

        self._action = "created"
        self._once_more_if_lost(create)

    def _settle(self, kept: Comment, *, others: Sequence[Comment], gone: Sequence[Comment]) -> Posted | None:
        """
        Write what `kept` should hold, or, if it holds that, tidy up and be done.

        Those that are `gone` and still listed go for good: it may be that they were only not to be edited.
        """
        versions = [version for comment in (kept, *others) if (version := self._version(comment))]
        best = self._best(kept, versions)
        if best.body != versions[0].body:
            self._update(kept, best.body)
            return None
        for other in (*others, *gone):
            self._delete(other)
        action = self._action if best.body == self._report.body else "superseded"
        return Posted(action=action, url=kept.url)

    def _best(self, kept: Comment, versions: Sequence[_Version]) -> _Version:
        """The report that belongs into the comment; of equals the one that is there, unless ours is still unwritten."""
        known = list(versions)
        current = ""
        if self._edited or any(version.stamp.head_sha != self._report.stamp.head_sha for version in versions):
            current = self._comments.current_head()
        if self._edited and current != self._report.stamp.head_sha:
            known += [version for body in self._comments.history(kept) if (version := self._parse(body))]

        def rank(version: _Version) -> tuple[bool, int, int]:
            stamp = version.stamp
            return stamp.head_sha == current, stamp.run, stamp.attempt

        best = max(known, key=rank)
        written = self._edited or self._created is not None
        mine_wins = rank(self._report) > rank(best) or (rank(self._report) == rank(best) and not written)
        return self._report if mine_wins else best

    def _update(self, comment: Comment, body: str) -> None:
        def update() -> None:
            try:
                self._comments.update(comment, body)
            except ForgeError as exc:
                if exc.status != 404:
                    raise
                logger.info("the comment was deleted in the meantime")
                # A comment that is listed once more all the same was not deleted, unless that is said twice.
                (self._gone if comment.id in self._missed else self._missed).add(comment.id)

        if self._action != "created":
            self._action = "updated"
        self._edited = True
        self._once_more_if_lost(update)

    def _delete(self, comment: Comment) -> None:
        try:
            self._comments.delete(comment)
        except ForgeError as exc:
            if exc.status != 404:
                logger.warning("cannot delete a second comment of this report: %s", exc)

    def _once_more_if_lost(self, write: Callable[[], None]) -> None:
        """A write whose answer is lost may have happened: the next reading tells, and it is tried again only then."""
        try:
            write()
        except ForgeError as exc:
            refused = exc.status is not None and exc.status < 500
            if refused or self._lost_an_answer:
                raise
            self._lost_an_answer = True
            logger.info("%s; looking whether it was written", exc)
