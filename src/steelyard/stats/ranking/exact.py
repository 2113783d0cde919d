"""ROC AUC and average precision of one side over very many rows: exact, with next to no memory beside the scores."""

from __future__ import annotations

from typing import Final

from steelyard.model.counts import ScoreArray
from steelyard.model.totals import Ranking
from steelyard.stats.scores.scored import Mask
from steelyard.totals.distribution import Distribution
from steelyard.totals.ranking import RankSums

_BLOCK: Final = 1 << 17
"""Rows that are handed over at a time."""


def exact_ranking(label: Mask, score: ScoreArray) -> Ranking | None:
    """
    Rank all rows.

    Args:
        label: Whether each row is positive.
        score: Finite.

    Returns:
        None where only one class occurs.
    """
    distribution = Distribution()
    for start in range(0, len(label), _BLOCK):
        distribution.add(score[start : start + _BLOCK], label[start : start + _BLOCK])
    sums = RankSums(positives=distribution.hits, negatives=distribution.rows - distribution.hits)
    for scores in distribution.walk():
        sums.add(scores)
    return sums.ranking()
