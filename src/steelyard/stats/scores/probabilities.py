"""
Losses of single rows under predicted probabilities: log loss and the Brier score.

The metrics are the (weighted) means of these, so that a paired difference is a mean of differences. Definitions are
those of `steelyard.totals.losses`.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.counts import FloatArray, IntArray, ScoreArray
from steelyard.stats.scores.scored import ScoredRows
from steelyard.totals import losses

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
    return losses.log_losses(own_probability(side))


def clipped(side: ScoredRows) -> int:
    """How many rows' own probability is below ε, so that their loss is what clipping makes of it."""
    return int(np.count_nonzero(own_probability(side) < losses.EPSILON))


def brier_losses(side: ScoredRows) -> FloatArray:
    """The squared errors of each row's probabilities, `(rows,)`."""
    if side.positive is not None:
        error = side.of(side.positive).astype(np.float64) - side.hits
        return error * error
    squares = np.empty(side.rows)
    for start in range(0, side.rows, _BLOCK):
        here = slice(start, start + _BLOCK)
        error = side.by_class[here].astype(np.float64)
        error[np.arange(len(error)), side.label[here]] -= 1.0
        squares[here] = (error * error).sum(axis=1)
    return squares
