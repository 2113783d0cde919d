"""
Labels and predictions that are whole numbers: DuckDB counts them in an array, hardly slower than it reads them.

It lays out the array by what a file says of itself, the least and the greatest value of each of its parts; a value
beyond them would be counted as another one. So the first rows are held against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.codes import INTEGERS, MAX_CELLS, Codes, codes_of
from steelyard.engines.duckdb.session import REWRITE, WRONG_STATISTICS, Column, Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.errors import InputError
from steelyard.model.counts import IntArray
from steelyard.totals.memory import keep_freed_memory

_CHECKED: Final = 1_000_000
"""Rows that are held against the file's statistics: a hundredth of a second."""


def count(session: Session, source: Source, roles: Roles) -> tuple[Codes, IntArray] | None:
    """
    Count the rows of the file by label and prediction.

    Returns:
        The values, and the rows of each cell as `Passed.n`; None where there are other values, too many, or none, and
        where the file does not say in advance in which range they are.

    Raises:
        InputError: The file is broken, or says of itself what is not true.
    """
    places = [source.names.index(name) for name in roles.compared.values()]
    if not INTEGERS.issuperset(source.types[place] for place in places):
        return None
    keep_freed_memory()
    with session.translated(source.shown, hint=UNREAD):
        counted = _counted(session, source, places)
    if counted is None:
        return None
    n, ranges = counted
    known = n[:-1].any(axis=1), n[:, :-1].any(axis=0)
    lacks = bool(n[-1].any()), bool(n[:, -1].any())
    codes = codes_of(*(one.texts(places) for one, places in zip(ranges, map(np.flatnonzero, known), strict=True)))
    if codes is None:
        return None
    _check(session, source, dict(zip(places, zip(ranges, lacks, strict=True), strict=True)))
    picked = [one.places(texts) for one, texts in zip(ranges, (codes.labels, codes.predictions), strict=True)]
    is_whole = all(np.array_equal(one, np.arange(size)) for one, size in zip(picked, n.shape, strict=True))
    return codes, n if is_whole else n[np.ix_(*picked)]


class _Range(NamedTuple):
    """Whole numbers from the lowest to the highest one that a column has by its statistics."""

    low: int
    high: int

    @property
    def size(self) -> int:
        """Of them all."""
        return self.high - self.low + 1

    def of(self, column: Column) -> IntArray | None:
        """Of each number its place from the lowest one on, of a missing one that after them; None: one has none."""
        place = column.values.astype(np.int64)
        place -= self.low
        place[column.missing] = 0
        if len(place) and not 0 <= place.min() <= place.max() < self.size:
            return None
        place[column.missing] = self.size
        return place

    def texts(self, places: IntArray) -> list[str]:
        """The numbers at these places."""
        return [str(self.low + place) for place in places.tolist()]

    def places(self, texts: Sequence[str]) -> IntArray:
        """The places of these numbers, and of a missing one."""
        return np.array([*(int(text) - self.low for text in texts), self.size])


def _counted(session: Session, source: Source, columns: Sequence[int]) -> tuple[IntArray, tuple[_Range, _Range]] | None:
    """
    Rows by the places of label and prediction, and the numbers that have these; None as `count`.

    Raises:
        InputError: The file says of itself what is not true.
    """
    batches = session.counted(source.relation, [f"c{column}" for column in columns])
    if batches is None:
        return None
    # Where DuckDB counts in an array, it has these by the statistics that it lays it out by, and reads nothing.
    asked = ", ".join(f"min(c{column}), max(c{column})" for column in columns)
    ends = session.row(f"SELECT {asked} FROM {source.relation}")
    if None in ends:
        return None
    label, prediction = (_Range(*ends[start : start + 2]) for start in (0, 2))
    if label.size * prediction.size > MAX_CELLS:
        return None
    n = np.zeros((label.size + 1, prediction.size + 1), dtype=np.int64)
    cells = n.reshape(-1)
    for labels, predictions, rows in batches:
        place, predicted = label.of(labels), prediction.of(predictions)
        if place is None or predicted is None:
            raise InputError(f"{source.shown}: {WRONG_STATISTICS}", hint=REWRITE)
        place *= n.shape[1]
        place += predicted
        cells[place] = rows.values
    return n, (label, prediction)


def _check(session: Session, source: Source, columns: Mapping[int, tuple[_Range, bool]]) -> None:
    """
    Hold the first rows against what was counted: the range of each column, and whether it lacks numbers.

    Raises:
        InputError: They have numbers that were not, or lack some that nobody missed.
    """
    # What is calculated has no statistics, from which DuckDB would answer.
    read = ", ".join(f"xor(c{column}, 0::{source.types[column]}) AS c{column}" for column in columns)
    first = f"SELECT {read} FROM {source.relation} LIMIT (SELECT {_CHECKED})"
    asked = (f"min(c{column}), max(c{column}), count(*) > count(c{column})" for column in columns)
    with session.translated(source.shown, hint=UNREAD):
        row = session.row(f"SELECT {', '.join(asked)} FROM ({first})")
    for index, (known, lacked) in enumerate(columns.values()):
        least, most, lacks = row[3 * index : 3 * index + 3]
        inside = least is None or known.low <= least <= most <= known.high
        if not inside or (lacks and not lacked):
            raise InputError(f"{source.shown}: {WRONG_STATISTICS}", hint=REWRITE)
