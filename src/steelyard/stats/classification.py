"""
Classification metrics, computed for many tables of counts at once.

Each function takes `Sums` of `draws` tables and returns one value a table (shape `(draws,)`), or one value a table and
label (`(draws, K)`). The reported value is the same function on one table, so it cannot drift from what its interval
is about. Definitions are scikit-learn's with `labels=` the label set and `zero_division=0`; tests hold them equal.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray


class Sums(Value, frozen=True, kw_only=True):
    """
    What the metrics need to know of `draws` confusion matrices with K labels and C >= K classes, labels first.

    The classes beyond K are predictions that no row has as its label ("stray"): always wrong.
    """

    true: FloatArray
    """Rows with this label, `(draws, K)`."""
    predicted: FloatArray
    """Rows with this prediction, `(draws, C)`."""
    hits: FloatArray
    """Rows with this label and this prediction, `(draws, K)`."""

    @property
    def rows(self) -> FloatArray:
        """All rows, `(draws,)`."""
        total: FloatArray = self.true.sum(axis=1)
        return total

    @property
    def of_labels(self) -> FloatArray:
        """`predicted` without the stray classes, `(draws, K)`."""
        labels: FloatArray = self.predicted[:, : self.true.shape[1]]
        return labels


def ratio(numerator: FloatArray, denominator: FloatArray, *, undefined: float = 0.0) -> FloatArray:
    """Elementwise quotient; `undefined` where the denominator is 0 (scikit-learn's `zero_division`)."""
    shape = np.broadcast(numerator, denominator).shape
    quotient: FloatArray = np.divide(numerator, denominator, out=np.full(shape, undefined), where=denominator != 0)
    return quotient


def accuracy(sums: Sums) -> FloatArray:
    """Share of rows that are right: `accuracy_score`."""
    return ratio(sums.hits.sum(axis=1), sums.rows)


def precision_per_class(sums: Sums) -> FloatArray:
    """Of the rows predicted as a label, the share that have it; 0 for a label that is never predicted."""
    return ratio(sums.hits, sums.of_labels)


def recall_per_class(sums: Sums) -> FloatArray:
    """Of the rows that have a label, the share predicted as it; 0 for a label that no row has."""
    return ratio(sums.hits, sums.true)


def f1_per_class(sums: Sums) -> FloatArray:
    """Harmonic mean of precision and recall: 2 hits / (true + predicted); 0 for a label without both."""
    return ratio(2.0 * sums.hits, sums.true + sums.of_labels)


def macro(per_class: FloatArray) -> FloatArray:
    """The plain mean over the label set."""
    mean: FloatArray = per_class.mean(axis=1)
    return mean


def weighted(per_class: FloatArray, sums: Sums) -> FloatArray:
    """The mean over the label set, weighted by the rows of each label."""
    return ratio((per_class * sums.true).sum(axis=1), sums.rows)


def balanced_accuracy(sums: Sums) -> FloatArray:
    """Mean recall over the labels that some row has: `balanced_accuracy_score`."""
    return ratio(recall_per_class(sums).sum(axis=1), (sums.true > 0).sum(axis=1).astype(np.float64))


def precision_micro(sums: Sums) -> FloatArray:
    """Right rows by rows predicted as any label of the set; differs from accuracy only where predictions stray."""
    return ratio(sums.hits.sum(axis=1), sums.of_labels.sum(axis=1))


def f1_micro(sums: Sums) -> FloatArray:
    """Harmonic mean of micro precision and accuracy (which is micro recall)."""
    return ratio(2.0 * sums.hits.sum(axis=1), sums.rows + sums.of_labels.sum(axis=1))


def matthews_corrcoef(sums: Sums) -> FloatArray:
    """
    Matthews correlation of labels and predictions over all classes, stray ones included: `matthews_corrcoef`.

    0, by scikit-learn's convention, where one side is constant.
    """
    label, prediction, both = _agreement(sums)
    right = sums.hits.sum(axis=1) / sums.rows
    return ratio(right - both, np.sqrt(np.maximum(1.0 - label, 0.0) * np.maximum(1.0 - prediction, 0.0)))


def cohen_kappa(sums: Sums) -> FloatArray:
    """
    Agreement of labels and predictions beyond chance, over all classes, stray ones included: `cohen_kappa_score`.

    NaN where chance alone agrees always (both sides constant and equal).
    """
    _, _, chance = _agreement(sums)
    right = sums.hits.sum(axis=1) / sums.rows
    return ratio(right - chance, 1.0 - chance, undefined=np.nan)


def _agreement(sums: Sums) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Chance that two random rows agree in label, in prediction, and one's label in the other's prediction."""
    rows = sums.rows[:, None]
    label, prediction = sums.true / rows, sums.predicted / rows
    both = (label * prediction[:, : label.shape[1]]).sum(axis=1)
    return (label * label).sum(axis=1), (prediction * prediction).sum(axis=1), both
