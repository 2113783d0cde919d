"""Bootstrap draws of the metrics of a sample, and the intervals that are read off them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Interval
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.numerics import multinomial

PATIENCE = 4.0
"""How much longer than usual the draws that settle a verdict may take."""

_ERRORS = 3.0
"""Monte Carlo errors between a bound and a decision that leave no doubt."""

_SUMS_A_CLASS = 6
"""Numbers a class that a chunk holds beside its cells: three sums a side."""


class Draws(Value, frozen=True, kw_only=True):
    """Values of each metric in every draw, by side; `(draws,)` each. Empty mappings where nothing was drawn."""

    count: int
    candidate: dict[str, FloatArray] = {}
    baseline: dict[str, FloatArray] = {}

    def difference(self, name: str) -> FloatArray:
        """Candidate - baseline, draw by draw."""
        return self.candidate[name] - self.baseline[name]


def resample(sample: Sample, metrics: Mapping[str, Metric], *, wanted: int, patience: float = 1.0) -> Draws:
    """
    Draw the sample's tables and compute the metrics in each: all metrics on the same draws.

    A paired sample is drawn once, over its joint cells; two independent sides are drawn one after the other. Tables
    with very many cells get fewer draws than wanted, or none (see `multinomial.affordable_draws`, also of `patience`).
    """
    sides = [sample.candidate] + ([sample.baseline] if sample.baseline is not None else [])
    separate = [sides] if sample.paired else [[side] for side in sides]
    count = min(
        multinomial.affordable_draws(group[0].n, n_classes=group[0].n_classes, wanted=wanted, patience=patience)
        for group in separate
    )
    if count == 0 or not metrics or min(len(group[0].n) for group in separate) == 0:
        return Draws(count=0)
    rng = np.random.Generator(np.random.PCG64(_seed(sides, count)))
    values = [one for group in separate for one in _values(group, metrics, draws=count, rng=rng)]
    return Draws(count=count, candidate=values[0], baseline=values[1] if len(values) > 1 else {})


def percentile(draws: FloatArray, *, alpha: float, level: float) -> Interval | None:
    """
    The interval between the k-th smallest and the k-th largest draw, k = (draws + 1) alpha / 2, rounded down.

    None where a draw is undefined, the draws are too few for this alpha, or the two are equal: data that give the same
    value however they are drawn do not say how far off it may be. `level` is only stated.
    """
    k = _rank(draws, alpha)
    if k < 1 or not np.isfinite(draws).all():
        return None
    ordered = np.partition(draws, [k - 1, len(draws) - k])
    low, high = float(ordered[k - 1]), float(ordered[len(draws) - k])
    return Interval(low=low, high=high, level=level, method=method(len(draws))) if low < high else None


def settled_percentile(
    draws: FloatArray, redraw: Callable[[], FloatArray], *, alpha: float, level: float, decisions: Sequence[float]
) -> Interval | None:
    """
    The `percentile` interval, from ten times the draws where its own could come out otherwise with another seed.

    Args:
        draws: The draws at hand.
        redraw: Makes about ten times as many (`resample` with `wanted=tenfold(count)` and `patience=PATIENCE`); called
            only where a bound is `near` a decision, and the interval is then that of these draws alone.
        alpha: The error of the interval.
        level: What is stated.
        decisions: Values of the difference at which the verdict changes: 0, and ± the margin of each gate.
    """
    return percentile(settled(draws, redraw, alpha=alpha, decisions=decisions), alpha=alpha, level=level)


def settled(
    draws: FloatArray, redraw: Callable[[], FloatArray], *, alpha: float, decisions: Sequence[float]
) -> FloatArray:
    """The draws that `settled_percentile` reads the interval off."""
    more = redraw() if near(draws, alpha=alpha, decisions=decisions) else draws
    return more if len(more) > len(draws) else draws


def decisions_of(margins: Sequence[float]) -> tuple[float, ...]:
    """Values of a difference at which its verdict changes, at these margins."""
    return tuple(dict.fromkeys(at for margin in margins for at in (margin, -margin)))


def near(draws: FloatArray, *, alpha: float, decisions: Sequence[float]) -> bool:
    """
    Whether a percentile bound lies within three Monte Carlo errors of one of the `decisions`.

    The number of draws below the true percentile is binomial, so that a bound's error is known in ranks, whatever the
    shape of the draws: three errors to either side of the k-th draw are the draws of rank k ± 3 √(k (1 - k / draws)).
    """
    count, k = len(draws), _rank(draws, alpha)
    if k < 1 or not np.isfinite(draws).all():
        return False
    reach = int(np.ceil(_ERRORS * np.sqrt(k * (1.0 - k / count))))
    ranks = [max(k - 1 - reach, 0), min(k - 1 + reach, count - 1)]
    low, high = np.partition(draws, ranks)[ranks], -np.partition(-draws, ranks)[ranks]
    return any(low[0] <= at <= low[1] or high[1] <= at <= high[0] for at in decisions)


def tenfold(count: int) -> int:
    """Ten times as many draws, such that the percentiles of the usual levels are order statistics again."""
    return 10 * (count + 1) - 1


def _rank(draws: FloatArray, alpha: float) -> int:
    return int((len(draws) + 1) * alpha / 2.0 + 1e-9)


def method(count: int) -> str:
    """The method's name, with the number of draws."""
    return f"multinomial percentile, {count:,} draws"


def _seed(sides: list[Side], count: int) -> int:
    parts: list[IntArray] = [array for side in sides for array in (side.label, side.prediction, side.n)]
    return multinomial.seed(*parts, f"draws={count}")


def _values(
    group: list[Side], metrics: Mapping[str, Metric], *, draws: int, rng: np.random.Generator
) -> list[dict[str, FloatArray]]:
    """The metrics of each side of a group that shares its draws."""
    totals = any(metric.uses_totals for metric in metrics.values())
    adders = [side.adder(totals=totals) for side in group]
    made: list[dict[str, list[FloatArray]]] = [{name: [] for name in metrics} for _ in group]
    width = _SUMS_A_CLASS * group[0].n_classes
    for weights in multinomial.chunks(group[0].n, draws=draws, width=width, rng=rng):
        for adder, parts in zip(adders, made, strict=True):
            sums = adder(weights)
            for name, metric in metrics.items():
                parts[name].append(metric.value(sums))
    return [{name: np.concatenate(arrays) for name, arrays in parts.items()} for parts in made]
