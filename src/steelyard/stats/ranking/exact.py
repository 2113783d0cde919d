"""
ROC AUC and average precision of one side over very many rows: exact, with next to no memory beside the sorted scores.

A score and its label are packed into one unsigned number that sorts as the score does: 32 bits for scores in [0, 1],
64 otherwise. In numpy sorting these in place costs less than a histogram, and has no error to state. The sorted
numbers are walked in blocks, so nothing else is as long as the rows. The same walk adds up the squares of DeLong's
placements and of average precision's influence values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, ScoreArray
from steelyard.stats.ranking.delong import ordered_keys
from steelyard.stats.scores.scored import Mask

_BLOCK = 1 << 14
"""Rows in a block: its arrays stay in a processor's cache."""

_ROUNDING = 1e-13


class Ranking(Value, frozen=True, kw_only=True):
    """Both values, and their standard errors with the number of positives taken as given."""

    roc_auc: float
    roc_auc_error: float
    """DeLong's."""
    average_precision: float
    average_precision_error: float
    positives: int
    negatives: int


def exact_auc(label: Mask, score: ScoreArray) -> float:
    """`roc_auc_score(label, score)` for finite scores; NaN where only one class occurs."""
    return exact_ranking(label, score).roc_auc


def exact_ranking(label: Mask, score: ScoreArray) -> Ranking:
    """
    Rank all rows.

    Args:
        label: Whether each row is positive.
        score: Finite.

    Returns:
        NaN where only one class occurs, and errors of NaN where a class has a single row.
    """
    keys = _packed(label, score)
    keys.sort()
    sums = _Sums(positives=int(np.count_nonzero(label)), rows=len(keys))
    if sums.positives and sums.negatives:
        for hits, rest in _groups(keys):
            sums.add(hits, rest)
    return sums.ranking()


def _packed(label: Mask, score: ScoreArray) -> NDArray[np.uint32] | NDArray[np.uint64]:
    """Score and label as one number for each row."""
    small = len(score) == 0 or bool(score.min() >= 0.0 and score.max() <= 1.0)
    keys: NDArray[np.uint32] | NDArray[np.uint64] = (
        np.empty(len(score), np.uint32) if small else np.empty(len(score), np.uint64)
    )
    for start in range(0, len(score), _BLOCK):
        here = slice(start, start + _BLOCK)
        if small:
            bits = (score[here].astype(np.float32) + np.float32(0.0)).view(np.uint32)
        else:
            bits = ordered_keys(score[here]).astype(np.uint64)
        keys[here] = (bits << bits.dtype.type(1)) | label[here].astype(bits.dtype)
    return keys


def _groups(keys: NDArray[np.uint32] | NDArray[np.uint64]) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Positives and negatives of each distinct score, from the lowest on, some scores at a time."""
    one = keys.dtype.type(1)
    low = 0
    while low < len(keys):
        high = min(low + _BLOCK, len(keys))
        if high < len(keys):
            # A block ends where a group does; a group longer than a block is counted by bisection.
            high = int(np.searchsorted(keys, keys[high] & ~one, side="left"))
            if high == low:
                middle = int(np.searchsorted(keys, keys[low] | one, side="left"))
                high = int(np.searchsorted(keys, keys[low] | one, side="right"))
                yield np.array([float(high - middle)]), np.array([float(middle - low)])
                low = high
                continue
        block = keys[low:high]
        score = block >> one
        start = np.flatnonzero(np.concatenate([[True], score[1:] != score[:-1]]))
        size = np.diff(np.append(start, len(block))).astype(np.float64)
        hits = np.add.reduceat((block & one).astype(np.float64), start)
        yield hits, size - hits
        low = high


class _Sums:
    """What is added up on the way; see `placements` and `average_precision` for the formulas."""

    def __init__(self, *, positives: int, rows: int) -> None:
        self.positives, self.negatives = positives, rows - positives
        self._hits = self._rest = 0.0
        self._gained = self._lost = 0.0
        self._area = self._area_hits = self._area_rest = 0.0
        self._precision = 0.0
        self._pull_hits = np.zeros(2)
        self._pull_rest = np.zeros(2)

    def add(self, hits: FloatArray, rest: FloatArray) -> None:
        """The next groups."""
        p, n = float(self.positives), float(self.negatives)
        to_hits, to_rest = self._hits + np.cumsum(hits), self._rest + np.cumsum(rest)
        beats = (to_rest - rest / 2.0) / n
        beaten = 1.0 - (to_hits - hits / 2.0) / p
        self._area += _total(hits, beats)
        self._area_hits += _total(hits, beats**2)
        self._area_rest += _total(rest, beaten**2)
        above, beside = p - to_hits + hits, n - to_rest + rest
        seen = above + beside
        precision = above / seen
        self._precision += _total(hits, precision)
        gained = self._gained + np.cumsum(hits * beside / seen**2)
        lost = self._lost + np.cumsum(hits * above / seen**2)
        pull = precision + gained
        self._pull_hits += [_total(hits, pull), _total(hits, pull**2)]
        self._pull_rest += [_total(rest, lost), _total(rest, lost**2)]
        self._gained, self._lost = float(gained[-1]), float(lost[-1])
        self._hits, self._rest = float(to_hits[-1]), float(to_rest[-1])

    def ranking(self) -> Ranking:
        """The result."""
        p, n = float(self.positives), float(self.negatives)
        known = p > 0.0 and n > 0.0
        area = self._area / p if known else math.nan
        of_area = _variance_of_mean(p, area * p, self._area_hits) + _variance_of_mean(n, area * n, self._area_rest)
        of_rest = _variance_of_mean(n, *self._pull_rest)
        return Ranking(
            roc_auc=area,
            roc_auc_error=math.sqrt(of_area),
            average_precision=self._precision / p if known else math.nan,
            average_precision_error=math.sqrt(_variance_of_mean(p, *self._pull_hits) + (n / p) ** 2 * of_rest)
            if known
            else math.nan,
            positives=self.positives,
            negatives=self.negatives,
        )


def _total(weight: FloatArray, values: FloatArray) -> float:
    """Σ weight · value; blocks are too short for the threads that a matrix product would start."""
    return float((weight * values).sum())


def _variance_of_mean(count: float, total: float, squares: float) -> float:
    """Of `count` numbers with this sum and sum of squares; NaN for fewer than two, 0 where only rounding is left."""
    if not count > 1.0:
        return math.nan
    spread = squares - total**2 / count
    return spread / (count - 1.0) / count if spread > _ROUNDING * squares else 0.0
