"""The metric table: one row for each metric of a prediction set."""

from __future__ import annotations

import math

from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Row, Verdict
from steelyard.stats.analysis import Analysis
from steelyard.stats.contrast import Contrast
from steelyard.stats.decisions.simultaneous import Share
from steelyard.stats.decisions.verdict import taken_for_granted, verdict

NO_BOUNDS = "the draws give no interval at this level: they are too few, or too many of them are the same"
NEW = "new: the baseline has no predictions of this set"


class Terms(Value, frozen=True, kw_only=True):
    """The terms on which one metric is judged."""

    level: float
    share: Share
    margin: float = 0.0
    smallest_effect: float | None = None
    """The difference that the configuration wants to be seen; rows are counted for it, else for the margin."""
    gated: bool = False
    higher_is_better: bool | None = True
    has_baseline: bool = False
    """There is a baseline Evaluation, whether or not it has this set."""


def metric_row(analysis: Analysis, name: str, terms: Terms) -> Row:
    """The row of one metric of a prediction set."""
    contrast = analysis.contrasts[name]
    ours, other = _estimates(contrast, level=terms.level)
    row = Row(
        metric=name,
        set=analysis.name,
        higher_is_better=terms.higher_is_better,
        candidate=ours,
        margin=terms.margin,
        gated=terms.gated,
        reason=contrast.undefined,
    )
    if other is None:
        lacking = "" if row.candidate.interval is not None else contrast.unfit
        reason = row.reason or (NEW if terms.has_baseline else "") or lacking
        return structs.replace(row, reason=reason, caveats=contrast.caveats)
    return _compared(structs.replace(row, baseline=other), analysis, terms, other=other)


def _estimates(contrast: Contrast, *, level: float) -> tuple[Estimate, Estimate | None]:
    """Both sides' values, with the rows that they rest on where that are not all."""
    ours, theirs = contrast.candidate(level=level), contrast.baseline(level=level)
    if contrast.used is None:
        return ours, theirs
    mine, *others = contrast.used
    if theirs is not None and others:
        theirs = structs.replace(theirs, rows=others[0])
    return structs.replace(ours, rows=mine), theirs


def _compared(row: Row, analysis: Analysis, terms: Terms, *, other: Estimate) -> Row:
    contrast = analysis.contrasts[row.metric]
    if row.candidate.value is None or other.value is None:
        reason = analysis.incomparable or row.reason
        return structs.replace(row, verdict=Verdict.INCOMPARABLE, reason=reason)
    row = structs.replace(
        row,
        difference=row.candidate.value - other.value,
        caveats=contrast.caveats,
        reason="",
        identical=analysis.identical.get(row.metric, ""),
    )
    if contrast.unfit:
        return _judged(row, analysis, reason=contrast.unfit)
    share = terms.share
    interval = contrast.interval(alpha=share.alpha, level=terms.level)
    if interval is None:
        return _judged(row, analysis, reason=NO_BOUNDS)
    p_value = contrast.p_value()
    sought = _sought(terms)
    needed = None if sought is None else contrast.rows_needed(sought, alpha=share.alpha)
    made = structs.replace(
        row,
        interval=interval,
        p_value=None if p_value is None else share.adjusted(p_value),
        adjustment=share.adjustment,
        detectable=contrast.detectable(alpha=share.alpha),
        rows_needed=needed,
        sought=None if needed is None else sought,
    )
    return _judged(made, analysis, reason="")


def _sought(terms: Terms) -> float | None:
    """The difference that matters, never the one that was observed; None where none is configured."""
    wanted = terms.smallest_effect or terms.margin
    return wanted if math.isfinite(wanted) and wanted > 0.0 else None


def _judged(row: Row, analysis: Analysis, *, reason: str) -> Row:
    if analysis.incomparable:
        return structs.replace(row, verdict=Verdict.INCOMPARABLE, reason=analysis.incomparable)
    if row.interval is None:
        return structs.replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason)
    if row.higher_is_better is None:
        return structs.replace(row, reason="the direction of the metric is unknown")
    found = verdict(row.interval, margin=row.margin, higher_is_better=row.higher_is_better)
    presumed = taken_for_granted(found, analysis.contrasts[row.metric].presumes)
    return structs.replace(row, verdict=found, caveats=(*row.caveats, *presumed))
