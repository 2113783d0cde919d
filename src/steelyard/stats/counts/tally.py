"""Right and wrong rows on both sides, of many groups at once, and what score intervals say about them."""

from __future__ import annotations

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import BoolArray, FloatArray, IntArray
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.intervals import power, tango, wilson
from steelyard.stats.numerics.normal import critical, quantile


class Tally(Value, frozen=True, kw_only=True):
    """
    Rows and right rows of each side, `(groups,)` each; a group may be the whole set, a class or a slice's value.

    `fixed` and `broken` (right on the candidate's, on the baseline's side alone) are None where rows are not paired.
    """

    rows: IntArray
    right: IntArray
    baseline_rows: IntArray
    baseline_right: IntArray
    fixed: IntArray | None = None
    broken: IntArray | None = None

    @property
    def candidate(self) -> wilson.Proportion:
        """The candidate's proportion."""
        return wilson.Proportion(right=self.right, rows=self.rows)

    @property
    def baseline(self) -> wilson.Proportion:
        """The baseline's proportion."""
        return wilson.Proportion(right=self.baseline_right, rows=self.baseline_rows)

    @property
    def method(self) -> str:
        """The name of the difference's interval."""
        return wilson.NEWCOMBE if self.fixed is None else tango.METHOD

    @property
    def smaller(self) -> IntArray:
        """Rows of the side that has fewer."""
        return np.minimum(self.rows, self.baseline_rows)

    def bounds(self, *, level: float) -> tuple[FloatArray, FloatArray]:
        """The difference's interval."""
        if self.fixed is None or self.broken is None:
            return wilson.newcombe(self.candidate, self.baseline, level=level)
        return tango.interval(self.fixed, self.broken, self.rows, level=level)

    def p_values(self) -> FloatArray:
        """Two-sided p-values of "no difference" that agree with `bounds`."""
        if self.fixed is None or self.broken is None:
            return wilson.newcombe_p(self.candidate, self.baseline)
        return tango.p_value(self.fixed, self.broken)

    def detectable(self, *, level: float) -> FloatArray:
        """The smallest differences detected with 80% probability; NaN where a side has no rows, or no spread."""
        if self.fixed is not None and self.broken is not None:
            return power.detectable_paired(self.fixed + self.broken, self.rows, level=level)
        error = np.sqrt(_variance(self.candidate) + _variance(self.baseline))
        return np.where(error > 0.0, (critical(level) + quantile(power.POWER)) * error, np.nan)

    def rows_needed(self, difference: float, *, level: float) -> float:
        """Rows of the first group with which this true difference is detected with 80% probability; NaN if unknown."""
        rows = int(self.smaller[0])
        if self.fixed is not None and self.broken is not None:
            share = float(self.fixed[0] + self.broken[0]) / rows if rows else 0.0
            return power.rows_needed_paired(share, difference, level=level)
        return power.rows_by_root(rows, float(self.detectable(level=level)[0]), difference=difference)

    def interval(self, *, alpha: float, level: float) -> Interval:
        """The first group's interval with error `alpha`; `level` is what is stated."""
        low, high = self.bounds(level=1.0 - alpha)
        return Interval(low=float(low[0]), high=float(high[0]), level=level, method=self.method)

    def estimates(self, *, level: float | None) -> tuple[Estimate, ...]:
        """The candidate's proportions, with Wilson's intervals unless `level` is None."""
        return estimates(self.candidate, level=level)

    def baseline_estimates(self, *, level: float | None) -> tuple[Estimate, ...]:
        """The baseline's."""
        return estimates(self.baseline, level=level)

    def unfit(self, index: int) -> str:  # noqa: ARG002 - score intervals hold in every group
        """Why a group has no interval; empty: it has one."""
        return ""

    def caveats(self, index: int) -> tuple[str, ...]:  # noqa: ARG002 - likewise
        """What must be known to read a group's interval: nothing."""
        return ()

    def presumes(self, index: int) -> tuple[str, ...]:  # noqa: ARG002 - likewise
        """See `Contrast.presumes`: a row counts as any other."""
        return ()

    def take(self, indices: IntArray) -> Tally:
        """Only these groups."""
        return Tally(
            rows=self.rows[indices],
            right=self.right[indices],
            baseline_rows=self.baseline_rows[indices],
            baseline_right=self.baseline_right[indices],
            fixed=None if self.fixed is None else self.fixed[indices],
            broken=None if self.broken is None else self.broken[indices],
        )


def alone(right: IntArray, rows: IntArray) -> Tally:
    """The tally of a candidate without a baseline."""
    none = np.zeros_like(rows)
    return Tally(rows=rows, right=right, baseline_rows=none, baseline_right=none)


