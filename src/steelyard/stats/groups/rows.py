"""Classes and slices: where a difference comes from, corrected for how many of them were looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import GroupCounts, Interval, Row, Verdict
from steelyard.model.counts import BoolArray, FloatArray, IntArray
from steelyard.stats import wording
from steelyard.stats.analysis import Analysis
from steelyard.stats.counts.tally import Tally
from steelyard.stats.decisions.multiplicity import Discoveries
from steelyard.stats.decisions.verdict import taken_for_granted, verdict
from steelyard.stats.groups import family as families
from steelyard.stats.groups.changed import NEW, unlike
from steelyard.stats.groups.family import Compared, Family
from steelyard.stats.identical import whole
from steelyard.text import percent

SMALLEST = 20
"""Rows that a class or slice needs to be judged; smaller ones do not count as looked at."""

MOST = 500
"""Rows of classes, and of slices, that a Comparison keeps: the most significant ones. Gates ask all of them."""

UNEQUAL = "too many groups to judge where rows have clusters or weights, or sides several trainings"


def classes(analysis: Analysis, *, level: float) -> Groups | None:
    """The labels of a prediction set; None where it has none."""
    found = families.classes(analysis)
    return None if found is None else Groups.of(found, analysis, level=level)


def slices(analysis: Analysis, *, level: float) -> Groups | None:
    """The values of its slice columns; None where it has none."""
    found = families.slices(analysis)
    return None if found is None else Groups.of(found, analysis, level=level)


class _Correction(Value, frozen=True, kw_only=True):
    """How intervals are stated so that what is read off them at one margin holds for all groups."""

    level: float
    text: str
    margin: float = 0.0
    p_values: FloatArray | None = None
    """Of "no difference", adjusted, of each group; None where the question is another one."""
    judged: BoolArray
    """Of each group."""

    def take(self, places: IntArray) -> _Correction:
        """Of these groups."""
        p_values = None if self.p_values is None else self.p_values[places]
        return structs.replace(self, p_values=p_values, judged=self.judged[places])


class Groups(Value, frozen=True, kw_only=True):
    """A family of groups, ready for rows."""

    family: Family
    analysis: Analysis
    level: float
    p_values: FloatArray
    """Of "no difference", not adjusted; not a number where a group is not judged."""
    unlike: dict[str, str]
    """Slice columns that are not judged, and why."""

    @classmethod
    def of(cls, family: Family, analysis: Analysis, *, level: float) -> Groups:
        """Without a baseline nothing is judged."""
        p_values = np.full(len(family.names), np.nan)
        held = unlike(analysis.data.joined.pairing)
        if analysis.data.has_baseline:
            comparable = np.array([column not in held for column, _ in family.names], dtype=np.bool_)
            fit = comparable & (family.groups.smaller >= SMALLEST)
            p_values[fit] = family.groups.p_values()[fit]
        return cls(family=family, analysis=analysis, level=level, p_values=p_values, unlike=held)

    @property
    def metric(self) -> str:
        """What is compared in each group."""
        return self.family.metric

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(slice column, group) of each; the column of classes is empty."""
        return self.family.names

    def presumes(self, place: int) -> tuple[str, ...]:
        """What a verdict that nothing is lost takes for granted of a group."""
        return self.family.groups.presumes(place)

    def shown(self) -> tuple[Row, ...]:
        """The rows of the report: the most significant ones, or, without a baseline, the largest."""
        return self._rows(self._shown, self._flagged()[0] if self.analysis.data.has_baseline else None)

    def unlisted(self) -> GroupCounts:
        """What is to be known of the groups that are not among the rows of the report."""
        others = np.setdiff1d(np.arange(len(self.names)), self._shown)
        family, analysis = self.family.take(others), self.analysis
        up, judged = family.higher_is_better, np.flatnonzero(self._judged[others])
        if not len(judged) or up is None or analysis.incomparable or _withheld(family, analysis):
            return GroupCounts(groups=len(others))
        below, above = family.groups.take(judged).bounds(level=self._flagged()[0].level)
        lost, gained = int((above < 0.0).sum()), int((below > 0.0).sum())
        worse, better = (lost, gained) if up else (gained, lost)
        return GroupCounts(groups=len(others), judged=len(judged), worse=worse, better=better)

    @property
    def _shown(self) -> IntArray:
        sizes = -self.family.groups.rows
        if not self.analysis.data.has_baseline:
            return _first(sizes)
        _, adjusted = self._flagged()
        return _first(np.where(np.isfinite(adjusted), adjusted, np.inf), sizes)

    def asked(self, places: Sequence[int], *, margin: float, every: bool) -> tuple[Row, ...]:
        """
        Rows that a gate is about, each with the interval that answers it.

        Args:
            places: Of the groups in `names`.
            margin: The gate's.
            every: It asks for proof in each of them: an intersection-union test, which needs no correction.
        """
        wanted = np.array(places, dtype=np.int64)
        if not self.analysis.data.has_baseline:
            return self._rows(wanted, None)
        if every:
            return self._rows(wanted, self._each(margin, int(self._judged[wanted].sum())))
        return self._rows(wanted, self._beyond(margin) if margin else self._flagged()[0])

    @property
    def _discoveries(self) -> Discoveries:
        return Discoveries(q=1.0 - self.level, dependent=self.analysis.data.config.compare.false_discovery == "any")

    @property
    def _judged(self) -> BoolArray:
        return np.isfinite(self.p_values)

    def _each(self, margin: float, groups: int) -> _Correction:
        """Each by itself: what is claimed is claimed of all of them or not at all."""
        text = f"each of {groups:,} {self.family.kind} at {percent(self.level)}: all must pass" if groups > 1 else ""
        return _Correction(level=self.level, text=text, margin=margin, judged=self._judged)

    def _flagged(self) -> tuple[_Correction, FloatArray]:
        """Against no difference, with the adjusted p-values of all groups."""
        judged, found = self._judged, self._discoveries
        adjusted = np.full(len(self.p_values), np.nan)
        adjusted[judged] = found.adjusted(self.p_values[judged])
        level = found.level(adjusted[judged])
        return _Correction(level=level, text=self._text(level), p_values=adjusted, judged=judged), adjusted

    def _beyond(self, margin: float) -> _Correction:
        """Against a difference as large as the margin, of which there are no p-values: by inverting intervals."""

        def outside(some: IntArray, level: float) -> IntArray:
            low, high = self.family.groups.take(some).bounds(level=level)
            return some[(high < -margin) | (low > margin)]

        level = self._discoveries.level_beyond(np.flatnonzero(self._judged), outside)
        return _Correction(level=level, text=self._text(level), margin=margin, judged=self._judged)

    def _text(self, level: float) -> str:
        m, how = int(self._judged.sum()), self._discoveries.procedure
        return f"{how} over {m:,} {self.family.kind}, intervals at {percent(level)} (FCR)" if m > 1 else ""

    def _rows(self, places: IntArray, correction: _Correction | None) -> tuple[Row, ...]:
        family, analysis = self.family.take(places), self.analysis
        level = None if _withheld(family, analysis) else self.level
        plain = _plain(family, analysis, level=level)
        if correction is None:
            return plain
        theirs = family.groups.baseline_estimates(level=level)
        pairing = analysis.data.joined.pairing
        moved = {one.name for one in pairing.changed_columns if one.role == "slice"}
        unmoved = [whole(pairing) and column not in moved for column, _ in family.names]
        paired = [
            structs.replace(
                row,
                baseline=theirs[index],
                difference=_difference(row, theirs[index].value),
                identical=family.identical[index] if unmoved[index] else "",
            )
            for index, row in enumerate(plain)
        ]
        judged = _with_verdicts(paired, family, analysis, correction.take(places))
        return tuple(self._settled(row, alone=one) for row, one in zip(judged, plain, strict=True))

    def _settled(self, row: Row, *, alone: Row) -> Row:
        """The row, without a verdict where both sides cannot be compared, and alone where it has no other side."""
        reason = self.analysis.incomparable or self.unlike.get(row.slice, "")
        return _incomparable(alone if reason == NEW else row, reason) if reason else row


