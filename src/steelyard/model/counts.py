"""
Counts: the sufficient statistic of every confusion-based metric and of its difference. An engine makes them.

Codes index `classes`: the label set first (`n_labels` of them, in natural order), then predictions that no label has
("stray"). One label set serves both models and all draws.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.totals import ScoreTotals

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]
ScoreArray: TypeAlias = NDArray[np.float32]
BoolArray: TypeAlias = NDArray[np.bool_]


class Counts(Value, frozen=True, kw_only=True):
    """One model: `n[i]` rows have label `label[i]` and prediction `prediction[i]`. Cells are unique and sorted."""

    classes: tuple[str, ...]
    n_labels: int
    label: IntArray
    prediction: IntArray
    n: IntArray


class JointCounts(Value, frozen=True, kw_only=True):
    """Two models on the same rows: `n[i]` rows have this label, baseline prediction and candidate prediction."""

    classes: tuple[str, ...]
    n_labels: int
    label: IntArray
    baseline: IntArray
    candidate: IntArray
    n: IntArray


class Outcomes(Value, frozen=True, kw_only=True):
    """
    What is right in the rows of each value of a slice column, split by what makes rows unequal.

    Entry i is about `n[i]` rows of one value that every training has right, or wrong, alike; entries are unique,
    and sorted by value.
    """

    value: IntArray
    """Index into the column's values."""
    candidate: BoolArray
    """Whether each training of the candidate has the rows right, `(entries, trainings)`."""
    baseline: BoolArray | None
    """Likewise; None: there is no baseline."""
    n: IntArray
    cluster: IntArray | None = None
    weight: FloatArray | None = None
    """Σw of the entry's rows."""
    weight_squared: FloatArray | None = None
    """Σw² of the entry's rows."""


class SlicedCounts(Value, frozen=True, kw_only=True):
    """
    Joint counts within each value of one slice column; `value[i]` indexes `values`.

    Without a baseline both sides of `joint` are the candidate's: its own counts, and nothing about a difference.
    """

    name: str
    values: tuple[str, ...]
    value: IntArray
    joint: JointCounts
    """Of each side's first training."""
    outcomes: Outcomes | None = None
    """Where rows have clusters or weights, or sides several trainings."""


class Groups(Value, frozen=True, kw_only=True):
    """
    Cells of counts, split by what makes rows unequal: their cluster, their stratum, their weight.

    Entry i holds `n[i]` rows of the cell `cell[i]`; entries are unique and sorted by (stratum, cluster, cell). What the
    prediction set does not have is None.
    """

    cell: IntArray
    """Index into the cells of the counts that these groups belong to."""
    n: IntArray
    cluster: IntArray | None = None
    """A code from 0 on; a cluster may lie in several strata."""
    stratum: IntArray | None = None
    """A code from 0 on."""
    weight: FloatArray | None = None
    """Σw of the entry's rows."""
    weight_squared: FloatArray | None = None
    """Σw² of the entry's rows."""


class RowsOfSide(Value, frozen=True, kw_only=True):
    """What one model said of each row; what there is none of is None."""

    prediction: FloatArray | None = None
    """Regression: `(rows,)`."""
    scores: ScoreArray | None = None
    """`(rows, scored classes)`; NaN where a score is missing."""
    measures: FloatArray | None = None
    """`(rows, measures)`; NaN where one is missing."""
    further: tuple[RowsOfSide, ...] = ()
    """What its further trainings said of the same rows, where both sides were trained at least twice."""

    @property
    def trainings(self) -> tuple[RowsOfSide, ...]:
        """All of them, this one first."""
        return (self, *self.further)


class SliceOfRows(Value, frozen=True, kw_only=True):
    """
    The value of one slice column in each row; `code[i]` indexes `values`.

    It is -1 in rows that lie in another slice in the baseline.
    """

    name: str
    values: tuple[str, ...]
    code: IntArray


class Rows(Value, frozen=True, kw_only=True):
    """
    Single rows, for what counts cannot give: ranks, losses, residuals, per-example scores.

    Arrays of one length, in the order of the keys. For two sides, row i is the same row on both.
    """

    label: IntArray | FloatArray | None
    """Classification: a code that indexes `classes`. Regression: the target. None: measures only."""
    classes: tuple[str, ...] = ()
    """The label set in its order, then scored classes that no row has as its label."""
    scored: tuple[int, ...] = ()
    """Which class each column of scores is about, as an index into `classes`."""
    measures: tuple[str, ...] = ()
    candidate: RowsOfSide
    baseline: RowsOfSide | None = None
    cluster: IntArray | None = None
    stratum: IntArray | None = None
    weight: FloatArray | None = None
    slices: tuple[SliceOfRows, ...] = ()
    """Where rows have no classes; the slices of the others are counted."""


