"""
When an interval from draws is not to be trusted: sparse disagreement, rare classes.

A bootstrap interval of a difference rests on the rows where the two models differ. With none it has no width, with a
few it is far too narrow, and it takes the wrong shape where a class has a handful of rows. Then there is no interval,
and the reason is said. Score intervals of proportions (accuracy, recall) need none of this: they hold there.

Rows do not count alike: in an average over classes one row of a class with n rows moves it by about 1/n, and one false
negative more moves the negative predictive value far more than a false positive. So there must be enough rows not only
in number, but also by the square of their influence relative to the most that any single row could have, whether or not
there is such a row (see `reach`). Disagreements that hardly matter cannot hide that none was seen where a single one
would matter most. In simulations of F1, precision, negative predictive value, Matthews correlation and kappa, intervals
from draws of at least 10 disagreements that count as 5 covered in 95%, in test sets where all of them covered in 72%.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.stats.counts import reach
from steelyard.stats.counts.influence import TOO_MANY
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.numerics.incidence import Incidence

Mask: TypeAlias = NDArray[np.bool_]
"""One truth value a cell."""

FEWEST = 10
"""Relevant disagreements (rows, or clusters), and rows of a class that a metric depends on."""


_ROUNDING = 1e-6
"""Influences are differentiated numerically."""


class Needs(Value, frozen=True, kw_only=True):
    """What an interval needs before it is trusted."""

    rows: int = FEWEST
    """Of a class that the metric depends on."""
    disagreements: int = FEWEST
    """Of those that move the metric at all."""
    reach: float = 5.0
    """What they count as, in units of the one that could move the metric most."""
    value_reach: float = 8.0
    """The same of all rows, for one side's value."""


FOR_DRAWS = Needs()
FOR_DELTA = Needs(rows=50, disagreements=25, reach=12.5, value_reach=20.0)
"""The normal approximation of a ratio needs more than its bootstrap."""


def of_difference(metric: Metric, sample: Sample, *, baseline: Side, needs: Needs = FOR_DRAWS) -> str:
    """Why the interval of the candidate's difference from the baseline is withheld; empty: it is not."""
    candidate = sample.candidate
    sides = (candidate, baseline)
    if not sample.paired:
        return of_value(metric, candidate, needs=needs) or of_value(metric, baseline, needs=needs)
    differ = _disagree(metric, candidate, baseline)
    count = int(candidate.n[differ].sum())
    if not count:
        return "too few disagreements: the predictions that it depends on are identical"
    if rare := _rare(metric, sides, needs):
        return rare
    if count < needs.disagreements:
        return f"too few disagreements: {count}, {needs.disagreements} needed"
    return _sparse("disagreements", reach.disagreements(metric, candidate, baseline, where=differ), needs.reach)


def of_value(metric: Metric, side: Side, *, needs: Needs = FOR_DRAWS) -> str:
    """Why the interval of one side's value is withheld; empty: it is not."""
    return _rare(metric, (side,), needs) or _sparse("rows", reach.rows(metric, side), needs.value_reach)


def _sparse(what: str, found: float | None, needed: float) -> str:
    if found is None:
        return TOO_MANY
    if found >= needed * (1.0 - _ROUNDING):
        return ""
    shown = math.floor(10.0 * found + 1e-6) / 10.0
    return f"too few {what}: they count as {shown:g} of those that could matter most, {needed:g} needed"


def _rare(metric: Metric, sides: Sequence[Side], needs: Needs) -> str:
    """Counts that the metric divides by or averages over, and that are too small."""
    smallest, what = min((found for side in sides for found in _counts(metric, side)), key=lambda found: found[0])
    return f"too few {what.format(int(smallest))}, {needs.rows} needed" if smallest < needs.rows else ""


_OF_CLASS = "rows: {:,} of a class that it depends on"
_AS_CLASS = "predictions: {:,} of a class that it depends on"


def _counts(metric: Metric, side: Side) -> Iterator[tuple[float, str]]:
    """The counts that the metric leans on, each with what it is."""
    sums = side.observed(totals=False)
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
    sides = (candidate, baseline)
    if metric.label is not None:
        what = _by_hit if metric.only_correctness else _by_prediction
        ours, theirs = (_in(what(side), metric.label) for side in sides)
    elif metric.only_correctness:
        ours, theirs = (side.label == side.prediction for side in sides)
    else:
        return np.not_equal(candidate.prediction, baseline.prediction)
    differ: Mask = ours != theirs
    return differ


def _by_prediction(side: Side) -> Incidence:
    return side.incidences()[1]


def _by_hit(side: Side) -> Incidence:
    return side.incidences()[2]


def _in(incidence: Incidence, group: int) -> Mask:
    """The cells that count in this group."""
    found = np.zeros(incidence.cells, np.bool_)
    found[incidence.cell[incidence.group == group]] = True
    return found
