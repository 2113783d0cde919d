"""The scores of two classes: nearly all is made of the distribution of one column's scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import structs

from steelyard.model.counts import ScoreArray
from steelyard.model.totals import ScoreTotals
from steelyard.totals.beside import for_each
from steelyard.totals.distribution import Mask, Scores, longer
from steelyard.totals.forecasts import ForecastSums
from steelyard.totals.losses import LossSums
from steelyard.totals.plan import CodeArray, Room, ScorePlan
from steelyard.totals.ranked import ranks_of, told_apart, with_losses

_AT_ONCE: Final = 1 << 17
"""Scores that are handed to threads: with fewer, they wait for the interpreter more than the cache saves."""


class OfTwo:
    """The sums of two classes."""

    def __init__(self, plan: ScorePlan, room: Room) -> None:
        self._positive = plan.positive
        self._negative_alone = plan.positive is None or plan.columns[plan.positive] is None
        used = [column for column in plan.columns if column is not None]
        self._column = used[0] if self._negative_alone else plan.columns[plan.positive or 0] or 0
        self._other = next((column for column in used if column != self._column), None)
        self._binned = room.binned
        self._distribution = told_apart(room, room.shelf)
        self._losses = LossSums()

    def add(self, label: CodeArray, columns: Sequence[ScoreArray], *, probable: bool) -> None:
        """See `Sums.add`."""
        hit: Mask = label == self._positive
        score = columns[self._column]
        self._distribution.add(score, hit)
        if not probable or not (self._binned or self._other is not None):
            return
        positive, negative = self._both(score)
        negative = negative if self._other is None else columns[self._other]
        self._losses.add_own(np.where(hit, positive, negative))
        if self._binned:
            self._losses.add_errors(positive.astype(np.float64) - hit)

    def totals(self, bare: ScoreTotals) -> ScoreTotals:
        """See `Sums.totals`."""
        distribution, probable = self._distribution, not (bare.outside or bare.off)
        forecasts, ranks = ForecastSums(rows=distribution.rows), ranks_of(distribution)

        def predicted(scores: Scores) -> None:
            positive, negative = self._both(scores.score)
            forecasts.add(structs.replace(scores, score=positive))
            for own, error, n in ((positive, positive - 1.0, scores.hits), (negative, positive, scores.rest)):
                if not self._binned:
                    self._losses.add_errors(error.astype(np.float64), n)
                    if self._other is None:
                        self._losses.add_own(own, n)

        walk = longer(distribution.walk(down=self._negative_alone), _AT_ONCE)
        for_each(walk, ranks.add, *([predicted] if probable else []))
        ranking = ranks.ranking()
        made = structs.replace(bare, rankings={} if ranking is None else {bare.positive or "": ranking})
        return with_losses(made, self._losses, forecasts) if probable else made

    def _both(self, score: ScoreArray) -> tuple[ScoreArray, ScoreArray]:
        """The probabilities of the positive and of the negative class, from those of the column."""
        other = np.float32(1.0) - score
        return (other, score) if self._negative_alone else (score, other)
