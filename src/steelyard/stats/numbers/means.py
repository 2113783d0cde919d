"""Compares two sides by a mean, or what is a mean to first order: influence values in, a `MeanContrast` out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals import trainings
from steelyard.stats.intervals.carriers import few_carry
from steelyard.stats.intervals.design import Sampling, Spread
from steelyard.stats.intervals.tails import CLUSTERS, heavy, tails
from steelyard.stats.intervals.trainings import Trained, few_trainings, over_trainings, with_luck
from steelyard.stats.numbers.columns import Observed, Score, Scored, Sides, missing_rows, too_alike, too_few
from steelyard.stats.numbers.contrast import EVERYWHERE, MeanContrast, OneSide, method, welch
from steelyard.stats.numbers.hidden import HIDDEN, hidden
from steelyard.stats.wording import no_interval

ROUNDED = "no spread: the rows differ by no more than rounding"

_ROUNDING = 1e-13
"""A standard error below this share of what the rows move each side's value is rounding."""

TOO_FAR = "the differences are too large to compute with"

Plain: TypeAlias = Callable[[Observed, float], Scored]
"""
The plain mean that a metric rises or falls with, of one side, on the metric's own scale.

The scale is the slope of the secant through both sides' values, whose middle is the second argument: on the same rows
the two sides differ in it by what they differ in the metric.
"""


class MeanMetric(Value, frozen=True, kw_only=True):
    """A metric that is a mean to first order."""

    name: str
    score: Score
    """Its value and influence values on one side."""
    plain: Plain | None = None
    """None: it is a mean itself, or of nothing else."""
    span: tuple[float, float] = EVERYWHERE
    """The values that it can have."""
    fewest: int = 0
    """Rows below which a side's own value has no interval."""
    presumes: tuple[str, ...] = ()
    """See `Contrast.presumes`."""
    doubts: tuple[str, ...] = ()
    """What the interval of a side's own value takes for granted whatever its rows look like. Caveats."""

    def too_few(self, sides: Sides) -> str:
        """Why there are not rows enough for an interval of a side's own value; empty: there are."""
        return "" if sides.rows >= self.fewest else no_interval(sides.counted(sides.rows), self.fewest)


class _Apart(Value, frozen=True, kw_only=True):
    """What is known of one side without the other."""

    trained: Trained
    pull: FloatArray
    """See `Sampling.pulls`."""
    spread: Spread
    skewness: float
    alike: str
    """Why there are too few different rows; empty: there are enough."""
    doubts: tuple[str, ...]
    """What must be known to read the interval of its value."""

    @staticmethod
    def of(trained: Trained, sampling: Sampling, metric: MeanMetric) -> _Apart:
        rows = sampling.spread(trained.psi)
        spread = with_luck(rows, [trained])
        # The luck of training is taken to be symmetric: it widens the distribution, and skews it less.
        share = rows.standard_error / spread.standard_error if spread.standard_error > 0.0 else 0.0
        pull = sampling.pulls(trained.psi)
        return _Apart(
            trained=trained,
            pull=pull,
            spread=spread,
            skewness=sampling.skewness(trained.psi) * share**3,
            alike=too_alike(trained.psi),
            doubts=heavy(pull, what="rows" if sampling.effective is None else CLUSTERS) or metric.doubts,
        )

    @property
    def without(self) -> OneSide:
        """The value, without an interval."""
        return OneSide(value=_finite(self.trained))

    @property
    def shown(self) -> OneSide:
        """The value, with an interval where there are rows enough for one."""
        if self.alike or few_trainings(self.trained):
            return self.without
        return OneSide(value=_finite(self.trained), spread=self.spread, skewness=self.skewness)


class _Difference(Value, frozen=True, kw_only=True):
    """What is known of the difference of two sides."""

    spread: Spread
    pulled: tuple[FloatArray, ...]
    """The `Sampling.pulls` of what it rests on."""
    fixed_variance: float


