"""`steelyard.stats.numbers.hidden`: rows that differ, beside values that leave no digit for it."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.counts import FloatArray, IntArray, Rows
from steelyard.stats.contrast import Contrast
from steelyard.stats.families.means import Means
from steelyard.stats.numbers.hidden import HIDDEN
from tests.unit.stats.rows import measured, of_rows, regression

GROUPS = np.arange(200) % 50


def numbers(seed: int) -> FloatArray:
    """Ordinary ones."""
    return np.random.default_rng(seed).normal(size=200)


def contrast(rows: Rows, name: str) -> Contrast:
    """One metric of these rows."""
    return Means(of_rows(rows)).contrasts([name])[name]


@pytest.mark.parametrize("cluster", [None, GROUPS])
@pytest.mark.parametrize("others", [1e150, 1e100, 1.0])
def test_measure__one_enormous_value(others: float, cluster: IntArray | None) -> None:
    """199 rows differ, so that it is not said that all say the same; nor where there are two sizes of enormous ones."""
    sides = [numbers(seed) for seed in (0, 1)]
    for side in sides:
        side[3], side[9] = 1e300, others
    found = contrast(measured(*({"reward": side} for side in sides), cluster=cluster), "reward")

    assert found.unfit == HIDDEN
    assert found.interval(alpha=0.05, level=0.95) is None


@pytest.mark.parametrize("name", ["rmse", "mae", "r2", "explained_variance"])
def test_regression__one_enormous_target(name: str) -> None:
    """Its error is the same on both sides and takes every digit."""
    y = numbers(0)
    y[7] = 1e150

    assert contrast(regression(y, numbers(1), numbers(2)), name).unfit == HIDDEN


def test_rows_that_say_the_same() -> None:
    """Errors of 1 above and of 1 below are the same for the metric, also beside an enormous one."""
    y = np.round(16.0 * numbers(0))
    one_sided = contrast(regression(y, y + 1.0, y - 1.0), "mae")
    y[7] = 1e150
    beside = contrast(regression(y, y + 1.0, y - 1.0), "mae")

    assert one_sided.unfit == beside.unfit == "no spread: every row says the same"
