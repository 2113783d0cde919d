"""
Influence values: by how much one more row of a cell moves a metric.

The first-order (Hájek) expansion of a metric in the rows: value(data) ≈ value(population) + Σ ψ(row), so that the
variance of the value is Σ n ψ² for independent rows, and sums of ψ within clusters, strata or weights give it for
others (F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69 (1974), 383-393; for counts it is
the infinitesimal jackknife: L. A. Jaeckel, Bell Laboratories MM 72-1215-11 (1972)).

The metric's own function is differentiated numerically, in its sums, so that few definitions are written down twice.
Classes with the same sums have the same derivatives, and are moved once: of very many classes most have a few rows. All
are moved at once where the metric is the mean of a value a label.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from msgspec import structs

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.metrics import Function, Metric
from steelyard.stats.counts.sample import Side, Spread

_STEP = 1e-4
"""Of a sum, relative: central differences are then off by about 1e-8 of the derivative."""

_CHUNK_NUMBERS = 262_144
"""Of one array of moved sums: small enough to stay in a processor's cache."""

_FEW = 256
"""Classes up to which looking for equal ones costs more than it saves."""

_MOST_NUMBERS = 50_000_000
"""Of all moved sums of a part: some seconds."""

TOO_MANY = "too many unlike classes to tell how far a row of each pulls the value"


def influence(metric: Metric, side: Side) -> FloatArray:
    """
    The influence value ψ of one row in each cell, `(cells,)`, in the metric's unit per row.

    It is the derivative of the metric's value in the cell's number of rows; Σ n ψ = 0, since a metric does not change
    when all rows are there twice. Σ n ψ² is the variance of the value for independent rows. For the difference of
    paired sides, subtract the two arrays cell by cell. `side.n` may be sums of weights, too: ψ is then per unit of
    weight. Not finite where the value has no derivative (Matthews correlation of a constant side, say).

    The cost is that of 2 (3 U + T) values of the metric, U of its K classes being unlike, and of 6 where it is a mean
    of a value a label, nothing where it knows its slopes; memory does not grow with K. NaN where that is too much (see
    `affordable`).
    """
    if not len(side.n):
        return np.zeros(0)
    slopes = gradient(metric, side)
    if slopes is None:
        return np.full(len(side.n), np.nan)
    psi = side.of_cells(slopes)
    total = float(side.counted.sum())
    # Not a product of vectors: the library that does it starts threads, which wait for each other on a busy machine.
    return psi - float((side.counted * psi).sum()) / total if total > 0.0 else psi


def spread(metric: Metric, side: Side) -> Spread:
    """How far the rows pull the value, as `influence` has it; NaN where that is not known."""
    known = side.spreads
    if metric.name not in known:
        slopes = gradient(metric, side)
        known[metric.name] = _UNKNOWN if slopes is None else spread_of(side, slopes)
    return known[metric.name]


def spread_of(side: Side, slopes: Sums) -> Spread:
    """The same for these slopes."""
    # What all rows do together comes from the sums, at no cost: but for rounding, which `reach` takes for no movement,
    # it is what `influence` adds up cell by cell.
    observed = side.observed(totals=slopes.totals is not None)
    rows = float(observed.rows[0])
    mean = sum(_pulled(observed, slopes, part) for part in _parts(slopes)) / rows if rows > 0.0 else 0.0
    variance = largest = 0.0
    for some in side.parts():
        psi = some.of_cells(slopes)
        psi -= mean
        largest = max(largest, float(psi.max(initial=0.0)), -float(psi.min(initial=0.0)))
        psi *= psi
        psi *= some.n
        variance += float(psi.sum())
    return Spread(mean=mean, variance=variance, largest=largest)


def _pulled(observed: Sums, slopes: Sums, part: str) -> float:
    """What all rows together do by one part of the sums; where there are none, a slope is of no matter."""
    sums, of_sums = getattr(observed, part), getattr(slopes, part)
    return float(np.multiply(sums, of_sums, out=np.zeros_like(sums), where=sums != 0.0).sum())


_UNKNOWN = Spread(mean=math.nan, variance=math.nan, largest=math.nan)


def gradient(metric: Metric, side: Side) -> Sums | None:
    """
    The derivative of the value in each of the sums; None where that takes too long.

    What a row adds is known up to a number that is the same for all rows of a label.
    """
    known = side.slopes
    if metric.name not in known:
        observed = side.observed(totals=metric.uses_totals)
        known[metric.name] = _gradient(metric, observed)
    return known[metric.name]


def _gradient(metric: Metric, observed: Sums) -> Sums | None:
    if (known := _in_closed_form(metric, observed)) is not None:
        return known
    if not _affordable(metric, observed):
        return None
    return structs.replace(observed, **{part: _derivative(metric, observed, part) for part in _parts(observed)})


def _in_closed_form(metric: Metric, observed: Sums) -> Sums | None:
    """None where there is none: at a side that is constant, say, where another row makes a value of none."""
    if metric.slopes is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        found = metric.slopes(observed)
    return found if all(np.isfinite(getattr(found, part)).all() for part in _parts(found)) else None


def affordable(metric: Metric, side: Side) -> bool:
    """Whether there are not so many unlike classes that differentiating takes long; it depends on the cells alone."""
    return not len(side.n) or _affordable(metric, side.observed(totals=False))