def _plain(family: Family, analysis: Analysis, *, level: float | None) -> tuple[Row, ...]:
    """The candidate's side of each row."""
    ours = family.groups.estimates(level=level)
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


def _with_verdicts(rows: Sequence[Row], family: Family, analysis: Analysis, correction: _Correction) -> tuple[Row, ...]:
    groups, p_values = family.groups, correction.p_values
    low, high = groups.bounds(level=correction.level)
    detectable = groups.detectable(level=correction.level)
    withheld = _withheld(family, analysis)
    made = []
    for index, row in enumerate(rows):
        if withheld or not correction.judged[index]:
            reason = withheld or _too_small(groups, index)
            made.append(structs.replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason))
            continue
        bounds = Interval(low=float(low[index]), high=float(high[index]), level=correction.level, method=groups.method)
        found = _verdict(bounds, family, margin=correction.margin)
        judged = structs.replace(
            row,
            interval=bounds,
            p_value=None if p_values is None else float(p_values[index]),
            adjustment=correction.text,
            detectable=float(detectable[index]) if np.isfinite(detectable[index]) else None,
            caveats=(*groups.caveats(index), *taken_for_granted(found, groups.presumes(index))),
            verdict=found,
            margin=correction.margin,
        )
        made.append(judged)
    return tuple(made)


def _first(*keys: FloatArray | IntArray) -> IntArray:
    """The first `MOST` by these keys (the first key decides), in their own order."""
    return np.sort(np.lexsort(keys[::-1])[:MOST])


def _verdict(bounds: Interval, family: Family, *, margin: float) -> Verdict | None:
    up = family.higher_is_better
    return None if up is None else verdict(bounds, margin=margin, higher_is_better=up)


def _too_small(groups: Compared, index: int) -> str:
    smaller = int(groups.smaller[index])
    if smaller < SMALLEST:
        return f"too few rows to judge: {wording.rows(smaller)}, {SMALLEST} needed"
    return groups.unfit(index)


def _incomparable(row: Row, reason: str) -> Row:
    return structs.replace(row, verdict=Verdict.INCOMPARABLE, reason=reason)


def _difference(row: Row, baseline: float | None) -> float | None:
    return None if row.candidate.value is None or baseline is None else row.candidate.value - baseline
