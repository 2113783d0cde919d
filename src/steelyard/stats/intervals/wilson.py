"""
Score intervals for one proportion (Wilson) and for the difference of two independent ones (Newcombe).

Sources: E. B. Wilson, JASA 22 (1927), 209-212; R. G. Newcombe, "Interval estimation for the difference between
independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998), 873-890, method 10 (hybrid
score, without continuity correction). All functions work elementwise; zero rows give the whole range.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.numerics.normal import critical, two_sided_p

WILSON = "Wilson score"
NEWCOMBE = "Newcombe hybrid score"

_MAX_Z = 38.0
"""Beyond this the two-sided normal p-value is below the smallest floating-point number."""


class Proportion(Value, frozen=True, kw_only=True):
    """`right` rows of `rows`, elementwise; both of one shape. Weighted ones count as fractions."""

    right: IntArray | FloatArray
    rows: IntArray | FloatArray

    @property
    def value(self) -> FloatArray:
        """`right / rows`; one half where there are no rows, so that the arithmetic around it goes through."""
        right, rows = np.asarray(self.right, np.float64), np.asarray(self.rows, np.float64)
        value: FloatArray = np.divide(right, rows, out=np.full(right.shape, 0.5), where=rows > 0)
        return value


def wilson(proportion: Proportion, *, level: float) -> tuple[FloatArray, FloatArray]:
    """The bounds of Wilson's interval, within [0, 1]."""
    return _wilson(proportion, np.asarray(critical(level)))


def newcombe(candidate: Proportion, baseline: Proportion, *, level: float) -> tuple[FloatArray, FloatArray]:
    """The bounds for candidate - baseline, two independent samples, within [-1, 1]."""
    return newcombe_at(candidate, baseline, z=critical(level))


def newcombe_at(candidate: Proportion, baseline: Proportion, *, z: float) -> tuple[FloatArray, FloatArray]:
    """The bounds of `newcombe` at a critical value; its level may be too close to 1 to be written."""
    return _newcombe(candidate, baseline, np.asarray(z))


def newcombe_p(candidate: Proportion, baseline: Proportion) -> FloatArray:
    """
    The p-value that belongs to Newcombe's interval: below alpha exactly when the interval at 1 - alpha excludes 0.

    Found by bisection over the critical value, since the interval has no test of its own.
    """
    shape = np.broadcast(candidate.value, baseline.value).shape
    inside, outside = np.full(shape, 0.0), np.full(shape, _MAX_Z)
    for _ in range(60):
        z = (inside + outside) / 2.0
        low, high = _newcombe(candidate, baseline, z)
        excluded = (low > 0.0) | (high < 0.0)
        inside, outside = np.where(excluded, z, inside), np.where(excluded, outside, z)
    return np.asarray(two_sided_p(inside))


def _wilson(proportion: Proportion, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    p, n = proportion.value, np.asarray(proportion.rows, np.float64)
    known = n > 0
    n = np.where(known, n, 1.0)
    centre = p + z * z / (2.0 * n)
    spread = z * np.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
    scale = 1.0 + z * z / n
    # At 0 and at all rows the bound is exactly 0 or 1; rounding must not say otherwise.
    low = np.where(known & (p > 0.0), np.maximum((centre - spread) / scale, 0.0), 0.0)
    high = np.where(known & (p < 1.0), np.minimum((centre + spread) / scale, 1.0), 1.0)
    return low, high


def _newcombe(candidate: Proportion, baseline: Proportion, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    (low_c, high_c), (low_b, high_b) = _wilson(candidate, z), _wilson(baseline, z)
    c, b = candidate.value, baseline.value
    difference = c - b
    low = difference - np.hypot(c - low_c, high_b - b)
    high = difference + np.hypot(high_c - c, b - low_b)
    known = (np.asarray(candidate.rows) > 0) & (np.asarray(baseline.rows) > 0)
    return np.where(known, np.maximum(low, -1.0), -1.0), np.where(known, np.minimum(high, 1.0), 1.0)
