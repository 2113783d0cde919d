"""
Contrasts that rest on a standard error: means, and what is a mean to first order.

One interval for everything here: estimate ± t · standard error, with the degrees of freedom of the standard error. Its
p-value is that of the same t, so the two cannot disagree.
"""

from __future__ import annotations

import math

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals import power, trainings
from steelyard.stats.intervals.design import Design, Sampling, Spread
from steelyard.stats.intervals.tails import tails
from steelyard.stats.intervals.trainings import Trained, over_trainings, shows_value, with_luck
from steelyard.stats.numbers.columns import Observed, Score, Sides, missing_rows, too_alike, too_few
from steelyard.stats.numerics import student

EVERYWHERE = (-math.inf, math.inf)
"""The span of a metric that can have any value."""


class OneSide(Value, frozen=True, kw_only=True):
    """A side's value, with what its interval is made of."""

    value: float | None
    spread: Spread | None = None
    """None: it has no interval."""


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
        needed = self.rows * (1.0 - fixed) / allowed if allowed > 0.0 else math.inf
        return math.ceil(needed) if math.isfinite(needed) else None

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
        stated = (level, self.method.removeprefix("paired ").removeprefix("Welch "))
        return Estimate(
            value=side.value, interval=_t_interval(side.value, side.spread, self.span, alpha=1.0 - level, stated=stated)
        )


def compare_means(
    name: str,
    score: Score,
    sides: Sides,
    *,
    samplings: tuple[Sampling, ...],
    span: tuple[float, float] = EVERYWHERE,
    withheld: str = "",
) -> MeanContrast:
    """
    The contrast of a metric that is a mean to first order.

    Args:
        name: The metric's.
        score: Its value and influence values on one side.
        sides: The rows.
        samplings: Their `samplings_of`.
        span: The values that it can have.
        withheld: Why nothing may have an interval.
    """
    ours, undefined = _over_trainings(score, sides.candidate, samplings[0])
    theirs, undefined_there = None, ""
    if sides.baseline is not None:
        theirs, undefined_there = _over_trainings(score, sides.baseline, samplings[-1])
    known = [one for one in (ours, theirs) if one is not None]
    own = with_luck(samplings[0].spread(ours.psi), [ours])
    other = None if theirs is None else with_luck(samplings[-1].spread(theirs.psi), [theirs])
    if sides.paired and theirs is not None:
        difference = ours.psi - theirs.psi
        spread = with_luck(samplings[0].spread(difference), known)
        pulled = [difference * sides.candidate.weight]
    elif theirs is not None and other is not None and sides.baseline is not None:
        spread = welch(own, other)
        pulled = [ours.psi * sides.candidate.weight, theirs.psi * sides.baseline.weight]
    else:
        spread, pulled = own, []
    clustered = spread.effective_clusters is not None
    apart = [too_alike(one.psi) for one in known]
    unfit = withheld or too_few(sides) or ("" if sides.paired else max(apart)) or spread.unfit
    hidden = [withheld or alike or not shows_value(one) for alike, one in zip(apart, known, strict=True)]
    return MeanContrast(
        name=name,
        ours=OneSide(value=_finite(ours), spread=None if hidden[0] else own),
        theirs=_theirs(sides, theirs, None if hidden[-1] else other),
        spread=spread,
        rows=sides.rows,
        method=trainings.method(method(sides.candidate.design, paired=sides.paired, alone=theirs is None), known),
        undefined=undefined or undefined_there or _no_baseline(sides),
        unfit=unfit,
        caveats=(
            *missing_rows(sides),
            *(() if unfit and all(hidden) else spread.caveats),
            *(() if unfit else (*(() if clustered else tails(pulled)), *trainings.caveats(known))),
        ),
        span=span,
        fixed_variance=trainings.fixed_variance(known),
    )


def compare_values(name: str, score: Score, sides: Sides, *, unfit: str) -> MeanContrast:
    """Two values without an interval, and why there is none."""
    ours, undefined = _over_trainings(score, sides.candidate, None)
    theirs, undefined_there = None, ""
    if sides.baseline is not None:
        theirs, undefined_there = _over_trainings(score, sides.baseline, None)
    return MeanContrast(
        name=name,
        ours=OneSide(value=_finite(ours)),
        theirs=_theirs(sides, theirs, None),
        spread=Spread(standard_error=math.nan, degrees_of_freedom=math.nan),
        rows=sides.rows,
        method="",
        undefined=undefined or undefined_there or _no_baseline(sides),
        unfit=unfit,
        caveats=missing_rows(sides),
    )


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


def detectable(spread: Spread, *, alpha: float) -> float | None:
    """The smallest true difference found with 80% probability, by the same t as the interval."""
    df = spread.degrees_of_freedom
    if not spread.standard_error > 0.0:
        return None
    beyond = student.critical(2.0 * power.POWER - 1.0, degrees_of_freedom=df)
    found = (student.critical(1.0 - alpha, degrees_of_freedom=df) + beyond) * spread.standard_error
    return found if math.isfinite(found) else None


def method(design: Design, *, paired: bool, alone: bool = False) -> str:
    """The interval's name as printed: `paired t`, with what the standard error heeds."""
    kind = "t" if alone else ("paired t" if paired else "Welch t")
    heeds = [
        text
        for text, present in (
            ("clusters by CR2", design.cluster),
            ("strata", design.stratum),
            ("weights", design.weight),
        )
        if present is not None
    ]
    return f"{kind} ({', '.join(heeds)})" if heeds else kind


def _over_trainings(score: Score, side: Observed, sampling: Sampling | None) -> tuple[Trained, str]:
    """A metric of one side, and why some training has no value; without a sampling it has no influence values."""
    scored = [score(one) for one in side.trainings]
    values = [math.nan if one.value is None else one.value for one in scored]
    undefined = next((one.undefined for one in scored if one.undefined), "")
    if sampling is None:
        return Trained(values=np.array(values), psi=np.zeros(0)), undefined
    return over_trainings(values, [one.psi for one in scored], sampling.spread), undefined


def _finite(trained: Trained) -> float | None:
    return trained.value if math.isfinite(trained.value) else None


def _theirs(sides: Sides, trained: Trained | None, spread: Spread | None) -> OneSide | None:
    if not sides.expected:
        return None
    return OneSide(value=None) if trained is None else OneSide(value=_finite(trained), spread=spread)


def _no_baseline(sides: Sides) -> str:
    return "the baseline has no values of it" if sides.expected and sides.baseline is None else ""


def _t_interval(
    estimate: float, spread: Spread, span: tuple[float, float], *, alpha: float, stated: tuple[float, str]
) -> Interval | None:
    reach = student.critical(1.0 - alpha, degrees_of_freedom=spread.degrees_of_freedom) * spread.standard_error
    low, high = max(estimate - reach, span[0]), min(estimate + reach, span[1])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    return Interval(low=low, high=high, level=stated[0], method=stated[1])