def _affordable(metric: Metric, observed: Sums) -> bool:
    if metric.mean_of is not None or _in_closed_form(metric, observed) is not None:
        return True
    width = int(observed.predicted.shape[1])
    return width * width <= _MOST_NUMBERS or width * len(_unlike(metric, observed, "predicted")[0]) <= _MOST_NUMBERS


def _unlike(metric: Metric, observed: Sums, part: str) -> tuple[IntArray, IntArray]:
    """
    One of each kind of sums of a part, and the kind of each, `(width,)`.

    A kind are classes with the same sums, but for the label that the metric is about and the most frequent prediction
    (see `_derivative`). Where classes have an order, each is a kind.
    """
    width = getattr(observed, part).shape[1]
    if part == "totals" or metric.ordinal or width <= _FEW:
        every = np.arange(width)
        return every, every
    labels = observed.true.shape[1]
    keys = np.full((observed.predicted.shape[1], 5), -1.0)
    keys[:labels, 0], keys[:, 1], keys[:labels, 2] = observed.true[0], observed.predicted[0], observed.hits[0]
    keys[:, 3] = np.arange(len(keys)) == metric.label
    keys[:, 4] = np.arange(len(keys)) == observed.predicted[0].argmax()
    _, first, kind = np.unique(keys[:width], axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), kind.ravel().astype(np.int64)


def _parts(sums: Sums) -> tuple[str, ...]:
    return ("true", "predicted", "hits") if sums.totals is None else ("true", "predicted", "hits", "totals")


def _derivative(metric: Metric, observed: Sums, part: str) -> FloatArray:
    """
    The derivative of the value in each sum of one part, `(1, width)`.

    A row has one label and one prediction, so a row more of a label is taken to be predicted as the most frequent
    prediction, and a row more of a prediction to be one less of that: what this adds cancels in every cell. Otherwise
    a step that is small for a large class would unbalance the totals by more than a small class has.
    """
    sums: FloatArray = getattr(observed, part)
    if not observed.predicted.size:
        return np.zeros_like(sums)  # no row has a label, and none is predicted: nothing moves
    if metric.mean_of is not None:
        return _derivative_of_mean(metric, metric.mean_of, observed, part)
    often = int(observed.predicted[0].argmax())
    size, smallest = _sizes(observed, part)
    step = _STEP * np.minimum(size, np.inf if part == "totals" else max(observed.predicted[0, often], smallest))
    one_of_each, kind = _unlike(metric, observed, part)
    found = np.zeros(len(one_of_each))
    with np.errstate(divide="ignore", invalid="ignore"):
        for chunk in _chunks(len(one_of_each), width=sums.shape[1]):
            which = one_of_each[chunk]
            ends = [_moved(metric, observed, part, _Move(which, sign * step[which], often)) for sign in (1.0, -1.0)]
            found[chunk] = (ends[0] - ends[1]) / (2.0 * step[which])
    return found[None, kind]


def _derivative_of_mean(metric: Metric, per_class: Function, observed: Sums, part: str) -> FloatArray:
    """Each label's own value hangs on its own sums alone, so that all of them are moved at once."""

    def terms(sums: Sums) -> FloatArray:
        return per_class(sums) * sums.true if metric.by_rows else per_class(sums)

    sums: FloatArray = getattr(observed, part)
    labels = observed.true.shape[1]
    size = float(observed.true.sum()) if metric.by_rows else labels
    if not size:
        return np.full_like(sums, 0.0 if metric.by_rows else np.nan)  # the value is 0 by convention, or none
    found = np.zeros_like(sums)
    if part == "totals":
        return found
    step = _STEP * _sizes(observed, part)[0]
    ends = [terms(structs.replace(observed, **{part: sums + sign * step})) for sign in (1.0, -1.0)]
    found[:, :labels] = (ends[0] - ends[1]) / (2.0 * size * step[:labels])
    if metric.by_rows and part == "true":
        found -= metric.value(observed) / size
    return found


def _sizes(observed: Sums, part: str) -> tuple[FloatArray, float]:
    """How large the sums of a part are, an empty one as large as the smallest of the others, which comes with them."""
    sums: FloatArray = getattr(observed, part)
    size = np.abs(sums[0])
    smallest = float(size[size > 0.0].min(initial=max(observed.predicted.max(), 1.0)))
    return np.where(size > 0.0, size, smallest), smallest


class _Move(NamedTuple):
    """Which sums are moved, each in a table of its own, by how much, and the most frequent prediction."""

    which: IntArray
    by: FloatArray
    often: int


def _moved(metric: Metric, observed: Sums, part: str, move: _Move) -> FloatArray:
    tables = np.arange(len(move.which))
    sums = np.repeat(getattr(observed, part), len(tables), axis=0)
    sums[tables, move.which] += move.by
    changed = {part: sums}
    if part == "true" and not observed.overlapping:
        changed["predicted"] = np.repeat(observed.predicted, len(tables), axis=0)
        changed["predicted"][:, move.often] += move.by
    elif part == "predicted" and not observed.overlapping:
        sums[:, move.often] -= move.by
    return metric.value(structs.replace(observed, **changed))


def _chunks(count: int, *, width: int) -> Iterator[IntArray]:
    size = max(1, _CHUNK_NUMBERS // max(width, 1))
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))
