"""Metrics of confusion matrices where each side was trained several times: means over the trainings (see `seeds`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from steelyard.model.counts import FloatArray, IntArray, Joined, JointCounts, RepeatedCounts
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts import guards
from steelyard.stats.counts.cluster_guards import is_mean
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Kind, Sample, sample_of
from steelyard.stats.counts.seeds import Trainings, spread_over_trainings, trainings_of
from steelyard.stats.families.confusion import OfConfusion
from steelyard.stats.numbers.means import MeanContrast, OneSide

UNEQUAL_ROWS = "no interval over several trainings where rows have clusters, strata or weights"
FEWEST_FOR_A_VALUE = 5
"""Trainings below which a side's own mean has no interval: with 3, simulated ones covered in 92.5%."""

SAME_VALUE = "the trainings of a side all give the same value: the luck of training does not show"


class Repeated(OfConfusion):
    """The family; see the module."""

    def __init__(self, data: SetData, sample: Sample, repeats: RepeatedCounts) -> None:
        super().__init__(data, sample)
        self._repeats = repeats

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`."""
        return {name: self._contrast(self._known[name]) for name in names}

    @cached_property
    def _sides(self) -> tuple[Trainings, Trainings]:
        repeats = self._repeats
        ours, theirs = (
            trainings_of(repeats, predictions, positive=self._positive, kind=self._kind)
            for predictions in (repeats.candidate, repeats.baseline)
        )
        return ours, theirs

    @cached_property
    def _pairs(self) -> tuple[Sample, ...]:
        """The i-th trainings of both sides as samples, for as many as both have."""
        repeats = self._repeats
        both = min(repeats.candidate.shape[1], repeats.baseline.shape[1])
        return tuple(
            sample_of(_joined(self._data.joined, repeats, index), positive=self._positive, kind=self._kind)
            for index in range(both)
        )

    @property
    def _positive(self) -> str | None:
        sample = self._sample
        return None if sample.positive is None else sample.classes[sample.positive]

    @property
    def _kind(self) -> Kind:
        return "classification" if self._sample.sets is None else "multilabel"

    def _contrast(self, metric: Metric) -> Contrast:
        sides = self._sides
        values = [one.values(metric) for one in sides]
        pulls = [one.pull(metric) for one in sides]
        rows = self._repeats.n
        one_label = len(self._sample.labels) < 2 and not metric.single_class
        known = [not one_label and bool(np.isfinite(one).all()) for one in values]
        own = [spread_over_trainings(psi, [one], count=rows) for psi, one in zip(pulls, values, strict=True)]
        spread = spread_over_trainings(pulls[0] - pulls[1], values, count=rows)
        withheld = self._data.withheld or (UNEQUAL_ROWS if self._data.joined.groups is not None else "")
        shown = [
            None
            if withheld or not fine or len(values[index]) < FEWEST_FOR_A_VALUE or self._unfit_value(metric, index)
            else one
            for index, (fine, one) in enumerate(zip(known, own, strict=True))
        ]
        ours, theirs = (
            OneSide(value=float(one.mean()) if fine else None, spread=seen)
            for one, fine, seen in zip(values, known, shown, strict=True)
        )
        trainings = [len(one) for one in values]
        return MeanContrast(
            name=metric.name,
            ours=ours,
            theirs=theirs,
            spread=spread,
            rows=int(rows.sum()),
            method=f"t over {trainings[0]} and {trainings[1]} trainings, their luck included",
            undefined=self._undefined(known, one_label=one_label),
            unfit=withheld or self._unfit(metric, pulls) or spread.unfit,
            caveats=(SAME_VALUE,) if any(one.min() == one.max() for one in values) else (),
            fixed_variance=float(sum(one.var(ddof=1) / len(one) for one in values)) if all(known) else 0.0,
            span=(-1.0, 1.0) if metric.name.startswith(("matthews", "cohen")) else (0.0, 1.0),
        )

    def _undefined(self, known: Sequence[bool], *, one_label: bool) -> str:
        if not self._repeats.n.sum():
            return "no row in common"
        if one_label:
            return "undefined: all rows have one label"
        return "" if all(known) else "undefined in some training: labels or predictions are constant"

    def _unfit(self, metric: Metric, pulls: Sequence[FloatArray]) -> str:
        """The guards of independent rows, of the pair of trainings that fares best."""
        if not self._repeats.n.sum():
            return "no row in common"
        if is_mean(metric):
            differ = ~np.isclose(*self._right(metric))
            found = int(self._repeats.n[differ].sum())
            return f"too few disagreements: {found:,} rows, {guards.FEWEST} needed" if found < guards.FEWEST else ""
        if not all(np.isfinite(one).all() for one in pulls):
            return "labels or predictions are so nearly constant that one row more decides the value"
        refused = [
            guards.of_difference(metric, pair, baseline=pair.baseline)
            for pair in self._pairs
            if pair.baseline is not None
        ]
        return min(refused, default="")

    def _unfit_value(self, metric: Metric, index: int) -> str:
        if not self._repeats.n.sum():
            return "no row in common"
        if not is_mean(metric):
            return min(guards.of_value(metric, side) for side in self._sides[index].sides)
        share = self._right(metric)[index]
        fewest = min(float(self._repeats.n @ share), float(self._repeats.n @ (1.0 - share)))
        return "too few right or wrong rows" if fewest < guards.FEWEST else ""

    def _right(self, metric: Metric) -> tuple[FloatArray, FloatArray]:
        """By cell, what a plain mean is of, averaged over each side's trainings: up to a constant its influence."""
        ours, theirs = (one.pull(metric) + float(one.values(metric).mean()) for one in self._sides)
        return ours, theirs


def _joined(joined: Joined, repeats: RepeatedCounts, index: int) -> Joined:
    """The i-th trainings of both sides as if they were the only ones."""
    joint = JointCounts(
        classes=repeats.classes,
        n_labels=repeats.n_labels,
        label=repeats.label,
        baseline=_column(repeats.baseline, index),
        candidate=_column(repeats.candidate, index),
        n=repeats.n,
    )
    return Joined(pairing=joined.pairing, joint=joint, candidate=joined.candidate, baseline=joined.baseline)


def _column(predictions: IntArray, index: int) -> IntArray:
    column: IntArray = np.ascontiguousarray(predictions[:, index])
    return column
