"""Groups of rows that are looked at together: the labels of a test set, or the values of its slice columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate
from steelyard.model.counts import FloatArray, IntArray, SlicedCounts
from steelyard.stats import identical
from steelyard.stats.analysis import Analysis
from steelyard.stats.counts import tally
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.counts.tally import Tally
from steelyard.stats.groups.parts import parts_of
from steelyard.stats.groups.sliced import contrasts
from steelyard.stats.groups.stack import Stack


class Compared(Protocol):
    """Groups of rows on both sides, as arrays over the groups: a tally of counts, or contrasts of any kind."""

    @property
    def fixed(self) -> IntArray | None:
        """Rows that the candidate alone has right; None where that is not counted."""
        ...

    @property
    def broken(self) -> IntArray | None:
        """Rows that the baseline alone has right."""
        ...

    @property
    def rows(self) -> IntArray:
        """Rows of the candidate's side."""
        ...

    @property
    def smaller(self) -> IntArray:
        """Rows of the side that has fewer."""
        ...

    @property
    def method(self) -> str:
        """How the intervals are made."""
        ...

    def estimates(self, *, level: float | None) -> tuple[Estimate, ...]:
        """The candidate's values; without intervals where `level` is None."""
        ...

    def baseline_estimates(self, *, level: float | None) -> tuple[Estimate, ...]:
        """The baseline's values."""
        ...

    def unfit(self, index: int) -> str:
        """Why a group has no interval; empty: it has one."""
        ...

    def caveats(self, index: int) -> tuple[str, ...]:
        """What must be known to read a group's interval."""
        ...

    def presumes(self, index: int) -> tuple[str, ...]:
        """What a verdict that nothing is lost takes for granted of a group: see `Contrast.presumes`."""
        ...

    def p_values(self) -> FloatArray:
        """Of "no difference"; NaN where there is none."""
        ...

    def bounds(self, *, level: float) -> tuple[FloatArray, FloatArray]:
        """Intervals of the differences, each at this level."""
        ...

    def detectable(self, *, level: float) -> FloatArray:
        """The smallest differences detected with 80% probability; NaN where unknown."""
        ...

    def take(self, indices: IntArray) -> Compared:
        """Only these groups."""
        ...


class Family(Value, frozen=True, kw_only=True):
    """Groups that are corrected together, with what their rows share."""

    metric: str
    names: tuple[tuple[str, str], ...]
    """(slice column, group) of each."""
    groups: Compared
    kind: str
    """What the adjustment calls them."""
    higher_is_better: bool | None = True
    identical: tuple[str, ...]
    """What both sides have the same of in every row of each: see the module `identical`."""

    def take(self, indices: IntArray) -> Family:
        """Only these groups."""
        names = tuple(self.names[index] for index in indices)
        alike = tuple(self.identical[index] for index in indices)
        return structs.replace(self, names=names, groups=self.groups.take(indices), identical=alike)


def classes(analysis: Analysis) -> Family | None:
    """Each label, by its recall: the share of its rows that are right, compared on exactly these rows."""
    sample = analysis.data.sample
    if sample is None:
        return None
    names = tuple(("", label) for label in sample.labels)
    return Family(
        metric="recall",
        names=names,
        groups=_by_class(analysis, sample),
        kind="classes",
        identical=identical.of_labels(analysis.data.joined, sample.labels, sets=sample.sets is not None),
    )


def _by_class(analysis: Analysis, sample: Sample) -> Compared:
    """Counted where rows are independent and equal; else as the family that knows their design has it."""
    candidate, baseline = sample.candidate, sample.baseline
    if sample.sets is not None:
        counted = tally.of_labels(candidate, baseline, paired=sample.paired)
    elif baseline is None:
        counted = tally.alone(candidate.right, candidate.support)
    else:
        group = candidate.label, baseline.label, sample.n_labels
        counted = tally.of_sides(candidate, baseline, paired=sample.paired, group=group)
    return Stack.of(analysis.recalls, rows=counted.rows, counted=counted) if analysis.recalls else counted


def slices(analysis: Analysis) -> Family | None:
    """The values of slice columns, all one family: accuracy, or the first metric of a set without classes."""
    if analysis.data.sample is None:
        return _of_means(analysis)
    columns = analysis.data.joined.slices
    if not columns:
        return None
    names = tuple((column.name, value) for column in columns for value in column.values)
    counted = _stacked([_sliced(column, paired=analysis.data.has_baseline) for column in columns])
    groups: Compared = counted
    if all(column.outcomes is not None for column in columns):
        found = [one for column in columns for one in contrasts(column, withheld=analysis.data.withheld)]
        groups = Stack.of(found, rows=counted.rows, counted=counted)
    alike = tuple(found for column in columns for found in identical.of_slices(column))
    return Family(metric="accuracy", names=names, groups=groups, kind="slice values", identical=alike)


def _of_means(analysis: Analysis) -> Family | None:
    parts = parts_of(analysis.data)
    if parts is None:
        return None
    return Family(
        metric=parts.metric,
        names=parts.names,
        groups=Stack.of(parts.contrasts, rows=parts.rows),
        kind="slice values",
        higher_is_better=parts.higher_is_better,
        identical=parts.identical,
    )


def _sliced(column: SlicedCounts, *, paired: bool) -> Tally:
    """The tally of one column; of the candidate alone both predictions are its own."""
    joint, size = column.joint, len(column.values)
    k, c = joint.n_labels, len(joint.classes)
    ours, theirs = (
        Side(label=joint.label, prediction=prediction, n=joint.n, n_labels=k, n_classes=c)
        for prediction in (joint.candidate, joint.baseline)
    )
    both = tally.of_sides(ours, theirs, paired=True, group=(column.value, column.value, size))
    return both if paired else tally.alone(both.right, both.rows)


def _stacked(tallies: Sequence[Tally]) -> Tally:
    def joined(arrays: Sequence[IntArray | None]) -> IntArray:
        return np.concatenate([array for array in arrays if array is not None])

    return Tally(
        rows=joined([one.rows for one in tallies]),
        right=joined([one.right for one in tallies]),
        baseline_rows=joined([one.baseline_rows for one in tallies]),
        baseline_right=joined([one.baseline_right for one in tallies]),
        fixed=joined([one.fixed for one in tallies]) if tallies[0].fixed is not None else None,
        broken=joined([one.broken for one in tallies]) if tallies[0].broken is not None else None,
    )
