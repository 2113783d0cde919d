"""What a candidate is compared with, and the base commit that it is looked for from."""

from __future__ import annotations

from pathlib import Path

from steelyard.baseline.choose import Base, choose_base
from steelyard.baseline.interface import Entry
from steelyard.errors import RemoteError, UsageError
from steelyard.model.base import Value
from steelyard.model.comparison import BaselineChoice
from steelyard.model.history import HistoryRecord
from steelyard.pipeline.project import Project

NAME_IT = "name a branch, tag or commit, a directory that `collect` wrote, a file of predictions or metrics, or `rerun`"
"""The hint to a baseline that there is not."""


class Baseline(Value, frozen=True, kw_only=True):
    """What a candidate is compared with."""

    directory: Path | None = None
    """Of the Evaluation; None: there is none."""
    named: bool = False
    """The user named it for this very command: it is an error if it cannot be used."""
    choice: BaselineChoice | None = None
    missing: str = ""
    """Why there is none and what to do, for the reader of the report."""
    failure: RemoteError | None = None
    """What went wrong on the way: an empty store is no failure, one that cannot be read is."""
    records: tuple[HistoryRecord, ...] = ()
    """Main's history, oldest first."""


def choose(project: Project, *, revision: str | None, known: tuple[Entry, ...] | None) -> Base:
    """
    The base commit, or the reason why there is none.

    Raises:
        UsageError: The user named a revision that does not exist.
    """
    shas = None if known is None else [entry.sha for entry in known]
    base = choose_base(project.context, project.config, revision=revision, known=shas)
    if revision is not None and not base.sha:
        raise UsageError(
            f"baseline {revision!r}: {base.reason}",
            hint=NAME_IT,
        )
    return base
