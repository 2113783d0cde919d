"""
Rows that lie in the same slice on both sides.

Values are the same that are called the same. What is written otherwise than before (`1.0` for `1`, `Europe` for `EU`)
is told by its rows; bins of a number, which move with the numbers and with the test set, are told by their order.
Both sides are treated alike: of two exchangeable trainings that write a column, rows that stay favour neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from steelyard.engines.bins import bin_places

_FEW: Final = 10
"""Rows that may have moved without a doubt about the column: a handful of corrections."""

_FEW_OF_ALL: Final = 0.01
"""Likewise, as a share; see docs/method.md for what it lets pass."""


class Cell(NamedTuple):
    """The rows that have this value of a slice column in this change, and that one in the baseline."""

    mine: str
    other: str
    rows: int


def staying(cells: Sequence[Cell]) -> list[Cell]:
    """The cells whose rows lie in the same slice on both sides; no pair of values is twice among `cells`."""
    ours, theirs = Counter[str](), Counter[str]()
    for cell in cells:
        ours[cell.mine] += cell.rows
        theirs[cell.other] += cell.rows
    places = [bin_places(values) for values in (ours, theirs)]
    if places[0] and len(places[0]) == len(places[1]):
        return [cell for cell in cells if places[0].get(cell.mine) == places[1].get(cell.other)]

    def same(cell: Cell) -> bool:
        if cell.mine in theirs or cell.other in ours:
            return cell.mine == cell.other
        return 2 * cell.rows > max(ours[cell.mine], theirs[cell.other])

    return [cell for cell in cells if same(cell)]


def few(moved: int, rows: int) -> bool:
    """Whether so many of these rows may have moved in a column that both sides share."""
    return moved <= max(_FEW, _FEW_OF_ALL * rows)


def total(cells: Iterable[Cell]) -> int:
    """The rows of all cells."""
    return sum(cell.rows for cell in cells)
