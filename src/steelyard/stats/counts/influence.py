"""
Influence values: by how much one more row of a cell moves a metric.

The first-order (Hájek) expansion of a metric in the rows: value(data) ≈ value(population) + Σ ψ(row), so that the
variance of the value is Σ n ψ² for independent rows, and sums of ψ within clusters, strata or weights give it for
others (F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69 (1974), 383-393; for counts it is
the infinitesimal jackknife: L. A. Jaeckel, Bell Laboratories MM 72-1215-11 (1972)).

The metric's own function is differentiated numerically, in its sums, so that no definition is written down twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from msgspec import structs

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Side

_STEP = 1e-4
"""Of a sum, relative: central differences are then off by about 1e-8 of the derivative."""

_CHUNK_NUMBERS = 262_144
"""Of one array of moved sums: small enough to stay in a processor's cache."""


def influence(metric: Metric, side: Side) -> FloatArray:
    """
    The influence value ψ of one row in each cell, `(cells,)`, in the metric's unit per row.

    It is the derivative of the metric's value in the cell's number of rows; Σ n ψ = 0, since a metric does not change
    when all rows are there twice. Σ n ψ² is the variance of the value for independent rows. For the difference of
    paired sides, subtract the two arrays cell by cell. `side.n` may be sums of weights, too: ψ is then per unit of
    weight. Not finite where the value has no derivative (Matthews correlation of a constant side, say).

    The cost is that of 2 (3 K + T) values of the metric; memory does not grow with K.
    """
    if not len(side.n):
        return np.zeros(0)
    observed = side.observed()
    gradient = structs.replace(observed, **{part: _derivative(metric, observed, part) for part in _parts(observed)})
    psi = side.of_cells(gradient)
    total = float(side.n.sum())
    return psi - float(side.n @ psi) / total if total > 0.0 else psi


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
    often = int(observed.predicted[0].argmax())
    largest = observed.predicted[0, often]
    size = np.abs(sums[0])
    smallest = size[size > 0.0].min(initial=max(largest, 1.0))
    step = _STEP * np.minimum(
        np.where(size > 0.0, size, smallest), np.inf if part == "totals" else max(largest, smallest)
    )
    found = np.zeros(sums.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        for which in _chunks(sums.shape[1]):
            ends = [_moved(metric, observed, part, _Move(which, sign * step[which], often)) for sign in (1.0, -1.0)]
            found[0, which] = (ends[0] - ends[1]) / (2.0 * step[which])
    return found


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


def _chunks(width: int) -> Iterator[IntArray]:
    size = max(1, _CHUNK_NUMBERS // max(width, 1))
    for start in range(0, width, size):
        yield np.arange(start, min(start + size, width))
