"""Compares two sides by a mean, or what is a mean to first order: influence values in, a `MeanContrast` out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals import trainings
from steelyard.stats.intervals.design import Sampling, Spread
from steelyard.stats.intervals.tails import CLUSTERS, heavy, too_few_to_show
from steelyard.stats.intervals.trainings import Trained, few_trainings, over_trainings, with_luck
from steelyard.stats.numbers.columns import Observed, Score, Scored, Sides, missing_rows, too_alike, too_few
from steelyard.stats.numbers.contrast import EVERYWHERE, MeanContrast, OneSide, method, unseen_matters
from steelyard.stats.numbers.estimates import Estimates
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
    least: int = 0
    """Rows below which nothing has one."""
    presumes: tuple[str, ...] = ()
    """See `Contrast.presumes`; said where rows that are not seen could move the mean further than its interval."""
    skewness: float = 0.0
    """
    Of the rows of a usual model, whatever those of a sample say: a few rows that lack the rare large ones look less
    skewed than they are. The difference of two models that are far apart is nearly as skewed as one of them.
    """
    doubts: tuple[str, ...] = ()
    """What the interval of a side's own value takes for granted whatever its rows look like. Caveats."""

    def too_few(self, sides: Sides) -> str:
        """Why there are not rows enough for an interval of a side's own value; empty: there are."""
        return "" if sides.rows >= self.fewest else no_interval(sides.counted(sides.rows), self.fewest)

    def too_rare(self, sides: Sides) -> str:
        """Why there are not rows enough for any interval; empty: there are."""
        return "" if sides.rows >= self.least else f"too few {sides.unit}: {sides.rows:,}, {self.least:,} needed"


class _Units(Value, frozen=True, kw_only=True):
    """What an estimate rests on, counted as equal ones."""

    worth: float
    """Rows, weighted ones as (Σw)² / Σw² (L. Kish, "Survey sampling", Wiley 1965), or clusters."""
    shown: float
    """By how skewed their mean is beside one of them: weighted rows as (Σw²)³ / (Σw³)²."""
    what: str

    @staticmethod
    def of(side: Observed, spread: Spread) -> _Units:
        """Of one side; a cluster is taken to be as skewed as a row, since its rows may err together."""
        if (clusters := spread.effective_clusters) is not None:
            return _Units(worth=clusters, shown=clusters, what=CLUSTERS)
        weight = side.weight / max(float(side.weight.max(initial=0.0)), 1e-300)
        first, second, third = (float((weight**power).sum()) for power in (1, 2, 3))
        if not third > 0.0:
            return _Units(worth=0.0, shown=0.0, what="rows")
        return _Units(worth=first**2 / second, shown=second**3 / third**2, what="rows")

    def too_few(self, skewness: float) -> tuple[str, ...]:
        """The caveat where they are too few to show a skewness that is presumed."""
        return too_few_to_show(round(self.shown), skewness, what=self.what)


