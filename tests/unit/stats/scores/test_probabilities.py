"""`steelyard.stats.scores.probabilities`: losses whose means are scikit-learn's metrics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from steelyard.stats.scores.probabilities import brier_losses, clipped, log_losses
from steelyard.totals.losses import EPSILON
from tests.unit.stats.score_tables import one_side


@given(seed=st.integers(0, 10**6), weighted=st.booleans())
def test_binary__equal_scikit_learn(seed: int, weighted: bool) -> None:
    """One column of float32 probabilities, 0, 1 and tiny ones among them."""
    rng = np.random.default_rng(seed)
    label = np.append([0, 1], rng.integers(2, size=30))
    scores = rng.choice([0.0, 1.0, 1e-10, 0.3, 0.9999999], len(label)).astype(np.float32)
    scores[::2] = rng.random(len(scores[::2]))
    weight = rng.uniform(0.1, 2.0, len(label)) if weighted else None
    side = one_side(label, scores)

    expected = log_loss(label, scores, sample_weight=weight)
    assert np.average(log_losses(side), weights=weight) == pytest.approx(expected, rel=1e-5)
    expected = brier_score_loss(label, scores, sample_weight=weight)
    assert np.average(brier_losses(side), weights=weight) == pytest.approx(expected, rel=1e-5)


@given(seed=st.integers(0, 10**6), classes=st.integers(3, 6))
def test_several_classes__equal_scikit_learn(seed: int, classes: int) -> None:
    """A matrix of probabilities; the Brier score is the sum over the classes, 0 to 2."""
    rng = np.random.default_rng(seed)
    label = np.append(np.arange(classes), rng.integers(classes, size=30))
    scores = rng.dirichlet(np.full(classes, 0.3), len(label)).astype(np.float32)
    side = one_side(label, scores)

    assert log_losses(side).mean() == pytest.approx(log_loss(label, scores), rel=1e-5)
    assert brier_losses(side).mean() == pytest.approx(brier_score_loss(label, scores), rel=1e-5)


def test_two_columns__equal_one() -> None:
    """A binary set with a column for each class has the losses of the positive class's column."""
    label, scores = np.array([0, 1, 1, 0]), np.array([0.25, 0.5, 0.125, 0.75])
    both, single = one_side(label, np.stack([1 - scores, scores], axis=1)), one_side(label, scores)

    assert log_losses(both) == pytest.approx(log_losses(single))
    assert brier_losses(both) == pytest.approx(brier_losses(single))


def test_clipped__counts_certain_errors() -> None:
    """A label that was given no chance costs -log ε, and is counted; one that was given ε is not."""
    side = one_side([1, 1, 0, 0], [0.0, EPSILON, 1.0, 0.5])

    assert clipped(side) == 2
    assert log_losses(side)[[0, 2]] == pytest.approx([15.942385, 15.942385])
