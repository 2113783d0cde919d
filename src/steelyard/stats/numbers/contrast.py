"""
The contrast of a mean, and of what is a mean to first order: it rests on a standard error.

One interval for every difference: estimate ± t · standard error, with the degrees of freedom of the standard error. Its
p-value is that of the same t, so the two cannot disagree. A side's own value, which errs to one side where rows are
skewed (squared errors, rewards), has the skewness taken out first; in a difference of two little is left of it.
"""

from __future__ import annotations

import math

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals import power
from steelyard.stats.intervals.design import Design, Spread
from steelyard.stats.intervals.tails import unskewed
from steelyard.stats.numerics import student
from steelyard.stats.numerics.roots import falling_roots

EVERYWHERE = (-math.inf, math.inf)
"""The span of a metric that can have any value."""


class OneSide(Value, frozen=True, kw_only=True):
    """A side's value, with what its interval is made of."""

    value: float | None
    spread: Spread | None = None
    """None: it has no interval."""
    skewness: float = 0.0
    """Of the value's distribution."""


class MeanContrast(Value, frozen=True, kw_only=True):
    """A `Contrast` whose interval is a t interval."""

    name: str
    ours: OneSide
    theirs: OneSide | None
    """None: there is no baseline."""
    spread: Spread
    """Of the difference."""
    rows: int
    method: str
    undefined: str = ""
    unfit: str = ""
    caveats: tuple[str, ...] = ()
    presumes: tuple[str, ...] = ()
    used: tuple[int, ...] | None = None
    span: tuple[float, float] = EVERYWHERE
    """What values are possible; intervals end there."""
    fixed_variance: float = 0.0
    """The part of the difference's variance that more rows do not lower."""
    shared: FloatArray | None = None
    """Draws of the difference that other metrics of the set have, too."""

    def candidate(self, *, level: float) -> Estimate:
        """See `Contrast.candidate`."""
        return self._estimate(self.ours, level=level)

    def baseline(self, *, level: float) -> Estimate | None:
        """See `Contrast.baseline`."""
        return None if self.theirs is None else self._estimate(self.theirs, level=level)

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`."""
        if self.unfit or self.difference is None:
            return None
        widest = self.span[1] - self.span[0]
        return _t_interval(self.difference, self.spread, (-widest, widest), alpha=alpha, stated=(level, self.method))

    def p_value(self) -> float | None:
        """See `Contrast.p_value`."""
        if self.unfit or self.difference is None:
            return None
        t = self.difference / self.spread.standard_error
        return student.two_sided_p(t, degrees_of_freedom=self.spread.degrees_of_freedom)

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        return None if self.unfit else detectable(self.spread, alpha=alpha)

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`: the variance falls with the rows, but for `fixed_variance`."""
        detected = self.detectable(alpha=alpha)
        if detected is None or not difference or not math.isfinite(difference):
            return None
        error = self.spread.standard_error
        fixed = self.fixed_variance / error / error
        ratio = abs(difference) / detected
        allowed = ratio * ratio - fixed
        factor = (1.0 - fixed) / allowed if allowed > 0.0 else math.inf
        factor = max(factor, 1.0 / max(self.rows, 1))
        if fixed == 0.0:
            factor = _with_more_degrees(factor, self.spread, abs(difference), alpha=alpha)
        return power.whole_rows(self.rows * factor)

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`."""
        return None if self.unfit else self.shared

    @property
    def difference(self) -> float | None:
        """Candidate - baseline."""
        if self.theirs is None or self.ours.value is None or self.theirs.value is None:
            return None
        difference = self.ours.value - self.theirs.value
        return difference if math.isfinite(difference) else None

    def _estimate(self, side: OneSide, *, level: float) -> Estimate:
        if side.value is None or side.spread is None or side.spread.unfit:
            return Estimate(value=side.value)
        plain = self.method.removeprefix("paired ").removeprefix("Welch ")
        stated = (level, f"skewness-corrected {plain}" if side.skewness else plain)
        interval = _t_interval(
            side.value, side.spread, self.span, alpha=1.0 - level, stated=stated, skewness=side.skewness
        )
        return Estimate(value=side.value, interval=interval)