class _Apart(Value, frozen=True, kw_only=True):
    """What is known of one side without the other."""

    skewness: float
    alike: str
    """Why there are too few different rows; empty: there are enough."""
    doubts: tuple[str, ...]
    """What must be known to read the interval of its value."""

    @staticmethod
    def of(trained: Trained, spread: Spread, sampling: Sampling, metric: MeanMetric, units: _Units) -> _Apart:
        rows = spread if trained.count == 1 else sampling.spread(trained.psi)
        # The luck of training is taken to be symmetric: it widens the distribution, and skews it less.
        share = rows.standard_error / spread.standard_error if spread.standard_error > 0.0 else 0.0
        pull = sampling.pulls(trained.psi)
        return _Apart(
            skewness=sampling.skewness(trained.psi) * share**3,
            alike=too_alike(trained.psi),
            doubts=heavy(pull, what=units.what) or metric.doubts or units.too_few(metric.skewness),
        )


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
    each = list(zip(sides.known, (samplings[0], samplings[-1]), strict=False))
    known, undefined = zip(*(_over_trainings(metric.score, side, sampling) for side, sampling in each), strict=True)
    if sides.paired and len(known) > 1:
        found = _paired(metric, sides, samplings[0], known)
    else:
        found = Estimates.of(known, samplings, by_row=True)
    if sides.paired and found.spread.standard_error == 0.0 and hidden(metric.score, sides):
        found = structs.replace(found, spread=structs.replace(found.spread, unfit=HIDDEN))
    units = [_Units.of(side, spread) for (side, _), spread in zip(each, found.owns, strict=True)]
    apart = [
        _Apart.of(one, spread, sampling, metric, rests)
        for one, spread, (_, sampling), rests in zip(known, found.owns, each, units, strict=True)
    ]
    alone, few = not sides.expected, metric.too_few(sides)
    too_little = few or few_trainings(known[0]) or _rounded(known[0], found.owns[0]) if alone else too_few(sides)
    too_little = too_little or metric.too_rare(sides)
    judged = found.judged(
        withheld=withheld,
        refused=too_little or ("" if sides.paired else max(one.alike for one in apart)),
        own=[few or one.alike or ("" if alone else "".join(one.doubts)) for one in apart],
        skewness=[one.skewness for one in apart],
    )
    said = _said(metric, found, units) if len(known) > 1 else apart[0].doubts if alone else ()
    worth = min(one.worth for one in units)
    return MeanContrast(
        name=metric.name,
        ours=judged.ours,
        theirs=judged.theirs(expected=sides.expected),
        spread=found.spread,
        rows=sides.rows,
        method=trainings.method(method(sides.candidate.design, paired=sides.paired, alone=len(known) < 2), known),
        undefined=next(filter(None, undefined), "") or _no_baseline(sides),
        unfit=judged.unfit,
        caveats=(
            *missing_rows(sides),
            *judged.caveats(found.spread.caveats, (*said, *trainings.caveats(known))),
        ),
        presumes=metric.presumes if unseen_matters(found.spread, metric.span, units=worth) else (),
        used=sides.used,
        span=metric.span,
        fixed_variance=found.fixed_variance,
    )


def _said(metric: MeanMetric, found: Estimates, units: Sequence[_Units]) -> tuple[str, ...]:
    """The caveats where a few rows, or clusters, decide; they may, too, where they are too few to show it."""
    return found.decided or min(units, key=lambda one: one.shown).too_few(metric.skewness)


def _paired(metric: MeanMetric, sides: Sides, sampling: Sampling, known: Sequence[Trained]) -> Estimates:
    """
    On the same rows, with the wider of two spreads of the difference where the metric goes with a plain mean.

    "No difference" says the same of both. But where one row has leverage, as on a target far from the others, it is in
    what is estimated beside the mean, too, and takes itself out of the metric's own spread.
    """
    difference = known[0].psi - known[1].psi
    found = Estimates.of(known, (sampling,), difference=difference, by_row=True)
    found = structs.replace(found, spread=_sound(found.spread, difference, known))
    plain = metric.plain
    if plain is None:
        return found
    middle = sum(one.value for one in known) / 2.0

    def score(side: Observed) -> Scored:
        return plain(side, middle)

    second = [_over_trainings(score, side, sampling)[0] for side in sides.known]
    difference = second[0].psi - second[1].psi
    spread = _sound(with_luck(sampling.spread(difference), second), difference, second)
    found = structs.replace(found, pulled=(*found.pulled, sampling.pulls(difference)))
    if spread.standard_error > found.spread.standard_error:
        return structs.replace(found, spread=spread, fixed_variance=trainings.fixed_variance(second))
    return found


def _sound(spread: Spread, difference: FloatArray, known: Sequence[Trained]) -> Spread:
    """The spread of a difference, which is unfit where the difference is none that can be computed with."""
    each = [one.psi for one in known]
    if all(np.isfinite(one).all() for one in each) and not np.isfinite(difference).all():
        return structs.replace(spread, unfit=TOO_FAR)
    moved = _ROUNDING * max(float(np.abs(one).max(initial=0.0)) for one in each)
    if 0.0 < spread.standard_error <= max(moved, *map(_digits, known)):
        return structs.replace(spread, unfit=ROUNDED)
    return spread


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
    return ROUNDED if 0.0 < spread.standard_error < _digits(trained) else ""


def _digits(trained: Trained) -> float:
    """How far rounding may move a value."""
    return 4.0 * math.ulp(trained.value) if math.isfinite(trained.value) else 0.0


def _finite(trained: Trained) -> float | None:
    return trained.value if math.isfinite(trained.value) else None


def _no_baseline(sides: Sides) -> str:
    return "the baseline has no values of it" if sides.expected and sides.baseline is None else ""
