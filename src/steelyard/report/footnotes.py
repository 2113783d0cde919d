"""
What must be known to read a row's interval: said in the row where it is short, else once below the table.

A remark of several rows is said once, with their names; a mark in the row leads to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from steelyard.model.comparison import Row
from steelyard.model.report import Footnote
from steelyard.report.escape import clean

IN_CELL = 60
"""Characters of a remark that a row has room for."""

REASON_IN_CELL = 90
"""Characters of the verdict's reason that a row has room for, where no other row has the same."""

MOST = 6
"""Remarks below one table."""

_CAVEATS = 10
"""Caveats of one row that are read."""
_CAVEATS_IN_CELL = 2
_LIMIT = 300
_NAMED = 3
_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Remarks(NamedTuple):
    """What is said of one row, and where."""

    reason: str
    """In the row."""
    caveats: tuple[str, ...]
    """In the row."""
    marks: tuple[str, ...]
    """Of what is said below the table."""


class Footnotes(NamedTuple):
    """What is said of the rows of a table, row by row and below it."""

    remarks: tuple[Remarks, ...]
    below: tuple[Footnote, ...]
    left_out: int


def footnotes(rows: Sequence[Row], names: Sequence[str]) -> Footnotes:
    """
    Sort the reasons and caveats of a table's rows into what stands in them and what stands below.

    Args:
        rows: Of one table, in their order.
        names: What the table calls them.
    """
    reasons = [_reason(row) for row in rows]
    caveats = [tuple(clean(one, limit=_LIMIT) for one in row.caveats[:_CAVEATS]) for row in rows]
    rows_with = Counter(text for own in caveats for text in set(own)) + Counter(reasons)
    inside = [_in_cell(reason, own, rows_with) for reason, own in zip(reasons, caveats, strict=True)]
    about: dict[str, list[str]] = {}
    below = [
        tuple(text for text in dict.fromkeys((reason, *own)) if text and text not in shown)
        for reason, own, shown in zip(reasons, caveats, inside, strict=True)
    ]
    for texts, name in zip(below, names, strict=True):
        for text in texts:
            about.setdefault(text, []).append(name)
    marks = {text: str(number).translate(_DIGITS) for number, text in enumerate(list(about)[:MOST], start=1)}
    return Footnotes(
        remarks=tuple(
            Remarks(
                reason=reason if reason in shown else "",
                caveats=tuple(text for text in shown if text != reason),
                marks=tuple(marks[text] for text in texts if text in marks),
            )
            for reason, shown, texts in zip(reasons, inside, below, strict=True)
        ),
        below=tuple(Footnote(mark=mark, names=some(about[text]), text=text) for text, mark in marks.items()),
        left_out=len(about) - len(marks),
    )


def some(names: Sequence[str]) -> str:
    """`a, b, c and 4 more`, each once."""
    unique = list(dict.fromkeys(names))
    more = len(unique) - _NAMED
    return ", ".join(unique[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _reason(row: Row) -> str:
    """Without the verdict's word, which stands above it."""
    reason = row.reason.removeprefix(f"{row.verdict}: ") if row.verdict is not None else row.reason
    return clean(reason, limit=_LIMIT) if reason else ""


def _in_cell(reason: str, caveats: Sequence[str], rows_with: Mapping[str, int]) -> tuple[str, ...]:
    """The reason, unless it is long, and the short caveats that no other row has."""
    short = len(reason) <= (REASON_IN_CELL if rows_with[reason] == 1 else IN_CELL)
    own = [text for text in dict.fromkeys(caveats) if len(text) <= IN_CELL and rows_with[text] == 1]
    return (*((reason,) if reason and short else ()), *own[:_CAVEATS_IN_CELL])
