"""Columns of single rows as the statistics see them: one side's values, both sides', and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, Joined, Rows, RowsOfSide
from steelyard.stats.counts.guards import FEWEST
from steelyard.stats.intervals.design import Design, Sampling, design_of_rows
from steelyard.stats.wording import few_clusters_differ
from steelyard.stats.wording import rows as of_rows
from steelyard.text import count


class Scored(Value, frozen=True, kw_only=True):
    """A metric of one side: its value, and by how much each row pulls it."""

    value: float | None
    psi: FloatArray
    """Influence values, `(rows,)`: the value errs as their weighted mean does."""
    undefined: str = ""
    """Why there is no value."""


class Observed(Value, frozen=True, kw_only=True):
    """One side's rows, all of them finite."""

    value: FloatArray
    """Predictions, or scores of each row, `(rows,)`."""
    target: FloatArray | None = None
    """What a prediction should have been."""
    design: Design = Design()
    further: tuple[FloatArray, ...] = ()
    """The values of further trainings on the same rows."""

    @property
    def trainings(self) -> tuple[Observed, ...]:
        """Each training as if it were the only one."""
        values = (self.value, *self.further)
        return tuple(Observed(value=one, target=self.target, design=self.design) for one in values)

    @property
    def mean(self) -> FloatArray:
        """The value of each row, averaged over the trainings."""
        mean: FloatArray = np.mean((self.value, *self.further), axis=0) if self.further else self.value
        return mean

    @property
    def weight(self) -> FloatArray:
        """The weight of each row; 1 where there are none."""
        return np.ones(len(self.value)) if self.design.weight is None else self.design.weight

    def take(self, where: IntArray) -> Observed:
        """Only these rows."""
        return Observed(
            value=self.value[where],
            target=None if self.target is None else self.target[where],
            design=self.design.take(where),
            further=tuple(one[where] for one in self.further),
        )

    def mapped(self, function: Callable[[Observed], FloatArray]) -> Observed:
        """The same rows with another value each, in every training."""
        value, *further = [function(one) for one in self.trainings]
        return structs.replace(self, value=value, further=tuple(further))


class Sides(Value, frozen=True, kw_only=True):
    """Both sides' rows of one column, without the rows that miss it."""

    candidate: Observed
    baseline: Observed | None
    paired: bool
    """Row i is the same row on both sides."""
    expected: bool
    """There is a baseline, even where it has nothing of this column."""
    missing: int = 0
    """Rows that were left out because a side has no value of them."""
    unit: str = "rows"
    """What a value is of: rows, or problems that rows are samples of."""

    @property
    def known(self) -> tuple[Observed, ...]:
        """The sides that there are."""
        return (self.candidate,) if self.baseline is None else (self.candidate, self.baseline)

    @property
    def used(self) -> tuple[int, ...] | None:
        """See `Contrast.used`."""
        return tuple(len(side.value) for side in self.known) if self.missing else None

    def counted(self, number: int) -> str:
        """`1 row`, `12 problems`."""
        return count(number, self.unit.removesuffix("s"))

    @property
    def rows(self) -> int:
        """Rows of the comparison; of the smaller side where it is not paired."""
        ours = len(self.candidate.value)
        return ours if self.baseline is None else min(ours, len(self.baseline.value))


Mask: TypeAlias = NDArray[np.bool_]
"""One truth value a row."""

Score: TypeAlias = Callable[[Observed], Scored]


Column: TypeAlias = Callable[[Rows, RowsOfSide], FloatArray | None]
"""What a column is of a side's rows; None where the side has none."""


def sides_of(joined: Joined, column: Column, *, expected: bool) -> Sides:
    """
    Both sides' values of a column, without the rows that have none.

    Args:
        joined: Its `rows` are not None.
        column: Which.
        expected: There is a baseline.
    """
    rows, other = joined.rows, joined.baseline_rows
    if rows is None:
        return Sides(candidate=Observed(value=np.zeros(0)), baseline=None, paired=False, expected=expected)
    ours = _values(rows, rows.candidate, column)
    theirs = _values(rows, rows.baseline, column)
    if ours is not None and theirs is not None:
        both = _known(rows, ours) & _known(rows, theirs)
        if both.any() or not len(both):
            candidate, baseline = _observed(rows, ours, both), _observed(rows, theirs, both)
            missing = int((~both).sum())
            return Sides(candidate=candidate, baseline=baseline, paired=True, expected=expected, missing=missing)
    candidate, missing = _finite(rows, ours)
    if other is None or (theirs := _values(other, other.candidate, column)) is None:
        return Sides(candidate=candidate, baseline=None, paired=False, expected=expected, missing=missing)
    baseline, more = _finite(other, theirs)
    return Sides(candidate=candidate, baseline=baseline, paired=False, expected=expected, missing=missing + more)


