"""The standard normal distribution: quantiles and two-sided p-values, without scipy."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from steelyard.model.counts import FloatArray

_STANDARD = NormalDist()


def quantile(probability: float) -> float:
    """The value that a standard normal variable stays below with this probability (0 < probability < 1)."""
    return _STANDARD.inv_cdf(probability)


def critical(level: float) -> float:
    """The two-sided critical value: |Z| stays below it with probability `level`."""
    return -quantile((1.0 - level) / 2.0)


def two_sided_p(z: FloatArray) -> FloatArray:
    """P(|Z| >= |z|), elementwise; exact far into the tail, where 1 - cdf would be 0."""
    return np.array([math.erfc(abs(value) / math.sqrt(2.0)) for value in z.ravel()], dtype=np.float64).reshape(z.shape)
