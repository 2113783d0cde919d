"""
Metrics of confusion matrices over independent, equal rows: each by the method that is valid for it.

A proportion (accuracy, recall of a label) has Wilson's interval and, as a paired difference, Tango's; a weighted sum of
recalls (balanced accuracy) has the sum of those by MOVER: all hold in small samples. Every other metric is a function
of the cells and is drawn, together with the others, from them; with very many classes the delta method takes the place
of the draws, where there are rows enough for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts import delta, draws, guards, mover, tally
from steelyard.stats.counts.draws import Draws, percentile, resample, settled_percentile
from steelyard.stats.counts.influence import affordable
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.randomisation import randomisation_p
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.counts.shares import ShareContrast
from steelyard.stats.counts.tally import tally_of
from steelyard.stats.families.confusion import OfConfusion
from steelyard.stats.intervals import power
from steelyard.stats.wording import NO_WIDTH

MANY_CLASSES = 100
"""From here on the delta method is preferred to draws where its guards allow it."""

FEW_ROWS = 20
"""Rows of the whole set below which a difference has a caveat: McNemar's test of four errs in one of eight cases."""

_TOGETHER = 16
"""Metrics that are drawn again at once: the draws cost more than their values, which take some megabytes a metric."""

TOO_MANY_CELLS = "too many different cells of counts to resample"


