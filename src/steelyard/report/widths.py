"""How wide the columns of a table in a terminal are, so that neither numbers nor words are broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

GAP = 2
"""Blanks between two columns."""

NARROWEST = 8
"""Names are broken before numbers and verdicts are, into pieces of at least this width."""


class Needs(NamedTuple):
    """What a column needs, in cells of the terminal."""

    natural: int
    """For each of its lines to stand whole."""
    least: int
    """For its longest word."""
    is_number: bool


def fitted(columns: Sequence[Needs], *, width: int) -> Sequence[int] | None:
    """
    Widths of columns that fill no more than the terminal's; None where words must be broken, or numbers.

    Text is broken between its words, the last column before the first. Where that is not enough, the widest numbers
    are: differences, with their intervals below them. The first text, the names, is broken last, and within words.
    """
    room = width - GAP * (len(columns) - 1)
    texts = [i for i, column in enumerate(columns) if not column.is_number]
    numbers = [i for i, column in enumerate(columns) if column.is_number]
    natural, least = [one.natural for one in columns], [one.least for one in columns]
    below, narrow = natural.copy(), least.copy()
    if numbers:
        widest = max(numbers, key=natural.__getitem__)
        below[widest] = least[widest]
    if texts:
        narrow[texts[0]] = min(NARROWEST, least[texts[0]])
    for start, floors in ((natural, least), (below, least), (below, narrow)):
        widths = start.copy()
        for i in reversed(texts):
            excess = max(0, sum(widths) - room)
            widths[i] = max(floors[i], widths[i] - excess)
        if sum(widths) <= room:
            return widths
    return None
