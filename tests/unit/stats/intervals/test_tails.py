"""When a few rows decide."""

from __future__ import annotations

import numpy as np

from steelyard.stats.intervals.tails import tails


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
