"""`steelyard.stats.numerics.chisquare`: quantiles of the chi-square distribution."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from steelyard.stats.numerics.chisquare import quantile_of_variance


@pytest.mark.parametrize("probability", [0.01, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("df", [1.0, 1.37, 2.0, 4.0, 19.0, 99.5])
def test_few_degrees_of_freedom__as_in_scipy(probability: float, df: float) -> None:
    """The series is exact, for broken numbers as well."""
    expected = stats.chi2.ppf(probability, df) / df

    assert quantile_of_variance(probability, df) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("df", [100.0, 300.0, 1e6])
def test_many_degrees_of_freedom__to_four_digits(df: float) -> None:
    """Wilson's and Hilferty's approximation where the series would be long."""
    assert quantile_of_variance(0.1, df) == pytest.approx(stats.chi2.ppf(0.1, df) / df, rel=1e-4)


def test_a_known_variance() -> None:
    """Infinite degrees of freedom leave nothing to estimate."""
    assert quantile_of_variance(0.1, math.inf) == 1.0
