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

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.numerics.incidence import Incidence

Mask: TypeAlias = NDArray[np.bool_]
"""One truth value a cell."""

FEWEST = 10
"""Relevant disagreements, and rows of a class that a metric depends on."""


class Needs(Value, frozen=True, kw_only=True):
    """What an interval needs before it is trusted."""

    rows: int = FEWEST
    """Of a class that the metric depends on."""
    relevant: int = FEWEST
    """Disagreements that matter, or right and wrong rows, in units of the rarest class."""


FOR_DRAWS = Needs()
FOR_DELTA = Needs(rows=50, relevant=25)
"""The normal approximation of a ratio needs more than its bootstrap."""


def of_difference(metric: Metric, sample: Sample, *, baseline: Side, needs: Needs = FOR_DRAWS) -> str:
    """Why the interval of the candidate's difference from the baseline is withheld; empty: it is not."""
    candidate = sample.candidate
    sides = (candidate, baseline)
    if not sample.paired:
        return of_value(metric, candidate, needs=needs) or of_value(metric, baseline, needs=needs)
    differ = _disagree(metric, candidate, baseline)
    if not candidate.n[differ].sum():
        return "too few disagreements: the predictions that it depends on are identical"
    touched = [_by_label(candidate)] if metric.only_correctness else [_by_prediction(side) for side in sides]
    found = _in_units_of_the_rarest(metric, sides, touched, where=differ)
    return _rare(metric, sides, needs) or _sparse("disagreements", found, needs)


def of_value(metric: Metric, side: Side, _: Sample | None = None, *, needs: Needs = FOR_DRAWS) -> str:
    """Why the interval of one side's value is withheld; empty: it is not."""
    right, wrong = _hit(side), side.label != side.prediction
    if metric.label is not None:
        concerned = _in(_by_label(side), metric.label) | _in(_by_prediction(side), metric.label)
        right, wrong = right & concerned, wrong & concerned
    touched = [_by_label(side)] if metric.only_correctness else [_by_label(side), _by_prediction(side)]
    return (
        _rare(metric, (side,), needs)
        or _sparse("wrong rows", _in_units_of_the_rarest(metric, (side,), touched, where=wrong), needs)
        or _sparse("right rows", _in_units_of_the_rarest(metric, (side,), touched, where=right), needs)
    )


def _sparse(what: str, found: float, needs: Needs) -> str:
    if found >= needs.relevant:
        return ""
    shown = math.floor(10.0 * found + 1e-6) / 10.0
    return f"too few {what}: {shown:g} that {'matters' if shown == 1.0 else 'matter'}, {needs.relevant} needed"


def _rare(metric: Metric, sides: Sequence[Side], needs: Needs) -> str:
    """Counts that the metric divides by or averages over, and that are too small."""
    smallest, what = min((found for side in sides for found in _counts(metric, side)), key=lambda found: found[0])
    return f"too few {what.format(int(smallest))}, {needs.rows} needed" if smallest < needs.rows else ""


_OF_CLASS = "rows: {:,} of a class that it depends on"
_AS_CLASS = "predictions: {:,} of a class that it depends on"


def _counts(metric: Metric, side: Side) -> Iterator[tuple[float, str]]:
    """The counts that the metric leans on, each with what it is."""
    sums = side.observed()
    true, predicted = sums.true[0], sums.of_labels[0]
    if metric.depends_on == "rows":
        yield sums.rows[0], "rows: {:,}"
    elif metric.depends_on == "majority":
        yield true.sum() - true.max(initial=0.0), "rows: {:,} outside the most frequent class"
    else:
        of = slice(None) if metric.label is None else slice(metric.label, metric.label + 1)
        yield true[of].min(initial=np.inf), _OF_CLASS
        if metric.depends_on in {"label", "predicted"} and not metric.only_correctness:
            yield predicted[of].min(initial=np.inf), _AS_CLASS


def _disagree(metric: Metric, candidate: Side, baseline: Side) -> Mask:
    """The joint cells in which the two models differ in a way that moves the metric."""
    ours, theirs, label = candidate.prediction, baseline.prediction, candidate.label
    if metric.only_correctness:
        differ: Mask = (ours == label) != (theirs == label)
        return differ if metric.label is None else differ & _in(_by_label(candidate), metric.label)
    if metric.label is not None:
        ours_is, theirs_is = (_in(_by_prediction(side), metric.label) for side in (candidate, baseline))
        changed: Mask = ours_is != theirs_is
        return changed
    return np.not_equal(ours, theirs)


def _hit(side: Side) -> Mask:
    """The cells with something right."""
    hit = np.zeros(len(side.n), np.bool_)
    hit[side.incidences()[2].cell] = True
    return hit


def _by_label(side: Side) -> Incidence:
    return side.incidences()[0]


def _by_prediction(side: Side) -> Incidence:
    return side.incidences()[1]


def _in(incidence: Incidence, group: int) -> Mask:
    """The cells that count in this group."""
    found = np.zeros(incidence.cells, np.bool_)
    found[incidence.cell[incidence.group == group]] = True
    return found


def _in_units_of_the_rarest(
    metric: Metric, sides: Sequence[Side], touched: Sequence[Incidence], *, where: Mask
) -> float:
    """The rows of these cells, each by its influence on the classes that it touches; see the module."""
    weights = _weights(metric, sides)
    most = np.zeros(len(where))
    for incidence in touched:
        np.maximum.at(most, incidence.cell, weights[incidence.group])
    return float((sides[0].n[where] * most[where]).sum())


def _weights(metric: Metric, sides: Sequence[Side]) -> FloatArray:
    """By class: the square of a row's influence there, relative to the class where it is greatest. Stray ones: 0."""
    sums = [side.observed() for side in sides]
    weights = np.zeros(sums[0].predicted.shape[1])
    if metric.depends_on not in {"each", "predicted"}:
        return np.ones_like(weights)
    sizes = np.min([one.of_labels[0] if metric.depends_on == "predicted" else one.true[0] for one in sums], axis=0)
    weights[: len(sizes)] = np.square(sizes.min(initial=np.inf) / np.maximum(sizes, 1.0))
    return weights
