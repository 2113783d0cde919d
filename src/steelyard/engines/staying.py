"""
Rows that lie in the same slice on both sides: only these are compared within it.

A slice is a sample that both models share. Where a training writes the column itself (its confidence, its prediction,
the length of its answer), the rows of a slice are picked by the luck of one side and measured on the same rows; of two
exchangeable trainings the one whose confidence sorts the rows looks better where it is sure (regression to the mean).
Rows that both sides put into the same slice are picked by both alike, and favour neither.

Values are the same that are called the same. What is written otherwise than before (`1.0` for `1`, `Europe` for `EU`)
is told by its rows, and bins of a number, which move with the numbers, are told by their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from steelyard.engines.bins import bin_places, overlap

_FEW: Final = 10
"""Rows that may lie in another bin for certain without a doubt about the others: a handful of corrections."""

_FEW_OF_ALL: Final = 0.01
"""Likewise, as a share."""


class Cell(NamedTuple):
    """The rows that have this value of a slice column in this change, and that one in the baseline."""

    mine: str
    other: str
    rows: int


def staying(cells: Sequence[Cell], *, same_rows: bool) -> list[Cell]:
    """
    Those cells whose rows lie in the same slice on both sides.

    Args:
        cells: Of one slice column; no pair of values twice.
        same_rows: The test sets have the same rows. Otherwise the bins of a number move under values that are what they
            were: then rows have another value only where their two bins have no number in common. More than a few such
            rows show that the values themselves are others.
    """
    if not same_rows:
        meet = [cell for cell in cells if cell.mine == cell.other or overlap(cell.mine, cell.other)]
        rows, lost = _rows(cells), _rows(cells) - _rows(meet)
        if any(cell.mine != cell.other for cell in meet) and lost <= max(_FEW, _FEW_OF_ALL * rows):
            return meet
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


def _rows(cells: Iterable[Cell]) -> int:
    return sum(cell.rows for cell in cells)
