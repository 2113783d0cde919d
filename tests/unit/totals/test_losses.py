"""`steelyard.totals.losses`: scikit-learn's losses, row by row and added up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from steelyard.totals.losses import EPSILON, LossSums, brier_losses, log_losses


@given(rows=st.integers(1, 60), classes=st.integers(2, 6), seed=st.integers(0, 10**6))
def test_losses__equal_scikit_learn(rows: int, classes: int, seed: int) -> None:
    """The mean of -log p is `log_loss`, the mean sum of squares the multi-class Brier score."""
    rng = np.random.default_rng(seed)
    score = rng.dirichlet(np.ones(classes), rows).astype(np.float32)
    label = rng.integers(0, classes, rows)
    own = score[np.arange(rows), label]

    assert log_losses(own).mean() == pytest.approx(
        log_loss(label, score, labels=np.arange(classes)), rel=1e-5, abs=1e-6
    )
    expected = ((score.astype(np.float64) - np.eye(classes)[label]) ** 2).sum(axis=1)
    assert brier_losses(list(score.T), own) == pytest.approx(expected, abs=1e-12)


def test_log_losses__clipped() -> None:
    """Certainty costs no more than -log ε, and none at all is no gain."""
    found = log_losses(np.array([0.0, EPSILON / 2, 1.0], np.float32))

    assert found == pytest.approx([-np.log(EPSILON)] * 2 + [EPSILON], rel=1e-3)


def test_loss_sums__of_counted_rows() -> None:
    """Numbers with how many rows have them add up as the rows do, the clipped ones counted."""
    own, n = np.array([0.0, 0.5, 1.0], np.float32), np.array([2, 3, 0])
    counted, single = LossSums(), LossSums()
    counted.add_own(own, n)
    counted.add_errors(own.astype(np.float64), n)
    single.add_own(np.repeat(own, n))
    single.add_errors(np.repeat(own, n).astype(np.float64))

    assert counted.clipped == single.clipped == 2
    assert counted.log_loss.mean == pytest.approx(single.log_loss.mean)
    assert counted.brier.squares == pytest.approx(single.brier.squares)
