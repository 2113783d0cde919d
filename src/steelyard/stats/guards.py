"""
When an interval from draws is not to be trusted: sparse disagreement, rare classes.

A bootstrap interval of a difference rests on the rows where the two models differ. With none it has no width, with a
few it is far too narrow, and it takes the wrong shape where a class has a handful of rows. Then there is no interval,
and the reason is said. Score intervals of proportions (accuracy, recall) need none of this: they hold there.

Rows do not count alike in an average over classes: one row of a class with n rows moves it by about 1/n. So rows are
counted in units of the rarest class, each by the square of its influence relative to a row there. With classes of one
size that is the plain number of rows; with a rare class it is nearly the number of rows that concern that class, and
disagreements elsewhere cannot hide that none was seen where a single one would matter most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.metrics import Metric
from steelyard.stats.sample import Sample, Side

Mask: TypeAlias = NDArray[np.bool_]
"""One truth value a cell."""

FEWEST = 10
"""Relevant disagreements, and rows of a class that a metric depends on."""


def of_difference(metric: Metric, sample: Sample, *, baseline: Side) -> str:
    """Why the drawn interval of the candidate's difference from the baseline is withheld; empty: it is not."""
    candidate = sample.candidate
    sides = (candidate, baseline)
    if not sample.paired:
        return of_value(metric, candidate, sample) or of_value(metric, baseline, sample)
    differ = _disagree(metric, sample, baseline)
    if not candidate.n[differ].sum():
        return "too few disagreements: the predictions that it depends on are identical"
    touched = [candidate.label] if metric.only_correctness else [candidate.prediction, baseline.prediction]
    found = _in_units_of_the_rarest(metric, sides, touched, where=differ)
    return _rare(metric, sides, sample.positive) or _sparse("disagreements", found)


def of_value(metric: Metric, side: Side, sample: Sample) -> str:
    """Why the drawn interval of one side's value is withheld; empty: it is not."""
    right = side.label == side.prediction
    touched = [side.label] if metric.only_correctness else [side.label, side.prediction]
    wrong_rows = _in_units_of_the_rarest(metric, (side,), touched, where=~right)
    right_rows = _in_units_of_the_rarest(metric, (side,), touched, where=right)
    return (
        _rare(metric, (side,), sample.positive)
        or _sparse("wrong rows", wrong_rows)
        or _sparse("right rows", right_rows)
    )


def _sparse(what: str, found: float) -> str:
    return f"too few {what}: {found:.3g} that matter, {FEWEST} needed" if found < FEWEST else ""


def _rare(metric: Metric, sides: Sequence[Side], positive: int | None) -> str:
    """Counts that the metric divides by or averages over, and that are too small."""
    smallest = min(_smallest(metric, side, positive) for side in sides)
    return f"too few rows: {smallest:,} of a class that it depends on, {FEWEST} needed" if smallest < FEWEST else ""


def _smallest(metric: Metric, side: Side, positive: int | None) -> int:
    support, predicted = side.support, side.observed().of_labels[0]
    if metric.depends_on == "positive":
        return int(min(support[positive], predicted[positive]))
    if metric.depends_on == "majority":
        return int(support.sum() - support.max())
    if metric.depends_on == "predicted":
        return int(min(support.min(), predicted.min()))
    return int(support.min())


def _disagree(metric: Metric, sample: Sample, baseline: Side) -> Mask:
    """The joint cells in which the two models differ in a way that moves the metric."""
    ours, theirs, label = sample.candidate.prediction, baseline.prediction, sample.candidate.label
    if metric.only_correctness:
        ours, theirs = ours == label, theirs == label
    elif metric.depends_on == "positive":
        ours, theirs = ours == sample.positive, theirs == sample.positive
    return np.not_equal(ours, theirs)


def _in_units_of_the_rarest(
    metric: Metric, sides: Sequence[Side], touched: Sequence[IntArray], *, where: Mask
) -> float:
    """The rows of these cells, each by its influence on the classes that it touches; see the module."""
    weight = np.max([_weights(metric, sides)[codes[where]] for codes in touched], axis=0)
    return float((sides[0].n[where] * weight).sum())


def _weights(metric: Metric, sides: Sequence[Side]) -> FloatArray:
    """By class: the square of a row's influence there, relative to the class where it is greatest. Stray ones: 0."""
    weights = np.zeros(sides[0].n_classes)
    labels = slice(0, sides[0].n_labels)
    if metric.depends_on not in {"each", "predicted"}:
        return np.ones_like(weights)
    sums = [side.observed() for side in sides]
    sizes = np.min([one.of_labels[0] if metric.depends_on == "predicted" else one.true[0] for one in sums], axis=0)
    weights[labels] = np.square(sizes.min() / np.maximum(sizes, 1.0))
    return weights
