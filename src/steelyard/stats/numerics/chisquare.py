"""
Quantiles of the chi-square distribution for degrees of freedom that need not be whole numbers.

Its distribution function is the regularised incomplete gamma function P(ν/2, x/2), by its power series (Abramowitz &
Stegun, 6.5.29). From 100 degrees of freedom on the cube of a normal variable is exact to four digits (E. B. Wilson &
M. M. Hilferty, "The distribution of chi-square", Proceedings of the National Academy of Sciences 17 (1931), 684-688).
"""

from __future__ import annotations

import math
from functools import lru_cache

from steelyard.stats.numerics import normal

_MANY = 100.0
"""Degrees of freedom from which on Wilson's and Hilferty's approximation is used."""

_HALVINGS = 60
_PRECISION = 1e-16


@lru_cache(maxsize=1024)
def quantile_of_variance(probability: float, degrees_of_freedom: float) -> float:
    """
    What an estimate of a variance, in units of the true one, stays below with this probability: χ² / ν.

    Args:
        probability: Between 0 and 1, neither of them.
        degrees_of_freedom: At least 1; infinite ones give 1.
    """
    if degrees_of_freedom >= _MANY:
        part = 2.0 / (9.0 * degrees_of_freedom)
        return (1.0 - part + normal.quantile(probability) * math.sqrt(part)) ** 3
    low, high = 0.0, 1.0
    while _below(high, degrees_of_freedom) < probability:
        low, high = high, 2.0 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _below(middle, degrees_of_freedom) < probability else (low, middle)
    return high


def _below(ratio: float, df: float) -> float:
    """P(χ² / ν <= ratio)."""
    a, x = df / 2.0, df * ratio / 2.0
    term = total = 1.0
    steps = 0
    while term > _PRECISION * total:
        steps += 1
        term *= x / (a + steps)
        total += term
    return total * math.exp(a * math.log(x) - x - math.lgamma(a + 1.0))
