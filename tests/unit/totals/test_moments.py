"""`steelyard.totals.moments`: those of all rows, from those of parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.totals import Moments
from steelyard.totals.moments import NONE, dot, merged, moments


def of_all(values: np.ndarray) -> tuple[float, ...]:
    """The definition."""
    squares = float(((values - values.mean()) ** 2).sum())
    return float(values.mean()), squares, float(values.min()), float(values.max())


def numbers(found: Moments) -> tuple[float, ...]:
    """All but the rows."""
    return found.mean, found.squares, found.least, found.most


@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=4).filter(any),
    offset=st.sampled_from([0.0, 1.0, 1e6]),
    seed=st.integers(0, 10**6),
)
def test_merged__equals_the_definition(sizes: list[int], offset: float, seed: int) -> None:
    """However the rows are cut, and far from zero, too."""
    rng = np.random.default_rng(seed)
    parts = [rng.exponential(size=size) + offset for size in sizes]
    found = NONE
    for part in parts:
        found = merged(found, moments(part))

    assert found.n == sum(sizes)
    assert numbers(found) == pytest.approx(of_all(np.concatenate(parts)), rel=1e-6, abs=1e-6)


@given(seed=st.integers(0, 10**6), values=st.integers(1, 30), down=st.booleans())
def test_moments__of_counted_numbers(seed: int, values: int, *, down: bool) -> None:
    """Numbers in order with how many rows have them give what the rows give; some may have none."""
    rng = np.random.default_rng(seed)
    number, n = np.sort(rng.normal(size=values)), rng.integers(0, 4, values)
    number = number[::-1] if down else number
    n[rng.integers(values)] = 1
    found = moments(number, n)

    assert found.n == n.sum()
    assert numbers(found) == pytest.approx(of_all(np.repeat(number, n)), rel=1e-9, abs=1e-9)


def test_moments__no_rows() -> None:
    """Of nothing there is nothing."""
    assert moments(np.zeros(0)) == moments(np.ones(3), np.zeros(3, np.int64)) == NONE


def test_moments__constant() -> None:
    """Equal numbers have no spread, not even a rounded one."""
    found = moments(np.full(1000, 0.1))

    assert (found.mean, found.squares, found.least, found.most) == (0.1, 0.0, 0.1, 0.1)


def test_dot() -> None:
    """The sum of products."""
    assert dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 11.0
