"""
Regression metrics: values as scikit-learn's, and how much each row pulls them.

Every metric but the median and the largest error is a smooth function of weighted means; its influence values follow
by the delta method. Formulas use W = Σw, e = prediction - target.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

from steelyard.model.counts import FloatArray
from steelyard.stats.numbers.columns import Observed, Score, Scored
from steelyard.stats.numbers.means import MeanMetric
from steelyard.stats.numerics.units import in_units
from steelyard.stats.wording import none_rarer

_EPSILON = float(np.finfo(np.float64).eps)
"""The smallest target that scikit-learn's MAPE divides by."""

FEWEST_FOR_A_VALUE = 100
"""Rows below which a side's own error, a mean of skewed numbers, has no interval: simulated ones covered in 92.6%."""

_NAMES = re.compile(r"pinball_(0\.[0-9]{1,6})\Z")

NO_RARER = none_rarer("far larger errors")
"""What every mean of errors presumes where unseen rows could move it further than its interval reaches."""

OF_ABSOLUTES = 2.0
"""That of exponential sizes, as of Laplace errors: Cochran's rule asks for 100 rows (`MeanMetric.skewness`)."""

OF_SQUARES = 2.828
"""That of the squares of normal errors, √8: 200 rows. Errors that count on one side, as in a pinball loss, have it."""

OF_RATIOS = 4.472
"""That of a gamma distribution of shape ⅕, √20: 500 rows. Targets near 0 make ratios without bound."""

_FEWEST_RARE = 10
"""Rows that must be expected beyond a forecast quantile: they make most of a pinball loss."""

TOO_LARGE = "undefined: the values are too large to compute with"
TOO_SMALL = "undefined: the errors are too small for their squares to be numbers"

CONSTANT = "undefined: the target is constant"
ROUNDED = "undefined: the targets differ by no more than rounding"

_ROUNDING = 4.0
"""Spacings of the numbers about a target's size: targets that deviate by no more may as well be one number."""

_SMALLEST = 1e-146
"""The square of a smaller number has not all its digits, or none."""


class RegressionMetric(MeanMetric, frozen=True, kw_only=True):
    """A regression metric whose interval rests on influence values."""

    higher_is_better: bool = False
    span: tuple[float, float] = (0.0, math.inf)
    fewest: int = FEWEST_FOR_A_VALUE
    presumes: tuple[str, ...] = NO_RARER


def pinball_quantile(name: str) -> float | None:
    """The quantile of `pinball_0.9`; None for other names."""
    found = _NAMES.fullmatch(name)
    quantile = float(found[1]) if found else 0.0
    return quantile if quantile > 0.0 else None


def smooth(name: str) -> RegressionMetric | None:
    """The metric of this name, if it is one that has influence values."""
    if (quantile := pinball_quantile(name)) is not None:
        return _pinball_loss(name, quantile)
    return _SMOOTH.get(name)


def _pinball_loss(name: str, quantile: float) -> RegressionMetric:
    """Of a forecast quantile few rows are beyond it and count much; their share is that of the rarer side."""
    rare = min(quantile, 1.0 - quantile)
    least = math.ceil(_FEWEST_RARE / rare - 1e-9)
    return RegressionMetric(
        name=name,
        score=_mean_of(lambda y, p: _pinball(y, p, quantile)),
        skewness=max(OF_SQUARES, 1.0 / math.sqrt(rare)),
        least=least,
        fewest=max(least, FEWEST_FOR_A_VALUE),
    )


def weighted_median(values: FloatArray, weight: FloatArray | None) -> float:
    """
    The middle of the values, or, with weights, where half of the weight is below; NaN without values.

    Where exactly half is below a value it is the mean of that and the next, as scikit-learn's.
    """
    if not len(values):
        return math.nan
    if weight is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    ordered, below = values[order], np.cumsum(weight[order])
    half = below[-1] / 2.0
    at = min(int(np.searchsorted(below, half)), len(ordered) - 1)
    if below[at] == half and at + 1 < len(ordered):
        return float(ordered[at] + ordered[at + 1]) / 2.0
    return float(ordered[at])


def errors(side: Observed) -> FloatArray:
    """|prediction - target|, `(rows,)`."""
    with np.errstate(over="ignore"):
        found: FloatArray = np.abs(side.value - _target(side))
    return found


def has_zero_target(side: Observed) -> bool:
    """Some row's target is 0, so that its relative error has no meaning."""
    return bool((np.abs(_target(side)) < _EPSILON).any())


def mean_score(side: Observed) -> Scored:
    """The weighted mean of the values themselves."""
    return _mean(side.value, side)


def _target(side: Observed) -> FloatArray:
    return np.zeros(len(side.value)) if side.target is None else side.target


def _mean_of(row: Callable[[FloatArray, FloatArray], FloatArray]) -> Score:
    """The weighted mean of a function of target and prediction."""

    def score(side: Observed) -> Scored:
        with np.errstate(all="ignore"):
            return _mean(row(_target(side), side.value), side)

    return score


def _mean(values: FloatArray, side: Observed) -> Scored:
    mean = _average(values, side.weight)
    with np.errstate(over="ignore", invalid="ignore"):
        return _scored(mean, values - mean)


def _scored(value: float, psi: FloatArray) -> Scored:
    if math.isfinite(value) and np.isfinite(psi).all():
        return Scored(value=value, psi=psi)
    return Scored(value=None, psi=np.full(len(psi), np.nan), undefined=TOO_LARGE if len(psi) else "no rows")


