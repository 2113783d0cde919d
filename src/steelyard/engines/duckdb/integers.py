"""
Labels and predictions that are whole numbers: DuckDB counts them in an array, hardly slower than it reads them.

It lays out the array by what a file says of itself, the least and the greatest value of each of its parts; a value
beyond them would be counted as another one. So the first rows are held against it, which are all that most files have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.codes import INTEGERS, Codes, codes_of
from steelyard.engines.duckdb.session import REWRITE, WRONG_STATISTICS, Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.errors import InputError
from steelyard.model.counts import BoolArray, IntArray
from steelyard.totals.memory import keep_freed_memory

_MISSING: Final = -1
"""The last place."""

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
    names = [f"c{place}" for place in places]
    keep_freed_memory()
    with session.translated(source.shown, hint=UNREAD):
        found = session.counted(source.relation, names)
    if found is None:
        return None
    columns = [_Column(found[name]) for name in names]
    if not all(column.occurs for column in columns):
        return None
    _check(session, source, dict(zip(places, columns, strict=True)))
    n = np.zeros([column.width + 1 for column in columns], dtype=np.int64)
    n[tuple(column.places for column in columns)] = found["n"]
    known = n[:_MISSING].max(axis=1) > 0, n[:, :_MISSING].max(axis=0) > 0
    codes = codes_of(*(column.texts(one) for column, one in zip(columns, known, strict=True)))
    if codes is None:
        return None
    ordered = zip(columns, (codes.labels, codes.predictions), strict=True)
    return codes, n[np.ix_(*([*(int(text) - column.low for text in texts), _MISSING] for column, texts in ordered))]


class _Column:
    """Whole numbers that are near to each other; masked where one is missing."""

    def __init__(self, values: NDArray[np.integer[Any]]) -> None:
        missing = np.ma.getmaskarray(values)
        self.occurs = not missing.all()
        """Whether there is a number at all."""
        self.missing = bool(missing.any())
        numbers = np.ma.getdata(values).astype(np.int64)
        known = numbers[~missing] if self.missing else numbers
        self.low, self.high = (int(known.min()), int(known.max())) if self.occurs else (0, -1)
        numbers -= self.low
        self.places = np.where(missing, _MISSING, numbers) if self.missing else numbers
        """Of each number its place from the lowest one on."""

    @property
    def width(self) -> int:
        """Places."""
        return self.high - self.low + 1

    def texts(self, occurs: BoolArray) -> list[str]:
        """The numbers whose places occur."""
        return [str(self.low + place) for place in np.flatnonzero(occurs).tolist()]


def _check(session: Session, source: Source, columns: Mapping[int, _Column]) -> None:
    """
    Hold the first rows against what was counted.

    Raises:
        InputError: They have numbers that were not, or lack some that nobody missed.
    """
    # What is calculated has no statistics, from which DuckDB would answer.
    read = ", ".join(f"xor(c{place}, 0::{source.types[place]}) AS c{place}" for place in columns)
    first = f"SELECT {read} FROM {source.relation} LIMIT (SELECT {_CHECKED})"
    asked = (f"min(c{place}), max(c{place}), count(*) > count(c{place})" for place in columns)
    with session.translated(source.shown, hint=UNREAD):
        row = session.row(f"SELECT {', '.join(asked)} FROM ({first})")
    for index, column in enumerate(columns.values()):
        least, most, lacks = row[3 * index : 3 * index + 3]
        inside = least is None or column.low <= least <= most <= column.high
        if not inside or (lacks and not column.missing):
            raise InputError(f"{source.shown}: {WRONG_STATISTICS}", hint=REWRITE)
