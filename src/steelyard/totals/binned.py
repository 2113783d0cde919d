"""
The distribution of scores in about a million bins: for tables whose scores shall take neither memory nor disk.

Ranking by bins takes scores of one bin for equal, and how far that may lead astray is computed from the bins. A bin of
[0, 1] is a range of float32 patterns of the distance to the nearer end, so that scores close to 0 and scores close to 1
are told apart equally well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import structs

from steelyard.model.counts import FloatArray, IntArray, ScoreArray
from steelyard.model.totals import Ranking
from steelyard.totals.distribution import Mask, Scores
from steelyard.totals.keys import ordered_keys
from steelyard.totals.ranking import RankSums

_SHIFT: Final = 11
_OUTSIDE_SHIFT: Final = 13
_HALF: Final = int(np.float32(0.5).view(np.uint32))
_MIDDLE: Final = 1 << 31
"""The key of 0, of all numbers."""

_ABOVE: Final = int(ordered_keys(np.ones(1, np.float32))[0]) - _MIDDLE
"""The key of 1, seen from that of 0."""

_BELOW: Final = (_MIDDLE >> _OUTSIDE_SHIFT) + 1
"""Bins of scores below 0."""

_WITHIN: Final = (2 * _HALF >> _SHIFT) + 1
"""Bins of [0, 1]."""

BINS: Final = _BELOW + _WITHIN + ((_MIDDLE - _ABOVE) >> _OUTSIDE_SHIFT) + 1
_COUNTED: Final = 1 << 20
"""Rows that are counted at a time."""


class BinnedDistribution:
    """As `Distribution`, in constant memory; the scores of a walk are those of the bins' middles."""

    def __init__(self) -> None:
        self._n = np.zeros(2 * BINS, dtype=np.int64)
        self._held: list[IntArray] = []
        self._used = 0
        self.hits = 0
        """Rows with the outcome."""
        self.rows = 0
        """All rows."""

    @property
    def bytes(self) -> int:
        """What it takes."""
        return self._n.nbytes

    def add(self, score: ScoreArray, hit: Mask) -> None:
        """Some more rows; scores are finite."""
        self.rows += len(score)
        self.hits += int(np.count_nonzero(hit))
        self._held.append(2 * _bin(score) + hit)
        self._used += len(score)
        if self._used >= _COUNTED:
            self._count()

    def walk(self, *, down: bool = False) -> Iterator[Scores]:
        """All bins with a row from the lowest to the highest, or all the way down."""
        self._count()
        rest, hits = self._n[0::2], self._n[1::2]
        found = np.flatnonzero(rest + hits)[:: -1 if down else 1]
        if len(found):
            yield Scores(score=_middles(found), hits=hits[found], rest=rest[found])

    def _count(self) -> None:
        if self._held:
            self._n += np.bincount(np.concatenate(self._held), minlength=2 * BINS)
        self._held, self._used = [], 0


class BinnedRankSums(RankSums):
    """Also by how much the ranking of bins may differ from that of their scores."""

    def __init__(self, *, positives: int, negatives: int) -> None:
        super().__init__(positives=positives, negatives=negatives)
        self._above, self._beside = float(positives), float(negatives)
        self._ties = self._more = self._less = 0.0

    def add(self, scores: Scores) -> None:
        """See `RankSums.add`."""
        super().add(scores)
        hits, rest = scores.hits.astype(np.float64), scores.rest.astype(np.float64)
        self._ties += float((hits * rest).sum()) / 2.0
        # Positives and others in bins above this one.
        above, beside = self._above - np.cumsum(hits), self._beside - np.cumsum(rest)
        taken = _precision(above + hits, beside + rest)
        # At best all positives of a bin come before the others, at worst after them.
        self._more += float((hits * (_precision(above + hits, beside) - taken)).sum())
        self._less += float((hits * (taken - _precision(above + 1.0, beside + rest))).sum())
        self._above, self._beside = float(above[-1]), float(beside[-1])

    def ranking(self) -> Ranking | None:
        """See `RankSums.ranking`."""
        made = super().ranking()
        if made is None:
            return None
        return structs.replace(
            made,
            bins=BINS,
            roc_auc_bound=self._ties / made.positives / made.negatives,
            average_precision_bound=max(self._more, self._less) / made.positives,
        )


def _precision(above: FloatArray, beside: FloatArray) -> FloatArray:
    seen = above + beside
    return np.divide(above, seen, out=np.ones_like(seen), where=seen > 0.0)


def _bin(score: ScoreArray) -> IntArray:
    """The bin of each score."""
    keys = ordered_keys(score).astype(np.int64) - _MIDDLE
    if len(keys) and keys.min() >= 0 and keys.max() <= _ABOVE:
        return _BELOW + _bin_within(score)
    outside = np.where(
        keys < 0, (keys + _MIDDLE) >> _OUTSIDE_SHIFT, _BELOW + _WITHIN + ((keys - _ABOVE) >> _OUTSIDE_SHIFT)
    )
    within = (keys >= 0) & (keys <= _ABOVE)
    return np.where(within, _BELOW + _bin_within(np.clip(score, np.float32(0.0), np.float32(1.0))), outside)


def _bin_within(score: ScoreArray) -> IntArray:
    """The bin of each score within [0, 1]; 1 - score is exact for scores above a half."""
    far = score > np.float32(0.5)
    near = np.where(far, np.float32(1.0) - score, score + np.float32(0.0)).view(np.uint32).astype(np.int64)
    bins: IntArray = np.where(far, 2 * _HALF - near, near) >> _SHIFT
    return bins


def _middles(bins: IntArray) -> ScoreArray:
    """A score of each bin; of those outside [0, 1] the nearer end."""
    key = ((np.clip(bins - _BELOW, 0, _WITHIN - 1) << _SHIFT) + (1 << _SHIFT - 1)).clip(0, 2 * _HALF)
    far = key > _HALF
    near = np.where(far, 2 * _HALF - key, key).astype(np.uint32).view(np.float32)
    return np.where(far, np.float32(1.0) - near, near)
