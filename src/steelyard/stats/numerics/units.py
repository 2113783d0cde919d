"""Numbers of any size, in units in which their squares and sums are numbers."""

from __future__ import annotations

import math

import numpy as np

from steelyard.model.counts import FloatArray


def in_units(values: FloatArray) -> tuple[FloatArray, int]:
    """The values in units of a power of two that the largest does not exceed, and its exponent: squares are numbers."""
    largest = float(np.abs(values).max(initial=0.0))
    unit = math.frexp(largest)[1] if math.isfinite(largest) else 0
    return np.ldexp(values, -unit), unit


def mean_and_deviation(values: FloatArray) -> tuple[float, float]:
    """The mean and the standard deviation (of a sample) of two or more finite values, however large they are."""
    scaled, unit = in_units(values)
    with np.errstate(over="ignore"):
        return float(np.ldexp(scaled.mean(), unit)), float(np.ldexp(scaled.std(ddof=1), unit))