def of_rows(candidate: BoolArray, baseline: BoolArray | None, *, paired: bool) -> Tally:
    """
    One group, of single rows.

    Args:
        candidate: Whether each row is right.
        baseline: The same of the baseline's; None without one.
        paired: They are the same rows.
    """
    rows, right = _one(len(candidate)), _one(candidate.sum())
    if baseline is None:
        return alone(right, rows)
    return Tally(
        rows=rows,
        right=right,
        baseline_rows=_one(len(baseline)),
        baseline_right=_one(baseline.sum()),
        fixed=_one((candidate & ~baseline).sum()) if paired else None,
        broken=_one((baseline & ~candidate).sum()) if paired else None,
    )


def _one(number: int) -> IntArray:
    return np.array([number], np.int64)


def tally_of(sample: Sample, *, label: int | None) -> Tally:
    """One group: the rows with this label, or all of them (None)."""
    candidate, baseline = sample.candidate, sample.baseline
    if baseline is None:
        of = slice(None) if label is None else slice(label, label + 1)
        return alone(_one(candidate.right[of].sum()), _one(candidate.support[of].sum()))
    group = _one_group(candidate, label), _one_group(baseline, label), 1
    return of_sides(candidate, baseline, paired=sample.paired, group=group)


def _one_group(side: Side, label: int | None) -> IntArray:
    return np.zeros(len(side.n), np.int64) if label is None else np.where(side.label == label, 0, -1)


def of_sides(candidate: Side, baseline: Side, *, paired: bool, group: tuple[IntArray, IntArray, int]) -> Tally:
    """
    Count two sides by group.

    Args:
        candidate: One side.
        baseline: The other side.
        paired: Both are views of the same cells.
        group: The group of each of the candidate's cells, of each of the baseline's, and how many groups there are;
            cells with a negative group are left out.
    """
    ours, theirs, size = group
    right, baseline_right = candidate.label == candidate.prediction, baseline.label == baseline.prediction
    rows, hits = _count(candidate, ours, size), _count(candidate, ours, size, where=right)
    if not paired:
        return Tally(
            rows=rows,
            right=hits,
            baseline_rows=_count(baseline, theirs, size),
            baseline_right=_count(baseline, theirs, size, where=baseline_right),
        )
    return Tally(
        rows=rows,
        right=hits,
        baseline_rows=rows,
        baseline_right=_count(baseline, ours, size, where=baseline_right),
        fixed=_count(candidate, ours, size, where=right & ~baseline_right),
        broken=_count(candidate, ours, size, where=baseline_right & ~right),
    )


def of_labels(candidate: Side, baseline: Side | None, *, paired: bool) -> Tally:
    """
    Count by single label: a row with several labels is a row of each, and right for those that are predicted.

    Args:
        candidate: One side.
        baseline: The other side, where there is one.
        paired: Both are views of the same cells.
    """
    ours = _labelled(candidate)
    rows, right = ours.count(), ours.count(ours.right)
    if baseline is None:
        return alone(right, rows)
    theirs = _labelled(baseline)
    counted = Tally(rows=rows, right=right, baseline_rows=theirs.count(), baseline_right=theirs.count(theirs.right))
    if not paired:
        return counted
    fixed, broken = ours.count(ours.right & ~theirs.right), ours.count(theirs.right & ~ours.right)
    return structs.replace(counted, fixed=fixed, broken=broken)


class _Labelled(Value, frozen=True, kw_only=True):
    """Each pair of a cell and a label that its rows have; in the same order on both sides of joint cells."""

    label: IntArray
    n: IntArray
    right: NDArray[np.bool_]
    """The label is among the predicted ones."""
    labels: int

    def count(self, where: NDArray[np.bool_] | None = None) -> IntArray:
        """Rows by label, of all pairs or of these."""
        used = slice(None) if where is None else where
        return np.bincount(self.label[used], self.n[used], self.labels).astype(np.int64)


def _labelled(side: Side) -> _Labelled:
    true, _, hits = side.incidences()
    found = np.isin(true.cell * true.groups + true.group, hits.cell * true.groups + hits.group)
    return _Labelled(label=true.group, n=side.n[true.cell], right=found, labels=true.groups)


def estimates(proportion: wilson.Proportion, *, level: float | None) -> tuple[Estimate, ...]:
    """The proportion of each group with Wilson's interval, or without one where `level` is None; None without rows."""
    low, high = wilson.wilson(proportion, level=level or 0.95)
    made = []
    for index, (value, rows) in enumerate(zip(proportion.value, proportion.rows, strict=True)):
        bounds = (
            Interval(low=float(low[index]), high=float(high[index]), level=level, method=wilson.WILSON)
            if level is not None
            else None
        )
        made.append(Estimate(value=float(value), interval=bounds) if rows > 0 else Estimate(value=None))
    return tuple(made)


def _count(side: Side, group: IntArray, size: int, *, where: IntArray | None = None) -> IntArray:
    used = group >= 0 if where is None else (group >= 0) & where
    return np.bincount(group[used], side.n[used], size).astype(np.int64)


def _variance(proportion: wilson.Proportion) -> FloatArray:
    rows = np.asarray(proportion.rows, np.float64)
    p = proportion.value
    variance: FloatArray = np.divide(p * (1.0 - p), rows, out=np.full(p.shape, np.nan), where=rows > 0)
    return variance
