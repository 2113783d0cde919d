"""What every store of Evaluations offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from steelyard.model.base import Value
from steelyard.model.history import HistoryRecord


class Entry(Value, frozen=True, kw_only=True):
    """One Evaluation in a store."""

    sha: str
    """The commit that it is of."""
    id: str
    """The report that it belongs to."""
    created: str = ""
    size: int = 0
    """Bytes of its JSON and of the side files that it refers to; shared files count in each."""


class Store(Protocol):
    """
    Keeps Evaluations of the target branch by report id and commit.

    What comes back is untrusted: implementations bound its size, check names against the schema and never follow a
    path that it contains.
    """

    def entries(self, report_id: str) -> tuple[Entry, ...]:
        """
        All Evaluations of one report, newest first. An empty or absent store has none.

        Newest is what the store saw last, here and below: the writers' clocks may be wrong, and a store does not know
        main's history.

        Raises:
            StoreError: The store cannot be read.
        """
        ...

    def history(self, report_id: str, *, last: int) -> tuple[HistoryRecord, ...]:
        """
        What is remembered of the `last` newest Evaluations of one report, oldest first, without their side files.

        Those that are broken, too large or of a newer schema are left out.

        Raises:
            StoreError: The store cannot be read.
        """
        ...

    def problems(self, report_id: str) -> dict[str, str]:
        """
        Why Evaluations of one report cannot be used, by commit; those that can be are left out.

        By their JSON and by the names of the side files that are there; what these contain is only read by `load`.

        Raises:
            StoreError: The store cannot be read.
        """
        ...

    def load(self, report_id: str, sha: str, *, into: Path) -> Path:
        """
        Bring one Evaluation and its side files into the directory `into`; returns that directory.

        Raises:
            StoreError: It is not there, too large, or broken.
        """
        ...

    def save(self, directory: Path, *, keep: int) -> Entry:
        """
        Store the Evaluation in `directory` under its commit, replacing an earlier one of the same commit.

        Concurrent writers lose nothing; of a report, the `keep` newest Evaluations remain, this one among them. Side
        files that are larger than the store takes are left out, with a note in the Evaluation.

        Raises:
            InputError: The directory holds no valid Evaluation.
            StoreError: It could not be written; nothing was changed.
        """
        ...

    def add(self, directories: Sequence[Path], *, keep: int) -> tuple[Entry, ...]:
        """
        As `save`, for several Evaluations at once, the newest one last: all of them are stored, or none.

        Raises:
            InputError: As `save`.
            StoreError: As `save`.
        """
        ...

    def prune(self, report_id: str, *, keep: int) -> int:
        """Drop all but the `keep` newest Evaluations and the side files that nothing refers to; returns how many."""
        ...

    def describe(self) -> str:
        """Where it is, for messages, e.g. `branch steelyard-data of origin`."""
        ...


def nearest(candidates: Iterable[str], available: Iterable[Entry]) -> str | None:
    """The first commit of `candidates` that has an entry; None when none has."""
    known = {entry.sha for entry in available}
    return next((sha for sha in candidates if sha in known), None)
