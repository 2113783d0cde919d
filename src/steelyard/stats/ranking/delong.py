"""
The area under the ROC curve, and how far each row pulls it.

The area is the chance that a random positive row scores higher than a random negative one, ties counting one half. The
placement of a positive row is the share of negatives that it beats, that of a negative row the share of positives that
beat it; the area is the mean of either. Their variances within the classes give the variance of the area, and those of
their differences between two models the variance of the difference (E. R. DeLong, D. M. DeLong & D. L. Clarke-Pearson,
"Comparing the areas under two or more correlated receiver operating characteristic curves: a nonparametric approach",
Biometrics 44 (1988), 837-845). One sort gives all placements (X. Sun & W. Xu, "Fast implementation of DeLong's
algorithm …", IEEE Signal Processing Letters 21 (2014), 1389-1393).

Here a row's pull is ψ, scaled so that the area errs as the (weighted) mean of ψ does. `design.Sampling.spread` with the
classes as strata is then DeLong's variance to the last digit. With clusters it is Obuchowski's (N. A. Obuchowski,
"Nonparametric analysis of clustered ROC curve data", Biometrics 53 (1997), 567-578: sums of centred placements over
clusters, positives and negatives of one cluster together) but for the correction for few clusters, which is CR2
instead of her factors I/(I - 1). With weights the area is scikit-learn's under `sample_weight`.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, ScoreArray
from steelyard.stats.scores.scored import Mask, ScoredRows
from steelyard.totals.keys import ordered_keys


class Pull(Value, frozen=True, kw_only=True):
    """A statistic of the rows, and how far each row pulls it: ψ, `(rows,)`, with a (weighted) mean of 0."""

    value: float
    psi: FloatArray


class Order(Value, frozen=True, kw_only=True):
    """Rows from the lowest score to the highest; rows of one score are a group."""

    row: IntArray
    """`(rows,)`"""
    start: IntArray
    """Where each group starts in `row`, `(groups,)`."""
    size: IntArray
    """Rows of each group, `(groups,)`."""

    def by_group(self, values: FloatArray) -> FloatArray:
        """Sums of values of rows, `(groups,)`."""
        sums: FloatArray = np.add.reduceat(values[self.row], self.start)
        return sums

    def of_rows(self, values: FloatArray) -> FloatArray:
        """Values of groups, as values of their rows."""
        spread = np.empty(len(self.row))
        spread[self.row] = np.repeat(values, self.size)
        return spread


def ordered(score: ScoreArray) -> Order:
    """The order of the rows; score and row number are sorted as one 64-bit number, which is faster than an argsort."""
    keys = ordered_keys(score).astype(np.uint64) << np.uint64(32)
    keys |= np.arange(len(score), dtype=np.uint64)
    keys.sort()
    row = (keys & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    keys >>= np.uint64(32)
    start = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return Order(row=row, start=start, size=np.diff(np.append(start, len(row))))


def placements(order: Order, positive: Mask, weight: FloatArray) -> FloatArray:
    """
    Of a positive row the (weighted) share of negatives below it, of a negative row that of positives above it.

    Ties count one half. Both classes must have weight. `(rows,)`.
    """
    of_positive = order.by_group(np.where(positive, weight, 0.0))
    of_negative = order.by_group(np.where(positive, 0.0, weight))
    below = np.cumsum(of_negative) - of_negative / 2.0
    at_most = np.cumsum(of_positive) - of_positive / 2.0
    shares = order.of_rows(below / of_negative.sum()), order.of_rows(1.0 - at_most / of_positive.sum())
    return np.where(positive, *shares)


def roc_auc(score: ScoreArray, positive: Mask, weight: FloatArray | None = None) -> Pull:
    """The area of one column of finite scores; `roc_auc_score`. Both classes must have weight."""
    used = np.ones(len(score)) if weight is None else weight
    classes = positive.astype(np.int64)
    return _centred(placements(ordered(score), positive, used), classes, positive, used)


def one_vs_rest(side: ScoredRows) -> Pull:
    """
    The mean over the labels of the area of "this label" against all others: `multi_class="ovr", average="macro"`.

    Labels of the set that no row has take no part.
    """
    return _macro(side, one_vs_one=False)


def one_vs_one(side: ScoredRows) -> Pull:
    """
    The mean area over all ordered pairs of labels: `multi_class="ovo", average="macro"`.

    D. J. Hand & R. J. Till, "A simple generalisation of the area under the ROC curve for multiple class classification
    problems", Machine Learning 45 (2001), 171-186. The mean of label a's areas against each other label is one area in
    which every label has the same weight, so that one sort for each label is enough.
    """
    return _macro(side, one_vs_one=True)


def _macro(side: ScoredRows, *, one_vs_one: bool) -> Pull:
    weight = np.ones(side.rows) if side.design.weight is None else side.design.weight
    of_class = np.bincount(side.label, weight, len(side.classes))
    used = weight
    if one_vs_one:
        used = weight / np.where(of_class > 0.0, of_class, 1.0)[side.label]
    present = np.flatnonzero(side.support)
    value, psi = 0.0, np.zeros(side.rows)
    for code in present:
        positive = side.label == code
        placed = placements(ordered(side.of(int(code))), positive, used)
        one = _centred(placed, side.label if one_vs_one else positive.astype(np.int64), positive, used)
        value += one.value / len(present)
        psi += one.psi / len(present)
    if one_vs_one:
        # The pull is on sums in which every label weighs the same; a row's own weight is taken out again.
        psi *= float(weight.sum()) / len(present) / of_class[side.label]
    return Pull(value=value, psi=psi)


def _centred(placed: FloatArray, group: IntArray, positive: Mask, weight: FloatArray) -> Pull:
    """
    The area, and ψ: placements less their mean, over the share of the weight that the row's side has.

    `group` is what placements are centred within: the side, or the label where each label's weight is fixed.
    """
    total, of_positive = float(weight.sum()), float(weight[positive].sum())
    mass = np.bincount(group, weight)
    mean = np.bincount(group, weight * placed) / np.where(mass > 0.0, mass, 1.0)
    share = np.where(positive, of_positive, total - of_positive) / total
    value = float((weight[positive] * placed[positive]).sum()) / of_positive
    return Pull(value=value, psi=(placed - mean[group]) / share)
