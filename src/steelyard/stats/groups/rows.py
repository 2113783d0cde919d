"""Classes and slices: where a difference comes from, corrected for how many of them were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval, Row, Verdict
from steelyard.model.counts import FloatArray, IntArray, SlicedCounts
from steelyard.stats import wording
from steelyard.stats.analysis import Analysis
from steelyard.stats.counts import tally
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.counts.tally import Tally
from steelyard.stats.decisions.multiplicity import Discoveries
from steelyard.stats.decisions.verdict import verdict
from steelyard.stats.groups.parts import parts_of
from steelyard.stats.groups.sliced import contrasts
from steelyard.stats.groups.stack import Stack
from steelyard.text import percent

SMALLEST = 20
"""Rows that a class or slice needs to be judged; smaller ones do not count as looked at."""

MOST = 500
"""Rows of classes, and of slices, that a Comparison keeps: the most significant ones."""


UNEQUAL = "too many groups to judge where rows have clusters or weights, or sides several trainings"


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

    def take(self, indices: IntArray) -> Family:
        """Only these groups."""
        names = tuple(self.names[index] for index in indices)
        return structs.replace(self, names=names, groups=self.groups.take(indices))


def class_rows(analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    """Recall of each label: the share of its rows that are right, compared on exactly these rows."""
    sample = analysis.data.sample
    if sample is None:
        return ()
    names = tuple(("", label) for label in sample.labels)
    family = Family(metric="recall", names=names, groups=_by_class(analysis, sample), kind="classes")
    return _rows(family, analysis, level=level)


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


def slice_rows(analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    """The values of slice columns, all one family: accuracy, or the first metric of a set without classes."""
    if analysis.data.sample is None:
        return _rows_of_means(analysis, level=level)
    columns = analysis.data.joined.slices
    if not columns:
        return ()
    names = tuple((column.name, value) for column in columns for value in column.values)
    counted = _stacked([_sliced(column, paired=analysis.data.has_baseline) for column in columns])
    groups: Compared = counted
    if all(column.outcomes is not None for column in columns):
        found = [one for column in columns for one in contrasts(column, withheld=analysis.data.withheld)]
        groups = Stack.of(found, rows=counted.rows, counted=counted)
    return _rows(Family(metric="accuracy", names=names, groups=groups, kind="slice values"), analysis, level=level)


def _rows_of_means(analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    parts = parts_of(analysis.data)
    if parts is None:
        return ()
    family = Family(
        metric=parts.metric,
        names=parts.names,
        groups=Stack.of(parts.contrasts, rows=parts.rows),
        kind="slice values",
        higher_is_better=parts.higher_is_better,
    )
    return _rows(family, analysis, level=level)


def _rows(family: Family, analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    if not analysis.data.has_baseline:
        return _plain(family.take(_first(-family.groups.rows)), analysis, level=level)
    return _compared(family, analysis, level=level)


def _plain(family: Family, analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    """The candidate's side of each row."""
    ours = family.groups.estimates(level=None if _withheld(family, analysis) else level)
    return tuple(
        Row(
            metric=family.metric,
            set=analysis.name,
            slice=column,
            group=name,
            higher_is_better=family.higher_is_better,
            candidate=ours[index],
            support=int(family.groups.rows[index]),
            fixed=_at(family.groups.fixed, index),
            broken=_at(family.groups.broken, index),
        )
        for index, (column, name) in enumerate(family.names)
    )


def _at(counted: IntArray | None, index: int) -> int | None:
    return None if counted is None else int(counted[index])


def _withheld(family: Family, analysis: Analysis) -> str:
    """Score intervals of counted groups are for independent and equal rows, and for one training."""
    data = analysis.data
    if data.withheld or not isinstance(family.groups, Tally):
        return data.withheld
    groups = data.joined.groups
    unequal = data.joined.repeats is not None or (
        groups is not None and (groups.cluster is not None or groups.weight is not None)
    )
    return UNEQUAL if unequal else ""


def _compared(family: Family, analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    found = Discoveries(q=1.0 - level, dependent=analysis.data.config.compare.false_discovery == "any")
    plain = family.groups.p_values()
    judged = np.flatnonzero((family.groups.smaller >= SMALLEST) & np.isfinite(plain))
    p_values = np.full(len(family.names), np.inf)
    p_values[judged] = found.adjusted(plain[judged])
    of_interval = found.level(p_values[judged])
    kept = _first(p_values, -family.groups.rows)
    shown = family.take(kept)
    theirs = shown.groups.baseline_estimates(level=None if _withheld(family, analysis) else level)
    paired = [
        structs.replace(row, baseline=theirs[index], difference=_difference(row, theirs[index].value))
        for index, row in enumerate(_plain(shown, analysis, level=level))
    ]
    text = (
        f"{found.procedure} over {len(judged):,} {family.kind}, intervals at {percent(of_interval)} (FCR)"
        if len(judged) > 1
        else ""
    )
    return _judged(paired, shown, analysis, _Correction(p_values=p_values[kept], level=of_interval, text=text))


class _Correction(Value, frozen=True, kw_only=True):
    """What the correction of a family gives: adjusted p-values (infinite: not judged), and the rest."""

    p_values: FloatArray
    level: float
    text: str


def _judged(rows: Sequence[Row], family: Family, analysis: Analysis, correction: _Correction) -> tuple[Row, ...]:
    groups = family.groups
    low, high = groups.bounds(level=correction.level)
    detectable = groups.detectable(level=correction.level)
    withheld = _withheld(family, analysis)
    made = []
    for index, row in enumerate(rows):
        if withheld or not np.isfinite(correction.p_values[index]):
            made.append(_unjudged(row, analysis, reason=withheld or _too_small(groups, index)))
            continue
        bounds = Interval(low=float(low[index]), high=float(high[index]), level=correction.level, method=groups.method)
        found = structs.replace(
            row,
            interval=bounds,
            p_value=float(correction.p_values[index]),
            adjustment=correction.text,
            detectable=float(detectable[index]) if np.isfinite(detectable[index]) else None,
            caveats=groups.caveats(index),
            verdict=_verdict(bounds, family),
        )
        made.append(_incomparable(found, analysis) if analysis.incomparable else found)
    return tuple(made)


def _first(*keys: FloatArray | IntArray) -> IntArray:
    """The first `MOST` by these keys (the first key decides), in their own order."""
    return np.sort(np.lexsort(keys[::-1])[:MOST])


def _verdict(bounds: Interval, family: Family) -> Verdict | None:
    up = family.higher_is_better
    return None if up is None else verdict(bounds, margin=0.0, higher_is_better=up)


def _too_small(groups: Compared, index: int) -> str:
    smaller = int(groups.smaller[index])
    if smaller < SMALLEST:
        return f"too few rows to judge: {wording.rows(smaller)}, {SMALLEST} needed"
    return groups.unfit(index)


def _unjudged(row: Row, analysis: Analysis, *, reason: str) -> Row:
    if analysis.incomparable:
        return _incomparable(row, analysis)
    return structs.replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason)


def _incomparable(row: Row, analysis: Analysis) -> Row:
    return structs.replace(row, verdict=Verdict.INCOMPARABLE, reason=analysis.incomparable)


def _difference(row: Row, baseline: float | None) -> float | None:
    return None if row.candidate.value is None or baseline is None else row.candidate.value - baseline


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
