"""Student's t: tails and critical values, held against scipy and against closed forms."""

from __future__ import annotations

import math

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from steelyard.stats.numerics import normal, student

DEGREES = [0.7, 1.0, 1.5, 2.0, 3.7, 10.0, 33.3, 100.0, 999.9, 1000.0, 1e5, 1e10]


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("t", [0.0, 1e-3, 0.5, 1.0, 1.96, 2.5, 4.0, 8.0, 15.0])
def test_tails_are_scipys(t: float, df: float) -> None:
    """The two tails equal scipy's, near 0 and far out."""
    expected = 2.0 * scipy.stats.t.sf(t, df)
    assert student.two_sided_p(t, degrees_of_freedom=df) == pytest.approx(expected, abs=1e-12, rel=1e-9)


@given(t=st.floats(0.0, 1e3), df=st.floats(1.0, 1e6))
def test_tails_are_scipys_for_any_degrees_of_freedom(t: float, df: float) -> None:
    """Also for degrees of freedom that are not whole."""
    expected = 2.0 * scipy.stats.t.sf(t, df)
    assert student.two_sided_p(-t, degrees_of_freedom=df) == pytest.approx(expected, abs=1e-8 if t < 1e-6 else 1e-11)


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("level", [0.01, 0.5, 0.8, 0.95, 0.99, 0.9999])
def test_critical_values_are_scipys(level: float, df: float) -> None:
    """Critical values equal scipy's at all levels."""
    expected = scipy.stats.t.isf((1.0 - level) / 2.0, df)
    assert student.critical(level, degrees_of_freedom=df) == pytest.approx(expected, rel=1e-10)


def test_one_degree_of_freedom_is_cauchys_distribution() -> None:
    """With one degree of freedom tails and critical values have closed forms."""
    assert student.two_sided_p(1e-8, degrees_of_freedom=1.0) == pytest.approx(1.0 - 2e-8 / math.pi, abs=1e-15)
    assert student.critical(0.95, degrees_of_freedom=1.0) == pytest.approx(math.tan(0.475 * math.pi), rel=1e-12)


def test_infinite_degrees_of_freedom_are_the_normal_distribution() -> None:
    """Infinite degrees of freedom are allowed."""
    assert student.critical(0.95, degrees_of_freedom=math.inf) == normal.critical(0.95)
    assert student.two_sided_p(2.0, degrees_of_freedom=math.inf) == pytest.approx(math.erfc(math.sqrt(2.0)), rel=1e-15)


def test_what_has_no_answer_is_nan_or_infinite_and_never_an_exception() -> None:
    """NaN and impossible degrees of freedom give NaN, what is too large gives infinity."""
    assert math.isnan(student.two_sided_p(math.nan, degrees_of_freedom=3.0))
    assert math.isnan(student.two_sided_p(1.0, degrees_of_freedom=0.0))
    assert math.isnan(student.two_sided_p(1.0, degrees_of_freedom=math.nan))
    assert student.two_sided_p(math.inf, degrees_of_freedom=3.0) == 0.0
    assert student.critical(0.95, degrees_of_freedom=1e-4) == math.inf
