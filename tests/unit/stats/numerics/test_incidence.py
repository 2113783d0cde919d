"""`steelyard.stats.numerics.incidence`: adding up cells by group, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.stats.numerics.incidence import Incidence

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), unique=True, max_size=20)


@given(pairs=pairs, seed=st.integers(0, 100))
def test_sums__are_those_of_the_indicator_matrix(pairs: list[tuple[int, int]], seed: int) -> None:
    """One array, many draws, and the transpose agree with a matrix product; cells may be in several groups."""
    entries = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    one = Incidence(cell=entries[:, 0], group=entries[:, 1], cells=6, groups=4)
    matrix = np.zeros((6, 4))
    matrix[entries[:, 0], entries[:, 1]] = 1
    rng = np.random.default_rng(seed)
    weights, numbers = rng.normal(size=(3, 6)), rng.normal(size=4)

    assert one.adder()(weights) == pytest.approx(weights @ matrix)
    assert one.add(weights[0]) == pytest.approx(weights[0] @ matrix)
    assert one.spread(numbers) == pytest.approx(matrix @ numbers)


def test_of_codes__one_group_each() -> None:
    """Codes beyond the groups belong to none."""
    one = Incidence.of_codes(np.array([2, 0, 7, 2]), groups=3)

    assert one.add(np.array([1, 10, 100, 1000])).tolist() == [10.0, 0.0, 1001.0]