def samplings_of(sides: Sides) -> tuple[Sampling, ...]:
    """Each side's design made ready for many metrics: the candidate's, then the baseline's where it has its own."""
    apart = () if sides.paired or sides.baseline is None else (sides.baseline,)
    return tuple(Sampling.of(one.design, entries=len(one.value)) for one in (sides.candidate, *apart))


_Values: TypeAlias = tuple[FloatArray, ...]
"""Of each training, `(rows,)`."""


def _values(rows: Rows, side: RowsOfSide | None, column: Column) -> _Values | None:
    """None where some training has none."""
    found = [column(rows, one) for one in side.trainings] if side is not None else []
    known = tuple(one for one in found if one is not None)
    return known if known and len(known) == len(found) else None


def _finite(rows: Rows, values: _Values | None) -> tuple[Observed, int]:
    if values is None:
        return Observed(value=np.zeros(0)), 0
    known = _known(rows, values)
    return _observed(rows, values, known), int((~known).sum())


def _known(rows: Rows, values: _Values) -> Mask:
    known: Mask = np.isfinite(values[0])
    for one in values[1:]:
        known &= np.isfinite(one)
    if rows.label is not None and rows.label.dtype.kind == "f":
        known &= np.isfinite(rows.label)
    return known


def _observed(rows: Rows, values: _Values, where: Mask) -> Observed:
    """The rows of which something is known; nothing is copied where that is all of them."""
    target = None
    if rows.label is not None and rows.label.dtype.kind == "f":
        target = rows.label.astype(np.float64, copy=False)
    value, *further = [one.astype(np.float64, copy=False) for one in values]
    made = Observed(value=value, target=target, design=design_of_rows(rows), further=tuple(further))
    return made if where.all() else made.take(np.flatnonzero(where))


def too_few(sides: Sides) -> str:
    """Why there are not rows enough for any interval of the difference; empty: there are."""
    if sides.baseline is None:
        return ""
    if sides.rows < FEWEST:
        return f"too few {sides.unit}: {sides.rows:,}, {FEWEST} needed"
    if not sides.paired:
        return ""
    if (clusters := _clusters_that_differ(sides.candidate, sides.baseline)) is not None:
        return few_clusters_differ(clusters, FEWEST)
    differ = int(np.count_nonzero(sides.candidate.mean != sides.baseline.mean))
    if differ >= FEWEST:
        return ""
    return f"too few disagreements: the two sides differ on {sides.counted(differ)}, {FEWEST} needed"


def _clusters_that_differ(candidate: Observed, baseline: Observed) -> int | None:
    """
    Clusters in which the two sides differ; None without clusters, or of so few that rows have to tell.

    Of what is averaged itself, in sums: which sample of a problem is held against which is chance, and a problem that
    one side solves as often as the other does not speak for either. Of predictions it is those with a row that differs.
    """
    cluster = candidate.design.cluster
    code = np.zeros(0, np.int64) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    if code.max(initial=-1) + 1 < FEWEST:
        return None
    differ = candidate.mean != baseline.mean
    if candidate.target is not None:
        return len(np.unique(code[differ]))
    with np.errstate(over="ignore", invalid="ignore"):
        moved = candidate.weight * (candidate.mean - baseline.mean)
        sums, sizes = np.bincount(code, moved), np.bincount(code, np.abs(moved))
        # What rounding leaves of a sum is none; what is too large for one is not known to be.
        none = np.isfinite(sizes) & (np.abs(sums) <= 1e-12 * sizes)
    return int(np.count_nonzero(~none))


def too_alike(psi: FloatArray) -> str:
    """Why the spread of one side's influence values is not to be trusted: nearly all are the same; empty: it is."""
    differ = int(np.count_nonzero(psi != np.median(psi))) if len(psi) else 0
    return f"too few different rows: {differ:,} beside equal ones, {FEWEST} needed" if differ < FEWEST else ""


def missing_rows(sides: Sides) -> tuple[str, ...]:
    """What is said of rows that were left out."""
    if not sides.missing:
        return ()
    whose = "either side" if sides.baseline else "this side"
    verb = "is" if sides.missing == 1 else "are"
    return (f"{of_rows(sides.missing)} without a value on {whose} {verb} left out",)
