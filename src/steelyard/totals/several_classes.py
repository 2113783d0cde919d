"""The scores of more than two classes: losses row by row, and a distribution for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import structs

from steelyard.model.counts import ScoreArray
from steelyard.model.totals import ScoreTotals
from steelyard.totals.forecasts import ForecastSums
from steelyard.totals.losses import LossSums, brier_losses
from steelyard.totals.plan import CodeArray, Room, ScorePlan
from steelyard.totals.ranked import ranks_of, told_apart, with_losses
from steelyard.totals.shelf import MemoryShelf

_BLOCK: Final = 1 << 16
"""Rows that are looked at together, so that what is made of them stays in a processor's cache."""

MOST_AHEAD: Final = 100
"""Classes ahead of a row's own from which on rows are no longer told apart."""


class OfSeveral:
    """The sums of more than two classes."""

    def __init__(self, plan: ScorePlan, room: Room) -> None:
        self._plan, self._room = plan, room
        self._ranked = [told_apart(room, MemoryShelf()) for _ in plan.classes]
        self._top = told_apart(room, room.shelf)
        self._losses = LossSums()
        self._ahead = np.zeros(MOST_AHEAD + 1, dtype=np.int64)

    def add(self, label: CodeArray, columns: Sequence[ScoreArray], *, probable: bool) -> None:
        """See `Sums.add`."""
        by_class = [columns[column or 0] for column in self._plan.columns]
        for code, (distribution, score) in enumerate(zip(self._ranked, by_class, strict=False)):
            distribution.add(score, label == code)
        if sum(one.bytes for one in self._ranked) > self._room.memory:
            self._ranked = []
        for start in range(0, len(label), _BLOCK):
            here = slice(start, start + _BLOCK)
            self._look(label[here], [score[here] for score in by_class], probable=probable)

    def _look(self, label: CodeArray, by_class: Sequence[ScoreArray], *, probable: bool) -> None:
        own, top, best = by_class[0].copy(), by_class[0], np.zeros(len(label), dtype=np.int32)
        for code, score in enumerate(by_class):
            np.copyto(own, score, where=label == code)
            np.copyto(best, code, where=score > top)
            top = np.maximum(top, score)
        # Of classes with one score, the later one comes first, as in scikit-learn's `top_k_accuracy_score`.
        ahead = np.zeros(len(label), dtype=np.int32)
        for code, score in enumerate(by_class):
            ahead += np.where(label < code, score >= own, score > own)
        self._ahead += np.bincount(np.minimum(ahead, MOST_AHEAD), minlength=MOST_AHEAD + 1)
        if probable:
            self._top.add(top, best == label)
            self._losses.add_own(own)
            self._losses.add_brier(brier_losses(by_class, own))

    def totals(self, bare: ScoreTotals) -> ScoreTotals:
        """See `Sums.totals`."""
        rankings = {}
        for name, distribution in zip(self._plan.classes, self._ranked, strict=False):
            ranks = ranks_of(distribution)
            for scores in distribution.walk():
                ranks.add(scores)
            if (ranking := ranks.ranking()) is not None:
                rankings[name] = ranking
        made = structs.replace(
            bare,
            rankings=rankings,
            ahead=tuple(self._ahead[: min(len(self._plan.classes), MOST_AHEAD)].tolist()),
        )
        if bare.outside or bare.off:
            return made
        forecasts = ForecastSums(rows=self._top.rows)
        for scores in self._top.walk():
            forecasts.add(scores)
        return with_losses(made, self._losses, forecasts)
