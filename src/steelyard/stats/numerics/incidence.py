"""Which sums a cell counts in: adding up cells by group, for many draws at once, and back from groups to cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray


class Incidence(Value, frozen=True, kw_only=True):
    """
    Cell `cell[i]` counts in group `group[i]`; a cell may count in one group, in several, or in none.

    The rows of a label are the cells with that label: one group each. Where labels are sets, a cell is in each of them.
    """

    cell: IntArray
    group: IntArray
    cells: int
    groups: int

    @classmethod
    def of_codes(cls, codes: IntArray, *, groups: int) -> Incidence:
        """Each cell in the group of its code; codes of `groups` and above are in none."""
        cell = np.flatnonzero(codes < groups)
        return cls(cell=cell, group=codes[cell], cells=len(codes), groups=groups)

    def adder(self) -> Callable[[FloatArray], FloatArray]:
        """
        A function from weights of the cells, `(draws, cells)`, to their sums, `(draws, groups)`.

        Cells are sorted by group and added up. (A product with an indicator matrix is faster on an idle machine, and
        ten times slower on a busy one: the library that does it starts threads, which then wait for each other.)
        """
        order = np.argsort(self.group, kind="stable")
        cell = self.cell[order]
        groups, starts = np.unique(self.group[order], return_index=True)
        in_place = np.array_equal(cell, np.arange(self.cells))

        def add(weights: FloatArray) -> FloatArray:
            added = np.zeros((weights.shape[0], self.groups))
            if len(starts):
                added[:, groups] = np.add.reduceat(weights if in_place else weights[:, cell], starts, axis=1)
            return added

        return add

    def add(self, weights: IntArray | FloatArray) -> FloatArray:
        """The sums of one array of weights, `(cells,)` to `(groups,)`."""
        return np.bincount(self.group, weights[self.cell], self.groups).astype(np.float64)

    def spread(self, of_group: FloatArray) -> FloatArray:
        """The sum over each cell's groups of a number a group, `(groups,)` to `(cells,)`: the transpose of `add`."""
        return np.bincount(self.cell, of_group[self.group], self.cells).astype(np.float64)
