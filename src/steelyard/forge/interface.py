"""What every forge offers to the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from steelyard.model.base import Value


class Change(Value, frozen=True, kw_only=True):
    """A pull request or merge request, as the forge sees it now."""

    number: int
    head_sha: str
    """Its current head; a report about another commit is late."""
    url: str = ""
    target: str = ""
    open: bool = True


class Stamp(Value, frozen=True, kw_only=True):
    """Which report a comment holds: goes into its hidden marker."""

    id: str
    head_sha: str
    run: int = 0
    attempt: int = 1


class Posted(Value, frozen=True, kw_only=True):
    """What became of a comment."""

    action: str
    """`created`, `updated`, `unchanged` or `superseded` (a newer report is there, and stays)."""
    url: str = ""


class Unavailable(Value, frozen=True, kw_only=True):
    """There is no forge to post to, and that is no error."""

    reason: str
    """A sentence for the log."""


class Forge(Protocol):
    """A place where code review happens. Every method raises `ForgeError` with a remedy when the forge refuses."""

    @property
    def comment_limit(self) -> int:
        """Characters that `upsert_comment` takes; the hidden marker's room is already taken off."""
        ...

    def find_change(self, *, number: int | None, head_sha: str) -> Change | None:
        """
        The change with that number, open or not; without a number the open one that the commit belongs to.

        None when no open change is found by the commit, or when there is neither number nor commit.
        """
        ...

    def upsert_comment(self, change: Change, *, markdown: str, stamp: Stamp) -> Posted:
        """Leave exactly one comment for this report id on the change, edited in place; see `forge.sticky`."""
        ...


class ImageHost(Protocol):
    """A place that serves the report's images to whoever may read the repository."""

    def publish(self, images: Mapping[str, Path], *, change: int, report_id: str) -> dict[str, str]:
        """
        Upload image files (by figure name) for one report on one change, replacing that report's earlier ones.

        Returns:
            The URL for each figure name.

        Raises:
            RemoteError: They could not be uploaded; the report then goes out in its complete text form.
        """
        ...
