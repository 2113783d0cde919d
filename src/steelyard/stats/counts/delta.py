"""
The delta method: normal intervals from influence values, for tables with too many cells to draw from.

The variance of a value is Σ n ψ² over the cells, ψ the influence of one row (see `influence`); of a paired difference,
Σ n (ψ' - ψ'')²; of an unpaired one, the sum of both sides' (R. J. Serfling, "Approximation Theorems of Mathematical
Statistics", Wiley 1980, chapters 3 and 6). The cost is that of a few values of the metric for each class, without
draws. The interval is symmetric, and too narrow in small samples: `guards.FOR_DELTA` asks for 50 rows of every class
that the metric depends on and 25 relevant disagreements.
"""

from __future__ import annotations

import math

from steelyard.model.comparison import Interval
from steelyard.stats.counts import guards
from steelyard.stats.counts.influence import influence, spread
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.numerics.normal import critical

METHOD = "delta method"


def unfit(metric: Metric, sample: Sample, *, baseline: Side) -> str:
    """Why the difference may have no delta interval; empty: it may."""
    return guards.of_difference(metric, sample, baseline=baseline, needs=guards.FOR_DELTA)


def standard_error(metric: Metric, side: Side) -> float:
    """Of one side's value."""
    return math.sqrt(spread(metric, side).variance)


def standard_error_of_difference(metric: Metric, sample: Sample, *, baseline: Side) -> float:
    """Of candidate - baseline."""
    candidate = sample.candidate
    if sample.paired:
        psi = influence(metric, candidate) - influence(metric, baseline)
        return math.sqrt(float((candidate.counted * psi**2).sum()))
    return math.hypot(standard_error(metric, candidate), standard_error(metric, baseline))


def interval(value: float, error: float, *, alpha: float, level: float) -> Interval | None:
    """
    The normal interval around a value, with error `alpha`; `level` is what is stated.

    None where the standard error is 0 or unknown: data in which no row moves the value do not say how far off it is.
    """
    if not (math.isfinite(value) and math.isfinite(error) and error > 0.0):
        return None
    reach = critical(1.0 - alpha) * error
    return Interval(low=value - reach, high=value + reach, level=level, method=METHOD)
