"""
When a few of many clusters carry an estimate.

A t interval leans on a mean of clusters that are about alike. Where a change is far worse in one cluster of a hundred,
the samples with none of these look harmless, and those with one rest on it alone: of 400 clusters of 20 rows, 1% of
which had 80 points less, 95% intervals missed in 10% of simulated test sets. So clusters are looked at as rows are
(`carriers`, `tails`).
"""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.carriers import FEWEST_CARRIERS, equal_ones
from steelyard.stats.intervals.tails import tails

CLUSTERS = "clusters"


def few_carry(pulled: Sequence[FloatArray]) -> str:
    """
    Why a difference and its two values have no interval; empty: they have.

    In the values the clusters may look alike. But a test set with few of the clusters in which the two sides differ is
    one on which the worse side looks better than it is: of such samples of 500 clusters its interval missed the truth in 13%.

    Args:
        pulled: The `Sampling.pulls` of each estimate that it rests on, `(clusters,)`; empty ones are not looked at.
    """
    resting = min((found for one in pulled if (found := equal_ones(one))), default=FEWEST_CARRIERS)
    if resting >= FEWEST_CARRIERS:
        return ""
    return f"too few clusters carry it: they count as {resting:.2g} equal ones, {FEWEST_CARRIERS:.0f} needed"


def lumps(pulled: Sequence[FloatArray]) -> tuple[str, ...]:
    """The caveats of `tails`, of clusters."""
    return tails(pulled, what=CLUSTERS)
