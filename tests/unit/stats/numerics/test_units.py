"""`steelyard.stats.numerics.units`: numbers of any size."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from steelyard.stats.numerics.units import in_units, mean_and_deviation


@pytest.mark.parametrize("size", [0.0, 5e-324, 1e-300, 1.0, 1e300, 1.7e308])
def test_in_units__give_the_numbers_back(size: float) -> None:
    """In units none exceeds 1, and what is scaled back is what was there."""
    values = np.array([size, -size / 2.0, size / 3.0])
    scaled, unit = in_units(values)

    assert np.abs(scaled).max() <= 1.0
    assert np.ldexp(scaled, unit).tolist() == values.tolist()


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1.0, 1e200, 1e307])
def test_mean_and_deviation__of_any_size(size: float) -> None:
    """They are those of the ordinary numbers, times the size, without a warning."""
    values = np.random.default_rng(0).normal(size=400)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mean, deviation = mean_and_deviation(values * size)

    assert mean / size == pytest.approx(values.mean(), rel=1e-3)
    assert deviation / size == pytest.approx(values.std(ddof=1), rel=1e-3)


def test_mean_and_deviation__beyond_what_numbers_hold() -> None:
    """Two values at the ends of what numbers hold deviate by more than that."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mean_and_deviation(np.array([1.7e308, -1.7e308])) == (0.0, math.inf)
