"""
Several trainings on each side: the luck of training beside the luck of the test set.

A side's value is the mean over its trainings. It errs by the rows that the test set happens to have, by the trainings
that happened to be run, and by what the two make together (a row that one training has right by luck). Rows and
trainings are crossed, so that these are the components of variance of a two-way layout without replication (S. R.
Searle, G. Casella & C. E. McCulloch, "Variance components", Wiley 1992, 4.5): with ψ the influence values,

    rows           V(mean over the trainings of ψ), under whatever design the rows have
    trainings      s² / k, of the k values of a side
    together       (mean of V(ψ of one training) - V(mean of ψ)) / (k - 1); it is in both of the above

The variance is rows + trainings - together, at least either of the first two. Its degrees of freedom are those of
F. E. Satterthwaite ("An approximate distribution of estimates of variance components", Biometrics Bulletin 2 (1946),
110-114) with every component at its upper 90% confidence limit νs² / χ²(0.1; ν). For they depend on the components'
shares, and few trainings hardly tell these: where two happen to agree, the component that matters most looks small, and
Satterthwaite's own degrees of freedom are many just where the variance is too small (12.7% of 95% intervals may err).
A component that is known well has its limit next to it, so that with many trainings nothing changes. A bootstrap over
the trainings is not used: with the few that one can afford it is far too narrow, and with many it is no better than
this (docs/method.md has the numbers).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import SAME_VALUE
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.design import Spread
from steelyard.stats.numerics.chisquare import quantile_of_variance
from steelyard.stats.wording import no_interval

FEWEST_FOR_A_VALUE = 5
"""Trainings below which a side's own mean has no interval: it would be wide, and says little of a training."""

OUT_OF_RANGE = "the values are too large or too small to compute how trainings differ"

_LIMIT = 0.9
"""Confidence in the upper limits of the components, for the degrees of freedom."""

_LEAST = 1e-70
"""The fourth power of a smaller standard error is no number, nor is that of one above its reciprocal."""


class Trained(Value, frozen=True, kw_only=True):
    """A metric of one side over its trainings; one training is as good as any number."""

    values: FloatArray
    """Of each training, `(trainings,)`; NaN where it is undefined."""
    psi: FloatArray
    """Influence values averaged over the trainings, `(rows,)` or `(cells,)`."""
    together: float = 0.0
    """What rows and trainings make together, as a variance of the mean."""

    @property
    def value(self) -> float:
        """The mean over the trainings; NaN where one is undefined."""
        return float(self.values.mean())

    @property
    def count(self) -> int:
        """How many trainings."""
        return len(self.values)

    @property
    def alike(self) -> bool:
        """There are several, and all give the same value."""
        return self.count > 1 and bool(self.values.min() == self.values.max())

    @property
    def luck(self) -> float:
        """The variance of the mean by the trainings that happened to be run; 0 for one training."""
        return float(self.values.var(ddof=1)) / self.count if self.count > 1 else 0.0


def over_trainings(
    values: Sequence[float], psi: Sequence[FloatArray], spread: Callable[[FloatArray], Spread]
) -> Trained:
    """
    Bring a side's trainings together.

    Args:
        values: The metric of each.
        psi: The influence values of each, on the same rows.
        spread: How far an estimate with such influence values may be off.
    """
    found = np.array(values, dtype=np.float64)
    if len(psi) == 1:
        return Trained(values=found, psi=psi[0])
    mean: FloatArray = np.mean(psi, axis=0)
    single, joint = [spread(one).standard_error for one in psi], spread(mean).standard_error
    together = (float(np.mean([one * one for one in single])) - joint * joint) / (len(psi) - 1)
    return Trained(values=found, psi=mean, together=max(together, 0.0) if math.isfinite(together) else 0.0)


def with_luck(rows: Spread, sides: Sequence[Trained]) -> Spread:
    """
    How far a mean over trainings, or the difference of two sides, may be off.

    Args:
        rows: How far it may be off by the luck of the test set.
        sides: The trainings; sides with one add nothing.
    """
    sides = [one for one in sides if one.count > 1]
    if not sides or not math.isfinite(rows.standard_error):
        return rows
    if rows.standard_error > 0.0 and not _LEAST < rows.standard_error < 1.0 / _LEAST:
        return structs.replace(rows, unfit=OUT_OF_RANGE)
    parts = np.array([rows.standard_error**2, *(one.luck for one in sides)])
    degrees = np.array([rows.degrees_of_freedom, *(one.count - 1.0 for one in sides)])
    total = max(float(parts.sum()) - sum(one.together for one in sides), float(parts[0]), float(parts[1:].sum()))
    if not total > 0.0:
        return rows
    present = parts > 0.0
    return structs.replace(
        rows,
        standard_error=math.sqrt(total),
        degrees_of_freedom=_degrees_of_freedom(parts[present] / total, degrees[present]),
        unfit=rows.unfit if rows.standard_error > 0.0 else "",
    )


def _degrees_of_freedom(shares: FloatArray, degrees: FloatArray) -> float:
    """
    Satterthwaite's, of components at their upper limits.

    Args:
        shares: Of the components in their whole; since they overlap, their sum may exceed 1.
        degrees: Of freedom of each.
    """
    below = [quantile_of_variance(1.0 - _LIMIT, max(one, 1.0)) for one in degrees]
    upper = shares / below
    whole = 1.0 + float((upper - shares).sum())
    return whole**2 / float((upper**2 / degrees).sum())


def fixed_variance(sides: Sequence[Trained]) -> float:
    """The part of the variance of a difference that more rows do not lower."""
    return max(sum(one.luck - one.together for one in sides), 0.0)


def caveats(sides: Sequence[Trained]) -> tuple[str, ...]:
    """What is said where a side's trainings do not differ."""
    return (SAME_VALUE,) if any(one.alike for one in sides) else ()


def few_trainings(side: Trained) -> str:
    """Why a side's own value has no interval; empty: it was trained once, or often enough."""
    if side.count == 1 or side.count >= FEWEST_FOR_A_VALUE:
        return ""
    return no_interval(f"{side.count} trainings", FEWEST_FOR_A_VALUE)


def method(single: str, sides: Sequence[Trained]) -> str:
    """The name of the interval as printed, of that for one training a side."""
    counts = [one.count for one in sides]
    if max(counts) == 1:
        return single
    return f"{single} over {' and '.join(str(count) for count in counts)} trainings"
