"""Welch's combination of two standard errors, and how intervals are named."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from steelyard.stats.intervals.design import Design, Spread
from steelyard.stats.numbers.contrast import MeanContrast, OneSide, detectable, method, unseen_matters, welch
from tests.unit.stats.spreads import mean_spread


def test_two_independent_means_have_welchs_degrees_of_freedom() -> None:
    """As scipy's `ttest_ind` for unequal variances."""
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=20), 4.0 * rng.normal(size=9)
    found = welch(mean_spread(one, Design()), mean_spread(other, Design()))
    expected = scipy.stats.ttest_ind(one, other, equal_var=False)
    assert found.degrees_of_freedom == pytest.approx(expected.df)
    assert (one.mean() - other.mean()) / found.standard_error == pytest.approx(expected.statistic)


def test_a_side_without_spread_spoils_the_difference() -> None:
    """A constant side does not say how far off it may be."""
    found = welch(mean_spread(np.arange(9.0), Design()), mean_spread(np.ones(9), Design()))
    assert found.unfit.startswith("no spread")
    assert not math.isnan(found.standard_error)


def test_the_detectable_difference_is_found_four_times_of_five() -> None:
    """Simulated: a true difference of this size is outside the interval in 80% of samples."""
    rng = np.random.default_rng(2)
    size = detectable(Spread(standard_error=1.0 / math.sqrt(12.0), degrees_of_freedom=11.0), alpha=0.05)
    assert size is not None
    samples = rng.normal(loc=size, size=(20_000, 12))
    p = scipy.stats.ttest_1samp(samples, 0.0, axis=1).pvalue
    assert (p < 0.05).mean() == pytest.approx(0.8, abs=0.02)


def test_nothing_is_detectable_without_a_standard_error() -> None:
    """NaN and 0 say nothing."""
    for error in (0.0, math.nan):
        assert detectable(Spread(standard_error=error, degrees_of_freedom=5.0), alpha=0.05) is None


def _contrast(spread: Spread, *, fixed_variance: float = 0.0) -> MeanContrast:
    """Of 600 rows without a difference."""
    side = OneSide(value=0.5)
    return MeanContrast(
        name="accuracy",
        ours=side,
        theirs=side,
        spread=spread,
        rows=600,
        method="paired t",
        fixed_variance=fixed_variance,
    )


@pytest.mark.parametrize("units", [8, 40, 600])
@pytest.mark.parametrize("shrunk", [0.2, 0.7, 1.0, 1.6])
def test_as_many_rows_as_are_needed_detect_the_difference(units: int, shrunk: float) -> None:
    """The rows come in so many equal clusters: with proportionally more of them it is found, with fewer it is not."""
    spread = Spread(standard_error=0.03, degrees_of_freedom=units - 1.0)
    sought = shrunk * (detectable(spread, alpha=0.05) or math.nan)
    needed = _contrast(spread).rows_needed(sought, alpha=0.05)

    def found(rows: int) -> float:
        grown = rows / 600
        error = 0.03 / math.sqrt(grown)
        return detectable(Spread(standard_error=error, degrees_of_freedom=units * grown - 1.0), alpha=0.05) or math.inf

    assert needed is not None
    assert found(needed) <= sought < found(needed - 1)


def test_rows_do_not_lower_the_luck_of_training() -> None:
    """Where that alone is too large, no number of rows is enough; else its few degrees of freedom remain."""
    spread = Spread(standard_error=0.03, degrees_of_freedom=4.0)
    lucky = _contrast(spread, fixed_variance=0.02**2)
    detected = lucky.detectable(alpha=0.05) or math.nan

    assert lucky.rows_needed(detected, alpha=0.05) == pytest.approx(600, abs=1)
    assert lucky.rows_needed(0.8 * detected, alpha=0.05) == math.ceil(600 * (5 / 9) / (0.64 - 4 / 9))
    assert lucky.rows_needed(0.6 * detected, alpha=0.05) is None


def test_methods_say_what_the_standard_error_heeds() -> None:
    """As printed beside the interval."""
    ones = np.ones(3)
    assert method(Design(), paired=True) == "paired t"
    assert method(Design(), paired=False) == "Welch t"
    assert method(Design(weight=ones), paired=True, alone=True) == "t (weights)"
    codes = np.arange(3)
    every = Design(weight=ones, cluster=codes, stratum=codes)
    assert method(every, paired=True) == "paired t (clusters by CR2, strata, weights)"


@pytest.mark.parametrize(("span", "units", "matters"), [(1.0, 301.0, False), (1.0, 299.0, True), (2.0, 301.0, True)])
def test_rows_that_are_not_seen__three_in_n(span: float, units: float, matters: bool) -> None:
    """They are up to 3 / n of all, and each differs by the whole span at most; the interval reaches 0.01."""
    spread = Spread(standard_error=0.01 / 1.959964, degrees_of_freedom=math.inf)
    assert unseen_matters(spread, (0.0, span), units=units) is matters


@pytest.mark.parametrize("error", [0.0, 1.0, 1e300, math.nan])
def test_rows_that_are_not_seen__of_what_nothing_bounds(error: float) -> None:
    """They may always matter."""
    spread = Spread(standard_error=error, degrees_of_freedom=9.0)
    assert unseen_matters(spread, (0.0, math.inf), units=1e9)
    assert unseen_matters(spread, (-math.inf, 1.0), units=0.0)
