"""
Student's t distribution for degrees of freedom that need not be whole numbers: critical values and p-values.

The tail probability is the regularised incomplete beta function, P(|T| >= t) = I_x(ν/2, 1/2) with x = ν / (ν + t²),
by its continued fraction (Abramowitz & Stegun, 26.5.8, evaluated by Lentz's method). Beyond 1,000 degrees of freedom
t is turned into a normal deviate (G. W. Hill, "Algorithm 395: Student's t-distribution", Communications of the ACM 13
(1970), 617-619), which is exact to about 12 digits there. Infinite degrees of freedom give the normal distribution.
"""

from __future__ import annotations

import math

from steelyard.stats.numerics import normal

_MANY = 1000.0
"""Degrees of freedom from which on Hill's transformation is used."""

_TINY = 1e-300
_STEPS = 400
_PRECISION = 1e-16


def two_sided_p(t: float, *, degrees_of_freedom: float) -> float:
    """P(|T| >= |t|); NaN where t is NaN or the degrees of freedom are not above 0."""
    if math.isnan(t) or not degrees_of_freedom > 0.0:
        return math.nan
    if math.isinf(t):
        return 0.0
    if degrees_of_freedom >= _MANY:
        return math.erfc(_normal_deviate(abs(t), degrees_of_freedom) / math.sqrt(2.0))
    return _tails(abs(t), degrees_of_freedom)


def critical(level: float, *, degrees_of_freedom: float) -> float:
    """
    The two-sided critical value: |T| stays below it with probability `level` (0 < level < 1).

    Infinite where it is beyond what a number can hold (few degrees of freedom, level next to 1).
    """
    if math.isinf(degrees_of_freedom):
        return normal.critical(level)
    wanted = 1.0 - level
    low, high = 0.0, max(1.0, normal.critical(level))
    while two_sided_p(high, degrees_of_freedom=degrees_of_freedom) > wanted:
        low, high = high, 2.0 * high
        if math.isinf(high * high):
            return math.inf
    return _solve(wanted, low, high, degrees_of_freedom)


def _solve(wanted: float, low: float, high: float, df: float) -> float:
    """The t in (low, high) whose two tails hold `wanted`: Newton's steps on the log scale, kept inside the bracket."""
    t = (low + high) / 2.0
    for _ in range(_STEPS):
        p = two_sided_p(t, degrees_of_freedom=df)
        low, high = (t, high) if p > wanted else (low, t)
        step = p * math.log(p / wanted) / (2.0 * _density(t, df)) if p > 0.0 else math.inf
        following = t + step
        if not low < following < high:
            following = (low + high) / 2.0
        if abs(following - t) <= 4e-16 * t:
            return following
        t = following
    return t


def _tails(t: float, df: float) -> float:
    """P(|T| >= t) by the continued fraction of whichever tail it converges fast for."""
    a, b = df / 2.0, 0.5
    scaled = t * t / df
    if math.isinf(scaled):
        return math.exp(-a * (2.0 * math.log(t) - math.log(df)) - _log_beta_half(a)) / a
    x, rest = 1.0 / (1.0 + scaled), scaled / (1.0 + scaled)
    density_of_beta = math.exp(-a * math.log1p(scaled) - _log_beta_half(a)) * math.sqrt(rest)
    if x < (a + 1.0) / (a + b + 2.0):
        return density_of_beta * _fraction(a, b, x) / a
    return 1.0 - density_of_beta * _fraction(b, a, rest) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function; it converges fast for x < (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for coefficient in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + coefficient * d)
            c = _away_from_zero(1.0 + coefficient / c)
            value *= c * d
        if abs(c * d - 1.0) < _PRECISION:
            break
    return value


def _away_from_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY


def _log_beta_half(a: float) -> float:
    """The logarithm of B(a, 1/2)."""
    return math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)


def _density(t: float, df: float) -> float:
    """The density at t, only to steer Newton's steps."""
    a = df / 2.0
    log_beta = _log_beta_half(a) if df < 1e6 else 0.5 * math.log(math.pi / a)
    return math.exp(-(a + 0.5) * math.log1p(t * t / df) - log_beta) / math.sqrt(df)


def _normal_deviate(t: float, df: float) -> float:
    """The normal deviate with the same tails, for many degrees of freedom."""
    if math.isinf(df):
        return t
    a = df - 0.5
    b = 48.0 * a * a
    y = a * math.log1p(t * t / df)
    z = math.sqrt(y)
    series = ((((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0) / b + 1.0
    return series * z
