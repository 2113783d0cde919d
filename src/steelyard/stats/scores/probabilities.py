"""
Losses of single rows under predicted probabilities: log loss and the Brier score.

The metrics are the (weighted) means of these, so that a paired difference is a mean of differences. Definitions are
scikit-learn's for float32 scores. log_loss: -log p of the row's own label, p clipped to [ε, 1 - ε] with
ε = 2^-23 ≈ 1.2e-7, the precision of float32. brier_score_loss: the squared error of the positive class's probability
for a binary set (0 to 1), the sum of squares over all classes for more (0 to 2).
"""

from __future__ import annotations

import numpy as np

from steelyard.model.counts import FloatArray, IntArray, ScoreArray
from steelyard.stats.scores.scored import ScoredRows

EPSILON = float(np.finfo(np.float32).eps)
"""Probabilities are clipped to at least this, and to at most 1 less this."""

_BLOCK = 1 << 18
"""Rows whose scores are squared at a time."""


def own_probability(side: ScoredRows) -> ScoreArray:
    """The probability that each row's own label was given, `(rows,)`."""
    if side.positive is None:
        columns: IntArray = np.array([side.column[code] for code in range(len(side.classes))])
        return side.scores[np.arange(side.rows), columns[side.label]]
    negative = 1 - side.positive if len(side.classes) == 2 else -1
    return np.where(side.hits, side.of(side.positive), side.of(negative))


def log_losses(side: ScoredRows) -> FloatArray:
    """-log p of the row's own label, `(rows,)`, at most -log ε ≈ 15.9."""
    p = np.clip(own_probability(side), np.float32(EPSILON), np.float32(1.0 - EPSILON))
    losses: FloatArray = -np.log(p.astype(np.float64))
    return losses


def clipped(side: ScoredRows) -> int:
    """How many rows' own probability is below ε, so that their loss is what clipping makes of it."""
    return int(np.count_nonzero(own_probability(side) < EPSILON))


def brier_losses(side: ScoredRows) -> FloatArray:
    """The squared errors of each row's probabilities, `(rows,)`."""
    if side.positive is not None:
        error = side.of(side.positive).astype(np.float64) - side.hits
        return error * error
    losses = np.empty(side.rows)
    for start in range(0, side.rows, _BLOCK):
        here = slice(start, start + _BLOCK)
        error = side.by_class[here].astype(np.float64)
        error[np.arange(len(error)), side.label[here]] -= 1.0
        losses[here] = (error * error).sum(axis=1)
    return losses
