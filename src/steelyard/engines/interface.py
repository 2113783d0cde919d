"""What every engine offers: from tables of predictions to counts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from steelyard.model.base import Value
from steelyard.model.counts import Joined
from steelyard.model.evaluation import PredictionSet

Kind: TypeAlias = Literal["classification", "multilabel", "regression", "measures"]
"""As `PredictionSet.kind`."""


class Table(Value, frozen=True, kw_only=True):
    """A file of predictions and what its columns mean; None: recognise the column by its usual names."""

    path: Path
    """A file of this machine; it says nothing where there is a `catalog` or an `address`."""
    shown: str
    """What messages call it."""
    catalog: str = ""
    """The name under which a cluster knows the table, its parts with a dot between them."""
    address: str = ""
    """The Parquet file or directory as the cluster names it."""
    lasting: bool = False
    """The cluster's table is of one commit alone: its rows can be had again when a later change is compared with it."""
    name: str = "test"
    id: str | None = None
    label: str | None = None
    prediction: str | None = None
    scores: tuple[str, ...] | None = None
    """Empty: there are score columns perhaps, but none is read."""
    slices: tuple[str, ...] = ()
    cluster: str | None = None
    positive: str | None = None
    kind: Kind | Literal["auto"] = "auto"
    separator: str | None = None
    """Sets of classes: what stands between them in text."""
    labels: tuple[str, ...] = ()
    """The label set in its order, as the file spells them; empty: the labels of the table. Sets: the single classes."""
    measures: tuple[str, ...] | None = None
    """Empty: no column is a score of each row."""
    weight: str | None = None
    stratum: str | None = None
    on_missing_row: Literal["fail", "drop", "wrong"] = "fail"
    """What a row without a prediction is: an error, left out, or wrong."""
    training_ids: Table | None = None
    """The rows that the model was trained on; only their ids are read."""
    show: tuple[str, ...] = ()
    """Columns that flipped rows carry as text."""


class StoredSet(Value, frozen=True, kw_only=True):
    """A prediction set and the directory that holds its side files."""

    predictions: PredictionSet
    directory: Path
    original: Table | None = None
    """
    What it was made from, where it is still at hand: flips are shown with its ids. A lasting table of a cluster is at
    hand on both sides, and stands in for rows that were not kept.
    """


class Engine(Protocol):
    """Reduces predictions to counts; nothing row-wise happens in Python."""

    def ingest(self, table: Table, *, into: Path, keep_rows: bool) -> PredictionSet:
        """
        Read a table once: recognise its columns, count, and write the two side files into the directory `into`.

        Side files hold no ids and no names of clusters, only 64-bit hashes of them. They are written whole or not at
        all, and not kept beyond the engine's size limit; the notes of the set say so.

        Args:
            table: The file.
            into: Directory of the side files; it is made.
            keep_rows: False: only counts leave the table, and no side file is written.

        Raises:
            InputError: The file is missing, broken or empty, a column is not there or of a wrong type, an id occurs
                twice, a label or prediction is missing, a weight is no positive number.
        """
        ...

    def join(self, *, candidate: StoredSet, baseline: StoredSet) -> Joined:
        """
        Bring the rows of both sides together and count them jointly; unpaired, with the reason, where that cannot be.

        Side files come from places that others can write to: they are checked before use.

        Raises:
            InputError: A side file is missing or broken, or is not what its Evaluation says.
        """
        ...

    def alone(self, candidate: StoredSet) -> Joined:
        """
        The candidate alone, as a `Joined` whose `joint` is None and whose baseline counts are empty.

        `groups` are those of `candidate`'s cells, `rows` has no baseline. The joint counts in `slices` have the
        candidate's predictions on both sides: they hold the candidate's own counts and say nothing of a difference.

        Raises:
            InputError: As `join`.
        """
        ...
