"""`steelyard.stats.numerics.roots`: roots of many functions at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.counts import FloatArray
from steelyard.stats.numerics.roots import falling_roots


@given(seed=st.integers(0, 200))
def test_falling_roots__steep_flat_and_kinked(seed: int) -> None:
    """Powers around known roots: each is found to the last digits, or to where the function itself is 0."""
    rng = np.random.default_rng(seed)
    at, power = rng.uniform(-0.9, 0.9, size=20), rng.choice([0.3, 1.0, 3.0, 9.0], size=20)

    def many(x: FloatArray) -> FloatArray:
        values: FloatArray = -np.sign(x - at) * np.abs(x - at) ** power
        return values

    found = falling_roots(many, left=np.full(20, -1.0), right=np.full(20, 1.0))

    assert ((np.abs(found - at) < 1e-12) | (np.abs(many(found)) < 1e-15)).all()


def test_falling_roots__infinite_ends_and_no_root() -> None:
    """An infinite value at an end is only a sign; without a crossing the answer is the end that is nearer to it."""
    with np.errstate(divide="ignore"):
        found = falling_roots(
            lambda x: 1.0 / np.sqrt(x) - np.array([2.0, 0.5, 9.0]), left=np.zeros(3), right=np.ones(3)
        )

    assert found == pytest.approx([0.25, 1.0, 1.0 / 81.0], abs=1e-14)
    assert falling_roots(lambda x: -1.0 - x, left=np.zeros(1), right=np.ones(1)) == pytest.approx([0.0])