class RepeatedCounts(Value, frozen=True, kw_only=True):
    """
    Several trainings on either side, on the same rows: cell i holds `n[i]` rows of `label[i]`.

    `candidate[i]` and `baseline[i]` are the predictions of each training, `(cells, trainings)`; codes index `classes`,
    the label set first. Without a baseline it has no trainings.
    """

    classes: tuple[str, ...]
    n_labels: int
    label: IntArray
    candidate: IntArray
    baseline: IntArray
    n: IntArray
    groups: Groups | None = None
    """Of these cells; None where all rows are alike."""


class FlippedRow(Value, frozen=True, kw_only=True):
    """A row that exactly one of the two models has right."""

    id: str
    """The id as training wrote it, where the candidate's file is at hand; else empty."""
    label: str
    baseline: str
    candidate: str
    shown: tuple[tuple[str, str], ...] = ()
    """Further columns that the configuration wants to see: name and text, bounded; hostile."""


ChangedRole: TypeAlias = Literal["weight", "cluster", "stratum", "slice"]


class ChangedColumn(Value, frozen=True, kw_only=True):
    """
    A column that has other values than in the baseline in rows that are compared.

    The candidate's are used. Of a slice, another value is one that lies elsewhere, not one that is written otherwise.
    """

    role: ChangedRole
    name: str
    """The column's."""
    rows: int
    """With another value."""
    left_out: bool = False
    """Slices only: these rows are few, and in no slice of the column; otherwise the column is not judged."""


class Pairing(Value, frozen=True, kw_only=True):
    """How the rows of the two sides were brought together, and what was lost on the way."""

    method: Literal["id", "position", "unpaired"]
    candidate_rows: int
    baseline_rows: int
    common_rows: int
    changed_labels: int = 0
    """Rows that both sides have, with different labels; they are left out of the comparison."""
    changed_columns: tuple[ChangedColumn, ...] = ()
    """What makes rows unequal, or slices them, and is not what it was."""
    new_slices: tuple[str, ...] = ()
    """Slice columns that the baseline's rows do not have."""
    same_test_set: bool = False
    """The fingerprints of (key, label) are equal."""
    unknown_test_set: bool = False
    """Single rows were not read on a side, so that nothing says whether the test sets are the same."""
    reason: str = ""
    """Why it is not paired by id, in a sentence."""

    @property
    def compared_rows(self) -> int:
        """Rows that both sides have with the same label: where they are paired, those that are compared."""
        return self.common_rows - self.changed_labels


class Joined(Value, frozen=True, kw_only=True):
    """All that the statistics need of one prediction set that both sides have."""

    pairing: Pairing
    joint: JointCounts | None
    """None when unpaired."""
    candidate: Counts
    baseline: Counts
    """Each side's own counts over all of its rows, coded with the same classes as each other."""
    slices: tuple[SlicedCounts, ...] = ()
    broken: tuple[FlippedRow, ...] = ()
    """A bounded sample of the rows that the candidate alone has wrong."""
    fixed: tuple[FlippedRow, ...] = ()
    groups: Groups | None = None
    """Of `joint`'s cells where paired, else of `candidate`'s; None where all rows are alike."""
    baseline_groups: Groups | None = None
    """Of `baseline`'s cells; only where unpaired."""
    rows: Rows | None = None
    """Both sides where paired, else the candidate's alone."""
    baseline_rows: Rows | None = None
    """The baseline's own rows, as the `candidate` of a `Rows`; only where unpaired."""
    repeats: RepeatedCounts | None = None
    """Where both sides were trained at least twice, and paired; or the candidate is alone, and was."""
    score_totals: ScoreTotals | None = None
    """Of all of the candidate's rows, where `rows` does not have the scores of both sides."""
    baseline_score_totals: ScoreTotals | None = None
    """The same of the baseline's."""
    notes: tuple[str, ...] = ()
    """What was left out or done to the rows on the way."""
