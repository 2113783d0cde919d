"""
Metrics of confusion matrices over rows that are not alike (clusters, strata, weights), or of several trainings.

Values are functions of Σw, and means over a side's trainings. Where a metric is a plain mean over rows its interval is
a t interval with the variance of `design`, to which `trainings` adds the luck of training. Other metrics have it, too,
by their influence values, where rows and disagreements are many enough for the delta method; with 50 effective clusters
or more, whole clusters are resampled instead. Weighted rows, strata (but where shared clusters make them all one) and
trainings are never drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import structs

from steelyard.model.counts import BoolArray, FloatArray, IntArray
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts import cluster_guards
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.cluster_guards import concerned
from steelyard.stats.counts.draws import PATIENCE, decisions_of, tenfold
from steelyard.stats.counts.grouped import Grouped
from steelyard.stats.counts.influence import TOO_MANY, affordable
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.counts.views import View, views_of
from steelyard.stats.families.confusion import OfConfusion
from steelyard.stats.intervals import trainings
from steelyard.stats.intervals.design import Spread
from steelyard.stats.intervals.trainings import Trained, few_trainings, over_trainings
from steelyard.stats.numbers.contrast import MeanContrast, method, unseen_clusters_matter
from steelyard.stats.numbers.estimates import Estimates
from steelyard.stats.numbers.resampling import Drawn, Redraw, drawn_contrast
from steelyard.stats.numerics import multinomial
from steelyard.stats.wording import NO_RARER_UNITS

_LARGEST_TABLE = 5_000_000
"""Numbers that the sums of all clusters may hold to be resampled."""

_NO_DERIVATIVE = "labels or predictions are so nearly constant that one row more decides the value"


class _Cells(NamedTuple):
    """A table, and the cells that an estimate is about (None: all): how far it may be off, from the pull of each."""

    table: Grouped
    within: BoolArray | None

    def spread(self, psi: FloatArray) -> Spread:
        """See `Grouped.spread`."""
        return self.table.spread(psi, within=self.within)

    def pulls(self, psi: FloatArray) -> FloatArray:
        """See `Grouped.pulls`."""
        return self.table.pulls(psi, within=self.within)


class Designed(OfConfusion):
    """
    The family; see the module.

    Args:
        data: The prediction set.
        sample: Its cells.
        resampled: Whole clusters may be resampled. Otherwise every interval is a t interval, with the p-value that
            belongs to it.
    """

    def __init__(self, data: SetData, sample: Sample, *, resampled: bool = True) -> None:
        self._views = views_of(data.joined, sample)
        super().__init__(data, self._views.sample)
        self._resampled = resampled

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`."""
        metrics = {name: self._known[name] for name in names}
        drawn = self._draws(metrics)
        return {name: self._contrast(metric, drawn.get(name)) for name, metric in metrics.items()}

    def _contrast(self, metric: Metric, drawn: Drawn | None) -> Contrast:
        views, paired = self._views, self._sample.paired
        samplings = [_Cells(side[0].table, concerned(metric, side[0].counted)) for side in views.sides]
        sides = [self._trained(metric, *one) for one in zip(views.sides, samplings, strict=True)]
        difference = sides[0].psi - sides[1].psi if paired and len(sides) > 1 else None
        found = Estimates.of(sides, samplings, difference=difference)
        guard = [
            cluster_guards.Guard(metric=metric, sample=pair, tables=views.tables, drawn=drawn is not None)
            for pair in views.pairs
        ]
        judged = found.judged(
            withheld=self._data.withheld,
            refused=self._unfit(guard, sides),
            own=[_best(guard, index) for index in range(len(sides))],
        )
        plain = MeanContrast(
            name=metric.name,
            ours=judged.ours,
            theirs=judged.theirs(expected=self._data.has_baseline),
            spread=found.spread,
            rows=self._sample.rows,
            method=trainings.method(method(views.tables[0].design, paired=paired, alone=len(sides) < 2), sides),
            undefined=self._undefined([side.value for side in judged.shown]),
            unfit=judged.unfit,
            caveats=judged.caveats(
                (*found.spread.caveats, *guard[0].caveats(), *trainings.caveats(sides)), found.decided
            ),
            span=_span(metric),
            presumes=NO_RARER_UNITS if unseen_clusters_matter(found.spread, _span(metric)) else (),
            fixed_variance=found.fixed_variance,
            shared=None if drawn is None else drawn.difference,
        )
        if drawn is None or cluster_guards.is_mean(metric):
            return plain
        redraw = Redraw(
            difference=lambda: self._redrawn(metric, len(drawn.candidate)),
            decisions=decisions_of(self._data.margins(metric.name)),
        )
        made = drawn_contrast(plain, drawn, method="cluster bootstrap percentile", redraw=redraw)
        return structs.replace(made, spread=found.spread, clusters=found.spread.effective_clusters)

    def _trained(self, metric: Metric, side: Sequence[View], sampling: _Cells) -> Trained:
        values = [self._value(metric, view.side) for view in side]
        pulls = [view.table.pull(metric, view.side) for view in side]
        return over_trainings([math.nan if value is None else value for value in values], pulls, sampling.spread)

    def _unfit(self, guard: Sequence[cluster_guards.Guard], sides: Sequence[Trained]) -> str:
        """Of the pair of trainings that fares best."""
        cannot = next((table.sampling.unfit for table in self._views.tables if table.sampling.unfit), "")
        alone = few_trainings(sides[0]) if len(sides) < 2 else ""
        refused = cannot or alone or min(one.of_difference() for one in guard)
        if refused or all(np.isfinite(one.psi).all() for one in sides):
            return refused
        cheap = all(affordable(guard[0].metric, view.side) for side in self._views.sides for view in side)
        return _NO_DERIVATIVE if cheap else TOO_MANY

    def _value(self, metric: Metric, side: Side) -> float | None:
        if not len(side.n) or (len(self._sample.labels) < 2 and not metric.single_class):
            return None
        return metric.of(side)

    def _undefined(self, values: Sequence[float | None]) -> str:
        if self._sample.rows == 0:
            return "no row in common"
        if len(values) < 2 and self._data.has_baseline:
            return "the baseline's rows were not kept with their clusters, strata or weights"
        if all(value is not None for value in values):
            return ""
        if uncompared := self._sample.uncompared:
            return uncompared
        several = any(len(side) > 1 for side in self._views.sides)
        return f"undefined{' in some training' if several else ''}: labels or predictions are constant"

    def _draws(self, metrics: Mapping[str, Metric]) -> dict[str, Drawn]:
        """Values of the metrics in resampled clusters; none where they may not or need not be resampled."""
        tables, wanted = self._views.tables, self._data.config.compare.draws
        once = all(len(side) == 1 for side in self._views.sides)
        needed = self._resampled and once and not all(map(cluster_guards.is_mean, metrics.values()))
        if self._data.withheld or not needed or not all(_affordable(table, wanted) for table in tables):
            return {}
        return self._resampled_sides(metrics, draws=wanted)

    def _redrawn(self, metric: Metric, count: int) -> FloatArray:
        """About ten times as many draws of one metric's difference."""
        afforded = min(_afforded(table, tenfold(count), patience=PATIENCE) for table in self._views.tables)
        if afforded <= count:
            return np.zeros(0)
        more = self._resampled_sides({metric.name: metric}, draws=afforded)[metric.name].difference
        return np.zeros(0) if more is None else more

    def _resampled_sides(self, metrics: Mapping[str, Metric], *, draws: int) -> dict[str, Drawn]:
        values = [one for table in self._views.tables for one in _resampled(table, metrics, draws=draws)]
        if not values:
            return {}
        return {
            name: Drawn(candidate=values[0][name], baseline=values[1][name] if len(values) > 1 else None)
            for name in metrics
        }