class Counted(OfConfusion):
    """The family; see the module."""

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`; all of them share one set of draws."""
        metrics = {name: self._known[name] for name in names}
        shared = _Shared(self._data, self._sample, metrics)
        return {name: _contrast(metric, shared) for name, metric in metrics.items()}


def _contrast(metric: Metric, shared: _Shared) -> Contrast:
    if metric.method == "score":
        return Proportion(metric, shared)
    if metric.method == "mover":
        return Recalls(metric, shared)
    return Smooth(metric, shared) if shared.is_smooth(metric) else Drawn(metric, shared)


class _Shared:
    """What the metrics of one set have in common."""

    def __init__(self, data: SetData, sample: Sample, metrics: Mapping[str, Metric]) -> None:
        self.data, self.sample, self._metrics = data, sample, metrics
        self._redrawn: dict[str, FloatArray] = {}
        self._asked: set[str] = set()
        self._unasked = iter(metrics.values())

    @cached_property
    def draws(self) -> Draws:
        """Of all wanted metrics at once; none where nothing needs them or they may not be."""
        needed = any(metric.method == "draws" and not self.is_smooth(metric) for metric in self._metrics.values())
        if self.sample.rows == 0 or self.data.withheld or not needed:
            return Draws(count=0)
        return resample(self.sample, self._metrics, wanted=self.data.config.compare.draws)

    def is_smooth(self, metric: Metric) -> bool:
        """Whether there are classes enough for the delta method to be worth it, and rows enough for it to hold."""
        sample = self.sample
        if len(sample.labels) < MANY_CLASSES or sample.rows == 0:
            return False
        sides = [side for side in (sample.candidate, sample.baseline) if side is not None]
        if not all(affordable(metric, side) for side in sides):
            return False
        if sample.baseline is None:
            return not guards.of_value(metric, sample.candidate, needs=guards.FOR_DELTA)
        return not delta.unfit(metric, sample, baseline=sample.baseline)

    def drawn(self, metric: Metric) -> FloatArray | None:
        """Draws of a metric's difference, where the guards of draws allow it to calibrate others with."""
        found, baseline = self.draws, self.sample.baseline
        if metric.name not in found.candidate or baseline is None:
            return None
        if guards.of_difference(metric, self.sample, baseline=baseline):
            return None
        differences = found.difference(metric.name)
        return differences if _has_width(differences) else None

    def redrawn(self, metric: Metric, *, alpha: float) -> FloatArray:
        """About ten times as many draws of one metric's difference; with them, those of others that will be asked."""
        self._asked.add(metric.name)
        if metric.name not in self._redrawn:
            others = itertools.islice((one for one in self._unasked if self._near(one, alpha=alpha)), _TOGETHER - 1)
            together = {one.name: one for one in (metric, *others)}
            wanted = draws.tenfold(self.draws.count)
            found = resample(self.sample, together, wanted=wanted, patience=draws.PATIENCE)
            self._redrawn |= {name: found.difference(name) for name in together}
        return self._redrawn.pop(metric.name)

    def _near(self, metric: Metric, *, alpha: float) -> bool:
        """Whether a metric that nobody has asked for yet will be drawn again."""
        if metric.name in self._asked or metric.method != "draws" or self.is_smooth(metric):
            return False
        differences = self.drawn(metric)
        decisions = draws.decisions_of(self.data.margins(metric.name))
        return differences is not None and draws.near(differences, alpha=alpha, decisions=decisions)


def _has_width(values: FloatArray) -> bool:
    return bool(np.isfinite(values).all() and values.min() < values.max())


class _OfCells:
    """What proportions and drawn metrics share."""

    def __init__(self, metric: Metric, shared: _Shared) -> None:
        self._metric, self._shared = metric, shared
        self._sample, self._withheld = shared.sample, shared.data.withheld

    @property
    def name(self) -> str:
        """See `Contrast.name`."""
        return self._metric.name

    @property
    def undefined(self) -> str:
        """See `Contrast.undefined`."""
        sides = [self._sample.candidate, *([self._sample.baseline] if self._sample.baseline is not None else [])]
        if all(self._value(side) is not None for side in sides):
            return ""
        if self._sample.rows == 0:
            return "no row in common"
        if uncompared := self._sample.uncompared:
            return uncompared
        return "undefined: labels or predictions are constant"

    @property
    def caveats(self) -> tuple[str, ...]:
        """See `Contrast.caveats`."""
        rows = self._sample.rows
        if self._sample.baseline is None or self._withheld or self.unfit or rows >= FEW_ROWS:
            return ()
        return (f"few rows: {rows:,}; the interval is checked from {FEW_ROWS} rows on, below it may err more often",)

    @property
    def presumes(self) -> tuple[str, ...]:
        """See `Contrast.presumes`: a row counts as any other."""
        return ()

    @property
    def used(self) -> None:
        """See `Contrast.used`: every row has a label and a prediction."""
        return

    @property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        raise NotImplementedError

    def candidate(self, *, level: float) -> Estimate:
        """See `Contrast.candidate`."""
        return self._estimate(self._sample.candidate, level=level)

    def baseline(self, *, level: float) -> Estimate | None:
        """See `Contrast.baseline`."""
        side = self._sample.baseline
        return None if side is None else self._estimate(side, level=level)

    def _value(self, side: Side) -> float | None:
        if len(side.n) == 0 or (len(self._sample.labels) < 2 and not self._metric.single_class):
            return None
        return self._metric.of(side)

    def _estimate(self, side: Side, *, level: float) -> Estimate:
        value = self._value(side)
        if value is None or self._withheld:
            return Estimate(value=value)
        return Estimate(value=value, interval=self._own_interval(side, level=level))

    def _own_interval(self, side: Side, *, level: float) -> Interval | None:
        raise NotImplementedError


class Proportion(_OfCells):
    """A share of rows: Wilson's interval, Tango's for a paired difference, Newcombe's for an unpaired one."""

    @property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        return self._withheld

    @cached_property
    def _share(self) -> ShareContrast:
        """Of the one group of rows that the proportion is about."""
        label = self._sample.positive if self._metric.proportion_of == "positive" else None
        both = self._sample.baseline is not None
        counted = tally_of(self._sample, label=label)
        return ShareContrast(name=self.name, tally=counted, has_baseline=both, unfit=self._withheld)

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`."""
        return self._share.interval(alpha=alpha, level=level)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`."""
        return self._share.p_value()

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        return self._share.detectable(alpha=alpha)

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`: of all rows, of which the group is a part."""
        counted = self._share.tally
        found = counted.rows_needed(difference, level=1.0 - alpha)
        return power.whole_rows(found * self._sample.rows / max(int(counted.rows[0]), 1))

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`; none where they are too coarse to calibrate with."""
        return self._shared.drawn(self._metric)

    def _own_interval(self, side: Side, *, level: float) -> Interval | None:
        counted = self._share.tally
        ours = side is self._sample.candidate
        return tally.estimates(counted.candidate if ours else counted.baseline, level=level)[0].interval


class Recalls(_OfCells):
    """A weighted sum of recalls: score intervals of each label, summed by MOVER."""

    @property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        return self._withheld or ("" if self._mover is None else self._mover.unfit)

    @cached_property
    def _mover(self) -> mover.Mover | None:
        return None if self._sample.baseline is None else mover.Mover(self._metric, self._sample)

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`."""
        return None if self._mover is None else self._mover.interval(alpha=alpha, level=level)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`."""
        return None if self._mover is None else self._mover.p_value()

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        return None if self._mover is None else self._mover.detectable(alpha=alpha)

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`."""
        return None if self._mover is None else self._mover.rows_needed(difference, alpha=alpha)

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`; none where they are too coarse to calibrate with."""
        return self._shared.drawn(self._metric)

    def _own_interval(self, side: Side, *, level: float) -> Interval | None:
        return mover.of_value(self._metric, side, level=level)


