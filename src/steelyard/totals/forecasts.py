"""
Rows by their predicted probability, in groups of neighbours: what calibration is seen in.

The rows are cut at the ranks i · n / 750, in the order of their scores; rows of one score are never separated, so there
are as many cells, or fewer. A cell starts where a score is that holds a cut.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from steelyard.model.counts import FloatArray
from steelyard.model.totals import Neighbours
from steelyard.totals.distribution import Scores

CELLS: Final = 750
"""At most so many."""


class ForecastSums:
    """
    The cells, filled in the order of the scores.

    Args:
        rows: How many there are in all.
    """

    def __init__(self, *, rows: int) -> None:
        self._cuts = np.arange(1, CELLS) * rows // CELLS
        self._passed = 0
        self._cell = 0
        self._sums = np.zeros((3, CELLS))

    def add(self, scores: Scores) -> None:
        """The next distinct scores."""
        n = scores.hits + scores.rest
        to = np.cumsum(n) + self._passed
        here = self._cuts[slice(*np.searchsorted(self._cuts, (self._passed, to[-1])))]
        starts = np.unique(np.searchsorted(to, here, side="right"))
        # The scores before the first start belong to the cell before.
        first = self._cell + (len(starts) > 0 and starts[0] == 0)
        starts = np.union1d(starts, 0)
        cells = slice(first, first + len(starts))
        self._sums[:, cells] += [np.add.reduceat(values, starts) for values in (n, n * scores.score, scores.hits)]
        self._passed, self._cell = int(to[-1]), cells.stop - 1

    def cells(self) -> tuple[Neighbours, ...]:
        """The result."""
        n, score, hits = self._sums[:, self._sums[0] > 0.0]
        mean: FloatArray = score / n
        rows = zip(n.astype(np.int64).tolist(), mean.tolist(), hits.astype(np.int64).tolist(), strict=True)
        return tuple(Neighbours(n=n, score=score, hits=hits) for n, score, hits in rows)
