"""The scores of a prediction set whose rows pass by: `ScoreTotals` in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import ScoreArray
from steelyard.model.totals import Ranking, ScoreTotals
from steelyard.totals.binned import BinnedDistribution, BinnedRankSums
from steelyard.totals.distribution import Distribution, Mask
from steelyard.totals.forecasts import ForecastSums
from steelyard.totals.losses import LossSums, brier_losses
from steelyard.totals.ranking import RankSums
from steelyard.totals.shelf import Shelf

_BLOCK: Final = 1 << 16
"""Rows of several classes that are looked at together, so that what is made of them stays in a processor's cache."""

_SUM: Final = 1e-3
"""Probabilities of a row may miss a sum of 1 by this much."""

_FAR: Final = 0.01
"""Scores that are written with two digits sum to 1 within it."""

_MOST_AHEAD: Final = 100
"""Classes ahead of a row's own from which on rows are no longer told apart."""


class ScorePlan(Value, frozen=True, kw_only=True):
    """Which scores pass by."""

    classes: tuple[str, ...]
    """The label set in its order, then scored classes that no row has as its label."""
    positive: int | None
    """The code of the positive class of a binary set."""
    columns: tuple[int | None, ...]
    """Of each class, which of the columns has its scores; None: none, which only a class of a binary set may have."""


class Room(NamedTuple):
    """What may be used to tell all scores apart."""

    shelf: Shelf
    """Where one number of each row is kept."""
    memory: int
    """Bytes for the scores of several classes; beyond it they are not ranked."""
    binned: bool = False
    """Rank bins in place of the scores themselves."""


CodeArray: TypeAlias = NDArray[np.integer[Any]]
"""The code of a class, one a row."""

_Distribution: TypeAlias = Distribution | BinnedDistribution


class Faults:
    """
    What is wrong with the scores, in rows.

    Attributes:
        absent: With a missing score, by column.
        strange: With an infinite score, by column.
        unusable: With either in any column.
        outside: With a score outside 0 … 1.
        off: Whose scores do not sum to 1.
        far_off: Of these, those that no rounding to two digits explains.
    """

    def __init__(self, columns: int) -> None:
        self.absent, self.strange = np.zeros(columns, dtype=np.int64), np.zeros(columns, dtype=np.int64)
        self.unusable = self.outside = self.off = self.far_off = 0

    @property
    def improbable(self) -> bool:
        """Whether the scores are no probabilities."""
        return self.outside > 0 or self.off > 0

    def look(self, columns: Sequence[ScoreArray]) -> None:
        """Some more rows."""
        if not len(columns[0]):
            return
        bounds = [(float(one.min()), float(one.max())) for one in columns]
        if not all(least >= 0.0 and most <= 1.0 for least, most in bounds):
            self.absent += [np.count_nonzero(np.isnan(one)) for one in columns]
            self.strange += [np.count_nonzero(np.isinf(one)) for one in columns]
            self.unusable += _rows([~np.isfinite(one) for one in columns])
            self.outside += _rows([(one < 0.0) | (one > 1.0) for one in columns])
        if len(columns) > 1:
            total = np.zeros(len(columns[0]))
            for one in columns:
                total += one
            apart = np.abs(total - 1.0)
            if float(apart.max()) > _SUM:
                self.off += int(np.count_nonzero(apart > _SUM))
                self.far_off += int(np.count_nonzero(apart > _FAR))


def _rows(masks: Sequence[Mask]) -> int:
    return int(np.count_nonzero(np.logical_or.reduce(masks)))


class ScoreSums:
    """
    What is added up of the scores.

    Args:
        plan: Which scores there are.
        room: What may be used.

    Attributes:
        faults: What is wrong with them so far.
    """

    def __init__(self, plan: ScorePlan, room: Room) -> None:
        self._plan = plan
        self.faults = Faults(1 + max(column for column in plan.columns if column is not None))
        self._made: _Sums | None = (_OfSeveral if plan.positive is None else _OfTwo)(plan, room)

    def add(self, label: CodeArray, columns: Sequence[ScoreArray]) -> None:
        """
        Some more rows.

        Args:
            label: The code of each row's label.
            columns: Of each column its scores; NaN where one is missing.
        """
        self.faults.look(columns)
        if self.faults.unusable:
            self._made = None
        if self._made is not None:
            self._made.add(label, columns, probable=not self.faults.improbable)

    def totals(self, support: Sequence[int]) -> ScoreTotals:
        """
        The result.

        Args:
            support: Rows of each class.
        """
        plan, faults = self._plan, self.faults
        bare = ScoreTotals(
            classes=plan.classes,
            positive=None if plan.positive is None else plan.classes[plan.positive],
            support=tuple(support),
            missing=faults.unusable,
            outside=faults.outside,
            off=faults.off,
        )
        return bare if self._made is None else self._made.totals(bare)


