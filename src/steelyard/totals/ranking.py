"""
ROC AUC and average precision from the distribution of scores, with the standard errors of DeLong and influence values.

The distinct scores pass by once, from the lowest to the highest; see `stats.ranking.delong` and `precision_recall` for
what is added up. Nothing is as long as the rows.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from steelyard.model.counts import FloatArray
from steelyard.model.totals import Ranking
from steelyard.totals.distribution import Scores
from steelyard.totals.moments import dot

_ROUNDING: Final = 1e-13


class RankSums:
    """
    What is added up on the way, from the lowest score to the highest.

    Args:
        positives: Rows with the outcome.
        negatives: Rows without it.
    """

    def __init__(self, *, positives: int, negatives: int) -> None:
        self._positives, self._negatives = positives, negatives
        self._hits = self._rest = 0
        self._gained = 0j
        self._beaten = self._beaten_squares = self._above_squares = 0.0
        self._precision = 0.0
        self._pull_hits = np.zeros(2)
        self._pull_rest = np.zeros(2)

    def add(self, scores: Scores) -> None:
        """The next distinct scores."""
        hits, rest = scores.hits, scores.rest
        if not (self._positives and self._negatives and len(hits)):
            return
        # Whole numbers, since adding them up to here costs a seventh of what it costs with fractions.
        to_hits, to_rest = np.cumsum(hits) + self._hits, np.cumsum(rest) + self._rest
        self._hits, self._rest = int(to_hits[-1]), int(to_rest[-1])
        above, below = (self._positives - to_hits).astype(np.float64), (to_rest - rest).astype(np.float64)
        p, n = hits.astype(np.float64), rest.astype(np.float64)
        self._add_area(p, n, above=above, below=below)
        self._add_precision(p, n, above=above + p, beside=float(self._negatives) - below)

    def _add_area(self, hits: FloatArray, rest: FloatArray, *, above: FloatArray, below: FloatArray) -> None:
        """
        Placements: how many of the other outcome a row is ranked before, ties counting one half.

        Args:
            hits: Rows with the outcome, by score.
            rest: Rows without it.
            above: Rows with it above each score.
            below: Rows without it below each score.
        """
        beaten = below + rest * 0.5
        product = hits * beaten
        self._beaten += float(product.sum())
        self._beaten_squares += dot(product, beaten)
        before = above + hits * 0.5
        self._above_squares += dot(rest * before, before)

    def _add_precision(self, hits: FloatArray, rest: FloatArray, *, above: FloatArray, beside: FloatArray) -> None:
        """
        The precision at each score, and how far one row more or less moves that of others.

        Args:
            hits: Rows with the outcome, by score.
            rest: Rows without it.
            above: Rows with it at or above each score.
            beside: Rows without it at or above each score.
        """
        each = 1.0 / (above + beside)
        precision = above * each
        step = hits * each
        # Both sums at once, which takes as long as one of them.
        moved = np.empty(len(hits), dtype=np.complex128)
        moved.imag = step * precision
        moved.real = step - moved.imag
        moved = np.cumsum(moved) + self._gained
        self._gained = complex(moved[-1])
        pull, lost = precision + moved.real, np.ascontiguousarray(moved.imag)
        of_hits, of_rest = hits * pull, rest * lost
        self._precision += float((hits * precision).sum())
        self._pull_hits += [float(of_hits.sum()), dot(of_hits, pull)]
        self._pull_rest += [float(of_rest.sum()), dot(of_rest, lost)]

    def ranking(self) -> Ranking | None:
        """The result; None where only one class occurs."""
        p, n = float(self._positives), float(self._negatives)
        if not (p and n):
            return None
        # Placements as shares of the other outcome's rows; those of either outcome have the area as their mean.
        # Beyond 2^53 pairs of rows, rounding may leave more than all of them.
        area = min(self._beaten / p / n, 1.0)
        of_area = (
            _variance_of_mean(p, self._beaten / n, self._beaten_squares / n / n),
            _variance_of_mean(n, self._beaten / p, self._above_squares / p / p),
        )
        of_precision = _variance_of_mean(p, *self._pull_hits), (n / p) ** 2 * _variance_of_mean(n, *self._pull_rest)
        alone = min(p, n) < 2.0
        return Ranking(
            roc_auc=area,
            roc_auc_error=None if alone else math.sqrt(sum(of_area)),
            average_precision=self._precision / p,
            average_precision_error=None if alone else math.sqrt(sum(of_precision)),
            positives=self._positives,
            negatives=self._negatives,
        )


def _variance_of_mean(count: float, total: float, squares: float) -> float:
    """Of `count` numbers with this sum and sum of squares; 0 for fewer than two, and where only rounding is left."""
    if not count > 1.0:
        return 0.0
    spread = squares - total**2 / count
    return spread / (count - 1.0) / count if spread > _ROUNDING * squares else 0.0
