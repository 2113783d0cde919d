"""The metric table: one row for each metric of a prediction set."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Interval, Row, Verdict
from steelyard.stats.analysis import Analysis
from steelyard.stats.draws import percentile
from steelyard.stats.metrics import Metric
from steelyard.stats.power import detectable_normal
from steelyard.stats.sample import Side
from steelyard.stats.simultaneous import Share
from steelyard.stats.verdict import verdict

NEW = "new: the baseline has no predictions of this set"


class Terms(Value, frozen=True, kw_only=True):
    """The terms on which one metric is judged."""

    level: float
    share: Share
    margin: float = 0.0
    gated: bool = False
    higher_is_better: bool = True
    has_baseline: bool = False
    """There is a baseline Evaluation, whether or not it has this set."""


def metric_row(analysis: Analysis, name: str, terms: Terms) -> Row:
    """The row of one metric of a prediction set."""
    metric, sample = analysis.metrics[name], analysis.sample
    candidate = analysis.estimate(metric, sample.candidate, level=terms.level)
    row = Row(
        metric=name,
        set=analysis.name,
        higher_is_better=terms.higher_is_better,
        candidate=candidate,
        margin=terms.margin,
        gated=terms.gated,
        reason=_undefined(analysis, candidate.value),
    )
    if sample.baseline is None:
        reason = row.reason or (NEW if terms.has_baseline else "")
        return structs.replace(row, reason=reason)
    return _compared(row, analysis, terms, baseline=sample.baseline)


def _compared(row: Row, analysis: Analysis, terms: Terms, *, baseline: Side) -> Row:
    metric = analysis.metrics[row.metric]
    other = analysis.estimate(metric, baseline, level=terms.level)
    row = structs.replace(row, baseline=other)
    if row.candidate.value is None or other.value is None:
        return structs.replace(row, verdict=Verdict.INCOMPARABLE, reason=_undefined(analysis, None))
    row = structs.replace(row, difference=row.candidate.value - other.value)
    unfit = analysis.unfit(metric)
    interval = None if unfit else _interval(analysis, metric, terms)
    if interval is None:
        reason = unfit or "the draws give no interval: undefined in some of them, the same in all, or too few"
        return _judged(row, analysis, reason=reason)
    return _judged(
        structs.replace(
            row,
            interval=interval,
            p_value=_p_value(analysis, metric, terms.share),
            adjustment=terms.share.adjustment,
            detectable=_detectable(analysis, metric, terms.share),
        ),
        analysis,
        reason="",
    )


def _judged(row: Row, analysis: Analysis, *, reason: str) -> Row:
    if analysis.incomparable:
        return structs.replace(row, verdict=Verdict.INCOMPARABLE, reason=analysis.incomparable)
    if row.interval is None:
        return structs.replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason)
    up = row.higher_is_better is not False
    return structs.replace(row, verdict=verdict(row.interval, margin=row.margin, higher_is_better=up))


def _interval(analysis: Analysis, metric: Metric, terms: Terms) -> Interval | None:
    if metric.proportion_of:
        return analysis.tally(metric).interval(alpha=terms.share.alpha, level=terms.level)
    return percentile(analysis.draws.difference(metric.name), alpha=terms.share.alpha, level=terms.level)


def _p_value(analysis: Analysis, metric: Metric, share: Share) -> float | None:
    """Only where a test belongs to the interval."""
    return share.adjusted(float(analysis.tally(metric).p_values()[0])) if metric.proportion_of else None


def _detectable(analysis: Analysis, metric: Metric, share: Share) -> float | None:
    level = 1.0 - share.alpha
    if metric.proportion_of:
        found = float(analysis.tally(metric).detectable(level=level)[0])
        return found if np.isfinite(found) else None
    error = float(analysis.draws.difference(metric.name).std(ddof=1))
    return detectable_normal(error, level=level) if error > 0.0 else None  # constant draws say nothing of power


def _undefined(analysis: Analysis, value: float | None) -> str:
    if value is not None:
        return ""
    if analysis.sample.rows == 0:
        return "no row in common"
    if analysis.sample.n_labels < 2:
        return "undefined: all rows have one label"
    return "undefined: labels or predictions are constant"
