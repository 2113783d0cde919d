"""What every forge offers to the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

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
    looks: tuple[str, ...] = ()
    """What this change's reports have shown of its test sets, oldest first: 12 hexadecimal digits each."""


class Posted(Value, frozen=True, kw_only=True):
    """What became of a comment."""

    action: str
    """`created`, `updated`, `unchanged` or `superseded` (a newer report is there, and stays)."""
    url: str = ""


class Status(Value, frozen=True, kw_only=True):
    """What a commit's status says of a report: the thing that a project can demand."""

    sha: str
    """The change's own head."""
    name: str
    """`steelyard/<report id>`."""
    state: Literal["pass", "fail"]
    description: str
    url: str = ""
    """Of the report."""


class Unavailable(Value, frozen=True, kw_only=True):
    """There is no forge to post to, and that is no error."""

    reason: str
    """A sentence for the log."""
    remedy: str = ""
    """What lets it be posted; empty where nothing is missing."""


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

    def stamp_of(self, change: Change, *, report_id: str) -> Stamp | None:
        """The stamp of our own comment for this report id on the change; None when there is none yet."""
        ...

    def upsert_comment(self, change: Change, *, markdown: str, stamp: Stamp) -> Posted:
        """Leave exactly one comment for this report id on the change, edited in place; see `forge.sticky`."""
        ...


@runtime_checkable
class StatusHost(Protocol):
    """A forge on which commits have statuses."""

    def set_status(self, status: Status) -> None:
        """
        Say how a report ended, in place of what was said of that name before.

        Raises:
            ForgeError: The forge refused or did not answer.
        """
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
