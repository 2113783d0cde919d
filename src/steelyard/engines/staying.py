"""
Rows that lie in the same slice on both sides.

Values are the same that are called the same. What is written otherwise than before (`1.0` for `1`, `Europe` for `EU`)
is told by its rows; bins of a number, which move with the numbers and with the test set, are told by their order.
Both sides are treated alike: of two exchangeable trainings that write a column, rows that stay favour neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from steelyard.engines.bins import bin_places

_FEW: Final = 10
"""Rows that may have moved without a doubt about the column: a handful of corrections."""

_FEW_OF_ALL: Final = 0.01
"""Likewise, as a share of all rows; see docs/method.md for what it lets pass."""

_FEW_OF_ONE: Final = 0.02
"""Likewise, of the rows of any one value on either side: a slice cannot lose what speaks against it."""


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


def few(cells: Sequence[Cell], stay: Sequence[Cell]) -> bool:
    """Whether so few rows have moved, of all and of each value, that the column is one that both sides share."""
    if total(cells) - total(stay) > max(_FEW, _FEW_OF_ALL * total(cells)):
        return False
    unmoved = frozenset(stay)
    sides: tuple[Callable[[Cell], str], ...] = (lambda cell: cell.mine, lambda cell: cell.other)
    for value_of in sides:
        rows, moved = Counter[str](), Counter[str]()
        for cell in cells:
            rows[value_of(cell)] += cell.rows
            moved[value_of(cell)] += 0 if cell in unmoved else cell.rows
        if any(moved[value] > max(_FEW, _FEW_OF_ONE * number) for value, number in rows.items()):
            return False
    return True


def total(cells: Iterable[Cell]) -> int:
    """The rows of all cells."""
    return sum(cell.rows for cell in cells)
