"""Classes and slices: where a difference comes from, corrected for how many of them were looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Interval, Row, Verdict
from steelyard.model.counts import FloatArray, IntArray, SlicedCounts
from steelyard.stats import tally, wording
from steelyard.stats.analysis import Analysis
from steelyard.stats.multiplicity import benjamini_hochberg, fcr_level
from steelyard.stats.sample import Side
from steelyard.stats.tally import Tally
from steelyard.stats.verdict import verdict

SMALLEST = 20
"""Rows that a class or slice needs to be judged; smaller ones do not count as looked at."""

MOST = 500
"""Rows of classes, and of slices, that a Comparison keeps: the most significant ones."""


class Family(Value, frozen=True, kw_only=True):
    """Groups that are corrected together, with what their rows share."""

    metric: str
    names: tuple[tuple[str, str], ...]
    """(slice column, group) of each."""
    tally: Tally
    kind: str
    """What the adjustment calls them."""

    def take(self, indices: IntArray) -> Family:
        """Only these groups."""
        names = tuple(self.names[index] for index in indices)
        return Family(metric=self.metric, names=names, tally=self.tally.take(indices), kind=self.kind)


def class_rows(analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    """Recall of each label: the share of its rows that are right, compared on exactly these rows."""
    sample = analysis.sample
    candidate, baseline = sample.candidate, sample.baseline
    counted = (
        tally.alone(candidate.right, candidate.support)
        if baseline is None
        else tally.of_sides(
            candidate, baseline, paired=sample.paired, group=(candidate.label, baseline.label, sample.n_labels)
        )
    )
    names = tuple(("", label) for label in sample.classes[: sample.n_labels])
    family = Family(metric="recall", names=names, tally=counted, kind="classes")
    return _rows(family, analysis, level=level)


def slice_rows(analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    """Accuracy in each value of each slice column; all values of all columns are one family."""
    columns = analysis.joined.slices
    if not columns or not analysis.sample.paired:
        return ()
    names = tuple((column.name, value) for column in columns for value in column.values)
    family = Family(
        metric="accuracy", names=names, tally=_stacked([_sliced(column) for column in columns]), kind="slice values"
    )
    return _rows(family, analysis, level=level)


def _rows(family: Family, analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    if analysis.sample.baseline is None:
        return _plain(family.take(_first(-family.tally.rows)), analysis, level=level)
    return _compared(family, analysis, level=level)


def _plain(family: Family, analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    """The candidate's side of each row."""
    ours = tally.estimates(family.tally.candidate, level=None if analysis.withheld else level)
    return tuple(
        Row(
            metric=family.metric,
            set=analysis.name,
            slice=column,
            group=name,
            higher_is_better=True,
            candidate=ours[index],
            support=int(family.tally.rows[index]),
        )
        for index, (column, name) in enumerate(family.names)
    )


def _compared(family: Family, analysis: Analysis, *, level: float) -> tuple[Row, ...]:
    large = np.flatnonzero(family.tally.smaller >= SMALLEST)
    p_values = np.full(len(family.names), np.inf)
    p_values[large] = benjamini_hochberg(family.tally.p_values()[large])
    of_interval = fcr_level(p_values[large], q=1.0 - level)
    kept = _first(p_values, -family.tally.rows)
    shown = family.take(kept)
    theirs = tally.estimates(shown.tally.baseline, level=None if analysis.withheld else level)
    paired = [
        structs.replace(row, baseline=theirs[index], difference=_difference(row, theirs[index].value))
        for index, row in enumerate(_plain(shown, analysis, level=level))
    ]
    text = (
        f"Benjamini–Hochberg over {len(large):,} {family.kind}, intervals at {wording.percent(of_interval)} (FCR)"
        if len(large) > 1
        else ""
    )
    return _judged(paired, shown.tally, analysis, _Correction(p_values=p_values[kept], level=of_interval, text=text))


class _Correction(Value, frozen=True, kw_only=True):
    """What the correction of a family gives: adjusted p-values (infinite: too small to judge), and the rest."""

    p_values: FloatArray
    level: float
    text: str


def _judged(rows: Sequence[Row], counted: Tally, analysis: Analysis, correction: _Correction) -> tuple[Row, ...]:
    low, high = counted.bounds(level=correction.level)
    detectable = counted.detectable(level=correction.level)
    made = []
    for index, row in enumerate(rows):
        if analysis.withheld or not np.isfinite(correction.p_values[index]):
            made.append(_unjudged(row, analysis, smaller=int(counted.smaller[index])))
            continue
        bounds = Interval(low=float(low[index]), high=float(high[index]), level=correction.level, method=counted.method)
        found = structs.replace(
            row,
            interval=bounds,
            p_value=float(correction.p_values[index]),
            adjustment=correction.text,
            detectable=float(detectable[index]) if np.isfinite(detectable[index]) else None,
            verdict=verdict(bounds, margin=0.0, higher_is_better=True),
        )
        made.append(_incomparable(found, analysis) if analysis.incomparable else found)
    return tuple(made)


def _first(*keys: FloatArray | IntArray) -> IntArray:
    """The first `MOST` by these keys (the first key decides), in their own order."""
    return np.sort(np.lexsort(keys[::-1])[:MOST])


def _unjudged(row: Row, analysis: Analysis, *, smaller: int) -> Row:
    if analysis.incomparable:
        return _incomparable(row, analysis)
    reason = analysis.withheld or f"too few rows to judge: {wording.rows(smaller)}, {SMALLEST} needed"
    return structs.replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason)


def _incomparable(row: Row, analysis: Analysis) -> Row:
    return structs.replace(row, verdict=Verdict.INCOMPARABLE, reason=analysis.incomparable)


def _difference(row: Row, baseline: float | None) -> float | None:
    return None if row.candidate.value is None or baseline is None else row.candidate.value - baseline


def _sliced(column: SlicedCounts) -> Tally:
    joint = column.joint
    k, c = joint.n_labels, len(joint.classes)
    views = [
        Side(label=joint.label, prediction=prediction, n=joint.n, n_labels=k, n_classes=c)
        for prediction in (joint.candidate, joint.baseline)
    ]
    group = column.value, column.value, len(column.values)
    return tally.of_sides(views[0], views[1], paired=True, group=group)


def _stacked(tallies: Sequence[Tally]) -> Tally:
    def joined(arrays: Sequence[IntArray | None]) -> IntArray:
        return np.concatenate([array for array in arrays if array is not None])

    return Tally(
        rows=joined([one.rows for one in tallies]),
        right=joined([one.right for one in tallies]),
        baseline_rows=joined([one.baseline_rows for one in tallies]),
        baseline_right=joined([one.baseline_right for one in tallies]),
        fixed=joined([one.fixed for one in tallies]),
        broken=joined([one.broken for one in tallies]),
    )
