"""
When an interval under clusters, strata or weights is not to be trusted.

The guards of independent rows hold on top (`guards`); here are those of clusters, and those of the delta method.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import BoolArray, IntArray
from steelyard.stats.counts import guards
from steelyard.stats.counts.grouped import Grouped
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.intervals.design import FEW_EFFECTIVE, FEWEST_EFFECTIVE
from steelyard.stats.wording import few_clusters_differ, few_rows_differ


def is_mean(metric: Metric) -> bool:
    """The metric is a plain mean over all rows, so that its influence values are exact."""
    return metric.proportion_of == "all" or metric.depends_on == "rows"


def concerned(metric: Metric, side: Side) -> BoolArray | None:
    """The cells with the label whose rows alone decide a metric; None: all have a part in it."""
    if metric.label is None or not metric.own_rows:
        return None
    by_label = side.incidences()[0]
    found = np.zeros(by_label.cells, np.bool_)
    found[by_label.cell[by_label.group == metric.label]] = True
    return found


class Guard(Value, frozen=True, kw_only=True):
    """The guards of one metric of one prediction set."""

    metric: Metric
    sample: Sample
    tables: tuple[Grouped, ...]
    drawn: bool
    """Its intervals are percentiles of draws, not by the delta method."""

    def of_difference(self) -> str:
        """Why the difference, without a baseline the value, has no interval; empty: it has one."""
        baseline = self.sample.baseline
        if baseline is None:
            return self.of_value(0)
        if not self.sample.paired:
            return self.of_value(0) or self.of_value(1)
        if is_mean(self.metric):
            return self._mean_difference(baseline)
        return (
            guards.of_difference(self.metric, self.sample, baseline=baseline)
            or self._delta(baseline)
            or self._clusters()
        )

    def of_value(self, index: int) -> str:
        """Why the value of one side (0: the candidate's) has no interval; empty: it has one."""
        side = (self.sample.candidate, self.sample.baseline)[index] or self.sample.candidate
        if not is_mean(self.metric):
            return guards.of_value(self.metric, side) or self._few_for_delta(side)
        right = side.label == side.prediction
        fewest, what = min((int(side.n[right].sum()), "right"), (int(side.n[~right].sum()), "wrong"))
        return f"too few {what} rows: {fewest:,}, {guards.FEWEST} needed" if fewest < guards.FEWEST else ""

    def caveats(self) -> tuple[str, ...]:
        """What is said of classes that lie in few clusters."""
        fewest = self._fewest_effective()
        if concerned(self.metric, self.sample.candidate) is not None:
            return ()  # said by the spread, which rests on the clusters of that label alone
        if fewest >= FEW_EFFECTIVE or any((one.sampling.effective or 0.0) < FEW_EFFECTIVE for one in self.tables):
            return ()
        return (f"few clusters have a class that it depends on: they count as {fewest:.3g} equal ones",)

    def _mean_difference(self, baseline: Side) -> str:
        candidate = self.sample.candidate
        differ = candidate.prediction != baseline.prediction
        if self.metric.proportion_of:
            differ = (candidate.label == candidate.prediction) != (baseline.label == baseline.prediction)
        return _sparse(self.tables[0].effective_rows(differ), guards.FEWEST) or self._few_clusters_differ(differ)

    def _clusters(self) -> str:
        baseline = self.sample.baseline
        if (fewest := self._fewest_effective()) < FEWEST_EFFECTIVE:
            return (
                f"too few clusters: those with a class that it depends on count as {fewest:.3g} equal ones, "
                f"{FEWEST_EFFECTIVE:.0f} needed"
            )
        return (
            ""
            if baseline is None
            else self._few_clusters_differ(self.sample.candidate.prediction != baseline.prediction)
        )

    def _few_clusters_differ(self, differ: IntArray) -> str:
        """Disagreements in a few of many clusters are few, however many rows they are."""
        table = self.tables[0]
        needed = min(guards.FEWEST, table.clusters)
        return few_clusters_differ(table.clusters_in(differ) if needed else 0, needed)

    def _fewest_effective(self) -> float:
        """Effective clusters of the class that has the fewest, among those that the metric leans on."""
        if is_mean(self.metric) or self.metric.depends_on == "majority":
            return np.inf
        of = slice(None) if self.metric.label is None else slice(self.metric.label, self.metric.label + 1)
        return min((float(one.effective_of_labels[of].min(initial=np.inf)) for one in self.tables), default=np.inf)

    def _delta(self, baseline: Side) -> str:
        """Why the delta method is not to be trusted for a paired difference; empty: it is."""
        if self.drawn:
            return ""
        candidate = self.sample.candidate
        differ = self.tables[0].effective_rows(candidate.prediction != baseline.prediction)
        return self._few_for_delta(candidate) or _sparse(differ, guards.FOR_DELTA.disagreements)

    def _few_for_delta(self, side: Side) -> str:
        """The same for the rows of one side."""
        rows = _rows_of_classes(self.metric, side)
        if self.drawn or rows >= guards.FOR_DELTA.rows:
            return ""
        return f"too few rows: {rows:,} of a class that it depends on, {guards.FOR_DELTA.rows} needed"


def _sparse(found: float, needed: int) -> str:
    return few_rows_differ(found, needed) if found < needed else ""


def _rows_of_classes(metric: Metric, side: Side) -> int:
    """Rows of the smallest class that the metric leans on."""
    rows = side.observed(totals=False).true[0]
    if metric.depends_on == "majority":
        return int(rows.sum() - rows.max(initial=0.0))
    return int(rows.min(initial=np.inf) if metric.label is None else rows[metric.label]) if len(rows) else 0