# What overflows is infinite, which is said, not warned of.
@np.errstate(over="ignore", invalid="ignore")
def compare_means(
    metric: MeanMetric, sides: Sides, *, samplings: tuple[Sampling, ...], withheld: str = ""
) -> MeanContrast:
    """
    The contrast of a metric that is a mean to first order.

    The caveats are about the interval of the difference; without a baseline, about that of the value. Beside a
    difference a value that needs a caveat of its own stands without an interval; so do both where few clusters carry
    the difference.

    Args:
        metric: Which.
        sides: The rows.
        samplings: Their `samplings_of`.
        withheld: Why nothing may have an interval.
    """
    ours, undefined = _over_trainings(metric.score, sides.candidate, samplings[0])
    theirs, undefined_there = None, ""
    if sides.baseline is not None:
        theirs, undefined_there = _over_trainings(metric.score, sides.baseline, samplings[-1])
    known = [one for one in (ours, theirs) if one is not None]
    apart = [_Apart.of(one, samplings[at], metric) for one, at in zip(known, (0, -1), strict=False)]
    if sides.paired and theirs is not None:
        found = _paired(metric, sides, samplings[0], (ours, theirs))
    else:
        found = _Difference(
            spread=apart[0].spread if theirs is None else welch(*(one.spread for one in apart)),
            pulled=() if theirs is None else tuple(one.pull for one in apart),
            fixed_variance=trainings.fixed_variance(known),
        )
    spread, pulled = found.spread, found.pulled
    if sides.paired and spread.standard_error == 0.0 and hidden(metric.score, sides):
        spread = structs.replace(spread, unfit=HIDDEN)
    alone, few = not sides.expected, metric.too_few(sides)
    clustered = spread.effective_clusters is not None
    too_little = few or few_trainings(ours) or _rounded(ours, apart[0].spread) if alone else too_few(sides)
    refused = withheld or too_little or ("" if sides.paired else max(one.alike for one in apart)) or spread.unfit
    carried = few_carry(pulled) if clustered and not refused else ""
    unfit = refused or carried
    silent = withheld or few or carried
    shown = [one.without if silent or (one.doubts and not alone) else one.shown for one in apart]
    said = apart[0].doubts if alone else tails(pulled, what=CLUSTERS if clustered else "rows")
    return MeanContrast(
        name=metric.name,
        ours=shown[0],
        theirs=shown[1] if theirs is not None else OneSide(value=None) if sides.expected else None,
        spread=spread,
        rows=sides.rows,
        method=trainings.method(method(sides.candidate.design, paired=sides.paired, alone=theirs is None), known),
        undefined=undefined or undefined_there or _no_baseline(sides),
        unfit=unfit,
        caveats=(
            *missing_rows(sides),
            *(() if unfit and all(one.spread is None for one in shown) else spread.caveats),
            *(() if unfit else (*said, *trainings.caveats(known))),
        ),
        presumes=metric.presumes,
        used=sides.used,
        span=metric.span,
        fixed_variance=found.fixed_variance,
    )


def _paired(metric: MeanMetric, sides: Sides, sampling: Sampling, known: tuple[Trained, Trained]) -> _Difference:
    """
    The difference on the same rows, with the wider of two spreads where the metric goes with a plain mean.

    "No difference" says the same of both. But where one row has leverage, as on a target far from the others, it is in
    what is estimated beside the mean, too, and takes itself out of the metric's own spread.
    """
    own, plain = _difference(sampling, known), metric.plain
    if plain is None or sides.baseline is None:
        return own
    middle = sum(one.value for one in known) / 2.0

    def score(side: Observed) -> Scored:
        return plain(side, middle)

    ours, theirs = (_over_trainings(score, side, sampling)[0] for side in (sides.candidate, sides.baseline))
    second = _difference(sampling, (ours, theirs))
    wider = second if second.spread.standard_error > own.spread.standard_error else own
    return structs.replace(wider, pulled=(*own.pulled, *second.pulled))


def _difference(sampling: Sampling, known: tuple[Trained, Trained]) -> _Difference:
    ours, theirs = (one.psi for one in known)
    difference = ours - theirs
    spread = with_luck(sampling.spread(difference), known)
    if np.isfinite(ours).all() and np.isfinite(theirs).all() and not np.isfinite(difference).all():
        spread = structs.replace(spread, unfit=TOO_FAR)
    elif 0.0 < spread.standard_error <= _ROUNDING * max(float(np.abs(one).max(initial=0.0)) for one in (ours, theirs)):
        spread = structs.replace(spread, unfit=ROUNDED)
    fixed = trainings.fixed_variance(known)
    return _Difference(spread=spread, pulled=(sampling.pulls(difference),), fixed_variance=fixed)


def compare_values(name: str, score: Score, sides: Sides, *, unfit: str) -> MeanContrast:
    """Two values without an interval, and why there is none."""
    ours, undefined = _over_trainings(score, sides.candidate, None)
    theirs, undefined_there = None, ""
    if sides.baseline is not None:
        theirs, undefined_there = _over_trainings(score, sides.baseline, None)
    return MeanContrast(
        name=name,
        ours=OneSide(value=_finite(ours)),
        theirs=OneSide(value=None if theirs is None else _finite(theirs)) if sides.expected else None,
        spread=Spread(standard_error=math.nan, degrees_of_freedom=math.nan),
        rows=sides.rows,
        method="",
        undefined=undefined or undefined_there or _no_baseline(sides),
        unfit=unfit,
        caveats=missing_rows(sides),
        used=sides.used,
    )


def _over_trainings(score: Score, side: Observed, sampling: Sampling | None) -> tuple[Trained, str]:
    """A metric of one side, and why some training has no value; without a sampling it has no influence values."""
    scored = [score(one) for one in side.trainings]
    values = [math.nan if one.value is None else one.value for one in scored]
    undefined = next((one.undefined for one in scored if one.undefined), "")
    if sampling is None:
        return Trained(values=np.array(values), psi=np.zeros(0)), undefined
    return over_trainings(values, [one.psi for one in scored], sampling.spread), undefined


def _rounded(trained: Trained, spread: Spread) -> str:
    """Why a value has no spread to speak of; empty: it has some."""
    least = 4.0 * math.ulp(trained.value) if math.isfinite(trained.value) else 0.0
    return ROUNDED if 0.0 < spread.standard_error < least else ""


def _finite(trained: Trained) -> float | None:
    return trained.value if math.isfinite(trained.value) else None


def _no_baseline(sides: Sides) -> str:
    return "the baseline has no values of it" if sides.expected and sides.baseline is None else ""
