"""
Classification metrics, computed for many tables of counts at once.

Each function takes `Sums` of `draws` tables and returns one value a table (shape `(draws,)`), or one value a table and
label (`(draws, K)`). The reported value is the same function on one table, so it cannot drift from what its interval
is about. Definitions are scikit-learn's with `labels=` the label set and `zero_division=0`; tests hold them equal.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from msgspec import structs

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
    totals: FloatArray | None = None
    """Further sums over the cells that some metrics need, `(draws, T)`: see `Side.quantities`."""
    overlapping: bool = False
    """A row may have several labels, or none (see `multilabel`); the rows are then the first of `totals`."""

    @property
    def rows(self) -> FloatArray:
        """All rows, `(draws,)`."""
        if self.overlapping and self.totals is not None:
            return self.totals[:, 0]
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


def fbeta_per_class(sums: Sums, *, beta: float) -> FloatArray:
    """Weighted harmonic mean, recall `beta` times as important as precision: `fbeta_score`."""
    b = beta * beta
    return ratio((1.0 + b) * sums.hits, b * sums.true + sums.of_labels)


def jaccard_per_class(sums: Sums) -> FloatArray:
    """Rows that have a label and are predicted as it, of the rows with either: `jaccard_score`."""
    return ratio(sums.hits, sums.true + sums.of_labels - sums.hits)


def pooled(sums: Sums) -> Sums:
    """All labels taken together as one: the metrics of that one are the micro averages."""
    true, of_labels, hits = (part.sum(axis=1, keepdims=True) for part in (sums.true, sums.of_labels, sums.hits))
    return structs.replace(sums, true=true, predicted=of_labels, hits=hits)


def macro(per_class: FloatArray) -> FloatArray:
    """The plain mean over the label set; NaN without labels, as where all sets of labels are empty."""
    draws, labels = per_class.shape
    mean: FloatArray = per_class.mean(axis=1) if labels else np.full(draws, np.nan)
    return mean


def weighted(per_class: FloatArray, sums: Sums) -> FloatArray:
    """The mean over the label set, weighted by the rows of each label."""
    return ratio((per_class * sums.true).sum(axis=1), sums.true.sum(axis=1))


def balanced_accuracy(sums: Sums) -> FloatArray:
    """Mean recall over the labels that some row has: `balanced_accuracy_score`."""
    return ratio(recall_per_class(sums).sum(axis=1), (sums.true > 0).sum(axis=1).astype(np.float64))


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


def slopes_of_matthews_corrcoef(sums: Sums) -> Sums:
    """
    The derivative of `matthews_corrcoef` in each of the sums, by the quotient rule.

    Not finite where a side is constant. (Of thousands of classes, moving one after the other would take seconds.)
    """
    rows, covariance = _covariance(sums)
    label, prediction = ((part * (rows - part)).sum(axis=1, keepdims=True) for part in (sums.true, sums.predicted))
    scale = np.sqrt(label * prediction)
    value = covariance.of / scale
    return structs.replace(
        sums,
        true=covariance.true / scale - value * ((rows - sums.true) / label + rows / prediction),
        predicted=covariance.predicted / scale + value * sums.predicted / prediction,
        hits=covariance.hits / scale,
        totals=None,
    )


def slopes_of_cohen_kappa(sums: Sums) -> Sums:
    """The same of `cohen_kappa`; not finite where both sides are constant and equal."""
    rows, covariance = _covariance(sums)
    labels = sums.of_labels
    unlike = (sums.true * (rows - labels)).sum(axis=1, keepdims=True)
    value = covariance.of / unlike
    of_prediction = np.zeros_like(sums.predicted)
    of_prediction[:, : labels.shape[1]] = value * sums.true / unlike
    return structs.replace(
        sums,
        true=(covariance.true - value * (2.0 * rows - labels)) / unlike,
        predicted=covariance.predicted / unlike + of_prediction,
        hits=covariance.hits / unlike,
        totals=None,
    )


class _Covariance(NamedTuple):
    """Σ (n h - t p) over the labels, and its derivatives in the sums."""

    of: FloatArray
    true: FloatArray
    predicted: FloatArray
    hits: FloatArray


def _covariance(sums: Sums) -> tuple[FloatArray, _Covariance]:
    """All rows, `(draws, 1)`, and by how much labels and predictions agree more often than by chance, times n²."""
    rows, labels = sums.rows[:, None], sums.of_labels
    hits = sums.hits.sum(axis=1, keepdims=True)
    predicted = np.zeros_like(sums.predicted)
    predicted[:, : labels.shape[1]] = -sums.true
    return rows, _Covariance(
        of=(rows * sums.hits - sums.true * labels).sum(axis=1, keepdims=True),
        true=hits - labels,
        predicted=predicted,
        hits=np.broadcast_to(rows, sums.hits.shape),
    )


def cohen_kappa_weighted(sums: Sums, *, position: FloatArray, power: Literal[1, 2]) -> FloatArray:
    """
    Kappa for ordered classes: 1 - mean distance of label and prediction / the mean distance expected by chance.

    `cohen_kappa_score` with `weights="linear"` (power 1) or `"quadratic"` (2), where all predictions are labels. One
    without a place in their order is as far from every label as two labels can be; chance is that of the others, since
    it would be worth something not to answer if chance were charged for it, too. NaN where chance gives no distance at
    all, where nothing is answered, and where the sums lack the distances.

    Args:
        sums: Their `totals` are Σ n d and Σ n d², d the distances of label and prediction.
        position: The `ordinal_positions` of the classes, `(C,)`; every label has a place.
        power: Of the distance.
    """
    if sums.totals is None:
        return np.full(len(sums.true), np.nan)
    order = np.argsort(position, kind="stable")[: np.count_nonzero(np.isfinite(position))]
    at = position[order]
    labels = np.zeros((len(sums.true), len(position)))
    labels[:, : sums.true.shape[1]] = sums.true
    true, predicted = labels[:, order], sums.predicted[:, order]
    answered = predicted.sum(axis=1)
    if power == 2:
        squares = (true @ at**2) * answered + (predicted @ at**2) * sums.rows
        expected = squares - 2.0 * (true @ at) * (predicted @ at)
    else:
        # |i - j| is the sum of the gaps between two neighbours that lie between i and j.
        below, below_predicted = (np.cumsum(part, axis=1)[:, :-1] for part in (true, predicted))
        between = below * (answered[:, None] - below_predicted) + below_predicted * (sums.rows[:, None] - below)
        expected = between @ np.diff(at)
    return 1.0 - ratio(sums.totals[:, power - 1] * answered, expected, undefined=np.nan)


def _agreement(sums: Sums) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Chance that two random rows agree in label, in prediction, and one's label in the other's prediction."""
    pairs = sums.rows * sums.rows
    label, prediction, both = (
        np.einsum("ij,ij->i", one, other) / pairs
        for one, other in ((sums.true, sums.true), (sums.predicted, sums.predicted), (sums.true, sums.of_labels))
    )
    return label, prediction, both
