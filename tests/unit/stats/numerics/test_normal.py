"""`steelyard.stats.numerics.normal`: the normal distribution without scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from steelyard.stats.numerics.normal import critical, quantile, two_sided_p


@pytest.mark.parametrize("probability", [1e-12, 0.001, 0.025, 0.5, 0.8, 0.975, 1 - 1e-9])
def test_quantile__equals_scipy(probability: float) -> None:
    """Quantiles agree with scipy's far into the tails."""
    assert quantile(probability) == pytest.approx(stats.norm.ppf(probability), rel=1e-9, abs=1e-12)


def test_critical__two_sided() -> None:
    """95% of a standard normal variable lie within 1.96."""
    assert critical(0.95) == pytest.approx(1.959963984540054)


def test_two_sided_p__keeps_the_tail() -> None:
    """Tail probabilities do not round to 0, and the shape is kept."""
    z = np.array([[0.0, 1.96], [-10.0, 37.0]])

    assert two_sided_p(z) == pytest.approx(2 * stats.norm.sf(np.abs(z)), rel=1e-9)
