"""What is ranked: all scores, or bins of them, as configured."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import structs

from steelyard.model.totals import ScoreTotals
from steelyard.totals.binned import BinnedDistribution, BinnedRankSums
from steelyard.totals.distribution import Distribution
from steelyard.totals.forecasts import ForecastSums
from steelyard.totals.losses import LossSums
from steelyard.totals.plan import Room
from steelyard.totals.ranking import RankSums
from steelyard.totals.shelf import Shelf

AnyDistribution: TypeAlias = Distribution | BinnedDistribution


def told_apart(room: Room, shelf: Shelf) -> AnyDistribution:
    """An empty distribution."""
    return BinnedDistribution() if room.binned else Distribution(shelf)


def ranks_of(distribution: AnyDistribution) -> RankSums:
    """The sums for its ranking, with nothing in them."""
    kind = BinnedRankSums if isinstance(distribution, BinnedDistribution) else RankSums
    return kind(positives=distribution.hits, negatives=distribution.rows - distribution.hits)


def with_losses(made: ScoreTotals, losses: LossSums, forecasts: ForecastSums) -> ScoreTotals:
    """The same with what probabilities have beyond ranks."""
    return structs.replace(
        made,
        log_loss=losses.log_loss,
        clipped=losses.clipped,
        brier=losses.brier,
        calibration=forecasts.cells(),
    )
