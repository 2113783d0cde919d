"""
Several trainings on each side: the luck of training beside the luck of the test set.

A side's value is the mean over its trainings. It errs by the rows that the test set happens to have, and by the
trainings that happened to be run: components of variance, added up, with Welch's and Satterthwaite's degrees of freedom
(F. E. Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics Bulletin 2 (1946),
110-114). The rows' part is that of the influence values averaged over the trainings; the trainings' part is s² / k of
the k values. What rows and trainings make together (a row that one training has right by luck) is in both, so the
interval is rather too wide than too narrow. A bootstrap over the trainings is not used: with the few that one can
afford it is far too narrow, and with many this interval serves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import Counts, FloatArray, IntArray, RepeatedCounts
from steelyard.stats.counts.grouped import place_of_cells
from steelyard.stats.counts.influence import influence
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Kind, Side, sample_of_one
from steelyard.stats.intervals.design import Design, Spread, mean_spread


class Trainings(Value, frozen=True, kw_only=True):
    """One side's trainings, on the same cells."""

    sides: tuple[Side, ...]
    """The view of each training, in an order of its own."""
    places: tuple[IntArray, ...]
    """Where each of the shared cells is in each view."""

    def values(self, metric: Metric) -> FloatArray:
        """The metric of each training, `(trainings,)`; NaN where it is undefined."""
        if not all(len(side.n) for side in self.sides):
            return np.full(len(self.sides), np.nan)
        if not all(len(side.n) for side in self.sides):
            return np.full(len(self.sides), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.array([float(metric.value(side.observed())[0]) for side in self.sides])

    def pull(self, metric: Metric) -> FloatArray:
        """By how much a row of each cell pulls the mean over the trainings, `(cells,)`."""
        pulls = [
            influence(metric, side)[place] * float(side.n.sum())
            for side, place in zip(self.sides, self.places, strict=True)
        ]
        mean: FloatArray = np.mean(pulls, axis=0)
        return mean


def trainings_of(
    repeats: RepeatedCounts, predictions: IntArray, *, positive: str | None, kind: Kind = "classification"
) -> Trainings:
    """
    The trainings of one side.

    Args:
        repeats: The cells; all have rows.
        predictions: `repeats.candidate` or `repeats.baseline`, `(cells, trainings)`.
        positive: The label that binary metrics are about.
        kind: Of the prediction set.
    """
    sides, places = [], []
    for prediction in predictions.T:
        counts = Counts(
            classes=repeats.classes,
            n_labels=repeats.n_labels,
            label=repeats.label,
            prediction=np.ascontiguousarray(prediction),
            n=repeats.n,
        )
        sample = sample_of_one(counts, positive=positive, kind=kind)
        sides.append(sample.candidate)
        places.append(place_of_cells(counts, sample, (sample.candidate,)))
    return Trainings(sides=tuple(sides), places=tuple(places))


def spread_over_trainings(psi: FloatArray, values: Sequence[FloatArray], *, count: IntArray) -> Spread:
    """
    How far a mean over trainings, or the difference of two, may be off.

    Args:
        psi: Influence values averaged over the trainings, of the difference where there are two sides, `(cells,)`.
        values: The metric of each training, an array of at least two a side.
        count: Rows of each cell.
    """
    rows = mean_spread(psi, Design(), count=count)
    if not math.isfinite(rows.standard_error):
        return rows
    variances = np.array([rows.standard_error**2, *(one.var(ddof=1) / len(one) for one in values)])
    degrees = np.array([rows.degrees_of_freedom, *(len(one) - 1.0 for one in values)])
    total = float(variances.sum())
    if not total > 0.0:
        return rows
    return Spread(standard_error=math.sqrt(total), degrees_of_freedom=total**2 / float((variances**2 / degrees).sum()))
