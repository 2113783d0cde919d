"""What every engine offers: from tables of predictions to counts."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from steelyard.model.base import Value
from steelyard.model.counts import Joined
from steelyard.model.evaluation import PredictionSet


class Table(Value, frozen=True, kw_only=True):
    """A file of predictions and what its columns mean; None: recognise the column by its usual names."""

    path: Path
    shown: str
    """What messages call it."""
    name: str = "test"
    id: str | None = None
    label: str | None = None
    prediction: str | None = None
    scores: tuple[str, ...] | None = None
    slices: tuple[str, ...] = ()
    cluster: str | None = None
    positive: str | None = None


class StoredSet(Value, frozen=True, kw_only=True):
    """A prediction set and the directory that holds its side files."""

    predictions: PredictionSet
    directory: Path
    original: Table | None = None
    """The file that it was made from, where it is still at hand: flips are shown with its ids."""


class Engine(Protocol):
    """Reduces predictions to counts; nothing row-wise happens in Python."""

    def ingest(self, table: Table, *, into: Path, keep_rows: bool) -> PredictionSet:
        """
        Read a table once: recognise its columns, count, and write the two side files into the directory `into`.

        Raises:
            InputError: The file is missing, broken or empty, a column is not there or of a wrong type, an id occurs
                twice, a label or prediction is missing.
        """
        ...

    def join(self, *, candidate: StoredSet, baseline: StoredSet) -> Joined:
        """
        Bring the rows of both sides together and count them jointly.

        Raises:
            InputError: A side file is missing or broken.
        """
        ...

    def alone(self, candidate: StoredSet) -> Joined:
        """The candidate's own counts, as a `Joined` whose `joint` is None and whose baseline counts are empty."""
        ...