class Smooth(_OfCells):
    """Any other function of the cells of very many classes: the delta method."""

    @property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        return self._withheld or ("" if self._sample.baseline is None or self._error > 0.0 else NO_WIDTH)

    @cached_property
    def _error(self) -> float:
        baseline = self._sample.baseline
        if baseline is None:
            return 0.0
        return delta.standard_error_of_difference(self._metric, self._sample, baseline=baseline)

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`."""
        side = self._sample.baseline
        ours, theirs = self._value(self._sample.candidate), None if side is None else self._value(side)
        if ours is None or theirs is None:
            return None
        return delta.interval(ours - theirs, self._error, alpha=alpha, level=level)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`: left to the interval, as for draws."""
        return None

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        return power.detectable_normal(self._error, level=1.0 - alpha) if self._error > 0.0 else None

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`: the standard error falls with the root of the rows."""
        return power.whole_rows(
            power.rows_by_root(self._sample.rows, self.detectable(alpha=alpha), difference=difference)
        )

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`: there are none."""
        return None

    def _own_interval(self, side: Side, *, level: float) -> Interval | None:
        value = self._value(side)
        if value is None or guards.of_value(self._metric, side, needs=guards.FOR_DELTA):
            return None
        return delta.interval(value, delta.standard_error(self._metric, side), alpha=1.0 - level, level=level)


class Drawn(_OfCells):
    """Any other function of the cells: percentiles of draws, where the guards allow them."""

    @cached_property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        sample = self._sample
        refused = self._withheld or (
            guards.of_value(self._metric, sample.candidate)
            if sample.baseline is None
            else guards.of_difference(self._metric, sample, baseline=sample.baseline)
        )
        if refused:
            return refused
        if self._shared.draws.count == 0:
            return TOO_MANY_CELLS
        return "" if sample.baseline is None or _has_width(self._differences) else NO_WIDTH

    @property
    def caveats(self) -> tuple[str, ...]:
        """See `Contrast.caveats`: where draws are no use, whether chance alone explains the difference."""
        if self._withheld or self._sample.baseline is None or not self.unfit:
            return ()
        p = randomisation_p(self._metric, self._sample, self._shared.data.config.compare.draws)
        return (
            () if p is None or p == 1.0 else (f"randomisation test that the models are interchangeable: p = {p:.2g}",)
        )

    @cached_property
    def _differences(self) -> FloatArray:
        return self._shared.draws.difference(self.name)

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`; ten times the draws where another seed could decide otherwise."""
        return settled_percentile(
            self._differences,
            lambda: self._shared.redrawn(self._metric, alpha=alpha),
            alpha=alpha,
            level=level,
            decisions=draws.decisions_of(self._shared.data.margins(self.name)),
        )

    def p_value(self) -> float | None:
        """See `Contrast.p_value`: no test belongs to a percentile interval."""
        return None

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        return power.detectable_normal(self._error, level=1.0 - alpha) if self._error > 0.0 else None

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`: the standard error falls with the root of the rows."""
        return power.whole_rows(
            power.rows_by_root(self._sample.rows, self.detectable(alpha=alpha), difference=difference)
        )

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`."""
        return None if self.unfit else self._differences

    @cached_property
    def _error(self) -> float:
        return float(self._differences.std(ddof=1))

    def _own_interval(self, side: Side, *, level: float) -> Interval | None:
        found = self._shared.draws
        values = (found.candidate if side is self._sample.candidate else found.baseline).get(self.name)
        if values is None or guards.of_value(self._metric, side):
            return None
        return percentile(values, alpha=1.0 - level, level=level)