def welch(ours: Spread, theirs: Spread) -> Spread:
    """The spread of a difference of two independent estimates (B. L. Welch, Biometrika 34 (1947), 28-35)."""
    errors, degrees = [one.standard_error for one in (ours, theirs)], [one.degrees_of_freedom for one in (ours, theirs)]
    total = math.hypot(*errors)
    shares = [(one / total) ** 4 / df for one, df in zip(errors, degrees, strict=True)] if total > 0.0 else []
    effective = [one.effective_clusters for one in (ours, theirs) if one.effective_clusters is not None]
    return Spread(
        standard_error=total,
        degrees_of_freedom=1.0 / sum(shares) if shares else math.nan,
        effective_clusters=min(effective, default=None),
        unfit=ours.unfit or theirs.unfit,
        caveats=tuple(dict.fromkeys((*ours.caveats, *theirs.caveats))),
    )


def unseen_matters(spread: Spread, span: tuple[float, float], *, units: float) -> bool:
    """
    Whether rows that a test set lacks could move a difference of means further than its interval reaches.

    What is not among n rows is up to 3 / n of all (at 95%: J. A. Hanley & A. Lippman-Hand, "If nothing goes wrong, is
    everything all right?", JAMA 249 (1983), 1743-1745), and each of these may differ by as much as there are values.

    Args:
        spread: Of the difference.
        span: The values that a row can have.
        units: n, rows or clusters, counted as the equal ones that they are worth.
    """
    reach = student.critical(0.95, degrees_of_freedom=spread.degrees_of_freedom) * spread.standard_error
    return not (span[1] - span[0]) * 3.0 / max(units, 1.0) <= reach


def unseen_clusters_matter(spread: Spread, span: tuple[float, float]) -> bool:
    """The same of clusters; single rows are counted by score intervals, which heed what is not seen."""
    clusters = spread.effective_clusters
    return clusters is not None and unseen_matters(spread, span, units=clusters)


def detectable(spread: Spread, *, alpha: float) -> float | None:
    """The smallest true difference found with 80% probability, by the same t as the interval."""
    df = spread.degrees_of_freedom
    if not spread.standard_error > 0.0:
        return None
    beyond = student.critical(2.0 * power.POWER - 1.0, degrees_of_freedom=df)
    found = (student.critical(1.0 - alpha, degrees_of_freedom=df) + beyond) * spread.standard_error
    return found if math.isfinite(found) else None


def _with_more_degrees(factor: float, spread: Spread, difference: float, *, alpha: float) -> float:
    """
    Correct the factor by which rows must grow for the degrees of freedom that grow with them.

    Rows grow by more of what they come in, clusters or single rows, so that ν + 1 grows as they do; by one factor alike
    with them it is exact where clusters are equal. `factor` is right for the ν that there is: with more of it fewer
    rows do, but never fewer than there are if those do not.
    """
    df = spread.degrees_of_freedom
    if not math.isfinite(factor) or not math.isfinite(df):
        return factor

    def lacking(factors: FloatArray) -> FloatArray:
        grown = float(factors[0])
        more = Spread(
            standard_error=spread.standard_error / math.sqrt(grown),
            degrees_of_freedom=max((df + 1.0) * grown - 1.0, min(df, 1.0)),
        )
        found = detectable(more, alpha=alpha)
        return np.array([math.inf if found is None else found / difference - 1.0])

    low, high = sorted((1.0, factor))
    return float(falling_roots(lacking, left=np.array([low]), right=np.array([high]))[0])


def method(design: Design, *, paired: bool, alone: bool = False) -> str:
    """The interval's name as printed: `paired t`, with what the standard error heeds."""
    return heeding("t" if alone else ("paired t" if paired else "Welch t"), design)


def heeding(name: str, design: Design) -> str:
    """A method's name, with what its standard error heeds."""
    heeds = [
        text
        for text, present in (
            ("clusters by CR2", design.cluster),
            ("strata", design.stratum),
            ("weights", design.weight),
        )
        if present is not None
    ]
    return f"{name} ({', '.join(heeds)})" if heeds else name


def _t_interval(
    estimate: float,
    spread: Spread,
    span: tuple[float, float],
    *,
    alpha: float,
    stated: tuple[float, str],
    skewness: float = 0.0,
) -> Interval | None:
    critical = student.critical(1.0 - alpha, degrees_of_freedom=spread.degrees_of_freedom)
    below, above = (spread.standard_error * unskewed(t, skewness) for t in (critical, -critical))
    low, high = max(estimate - below, span[0]), min(estimate - above, span[1])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    return Interval(low=low, high=high, level=stated[0], method=stated[1])