def _average(values: FloatArray, weight: FloatArray) -> float:
    """The weighted mean; NaN without weight."""
    total = float(weight.sum())
    with np.errstate(over="ignore", invalid="ignore"):
        return float(weight @ values) / total if total > 0.0 else math.nan


def _pinball(y: FloatArray, p: FloatArray, quantile: float) -> FloatArray:
    below = y - p
    return np.maximum(quantile * below, (quantile - 1.0) * below)


def _percentage(y: FloatArray, p: FloatArray) -> FloatArray:
    return np.abs(p - y) / np.maximum(np.abs(y), _EPSILON)


def _symmetric(y: FloatArray, p: FloatArray) -> FloatArray:
    """2 |p - y| / (|y| + |p|), from 0 to 2; 0 where both are 0."""
    size = np.abs(y) + np.abs(p)
    found: FloatArray = np.divide(2.0 * np.abs(p - y), size, out=np.zeros_like(size), where=size > 0.0)
    return found


def _mean_square(side: Observed) -> Scored:
    """The mean square of the errors, where it is a number."""
    with np.errstate(all="ignore"):
        error = side.value - _target(side)
        if 0.0 < float(np.abs(error).max(initial=0.0)) < _SMALLEST:
            return Scored(value=None, psi=np.full(len(error), np.nan), undefined=TOO_SMALL)
        return _mean(error**2, side)


def _root(side: Observed) -> Scored:
    """The root of the mean square; a row pulls it by (e² - MSE) / (2 RMSE)."""
    with np.errstate(all="ignore"):
        error, unit = in_units(side.value - _target(side))
        square = _mean(error**2, side)
        if square.value is None:
            return square
        root = math.sqrt(square.value)
        psi = square.psi / (2.0 * root) if root > 0.0 else square.psi
        return _scored(float(np.ldexp(root, unit)), np.ldexp(psi, unit))


def _square(side: Observed, middle: float) -> Scored:
    """The mean square of the errors over twice the `middle` of both sides' roots: √a - √b = (a - b) / (√a + √b)."""
    with np.errstate(all="ignore"):
        error, unit = in_units(side.value - _target(side))
        square = _average(error * error, side.weight)
        twice = 2.0 * np.ldexp(middle, -unit)
        return _scored(float(np.ldexp(square / twice, unit)), np.ldexp((error * error - square) / twice, unit))


def _explained(side: Observed, *, centred: bool, plain: bool = False) -> Scored:
    """
    1 - S / V, S the mean square of the errors (`centred`: around their mean) and V that of the targets around theirs.

    A row pulls it by -(e² - (S / V) (y - ȳ)²) / V; `plain`: by -(e² - S) / V, since V is the same on both sides.
    """
    y, weight = _target(side), side.weight
    with np.errstate(all="ignore"):
        error = side.value - y
        # Of targets that lie close together beside their size the differences are exact, and their mean is not.
        deviation = y - y[:1]
        deviation = deviation - _average(deviation, weight)
        if centred:
            error = error - _average(error, weight)
        (error, unit), (deviation, of_target) = in_units(error), in_units(deviation)
        squares, spread = error * error, deviation * deviation
        total = _average(spread, weight)
        rounding = float(np.ldexp(_ROUNDING * np.spacing(np.abs(y).max(initial=0.0)), -of_target))
        if math.isfinite(total) and total <= rounding**2:
            constant = bool((y == y[:1]).all())
            return Scored(value=None, psi=np.full(len(y), np.nan), undefined=CONSTANT if constant else ROUNDED)
        # Of squares in units of squared targets.
        squares = np.ldexp(squares, 2 * (unit - of_target))
        unexplained = _average(squares, weight) / total
        return _scored(1.0 - unexplained, -(squares - unexplained * (total if plain else spread)) / total)


_SMOOTH = {
    metric.name: metric
    for metric in (
        RegressionMetric(name="rmse", score=_root, plain=_square, doubts=NO_RARER, skewness=OF_SQUARES),
        RegressionMetric(name="mae", score=_mean_of(lambda y, p: np.abs(p - y)), skewness=OF_ABSOLUTES),
        RegressionMetric(
            name="r2",
            score=lambda side: _explained(side, centred=False),
            plain=lambda side, _: _explained(side, centred=False, plain=True),
            higher_is_better=True,
            span=(-math.inf, 1.0),
            doubts=NO_RARER,
            skewness=OF_SQUARES,
        ),
        RegressionMetric(name="mse", score=_mean_square, doubts=NO_RARER, skewness=OF_SQUARES),
        RegressionMetric(name="mape", score=_mean_of(_percentage), skewness=OF_RATIOS),
        RegressionMetric(name="smape", score=_mean_of(_symmetric), span=(0.0, 2.0), skewness=OF_RATIOS),
        RegressionMetric(
            name="explained_variance",
            score=lambda side: _explained(side, centred=True),
            plain=lambda side, _: _explained(side, centred=True, plain=True),
            higher_is_better=True,
            span=(-math.inf, 1.0),
            doubts=NO_RARER,
            skewness=OF_SQUARES,
        ),
    )
}

SMOOTH = tuple(_SMOOTH)
"""The names of the smooth ones, the most telling first; `pinball_<q>` besides."""
