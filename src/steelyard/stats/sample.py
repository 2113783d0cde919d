"""A prediction set as the statistics see it: cells of counts for each side, over one label set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import Counts, FloatArray, IntArray, Joined, JointCounts
from steelyard.stats.classification import Sums

_DENSE = 250_000
"""Up to this many entries an indicator matrix is multiplied; beyond, cells are sorted and added up group by group."""


class Side(Value, frozen=True, kw_only=True):
    """One model's view of the cells: `n[i]` rows have this label and this prediction. Cells may repeat a pair."""

    label: IntArray
    prediction: IntArray
    n: IntArray
    n_labels: int
    n_classes: int

    def adder(self) -> Callable[[FloatArray], Sums]:
        """
        A function from weights of the cells, `(draws, cells)`, to their sums.

        The weights are whole numbers, so that every order of adding them gives the same. What does not depend on the
        weights is prepared here, once for all chunks.
        """
        hit = np.where(self.label == self.prediction, self.label, self.n_classes)
        by_label = _adder(self.label, self.n_labels)
        by_prediction = _adder(self.prediction, self.n_classes)
        by_hit = _adder(hit, self.n_labels)
        return lambda weights: Sums(true=by_label(weights), predicted=by_prediction(weights), hits=by_hit(weights))

    def observed(self) -> Sums:
        """The sums of the data themselves: one draw."""
        counts = [np.bincount(self.label, self.n, self.n_labels), np.bincount(self.prediction, self.n, self.n_classes)]
        hit = self.label == self.prediction
        counts.append(np.bincount(self.label[hit], self.n[hit], self.n_labels))
        true, predicted, hits = (array.astype(np.float64)[None, :] for array in counts)
        return Sums(true=true, predicted=predicted, hits=hits)

    @property
    def right(self) -> IntArray:
        """Rows predicted right, by label: `(K,)`."""
        rows: IntArray = self.observed().hits[0].astype(np.int64)
        return rows

    @property
    def support(self) -> IntArray:
        """Rows by label: `(K,)`."""
        rows: IntArray = self.observed().true[0].astype(np.int64)
        return rows


class Sample(Value, frozen=True, kw_only=True):
    """
    The candidate's cells and, where there is a baseline, its cells.

    `paired`: both sides are two views of the same joint cells (same length, same `n`). Otherwise they are two
    independent tables. `classes[:n_labels]` is the label set: the labels that a row of this comparison has.
    """

    classes: tuple[str, ...]
    n_labels: int
    positive: int | None
    """Binary only: the code of the label that precision, recall and F1 are about."""
    candidate: Side
    baseline: Side | None
    paired: bool

    @property
    def rows(self) -> int:
        """Rows of the comparison; the candidate's where it is not paired."""
        return int(self.candidate.n.sum())


def sample_of(joined: Joined, *, positive: str | None) -> Sample:
    """
    The sample that a `Joined` describes.

    Labels that no row of this comparison has (they occur among rows that the other side lacks) leave the label set.
    """
    if joined.joint is not None:
        return _paired(joined.joint, positive)
    sides = [joined.candidate] + ([joined.baseline] if joined.baseline.n.sum() > 0 else [])
    present = np.unique(np.concatenate([counts.label[counts.n > 0] for counts in sides]))
    classes, code = _recode(joined.candidate.classes, present)
    views = [_view(counts, code, len(present)) for counts in sides]
    return Sample(
        classes=classes,
        n_labels=len(present),
        positive=_positive(classes[: len(present)], positive),
        candidate=views[0],
        baseline=views[1] if len(views) > 1 else None,
        paired=False,
    )


def sample_of_one(counts: Counts, *, positive: str | None) -> Sample:
    """The sample of one side alone, over all of its rows."""
    present = np.unique(counts.label[counts.n > 0])
    classes, code = _recode(counts.classes, present)
    return Sample(
        classes=classes,
        n_labels=len(present),
        positive=_positive(classes[: len(present)], positive),
        candidate=_view(counts, code, len(present)),
        baseline=None,
        paired=False,
    )


def _paired(joint: JointCounts, positive: str | None) -> Sample:
    used = joint.n > 0
    present = np.unique(joint.label[used])
    classes, code = _recode(joint.classes, present)
    label, n = code[joint.label[used]], joint.n[used]
    candidate, baseline = code[joint.candidate[used]], code[joint.baseline[used]]
    # One order, whatever the engine's: the draws follow the order of the cells.
    order = np.lexsort((candidate, baseline, label))
    k, c = len(present), len(classes)
    views = [
        Side(label=label[order], prediction=prediction[order], n=n[order], n_labels=k, n_classes=c)
        for prediction in (candidate, baseline)
    ]
    return Sample(
        classes=classes,
        n_labels=k,
        positive=_positive(classes[:k], positive),
        candidate=views[0],
        baseline=views[1],
        paired=True,
    )


def _recode(classes: tuple[str, ...], present: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """Classes with the present labels first, and the new code of each old one."""
    rest = np.setdiff1d(np.arange(len(classes)), present)
    order = np.concatenate([present, rest]).astype(np.int64)
    code = np.empty(len(classes), dtype=np.int64)
    code[order] = np.arange(len(classes))
    return tuple(classes[index] for index in order), code


def _view(counts: Counts, code: IntArray, n_labels: int) -> Side:
    used = counts.n > 0
    label, prediction = code[counts.label[used]], code[counts.prediction[used]]
    order = np.lexsort((prediction, label))
    return Side(
        label=label[order],
        prediction=prediction[order],
        n=counts.n[used][order],
        n_labels=n_labels,
        n_classes=len(counts.classes),
    )


def _positive(labels: tuple[str, ...], positive: str | None) -> int | None:
    return labels.index(positive) if len(labels) == 2 and positive in labels else None


def _adder(code: IntArray, width: int) -> Callable[[FloatArray], FloatArray]:
    """A function that adds up weights by the code of their cell; codes of `width` and above belong to no group."""
    if len(code) * width <= _DENSE:
        indicator = (code[:, None] == np.arange(width)).astype(np.float64)
        return lambda weights: weights @ indicator
    order = np.argsort(code, kind="stable")
    order = order[code[order] < width]
    groups, starts = np.unique(code[order], return_index=True)

    def add(weights: FloatArray) -> FloatArray:
        added = np.zeros((weights.shape[0], width))
        added[:, groups] = np.add.reduceat(weights[:, order], starts, axis=1)
        return added

    return add