def _span(metric: Metric) -> tuple[float, float]:
    """The values that it can have; a weighted kappa has no least one, since answers may be fewer than rows."""
    if metric.ordinal:
        return -math.inf, 1.0
    return (-1.0 if metric.name.startswith(("matthews", "cohen")) else 0.0), 1.0


def _best(guard: Sequence[cluster_guards.Guard], index: int) -> str:
    """Why the value of a side has no interval in any of its trainings; empty: it has one in some."""
    return min(one.of_value(index) for one in guard)


def _affordable(table: Grouped, wanted: int) -> bool:
    """Clusters are many enough to be resampled, and not so many that it takes long (then the t interval serves)."""
    if not table.many_clusters:
        return False
    width = 3 * table.sides[0].n_classes
    return table.clusters * width <= _LARGEST_TABLE and _afforded(table, wanted) == wanted


def _afforded(table: Grouped, wanted: int, *, patience: float = 1.0) -> int:
    ones = np.ones(table.clusters, np.int64)
    width = 3 * table.sides[0].n_classes
    return multinomial.affordable_draws(ones, n_classes=width, wanted=wanted, patience=patience)


def _resampled(table: Grouped, metrics: Mapping[str, Metric], *, draws: int) -> list[dict[str, FloatArray]]:
    """The metrics of each side in tables of clusters drawn with replacement: all metrics and sides on the same."""
    clusters = [table.sums_of_clusters(side) for side in table.sides]
    ones = np.ones(table.clusters, np.int64)
    rng = np.random.Generator(np.random.PCG64(_seed(clusters, draws)))
    made: list[dict[str, list[FloatArray]]] = [{name: [] for name in metrics} for _ in clusters]
    width = 6 * table.sides[0].n_classes
    for times in multinomial.chunks(ones, draws=draws, width=width, rng=rng):
        for sums, parts in zip(clusters, made, strict=True):
            drawn = _added(times, sums)
            for name, metric in metrics.items():
                with np.errstate(divide="ignore", invalid="ignore"):
                    parts[name].append(metric.value(drawn))
    return [{name: np.concatenate(arrays) for name, arrays in parts.items()} for parts in made]


def _added(times: FloatArray, clusters: Sums) -> Sums:
    """The sums of each draw, each cluster taken so many times."""
    return structs.replace(
        clusters,
        true=times @ clusters.true,
        predicted=times @ clusters.predicted,
        hits=times @ clusters.hits,
        totals=None if clusters.totals is None else times @ clusters.totals,
    )


def _seed(clusters: Sequence[Sums], draws: int) -> int:
    """From the clusters' sums in an order of their own, so that the names of clusters do not matter."""
    columns = np.concatenate([part for sums in clusters for part in (sums.true, sums.predicted, sums.hits)], axis=1)
    ordered: IntArray = np.ascontiguousarray(columns[np.lexsort(columns.T[::-1])]).view(np.int64)
    return multinomial.seed(ordered, f"clusters, draws={draws}")
