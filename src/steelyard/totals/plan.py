"""Which scores pass by, what may be used to add them up, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import ScoreArray
from steelyard.totals.distribution import Mask
from steelyard.totals.shelf import Shelf

_SUM: Final = 1e-3
"""Probabilities of a row may miss a sum of 1 by this much."""

_FAR: Final = 0.01
"""Scores that are written with two digits sum to 1 within it."""


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
            with np.errstate(invalid="ignore"):  # infinite ones of both signs, which are counted above
                for one in columns:
                    total += one
            apart = np.abs(total - 1.0)
            if float(apart.max()) > _SUM:
                self.off += int(np.count_nonzero(apart > _SUM))
                self.far_off += int(np.count_nonzero(apart > _FAR))


def _rows(masks: Sequence[Mask]) -> int:
    return int(np.count_nonzero(np.logical_or.reduce(masks)))
