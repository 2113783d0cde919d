"""One prediction set, ready for rows: its sample, its draws, and what forbids a verdict on it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate
from steelyard.model.counts import IntArray, Joined
from steelyard.stats import guards, tally
from steelyard.stats.draws import Draws, percentile, resample
from steelyard.stats.metrics import Metric, available
from steelyard.stats.sample import Sample, Side
from steelyard.stats.tally import Tally


class Analysis(Value, frozen=True, kw_only=True):
    """
    One prediction set.

    `metrics` are those that rows are made of; `incomparable` says why the two sides are not about the same thing,
    `withheld` why no interval can be given at all. Both empty: neither.
    """

    name: str
    joined: Joined
    sample: Sample
    metrics: dict[str, Metric]
    draws: Draws
    incomparable: str = ""
    withheld: str = ""

    def tally(self, metric: Metric) -> Tally:
        """The one group of rows that a proportion is about: all, or those with the positive label."""
        wanted = self.sample.positive if metric.proportion_of == "positive" else None
        return tally_of(self.sample, label=wanted)

    def value(self, metric: Metric, side: Side) -> float | None:
        """The metric's value on one side; None where it is undefined."""
        if len(side.n) == 0 or (self.sample.n_labels < 2 and not metric.single_class):
            return None
        value = float(metric.value(side.observed())[0])
        return value if math.isfinite(value) else None

    def estimate(self, metric: Metric, side: Side, *, level: float) -> Estimate:
        """One side's value with its interval, where there is a valid one."""
        value = self.value(metric, side)
        if value is None or self.withheld:
            return Estimate(value=value)
        ours = side is self.sample.candidate
        if metric.proportion_of:
            counted = self.tally(metric)
            return tally.estimates(counted.candidate if ours else counted.baseline, level=level)[0]
        drawn = (self.draws.candidate if ours else self.draws.baseline).get(metric.name)
        if drawn is None or guards.of_value(metric, side, self.sample):
            return Estimate(value=value)
        return Estimate(value=value, interval=percentile(drawn, alpha=1.0 - level, level=level))

    def unfit(self, metric: Metric) -> str:
        """Why the difference of this metric has no interval; empty: it has one."""
        baseline = self.sample.baseline
        if self.withheld or metric.proportion_of or baseline is None:
            return self.withheld
        if self.draws.count == 0:
            return "too many different cells of counts to resample"
        return guards.of_difference(metric, self.sample, baseline=baseline)


def analyse(
    name: str, joined: Joined, *, sample: Sample, wanted: Sequence[str], draws: int, withheld: str = ""
) -> Analysis:
    """
    Draw what the wanted metrics need.

    Args:
        name: The prediction set.
        joined: Its counts.
        sample: The same as a sample.
        wanted: Names of metrics that the sample has.
        draws: How many, where they can be afforded.
        withheld: Why no interval may be given.
    """
    known = available(sample)
    metrics = {metric: known[metric] for metric in wanted}
    drawn = sample.rows > 0 and not withheld and any(not metric.proportion_of for metric in metrics.values())
    return Analysis(
        name=name,
        joined=joined,
        sample=sample,
        metrics=metrics,
        draws=resample(sample, metrics, wanted=draws) if drawn else Draws(count=0),
        incomparable=_incomparable(joined, sample),
        withheld=withheld,
    )


def _incomparable(joined: Joined, sample: Sample) -> str:
    """Different test sets can be compared as two samples of one population only where their labels do not deny it."""
    if sample.baseline is None:
        return ""
    if sample.rows == 0:
        return "no row in common"
    if sample.paired or joined.pairing.same_test_set:
        return ""
    same = np.array_equal(sample.candidate.support, sample.baseline.support)
    return "" if same else "different test sets: no row in common, and other numbers of rows by label"


def tally_of(sample: Sample, *, label: int | None) -> Tally:
    """One group: the rows with this label, or all of them (None)."""
    candidate, baseline = sample.candidate, sample.baseline
    group = _group(candidate, label)
    if baseline is None:
        used = group == 0
        right = used & (candidate.label == candidate.prediction)
        return tally.alone(np.array([candidate.n[right].sum()]), np.array([candidate.n[used].sum()]))
    groups = group, _group(baseline, label), 1
    return tally.of_sides(candidate, baseline, paired=sample.paired, group=groups)


def _group(side: Side, label: int | None) -> IntArray:
    return np.zeros(len(side.n), np.int64) if label is None else np.where(side.label == label, 0, -1)
