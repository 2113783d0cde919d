"""
How many rows a metric's spread rests on, in units of the one that moves it most.

Σ n (ψ / u)² over the cells, ψ the influence of a row and u the most that a single row could have: any row, with any
other prediction that occurs, whether or not a model made it there. d disagreements of that size count as d, any number
of smaller ones as what they are beside one of that size that happened not to be in the sample.
"""

from __future__ import annotations

import math

import numpy as np
from msgspec import structs

from steelyard.model.counts import BoolArray, FloatArray, IntArray
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.influence import gradient, influence, spread, spread_of
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Side

_MOST_AT_ONCE = 262_144
"""Pairs of a label and a class: thousands of classes have too many to be looked at together."""


def disagreements(metric: Metric, candidate: Side, baseline: Side, *, where: BoolArray) -> float | None:
    """
    Of the rows of these cells, by how much their two predictions differ in what they do to the metric.

    Args:
        metric: Any.
        candidate: A view of the joint cells.
        baseline: The other view of the same cells.
        where: The cells in which the predictions differ, `(cells,)`.

    Returns:
        None where influences cannot be told (see `influence.affordable`).
    """
    sides = (candidate, baseline)
    slopes = [gradient(metric, side) for side in sides]
    known = [_finite(one) for one in slopes if one is not None]
    if len(known) < len(sides):
        return None
    moved = influence(metric, candidate) - influence(metric, baseline)
    seen = _seen(candidate) | _seen(baseline)
    most = max(float(np.ptp(_ends(one, candidate, seen)[1], axis=0).max(initial=0.0)) for one in known)
    moved = np.where(where, np.nan_to_num(moved), 0.0)
    unit = max(float(np.abs(moved).max(initial=0.0)), most)
    return float((candidate.n * (moved / unit) ** 2).sum()) if _matters(unit, *known) else 0.0


def rows(metric: Metric, side: Side) -> float | None:
    """Of all rows of one side, by how much they move its value; None as `disagreements`."""
    known = side.reaches
    if metric.name not in known:
        known[metric.name] = _rows(metric, side)
    return known[metric.name]


def _rows(metric: Metric, side: Side) -> float | None:
    slopes = gradient(metric, side)
    if slopes is None:
        return None
    slopes, found = _finite(slopes), spread(metric, side)
    if not math.isfinite(found.variance):
        found = spread_of(side, slopes)
    labels, ends = _ends(slopes, side, _seen(side))
    # A row with a set of labels has no single one: there it is what one label more or less does.
    ends = ends if side.members is not None else ends + slopes.true[0][labels] - found.mean
    unit = max(found.largest, float(np.abs(ends).max(initial=0.0)))
    return found.variance / unit**2 if _matters(unit, slopes) else 0.0


_ROUNDING = 1e-7
"""Of a slope: what differentiating numerically leaves where slopes cancel each other."""


def _matters(unit: float, *slopes: Sums) -> bool:
    """Whether any row moves the value at all, the one that could most by `unit`."""
    parts = [part for one in slopes for part in (one.true, one.predicted, one.hits)]
    steepest = max(float(np.abs(part).max(initial=0.0)) for part in parts)
    return unit > _ROUNDING * steepest


def _finite(slopes: Sums) -> Sums:
    """A value without a derivative (Matthews correlation of a constant side, say) is one that rows do not move."""
    known = {name: getattr(slopes, name) for name in ("true", "predicted", "hits", "totals")}
    finite = {name: np.nan_to_num(one, posinf=0.0, neginf=0.0) for name, one in known.items() if one is not None}
    return structs.replace(slopes, **finite)


def _seen(side: Side) -> BoolArray:
    """Whether a class is a label or a prediction of any row, `(C,)`: of those only configured nothing hangs."""
    observed = side.observed(totals=False)
    seen: BoolArray = observed.predicted[0] > 0
    seen[: observed.true.shape[1]] |= observed.true[0] > 0
    return seen


def _ends(slopes: Sums, side: Side, seen: BoolArray) -> tuple[IntArray, FloatArray]:
    """
    Labels that rows have, and the least and the most that a prediction of such a row adds to the value, `(2, …)`.

    Predictions of classes that are `seen`.
    """
    observed = side.observed(totals=False)
    rows, support = observed.rows[0], observed.true[0]
    labels = np.flatnonzero(support)
    predicted, right = slopes.predicted[0], (slopes.predicted[0, : len(support)] + slopes.hits[0])[labels]
    if side.members is not None:
        # Labels come and go one by one, in sets that have them and in sets that have them not.
        added = np.concatenate([right, predicted[: len(support)][support < rows]])
        labels, ends = np.zeros(0, np.int64), [np.zeros_like(added), added]
    else:
        ends = [right, *_others(slopes, side, labels, np.flatnonzero(seen))]
    return labels, np.stack([np.min(ends, axis=0), np.max(ends, axis=0)])


def _others(slopes: Sums, side: Side, labels: IntArray, classes: IntArray) -> list[FloatArray]:
    """Of all other classes than each label's own: the least, and the most."""
    predicted = slopes.predicted[0]
    if slopes.totals is not None and slopes.totals.any():
        return _by_distance(slopes, side, labels, classes)
    order = classes[np.argsort(predicted[classes], kind="stable")]
    if len(order) < 2:
        return []
    return [
        predicted[np.where(labels == order[first], order[second], order[first])] for first, second in ((0, 1), (-1, -2))
    ]


def _by_distance(slopes: Sums, side: Side, labels: IntArray, classes: IntArray) -> list[FloatArray]:
    """The same where a prediction counts by its distance from the label, too: each label with each class."""
    of_prediction = structs.replace(slopes, true=np.zeros_like(slopes.true))
    low, high = np.empty(len(labels)), np.empty(len(labels))
    step = max(1, _MOST_AT_ONCE // max(len(classes), 1))
    for start in range(0, len(labels), step):
        some = labels[start : start + step]
        label, prediction = np.repeat(some, len(classes)), np.tile(classes, len(some))
        every = structs.replace(side, label=label, prediction=prediction, n=np.ones_like(label))
        added = every.of_cells(of_prediction).reshape(len(some), -1)
        low[start : start + step], high[start : start + step] = added.min(axis=1), added.max(axis=1)
    return [low, high]