class _Sums(Protocol):
    """What depends on how many classes there are."""

    def add(self, label: CodeArray, columns: Sequence[ScoreArray], *, probable: bool) -> None:
        """Some more rows with finite scores, which may still be probabilities or not."""

    def totals(self, bare: ScoreTotals) -> ScoreTotals:
        """The result; `bare` has what does not depend on it."""


class _OfTwo:
    """Two classes: nearly all is made of the distribution of one column's scores."""

    def __init__(self, plan: ScorePlan, room: Room) -> None:
        self._positive = plan.positive
        self._negative_alone = plan.positive is None or plan.columns[plan.positive] is None
        used = [column for column in plan.columns if column is not None]
        self._column = used[0] if self._negative_alone else plan.columns[plan.positive or 0] or 0
        self._other = next((column for column in used if column != self._column), None)
        self._binned = room.binned
        self._distribution: _Distribution = BinnedDistribution() if room.binned else Distribution(room.shelf)
        self._losses = LossSums()

    def add(self, label: CodeArray, columns: Sequence[ScoreArray], *, probable: bool) -> None:
        """See `_Sums.add`."""
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
        """See `_Sums.totals`."""
        distribution, probable = self._distribution, not (bare.outside or bare.off)
        forecasts = ForecastSums(rows=distribution.rows)
        ranks = _ranks(distribution)
        for scores in distribution.walk(down=self._negative_alone):
            ranks.add(scores)
            if not probable:
                continue
            positive, negative = self._both(scores.score)
            forecasts.add(structs.replace(scores, score=positive))
            for own, error, n in ((positive, positive - 1.0, scores.hits), (negative, positive, scores.rest)):
                if not self._binned:
                    self._losses.add_errors(error.astype(np.float64), n)
                    if self._other is None:
                        self._losses.add_own(own, n)
        ranking = ranks.ranking()
        made = structs.replace(bare, rankings={} if ranking is None else {bare.positive or "": ranking})
        return _with_losses(made, self._losses, forecasts) if probable else made

    def _both(self, score: ScoreArray) -> tuple[ScoreArray, ScoreArray]:
        """The probabilities of the positive and of the negative class, from those of the column."""
        other = np.float32(1.0) - score
        return (other, score) if self._negative_alone else (score, other)


class _OfSeveral:
    """More classes: losses row by row, and a distribution for each class."""

    def __init__(self, plan: ScorePlan, room: Room) -> None:
        self._plan, self._room = plan, room
        self._ranked: list[_Distribution] = [_distribution(room) for _ in plan.classes]
        self._top: _Distribution = BinnedDistribution() if room.binned else Distribution(room.shelf)
        self._losses = LossSums()
        self._ahead = np.zeros(_MOST_AHEAD + 1, dtype=np.int64)

    def add(self, label: CodeArray, columns: Sequence[ScoreArray], *, probable: bool) -> None:
        """See `_Sums.add`."""
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
        self._ahead += np.bincount(np.minimum(ahead, _MOST_AHEAD), minlength=_MOST_AHEAD + 1)
        if probable:
            self._top.add(top, best == label)
            self._losses.add_own(own)
            self._losses.add_brier(brier_losses(by_class, own))

    def totals(self, bare: ScoreTotals) -> ScoreTotals:
        """See `_Sums.totals`."""
        found = zip(self._plan.classes, map(_ranking, self._ranked), strict=False)
        made = structs.replace(
            bare,
            rankings={name: ranking for name, ranking in found if ranking is not None},
            ahead=tuple(self._ahead[: min(len(self._plan.classes), _MOST_AHEAD)].tolist()),
        )
        if bare.outside or bare.off:
            return made
        forecasts = ForecastSums(rows=self._top.rows)
        for scores in self._top.walk():
            forecasts.add(scores)
        return _with_losses(made, self._losses, forecasts)


def _distribution(room: Room) -> _Distribution:
    return BinnedDistribution() if room.binned else Distribution()


def _ranking(distribution: _Distribution) -> Ranking | None:
    ranks = _ranks(distribution)
    for scores in distribution.walk():
        ranks.add(scores)
    return ranks.ranking()


def _ranks(distribution: _Distribution) -> RankSums:
    counted = {"positives": distribution.hits, "negatives": distribution.rows - distribution.hits}
    return (BinnedRankSums if isinstance(distribution, BinnedDistribution) else RankSums)(**counted)


def _with_losses(made: ScoreTotals, losses: LossSums, forecasts: ForecastSums) -> ScoreTotals:
    return structs.replace(
        made,
        log_loss=losses.log_loss,
        clipped=losses.clipped,
        brier=losses.brier,
        calibration=forecasts.cells(),
    )
