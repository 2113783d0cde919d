"""The contrast of a value between 0 and 1 that rests on a standard error, or on draws."""

from __future__ import annotations

import math

from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.counts.draws import percentile, settled
from steelyard.stats.intervals.design import Spread
from steelyard.stats.numbers.means import MeanContrast, OneSide
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

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`; ten times the draws where another seed could decide otherwise."""
        drawn, again = self.difference_draws, self.redraw
        if drawn is None or self.unfit or self.difference is None:
            return MeanContrast.interval(self, alpha=alpha, level=level)
        if again is not None:
            drawn = settled(drawn, again.difference, alpha=alpha, decisions=again.decisions)
        return _percentile(drawn, alpha=alpha, level=level)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`: no test belongs to percentiles."""
        return MeanContrast.p_value(self) if self.difference_draws is None else None

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`: nothing, without anything to differ from."""
        return None if self.theirs is None else MeanContrast.detectable(self, alpha=alpha)

    def _estimate(self, side: OneSide, *, level: float) -> Estimate:
        if side.value is None or side.spread is None or side.spread.unfit:
            return Estimate(value=side.value)
        if self.own_draws:
            drawn = self.own_draws[0 if side is self.ours else 1]
            return Estimate(value=side.value, interval=_percentile(drawn, alpha=1.0 - level, level=level))
        return Estimate(value=side.value, interval=self._on_logit(side.value, side.spread, level=level))

    def _on_logit(self, value: float, spread: Spread, *, level: float) -> Interval | None:
        scale = value * (1.0 - value)
        reach = student.critical(level, degrees_of_freedom=spread.degrees_of_freedom) * spread.standard_error
        if not (scale > 0.0 and math.isfinite(reach)):
            return None
        centre = math.log(value) - math.log1p(-value)
        low, high = (_expit(centre + sign * reach / scale) for sign in (-1.0, 1.0))
        return Interval(low=low, high=high, level=level, method=self.own_method) if low < high else None


def _percentile(draws: FloatArray, *, alpha: float, level: float) -> Interval | None:
    found = percentile(draws, alpha=alpha, level=level)
    if found is None:
        return None
    return Interval(low=found.low, high=found.high, level=level, method=f"stratified bootstrap, {len(draws):,} draws")


def _expit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))
