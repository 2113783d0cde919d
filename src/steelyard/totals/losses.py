"""
Log loss and Brier score of rows that pass by.

Definitions are scikit-learn's for float32 scores. `log_loss`: -log p of the row's own label, p clipped to [ε, 1 - ε]
with ε = 2^-23 ≈ 1.2e-7, the precision of float32. `brier_score_loss`: the squared error of the positive class's
probability for a binary set (0 to 1), the sum of squares over all classes for more (0 to 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from steelyard.model.counts import FloatArray, IntArray, ScoreArray
from steelyard.totals.moments import NONE, merged, moments

EPSILON: Final = float(np.finfo(np.float32).eps)
"""Probabilities are clipped to at least this, and to at most 1 less this."""

MOST_LOG_LOSS: Final = -math.log(EPSILON)
"""About 15.9."""


def log_losses(own: ScoreArray) -> FloatArray:
    """-log p where p is the probability that a row's own label was given; at most `MOST_LOG_LOSS`."""
    p = np.clip(own, np.float32(EPSILON), np.float32(1.0 - EPSILON))
    losses: FloatArray = -np.log(p.astype(np.float64))
    return losses


def brier_losses(by_class: Sequence[ScoreArray], own: ScoreArray) -> FloatArray:
    """
    Σ (probability - 1 or 0)² over the classes, `(rows,)`.

    Args:
        by_class: Of each class its probabilities.
        own: Those that rows' own labels were given.
    """
    squares = 1.0 - 2.0 * own.astype(np.float64)
    for probability in by_class:
        squares += np.square(probability, dtype=np.float64)
    return squares


class LossSums:
    """
    The moments of both losses, and how many rows were clipped.

    `n` is how many rows have each number; None: one. With it, losses are in order, upwards or downwards.
    """

    def __init__(self) -> None:
        self.log_loss = NONE
        self.brier = NONE
        self.clipped = 0

    def add_own(self, own: ScoreArray, n: IntArray | None = None) -> None:
        """The probabilities that rows' own labels were given."""
        self.log_loss = merged(self.log_loss, moments(log_losses(own), n))
        below = own < np.float32(EPSILON)
        if below.any():
            self.clipped += int(np.count_nonzero(below) if n is None else n[below].sum())

    def add_errors(self, error: FloatArray, n: IntArray | None = None) -> None:
        """By how much the positive class's probability misses 1 or 0."""
        self.add_brier(error * error, n)

    def add_brier(self, losses: FloatArray, n: IntArray | None = None) -> None:
        """Squared errors."""
        self.brier = merged(self.brier, moments(losses, n))
