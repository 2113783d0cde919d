"""When a few rows decide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.stats.intervals.tails import heavy, skewed, tails, too_few_to_show, unskewed


def test_normal_values_have_no_caveat() -> None:
    """Nor have few of them, nor huge ones."""
    rng = np.random.default_rng(1)
    for rows in (20, 200, 20_000):
        assert tails([rng.normal(size=rows)]) == ()
        assert tails([1e300 * rng.normal(size=rows)]) == ()


def test_the_share_of_the_largest_hundredth_is_named() -> None:
    """Cauchy's distribution has no variance at all."""
    (said,) = tails([np.random.default_rng(2).standard_cauchy(5000)])
    assert said.startswith("heavy tail: 1% of the rows make ")
    assert int(said.split("make ")[1].split("%")[0]) > 90


def test_cochrans_rule_asks_for_25_times_the_squared_skewness() -> None:
    """Exponential values have skewness 2: 40 rows are few, 400 are not."""
    few, many = (-np.log1p(-(np.arange(rows) + 0.5) / rows) for rows in (40, 400))
    assert tails([few])[0].startswith("skewed: 40 rows are few at a skewness of 1.")
    assert tails([many]) == ()


def test_one_heavy_side_of_two_is_said() -> None:
    """Unpaired, each side rests on its own rows."""
    rng = np.random.default_rng(4)
    assert tails([rng.normal(size=500), rng.standard_cauchy(500)]) != ()


def test_what_has_no_spread_has_no_tail() -> None:
    """Nothing, one value, constants."""
    assert tails([]) == tails([np.zeros(0)]) == tails([np.ones(1)]) == tails([np.full(300, 0.1)]) == ()


def test_values_carried_by_a_hundredth_of_the_rows_are_heavy() -> None:
    """From 100 rows on, where there is a hundredth."""
    rng = np.random.default_rng(5)
    assert heavy(rng.standard_cauchy(5_000))
    assert heavy(np.append(np.tile([-1.0, 1.0], 50), 20.0))
    assert not heavy(np.append(np.tile([-1.0, 1.0], 49), 20.0))
    assert not heavy(rng.normal(size=5_000))


def test_a_negative_skewness_has_a_true_minus_sign() -> None:
    """As all numbers of a report."""
    assert skewed(40, -1.5) == ("skewed: 40 rows are few at a skewness of −1.5, the interval may be too narrow",)


@given(st.floats(-6.0, 6.0), st.floats(-1.0, 1.0))
def test_taking_the_skewness_out_is_undone_by_halls_transformation(t: float, a: float) -> None:
    """T + aT²/3 + a²T³/27 + a/6, as published."""
    found = unskewed(t, a)
    assert found + a * found**2 / 3.0 + a**2 * found**3 / 27.0 + a / 6.0 == pytest.approx(t, abs=1e-6)


@given(st.floats(0.1, 6.0), st.floats(1e-3, 1.0))
def test_right_skewed_values_reach_further_up(t: float, a: float) -> None:
    """The mean of a sample without its rare large values is too small; mirrored, too large."""
    assert -unskewed(-t, a) > t > unskewed(t, a)
    assert unskewed(t, -a) == pytest.approx(-unskewed(-t, a))


def test_without_skewness_it_is_students_t() -> None:
    """Continuously."""
    assert unskewed(2.0, 0.0) == 2.0
    assert unskewed(2.0, 2e-6) == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize(
    ("number", "skewness", "said"), [(199, 2.828, 200), (200, 2.828, 0), (99, 2.0, 100), (1, 0.0, 0)]
)
def test_what_is_presumed_names_the_rows_that_are_needed(number: int, skewness: float, said: int) -> None:
    """And not those that there are, so that all that lack them have one footnote."""
    expected = f"fewer than {said} rows: the rare large ones may be missing here, and the interval be too narrow"
    assert too_few_to_show(number, skewness) == ((expected,) if said else ())
