"""
Many paired rows without a join: side files are in the order of their keys, so both sides pass by once, side by side.

A hash join of 10^8 rows fits no memory and goes to the disk; here a few rows of either side are held, and how often
each pair of cells occurs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from steelyard.engines.duckdb.codes import MAX_CELLS, make_type
from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.engines.limits import MAX_SLICE_VALUES
from steelyard.engines.tallies import CellTally
from steelyard.model.counts import IntArray

_MANY: Final = 1 << 22
"""Rows of both sides below which a join is as quick."""

_MOST_PAIRS: Final = 1 << 20
"""Different pairs of cells beyond which handing them on takes longer than joining."""

_UNCODED: Final = frozenset({"weight", "cluster"})
"""Columns that are numbers of their own in every row or cluster."""


class _Column(NamedTuple):
    """A column of text as small numbers: those of its texts, then missing, then any other text."""

    name: str
    texts: tuple[str, ...]

    @property
    def codes(self) -> int:
        """All of them."""
        return len(self.texts) + 2


def pairs(session: Session, paired: Paired, *, testset: Sequence[str], other: Sequence[str]) -> str | None:
    """
    The different rows of `Paired.relation`, without their keys, and how many there are of each, as `n`.

    Args:
        session: Where the files are read.
        paired: The rows; keys are sorted and unique.
        testset: As in `relation`.
        other: Likewise.

    Returns:
        A table; None where rows are to be joined: they are few, in one order, or have too many different values.
    """
    rows = paired.candidate.known.rows + paired.baseline.known.rows
    if paired.form != "joined" or rows < _MANY or not _UNCODED.isdisjoint(testset):
        return None
    relations = paired.each(session, testset=testset, other=other)
    ours, theirs = paired.candidate.known.counts, paired.baseline.known.counts
    sides = (
        [
            _Column("label", ours.labels),
            _Column("candidate", ours.predictions),
            *_sliced(session, relations[0], testset),
        ],
        [
            _Column("other", theirs.labels),
            _Column("baseline", theirs.predictions),
            *_sliced(session, relations[1], [f"other_{name}" for name in other]),
        ],
    )
    widths = [math.prod(column.codes for column in side) for side in sides]
    if math.prod(widths) > MAX_CELLS:
        return None
    streams = [
        session.stream(f"SELECT key, {_code(session, side)} FROM {relation}")
        for side, relation in zip(sides, relations, strict=True)
    ]
    tally = CellTally(math.prod(widths))
    for left, right in _side_by_side(*map(_parts, streams)):
        tally.add(left * widths[1] + right)
    return _table(session, [*sides[0], *sides[1]], tally.n)


def _sliced(session: Session, relation: str, columns: Sequence[str]) -> list[_Column]:
    """With more values than an engine of ours writes, some of them are “any other text”."""
    found = []
    for name in columns:
        values = session.rows(f"SELECT DISTINCT {name} FROM {relation} LIMIT {MAX_SLICE_VALUES + 2}")
        found.append(_Column(name, tuple(sorted(text for (text,) in values if text is not None))))
    return found


def _code(session: Session, columns: Sequence[_Column]) -> str:
    """SQL of a row's cell, a whole number from the columns' codes; makes the types that it needs."""
    code = "0::INTEGER"
    for column in columns:
        kind, missing = f"texts_of_{column.name}", len(column.texts)
        if column.texts:
            make_type(session, kind, column.texts)
        known = f"enum_code(TRY_CAST({column.name} AS {kind}))::INTEGER" if column.texts else "NULL"
        other = f"CASE WHEN {column.name} IS NULL THEN {missing} ELSE {missing + 1} END"
        code = f"({code} * {column.codes} + coalesce({known}, {other}))"
    return code


class _Part(NamedTuple):
    """Some rows of a side."""

    key: NDArray[np.uint64]
    code: NDArray[Any]


def _parts(batches: Iterable[list[NDArray[Any]]]) -> Iterator[_Part]:
    return (_Part(key, code) for key, code in batches if len(key))


def _side_by_side(ours: Iterator[_Part], theirs: Iterator[_Part]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """The codes of rows with the same key on both sides, some at a time."""
    left, right = next(ours, None), next(theirs, None)
    while left is not None and right is not None:
        last = min(left.key[-1], right.key[-1])
        until = [int(np.searchsorted(one.key, last, side="right")) for one in (left, right)]
        if all(until):
            place = np.searchsorted(right.key[: until[1]], left.key[: until[0]])
            # A key beyond the last one is held against the last one, which is another.
            place = np.minimum(place, until[1] - 1)
            same = right.key[place] == left.key[: until[0]]
            yield left.code[: until[0]][same], right.code[place[same]]
        left, right = _rest(left, until[0], ours), _rest(right, until[1], theirs)


def _rest(part: _Part, start: int, more: Iterator[_Part]) -> _Part | None:
    return next(more, None) if start == len(part.key) else _Part(part.key[start:], part.code[start:])


def _table(session: Session, columns: Sequence[_Column], n: IntArray) -> str | None:
    """The pairs of cells that occur, as texts; None where they are too many, or some text is not known."""
    found: NDArray[np.int64] = np.flatnonzero(n)
    codes = np.unravel_index(found, [column.codes for column in columns])
    strange = any((code > len(column.texts)).any() for column, code in zip(columns, codes, strict=True))
    if strange or len(found) > _MOST_PAIRS:
        return None
    texts = [
        [(*column.texts, None)[index] for index in code.tolist()] for column, code in zip(columns, codes, strict=True)
    ]
    selected = ", ".join(f"unnest(?::VARCHAR[]) AS {column.name}" for column in columns)
    session.run(
        f"CREATE OR REPLACE TABLE pairs AS SELECT {selected}, unnest(?::BIGINT[]) AS n", *texts, n[found].tolist()
    )
    return "pairs"
