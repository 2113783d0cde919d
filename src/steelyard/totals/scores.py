"""The scores of a prediction set whose rows pass by: `ScoreTotals` in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from steelyard.model.counts import ScoreArray
from steelyard.model.totals import ScoreTotals
from steelyard.totals.beside import Beside
from steelyard.totals.memory import keep_freed_memory
from steelyard.totals.plan import CodeArray, Faults, Room, ScorePlan
from steelyard.totals.several_classes import OfSeveral
from steelyard.totals.two_classes import OfTwo

_AHEAD: Final = 8
"""Batches that may wait; with fewer, whoever hands them over waits a tenth of the time."""

_BATCH: Final = 1 << 17
"""Rows of one, about."""

_SHARE: Final = 16
"""Of the memory for scores, what may wait is one in so many, or two batches."""


class Sums(Protocol):
    """What depends on how many classes there are."""

    def add(self, label: CodeArray, columns: Sequence[ScoreArray], *, probable: bool) -> None:
        """Some more rows with finite scores, which may still be probabilities or not."""

    def totals(self, bare: ScoreTotals) -> ScoreTotals:
        """The result; `bare` has what does not depend on it."""


class ScoreSums:
    """
    What is added up of the scores, in a thread beside the one that hands them over.

    Args:
        plan: Which scores there are.
        room: What may be used.

    Attributes:
        faults: What is wrong with them, once `totals` was asked for.
    """

    def __init__(self, plan: ScorePlan, room: Room) -> None:
        self._plan = plan
        self.faults = Faults(1 + max(column for column in plan.columns if column is not None))
        self._made: Sums | None = (OfSeveral if plan.positive is None else OfTwo)(plan, room)
        waiting = room.memory // _SHARE // (_BATCH * len(self.faults.absent) * 4)
        self._beside = Beside(ahead=min(max(waiting, 2), _AHEAD))
        keep_freed_memory()

    def add(self, label: CodeArray, columns: Sequence[ScoreArray]) -> None:
        """
        Some more rows.

        Args:
            label: The code of each row's label.
            columns: Of each column its scores; NaN where one is missing. They are not copied, and read until `totals`.
        """
        self._beside.give(self._add, label, columns)

    def close(self) -> None:
        """End what is going on beside; nothing is done where it has ended."""
        self._beside.close()

    def _add(self, label: CodeArray, columns: Sequence[ScoreArray]) -> None:
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
        self._beside.finish()
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
