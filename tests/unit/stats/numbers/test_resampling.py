"""The row bootstrap of a median against resampling rows one by one."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.comparison import Interval
from steelyard.stats.numbers.columns import Observed, Scored, Sides
from steelyard.stats.numbers.resampling import compare_medians, median_draws


def test_draws_of_two_medians_have_the_distribution_of_resampled_rows() -> None:
    """Quantiles of both sides and of their difference, for an even number of rows and heavy tails."""
    rng = np.random.default_rng(1)
    base = rng.standard_cauchy(1000)
    sides = [np.abs(base + rng.normal(size=1000)), np.abs(base)]
    ours, theirs = median_draws(sides, draws=9999)
    rows = rng.integers(1000, size=(4000, 1000))
    plain = [np.median(one[rows], axis=1) for one in sides]
    for drawn, expected in ((ours, plain[0]), (theirs, plain[1]), (ours - theirs, plain[0] - plain[1])):
        spread = expected.std()
        for quantile in (0.025, 0.25, 0.5, 0.75, 0.975):
            assert np.quantile(drawn, quantile) == pytest.approx(np.quantile(expected, quantile), abs=0.15 * spread)
        assert drawn.std() == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("n", [200, 201])
def test_the_mean_of_the_draws_of_odd_and_even_numbers_is_the_median(n: int) -> None:
    """Of the numbers 1 to n the middle is known."""
    (drawn,) = median_draws([np.arange(1.0, n + 1.0)], draws=9999)
    assert drawn.mean() == pytest.approx((n + 1) / 2, abs=0.3)


def test_the_order_of_the_rows_does_not_matter() -> None:
    """Draws are seeded from sorted rows."""
    rng = np.random.default_rng(2)
    sides = [rng.random(300), rng.random(300)]
    order = rng.permutation(300)
    for one, other in zip(
        median_draws(sides, draws=999), median_draws([side[order] for side in sides], draws=999), strict=True
    ):
        assert np.array_equal(one, other)


def test_ties_are_drawn_as_they_are() -> None:
    """Rows of three values: medians are among them, or halfway."""
    (drawn,) = median_draws([np.repeat([0.0, 1.0, 2.0], [140, 130, 130])], draws=999)
    assert set(drawn.tolist()) <= {0.0, 0.5, 1.0, 1.5, 2.0}
    assert (drawn == 1.0).mean() > 0.99


def test_large_tables_get_fewer_draws() -> None:
    """The cost of a draw grows with the root of the rows; the number depends on the rows alone."""
    values = np.arange(1_500_000.0)
    (drawn,) = median_draws([values], draws=9999)
    assert 999 <= len(drawn) < 9999
    assert drawn.std() == pytest.approx(np.sqrt(1.5e6) / 2.0, rel=0.1)


def test_a_value_has_an_interval_although_the_two_sides_agree() -> None:
    """What forbids an interval of the difference says nothing of either side's own."""
    errors = np.random.default_rng(5).exponential(size=300)
    side = Observed(value=errors)
    sides = Sides(candidate=side, baseline=side, paired=True, expected=True)

    def middle(one: Observed) -> Scored:
        return Scored(value=float(np.median(one.value)), psi=np.zeros(0))

    found = compare_medians("median_absolute_error", middle, sides, draws=999)
    assert found.unfit.startswith("too few disagreements")
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.candidate(level=0.95).interval is not None


def test_a_bound_near_a_margin_is_computed_from_ten_times_the_draws() -> None:
    """Where another seed could decide otherwise; far from any decision the draws at hand do."""
    rng = np.random.default_rng(6)
    errors = rng.exponential(size=(2, 400)) * np.array([[1.0], [2.0]])
    sides = Sides(candidate=Observed(value=errors[0]), baseline=Observed(value=errors[1]), paired=True, expected=True)

    def middle(one: Observed) -> Scored:
        return Scored(value=float(np.median(one.value)), psi=np.zeros(0))

    def interval(margin: float) -> Interval:
        found = compare_medians("median_absolute_error", middle, sides, draws=999, margins=(0.0, margin))
        made = found.interval(alpha=0.05, level=0.95)
        assert made is not None
        return made

    far = interval(9.0)
    near = interval(abs(far.low))
    assert far.method == "row bootstrap percentile, 999 draws"
    assert near.method == "row bootstrap percentile, 9,999 draws"
    assert near.low == pytest.approx(far.low, abs=0.05)
