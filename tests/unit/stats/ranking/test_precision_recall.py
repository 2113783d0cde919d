"""`steelyard.stats.ranking.precision_recall`: scikit-learn's average precision, and its influence values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from steelyard.stats.ranking.precision_recall import average_precision

cases = st.tuples(st.integers(0, 10**6), st.integers(2, 60), st.sampled_from([0, 1, 3]))


@given(case=cases)
def test_average_precision__equals_scikit_learn(case: tuple[int, int, int]) -> None:
    """With ties, without weights and with them."""
    seed, rows, grid = case
    rng = np.random.default_rng(seed)
    label = rng.random(rows) < 0.3
    label[0] = True
    score = (rng.normal(size=rows) + label).astype(np.float32)
    score = np.round(score * grid) / np.float32(grid) if grid else score
    weight = rng.uniform(0.1, 3.0, rows)

    assert average_precision(score, label).value == pytest.approx(average_precision_score(label, score), abs=1e-12)
    expected = average_precision_score(label, score, sample_weight=weight)
    assert average_precision(score, label, weight).value == pytest.approx(expected, abs=1e-12)


@given(case=cases)
def test_psi__is_the_derivative_in_a_rows_weight(case: tuple[int, int, int]) -> None:
    """What a little more weight of a row does is ψ over all weight; ψ sums to 0 under the weights."""
    seed, rows, grid = case
    rng = np.random.default_rng(seed)
    label = rng.random(rows) < 0.5
    label[0] = True
    score = rng.normal(size=rows).astype(np.float32)
    score = np.round(score * grid) / np.float32(grid) if grid else score
    weight = rng.uniform(0.5, 2.0, rows)
    heavier, row = weight.copy(), int(rng.integers(rows))
    heavier[row] += 1e-6
    before, after = average_precision(score, label, weight), average_precision(score, label, heavier)

    assert (after.value - before.value) / 1e-6 * weight.sum() == pytest.approx(before.psi[row], abs=1e-3)
    assert float(weight @ before.psi) == pytest.approx(0.0, abs=1e-9)
