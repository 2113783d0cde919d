"""The contrast of a value between 0 and 1 that rests on a standard error, or on draws."""

from __future__ import annotations

import math

from msgspec import structs

from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.counts.draws import percentile, settled
from steelyard.stats.intervals.design import Spread
from steelyard.stats.numbers.contrast import MeanContrast, OneSide
from steelyard.stats.numbers.resampling import Redraw
from steelyard.stats.numerics import student


class RankContrast(MeanContrast, frozen=True, kw_only=True):
    """A `Contrast` of a value between 0 and 1."""

    own_method: str
    own_draws: tuple[FloatArray, ...] = ()
    """Of the candidate's value, and of the baseline's; empty: their intervals rest on the spread."""
    difference_draws: FloatArray | None = None
    """None: the interval of the difference rests on the spread."""
    redraw: Redraw | None = None
    slack: tuple[float, ...] = ()
    """By how much the candidate's value, and the baseline's, may be off whatever the rows; empty: not at all."""

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`; ten times the draws where another seed could decide otherwise."""
        drawn, again = self.difference_draws, self.redraw
        if drawn is None or self.unfit or self.difference is None:
            made = MeanContrast.interval(self, alpha=alpha, level=level)
            return None if made is None else _widened(made, sum(self.slack), (-1.0, 1.0))
        if again is not None:
            drawn = settled(drawn, again.difference, alpha=alpha, decisions=again.decisions)
        return _percentile(drawn, alpha=alpha, level=level)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`: no test belongs to percentiles."""
        if self.difference_draws is not None or self.unfit or self.difference is None:
            return None
        # What may be off is taken off, so that the p-value is that of the interval.
        sure = max(abs(self.difference) - sum(self.slack), 0.0)
        return student.two_sided_p(sure / self.spread.standard_error, degrees_of_freedom=self.spread.degrees_of_freedom)

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`: nothing, without anything to differ from."""
        found = None if self.theirs is None else MeanContrast.detectable(self, alpha=alpha)
        return None if found is None else found + sum(self.slack)

    def _estimate(self, side: OneSide, *, level: float) -> Estimate:
        if side.value is None or side.spread is None or side.spread.unfit:
            return Estimate(value=side.value)
        if self.own_draws:
            drawn = self.own_draws[0 if side is self.ours else 1]
            return Estimate(value=side.value, interval=_percentile(drawn, alpha=1.0 - level, level=level))
        made = self._on_logit(side.value, side.spread, level=level)
        off = self.slack[0 if side is self.ours else 1] if self.slack else 0.0
        return Estimate(value=side.value, interval=None if made is None else _widened(made, off, (0.0, 1.0)))

    def _on_logit(self, value: float, spread: Spread, *, level: float) -> Interval | None:
        scale = value * (1.0 - value)
        reach = student.critical(level, degrees_of_freedom=spread.degrees_of_freedom) * spread.standard_error
        if not (scale > 0.0 and math.isfinite(reach)):
            return None
        centre = math.log(value) - math.log1p(-value)
        low, high = (_expit(centre + sign * reach / scale) for sign in (-1.0, 1.0))
        return Interval(low=low, high=high, level=level, method=self.own_method) if low < high else None


def _widened(made: Interval, off: float, span: tuple[float, float]) -> Interval:
    """The interval with what its middle may be off."""
    return structs.replace(made, low=max(made.low - off, span[0]), high=min(made.high + off, span[1])) if off else made


def _percentile(draws: FloatArray, *, alpha: float, level: float) -> Interval | None:
    found = percentile(draws, alpha=alpha, level=level)
    if found is None:
        return None
    return Interval(low=found.low, high=found.high, level=level, method=f"stratified bootstrap, {len(draws):,} draws")


def _expit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))
