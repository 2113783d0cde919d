"""Welch's combination of two standard errors, and how intervals are named."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from steelyard.stats.intervals.design import Design, Spread, mean_spread
from steelyard.stats.numbers.contrast import detectable, method, welch


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


def test_methods_say_what_the_standard_error_heeds() -> None:
    """As printed beside the interval."""
    ones = np.ones(3)
    assert method(Design(), paired=True) == "paired t"
    assert method(Design(), paired=False) == "Welch t"
    assert method(Design(weight=ones), paired=True, alone=True) == "t (weights)"
    codes = np.arange(3)
    every = Design(weight=ones, cluster=codes, stratum=codes)
    assert method(every, paired=True) == "paired t (clusters by CR2, strata, weights)"
