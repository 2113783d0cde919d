"""A prediction set as the statistics see it: cells of counts for each side, over one label set."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import BoolArray, Counts, FloatArray, IntArray, Joined, RepeatedCounts
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.multilabel import Members, Sets
from steelyard.stats.numerics.incidence import Incidence
from steelyard.text import quote

Kind: TypeAlias = Literal["classification", "multilabel"]


_AT_A_TIME = 1 << 16
"""Cells whose arrays take half a megabyte each."""


class Spread(NamedTuple):
    """How far the rows of a side pull a metric's value."""

    mean: float
    """Of the weighted sums that `Side.of_cells` gives for the metric's gradient."""
    variance: float
    """Σ n ψ² over the cells, ψ the influence of one row."""
    largest: float
    """max |ψ|."""


class Side(Value, frozen=True, kw_only=True, dict=True):
    """One model's view of the cells: `n[i]` rows have this label and this prediction. Cells may repeat a pair."""

    label: IntArray
    prediction: IntArray
    n: IntArray
    n_labels: int
    n_classes: int
    position: FloatArray | None = None
    """See `ordinal_positions`; None: that of the codes."""
    members: Members | None = None
    """Multilabel only: what the cells count in, since their label and prediction are sets."""

    def adder(self, *, totals: bool = True) -> Callable[[FloatArray], Sums]:
        """
        A function from weights of the cells, `(draws, cells)`, to their sums.

        The weights are whole numbers, so that every order of adding them gives the same. What does not depend on the
        weights is prepared here, once for all chunks. Without `totals` it is quicker, and few metrics need them.
        """
        by_label, by_prediction, by_hit = (one.adder() for one in self.incidences())
        overlapping = self.members is not None
        quantities = self.quantities() if totals or overlapping else None
        return lambda weights: Sums(
            true=by_label(weights),
            predicted=by_prediction(weights),
            hits=by_hit(weights),
            totals=None if quantities is None else weights @ quantities,
            overlapping=overlapping,
        )

    def observed(self, *, totals: bool = True) -> Sums:
        """The sums of the data themselves: one draw. Without `totals` it is quicker, and few metrics need them."""
        return self._with_totals if totals else self._observed

    @cached_property
    def _observed(self) -> Sums:
        # Every metric asks for them, and a million cells are not added up in no time.
        if self.members is not None:
            true, predicted, hits = (one.add(self.n)[None, :] for one in self.incidences())
            totals = (self.n @ self.members.totals)[None, :]
            return Sums(true=true, predicted=predicted, hits=hits, totals=totals, overlapping=True)
        true, predicted, hits = self._by_class
        return Sums(true=true[None, :], predicted=predicted[None, :], hits=hits[None, :])

    @cached_property
    def _by_class(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Rows by label, by prediction, and those that are right; sets of labels are labels of their own here."""
        return (
            np.bincount(self.label, self.counted, self.n_labels).astype(np.float64),
            np.bincount(self.prediction, self.counted, self.n_classes).astype(np.float64),
            np.bincount(self.label[self.hit], self.counted[self.hit], self.n_labels).astype(np.float64),
        )

    @cached_property
    def _with_totals(self) -> Sums:
        if self.members is not None:
            return self._observed
        distance = self._distance
        totals = np.array([[(self.n * distance).sum(), (self.n * distance**2).sum()]])
        return structs.replace(self._observed, totals=totals)

    @cached_property
    def counted(self) -> FloatArray:
        """`n` as what it is multiplied with, `(cells,)`."""
        return self.n.astype(np.float64)

    @cached_property
    def hit(self) -> IntArray:
        """Places of the cells that are right."""
        return np.flatnonzero(self.label == self.prediction)

    @cached_property
    def slopes(self) -> dict[str, Sums | None]:
        """What `influence.gradient` found, by metric."""
        return {}

    @cached_property
    def spreads(self) -> dict[str, Spread]:
        """What `influence.spread` found, by metric."""
        return {}

    @cached_property
    def reaches(self) -> dict[str, float | None]:
        """What `reach.rows` found, by metric."""
        return {}

    def parts(self) -> Iterator[Side]:
        """The cells, so many at a time as stay in a processor's cache; where labels are sets, all of them."""
        if self.members is not None:
            yield self
            return
        for start in range(0, len(self.n), _AT_A_TIME):
            label, prediction, n = (one[start : start + _AT_A_TIME] for one in (self.label, self.prediction, self.n))
            yield structs.replace(self, label=label, prediction=prediction, n=n)

    def of_cells(self, per_sum: Sums) -> FloatArray:
        """
        What one row of each cell adds to a weighted sum of its `Sums`, `(cells,)`: the transpose of `adder`.

        Args:
            per_sum: A weight for each of the sums, as one draw.
        """
        true, predicted, hits = per_sum.true[0], per_sum.predicted[0], per_sum.hits[0]
        if self.members is not None:
            parts = zip(self.incidences(), (true, predicted, hits), strict=True)
            added: FloatArray = np.sum([one.spread(weights) for one, weights in parts], axis=0)
        else:
            added = true[self.label]
            added += predicted[self.prediction]
            added[self.hit] += hits[self.label[self.hit]]
        totals = per_sum.totals
        return added if totals is None or not totals.any() else added + self.quantities() @ totals[0]

    def quantities(self) -> FloatArray:
        """
        What one row of each cell adds to `Sums.totals`, `(cells, T)`.

        Of single classes: the distance |i - j| of label and prediction in the order of the classes, and its square; of
        a prediction without a place the largest distance that two places have.
        """
        if self.members is not None:
            return self.members.totals
        distance = self._distance
        return np.stack([distance, distance * distance], axis=1)

    @property
    def _distance(self) -> FloatArray:
        """Places between each cell's label and prediction, `(cells,)`; to none as many as two labels can be apart."""
        place = np.arange(self.n_classes, dtype=np.float64) if self.position is None else self.position
        distance = np.abs(place[self.label] - place[self.prediction])
        return np.where(np.isnan(distance), self.n_labels - 1.0, distance)

    def incidences(self) -> tuple[Incidence, Incidence, Incidence]:
        """What the cells count in: by label, by prediction, by hit."""
        if self.members is not None:
            return self.members.true, self.members.predicted, self.members.hits
        hit = np.where(self.label == self.prediction, self.label, self.n_labels)
        return (
            Incidence.of_codes(self.label, groups=self.n_labels),
            Incidence.of_codes(self.prediction, groups=self.n_classes),
            Incidence.of_codes(hit, groups=self.n_labels),
        )

    @property
    def right(self) -> IntArray:
        """Rows predicted right, by label: `(K,)`; sets of labels are labels of their own here."""
        return self._by_class[2].astype(np.int64)

    @property
    def support(self) -> IntArray:
        """Rows by label: `(K,)`; sets of labels are labels of their own here."""
        return self._by_class[0].astype(np.int64)


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
    sets: Sets | None = None
    """Multilabel only: the single labels in the sets that `classes` are."""

    @property
    def labels_are_words(self) -> bool:
        """Three labels or more whose order is that of words, not of numbers."""
        return self.n_labels > 2 and not all(math.isfinite(_number(text)) for text in self.labels)

    @property
    def labels(self) -> tuple[str, ...]:
        """What averages over classes are over, and the columns of the sides' `Sums`: the single labels of rows."""
        return self.classes[: self.n_labels] if self.sets is None else self.sets.labels[: self.sets.n_labels]

    @property
    def uncompared(self) -> str:
        """Why nothing that compares labels has a value: there are fewer than two; empty: there are two."""
        if len(self.labels) > 1:
            return ""
        if self.sets is None:
            return "undefined: all rows have one label"
        if not self.labels:
            return "undefined: no row has a label"
        return f"undefined: no row has another label than {quote(self.labels[0])}"

    @property
    def rows(self) -> int:
        """Rows of the comparison; the candidate's where it is not paired."""
        return int(self.candidate.n.sum())


def sample_of(
    joined: Joined, *, positive: str | None, kind: Kind = "classification", labels: Sequence[str] = ()
) -> Sample:
    """
    The sample that a `Joined` describes.

    Labels that no row of this comparison has (they occur among rows that the other side lacks) leave the label set,
    unless they are among the `labels` that the configuration demands.
    """
    if joined.joint is not None:
        joint = joined.joint
        cells = _Cells(label=joint.label, predictions=(joint.candidate, joint.baseline), n=joint.n)
        return _sample(joint.classes, [cells], positive=positive, kind=kind, labels=labels)
    sides = [joined.candidate] + ([joined.baseline] if joined.baseline.n.sum() > 0 else [])
    alone = [_Cells(label=one.label, predictions=(one.prediction,), n=one.n) for one in sides]
    return _sample(joined.candidate.classes, alone, positive=positive, kind=kind, labels=labels)


def sample_of_trainings(
    repeats: RepeatedCounts, *, positive: str | None, kind: Kind = "classification", labels: Sequence[str] = ()
) -> tuple[Sample, tuple[Side, ...], tuple[Side, ...]]:
    """The sample of each side's first training, and each side's view of its cells in every training."""
    predictions = (*repeats.candidate.T, *repeats.baseline.T)
    cells = _Cells(label=repeats.label, predictions=tuple(map(np.ascontiguousarray, predictions)), n=repeats.n)
    sample, sides = _views(repeats.classes, [cells], positive=positive, kind=kind, labels=labels)
    ours, theirs = sides[: repeats.candidate.shape[1]], sides[repeats.candidate.shape[1] :]
    first = structs.replace(sample, candidate=ours[0], baseline=theirs[0] if theirs else None, paired=bool(theirs))
    return first, ours, theirs


def sample_of_one(counts: Counts, *, positive: str | None, kind: Kind) -> Sample:
    """The sample of one side alone, over all of its rows."""
    cells = _Cells(label=counts.label, predictions=(counts.prediction,), n=counts.n)
    return _sample(counts.classes, [cells], positive=positive, kind=kind, labels=())


class _Cells(NamedTuple):
    """Cells as an engine made them, with the predictions of one side, of two, or of several trainings."""

    label: IntArray
    predictions: tuple[IntArray, ...]
    n: IntArray

    @property
    def used(self) -> slice | BoolArray:
        """The cells that have rows."""
        return slice(None) if self.n.min(initial=1) > 0 else self.n > 0


def _sample(
    old: tuple[str, ...], tables: Sequence[_Cells], *, positive: str | None, kind: Kind, labels: Sequence[str]
) -> Sample:
    return _views(old, tables, positive=positive, kind=kind, labels=labels)[0]


def _views(
    old: tuple[str, ...], tables: Sequence[_Cells], *, positive: str | None, kind: Kind, labels: Sequence[str]
) -> tuple[Sample, tuple[Side, ...]]:
    """The sample of the first two views, and all of them."""
    wanted = list(labels) if kind == "classification" else []
    demanded = np.flatnonzero(np.isin(np.array(old, dtype=object), wanted))
    seen = np.zeros(len(old), dtype=np.bool_)
    for labels_seen in (*(cells.label[cells.used] for cells in tables), demanded):
        seen[labels_seen] = True
    classes, code = _recode(old, seen)
    k = int(seen.sum())
    sets = Sets.of(classes, n_labels=k) if kind == "multilabel" else None
    common = Side(
        label=code[:0],
        prediction=code[:0],
        n=code[:0],
        n_labels=k,
        n_classes=len(classes),
        position=ordinal_positions(classes, n_labels=k),
    )
    sides = tuple(side for cells in tables for side in _sides(cells, code, common, sets))
    sample = Sample(
        classes=classes,
        n_labels=k,
        positive=_positive(classes[:k], positive) if sets is None else None,
        candidate=sides[0],
        baseline=sides[1] if len(sides) > 1 else None,
        paired=len(tables[0].predictions) > 1,
        sets=sets,
    )
    return sample, sides


def _sides(cells: _Cells, code: IntArray, common: Side, sets: Sets | None) -> list[Side]:
    """The views of one table of cells, in one order, whatever the engine's: the draws follow the order of the cells."""
    used, same = cells.used, np.array_equal(code, np.arange(len(code)))
    n = cells.n[used]
    label, *predictions = (one[used] if same else code[one[used]] for one in (cells.label, *cells.predictions))
    if not _in_order(label, *reversed(predictions)):
        order = np.lexsort((*predictions, label))
        label, n = label[order], n[order]
        predictions = [prediction[order] for prediction in predictions]
    return [
        structs.replace(
            common,
            label=label,
            prediction=prediction,
            n=n,
            members=None if sets is None else sets.of_cells(label, prediction),
        )
        for prediction in predictions
    ]


def _in_order(*columns: IntArray) -> bool:
    """Whether entries are sorted by the first column, those that are equal in it by the second, and so on."""
    equal = np.ones(max(len(columns[0]) - 1, 0), dtype=np.bool_)
    for column in columns:
        before, after = column[:-1], column[1:]
        if (equal & (after < before)).any():
            return False
        equal &= after == before
    return True


def ordinal_positions(classes: Sequence[str], *, n_labels: int) -> FloatArray:
    """
    The place of each class in the order of the labels, `(C,)`; NaN where it has none.

    Labels are 0, 1, 2 and so on in the order that they have, whatever is predicted. Where they are numbers in ascending
    order, a number between two of them lies between their places as it does between them. No other prediction that is
    no label says where it would lie: a missing one, a word among numbers, a number beyond all labels.
    """
    places = np.full(len(classes), np.nan)
    places[:n_labels] = np.arange(n_labels)
    values = np.array([_number(text) for text in classes], dtype=np.float64)
    labels, others = values[:n_labels], values[n_labels:]
    if n_labels and np.isfinite(labels).all() and (np.diff(labels) > 0.0).all():
        found = np.interp(others, labels, places[:n_labels], left=np.nan, right=np.nan)
        places[n_labels:] = np.where(np.isfinite(others), found, np.nan)
    return places


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _recode(classes: tuple[str, ...], present: BoolArray) -> tuple[tuple[str, ...], IntArray]:
    """Classes with the present labels first, and the new code of each old one."""
    order = np.concatenate([np.flatnonzero(present), np.flatnonzero(~present)])
    code = np.empty(len(classes), dtype=np.int64)
    code[order] = np.arange(len(classes))
    return tuple(classes[index] for index in order), code


def _positive(labels: tuple[str, ...], positive: str | None) -> int | None:
    return labels.index(positive) if len(labels) == 2 and positive in labels else None
