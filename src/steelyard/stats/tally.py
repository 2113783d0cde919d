"""Right and wrong rows on both sides, of many groups at once, and what score intervals say about them."""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats import power, tango, wilson
from steelyard.stats.normal import critical, quantile
from steelyard.stats.sample import Side


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

    def interval(self, *, alpha: float, level: float) -> Interval:
        """The first group's interval with error `alpha`; `level` is what is stated."""
        low, high = self.bounds(level=1.0 - alpha)
        return Interval(low=float(low[0]), high=float(high[0]), level=level, method=self.method)

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
