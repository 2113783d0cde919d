"""What every forge offers to the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from steelyard.model.base import Value

Conclusion: TypeAlias = Literal["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"]
"""How a check run ended, in GitHub's words."""


class Change(Value, frozen=True, kw_only=True):
    """A pull request or merge request, as the forge sees it now."""

    number: int
    head_sha: str
    """Its current head; a report about another commit is late."""
    url: str = ""
    branch: str = ""
    """Of the change; of a fork when `from_fork`."""
    target: str = ""
    open: bool = True
    from_fork: bool = False
    """Its branch is another repository's, or one that is gone."""

    @property
    def key(self) -> str:
        """What its pictures are kept under: `pr-7`."""
        return f"pr-{self.number}"


class Issue(Value, frozen=True, kw_only=True):
    """An issue: reports on it have no order but that of their runs."""

    number: int

    @property
    def key(self) -> str:
        """What its pictures are kept under: `issue-7`."""
        return f"issue-{self.number}"


class Commit(Value, frozen=True, kw_only=True):
    """A commit that is commented on itself."""

    sha: str

    @property
    def key(self) -> str:
        """What its pictures are kept under: `commit-` and the commit."""
        return f"commit-{self.sha}"


Place: TypeAlias = Change | Issue | Commit
"""Where a comment may be."""


class Result(Value, frozen=True, kw_only=True):
    """What a report said of one commit, in short: a comment remembers those of the change's earlier commits."""

    sha: str
    """The first 12 digits of the commit."""
    metric: str
    """8 hexadecimal digits that stand for the headline's metric."""
    verdict: str = ""
    """Empty: there was none."""
    value: float | None = None
    difference: float | None = None


class Stamp(Value, frozen=True, kw_only=True):
    """Which report a comment holds: goes into its hidden marker."""

    id: str
    head_sha: str
    run: int = 0
    attempt: int = 1
    looks: tuple[str, ...] = ()
    """What this change's reports have shown of its test sets, oldest first: 12 hexadecimal digits each."""
    results: tuple[Result, ...] = ()
    """What they have said, oldest first, this one's own last."""


class Posted(Value, frozen=True, kw_only=True):
    """What became of a comment."""

    action: str
    """
    `created`, `updated`, `unchanged`, `superseded` (a newer report is there, and stays) or `none` (there was none to
    edit, and none was to be created).
    """
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


class Annotation(Value, frozen=True, kw_only=True):
    """A sentence beside a line of a file."""

    path: str
    """Relative to the repository's root."""
    line: int
    level: Literal["failure", "warning", "notice"]
    title: str
    message: str


class Check(Value, frozen=True, kw_only=True):
    """A report as a check run of a commit."""

    sha: str
    """The change's own head."""
    name: str
    """`steelyard/<report id>`."""
    conclusion: Conclusion
    title: str
    summary: str
    """Markdown."""
    url: str = ""
    """Of the job."""
    annotations: tuple[Annotation, ...] = ()


class Unavailable(Value, frozen=True, kw_only=True):
    """There is no forge to post to, and that is no error."""

    reason: str
    """Without a full stop at its end."""
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

    def find_merged(self, sha: str) -> Change | None:
        """The merged change that this commit of the default branch came from; None when there is none."""
        ...

    def stamp_of(self, place: Place, *, report_id: str) -> Stamp | None:
        """The stamp of our own comment for this report id in a place; None when there is none yet."""
        ...

    def upsert_comment(
        self, place: Place, *, markdown: str, stamp: Stamp, create: bool = True, adopt: str | None = None
    ) -> Posted:
        """
        Leave exactly one comment for this report id in a place, edited in place; see `forge.sticky`.

        Args:
            place: Where.
            markdown: The report.
            stamp: Which report it is.
            create: Write one where there is none.
            adopt: Where there is none, take over our own comment that CML left with this label; None: leave it.
        """
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


@runtime_checkable
class CheckHost(Protocol):
    """A forge on which commits have check runs."""

    @property
    def check_limit(self) -> int:
        """Bytes of a check run's summary."""
        ...

    def set_check(self, check: Check) -> str:
        """
        Show a report as a check run of a commit, in place of what was said of that name before; returns its address.

        Raises:
            ForgeError: The forge refused or did not answer.
        """
        ...


@runtime_checkable
class ThreadHost(Protocol):
    """A forge on which what is said of a change can be marked as resolved, and that can demand it."""

    def upsert_thread(
        self, change: Change, *, markdown: str, stamp: Stamp, resolved: bool, create: bool = True
    ) -> Posted:
        """
        As `Forge.upsert_comment`, as a discussion that is resolved or not.

        Raises:
            ForgeError: The forge refused or did not answer.
        """
        ...


@runtime_checkable
class Archivist(Protocol):
    """A forge that knows of many changes at once when they were closed."""

    def closed_before(self, numbers: Sequence[int], *, age: timedelta) -> frozenset[int]:
        """
        Those of some changes that were closed longer than `age` ago, by the forge's clock; unknown ones are not.

        Raises:
            ForgeError: The forge refused or did not answer.
        """
        ...


class ImageHost(Protocol):
    """A place that serves the report's images to whoever may read the repository."""

    def describe(self) -> str:
        """Where they are, for the log, e.g. `branch steelyard-images of origin`."""
        ...

    def publish(self, images: Mapping[str, Path], *, place: str, report_id: str) -> dict[str, str]:
        """
        Upload image files (by figure name) for one report in a place (its `key`), replacing that report's earlier ones.

        Returns:
            The URL for each figure name.

        Raises:
            RemoteError: They could not be uploaded; the report then goes out in its complete text form.
        """
        ...
