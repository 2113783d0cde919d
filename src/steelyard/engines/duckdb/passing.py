"""One pass over a table that only counts: its rows pass by and are not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb import integers
from steelyard.engines.duckdb.codes import (
    Codes,
    all_codes,
    cell_sql,
    codes_of,
    first_codes,
)
from steelyard.engines.duckdb.scoring import Scoring, summing
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.duckdb.values import score
from steelyard.engines.limits import MAX_TEXT
from steelyard.engines.tallies import CellTally
from steelyard.model.base import Value
from steelyard.model.counts import IntArray
from steelyard.model.totals import ScoreTotals
from steelyard.totals.plan import Faults

_GROUPED: Final = 4_096
"""Up to so many cells DuckDB groups rows by them as fast as it hands them on; with a million it takes forty times as
long as a scan."""

_MOST_GROUPS: Final = 1 << 16
"""More groups are not handed on one by one: each takes a hundred times the memory of a number in an array."""

_FIRST_ROWS: Final = 200_000
"""In so many rows nearly every class occurs; where one does not, all rows are read once more."""

_GLANCE: Final = 64
"""Of so many rows one is looked at while they pass by. In a file that is sorted all rows soon have a value without a
code, and finding that takes DuckDB ten times as long as finding a code."""

Cell: TypeAlias = tuple[str | None, str | None, int]
"""Label, prediction and rows; None is a missing value."""


class Passed(Value, frozen=True, kw_only=True):
    """What a whole pass has counted."""

    codes: Codes
    n: IntArray
    """Rows of each cell, `(labels + 1, predictions + 1)`; the last ones are without a label, or a prediction."""
    scored: Scored | None = None
    """None: no scores were read."""


class Scored(Value, frozen=True, kw_only=True):
    """What a whole pass has made of scores."""

    totals: ScoreTotals
    faults: Faults


def count(
    session: Session, source: Source, roles: Roles, *, scoring_of: Callable[[Codes], Scoring | None]
) -> Passed | None:
    """
    Count the rows of the file by label and prediction, and add up their scores.

    The values of both columns are those that its first rows show; a file with further ones among many is read again.

    Args:
        session: Where the file is read.
        source: The file.
        roles: Its columns.
        scoring_of: Which scores are read, once the classes are known; None: none.

    Returns:
        None where there are no labels or no predictions, too many of them, or too long ones.

    Raises:
        InputError: The file is broken.
    """
    if not roles.scores and (counted := integers.count(session, source, roles)) is not None:
        return Passed(codes=counted[0], n=counted[1])
    codes = _few_codes(session, source, roles) or first_codes(session, source, roles, rows=_FIRST_ROWS)
    if codes is None:
        return None
    scoring = scoring_of(codes)
    if codes.cells <= _GROUPED and not _are_scored(scoring):
        passed = _grouped(session, source, roles, codes)
        # Further rows may have shown many more cells, or the classes that the scores are about.
        if passed is not None and not _are_scored(scoring_of(passed.codes)):
            return passed
        further = all_codes(session, source, roles) if passed is None else passed.codes
        if further is None:
            return None
        codes, scoring = further, scoring_of(further)
    passed = _streamed(session, source, roles, codes, scoring)
    if passed is not None:
        return passed
    codes = all_codes(session, source, roles)
    return None if codes is None else _streamed(session, source, roles, codes, scoring_of(codes))


def _few_codes(session: Session, source: Source, roles: Roles) -> Codes | None:
    """
    The codes of a CSV file whose rows are to be grouped, where it is of no matter that some are missing.

    A tenth of the rows tells that there are few cells, and a row of text takes ten times as long to read as one of
    numbers.
    """
    if not source.is_csv or roles.scores:
        return None
    codes = first_codes(session, source, roles, rows=_FIRST_ROWS // 10)
    return codes if codes is not None and codes.cells <= _GROUPED else None


def _are_scored(scoring: Scoring | None) -> bool:
    return scoring is not None and scoring.plan is not None


def _grouped(session: Session, source: Source, roles: Roles, codes: Codes) -> Passed | None:
    """Rows are grouped by their values as they are stored, and only the groups are made text; None: too many groups."""
    columns = [f"c{source.names.index(name)}" for name in roles.compared.values()]
    cells = _by_byte(session, source, columns) if source.is_csv and codes.are_bytes else None
    if cells is None:
        label, prediction = (f"left({source.text(name)}, {MAX_TEXT + 1})" for name in roles.compared.values())
        groups = f"SELECT {', '.join(columns)}, count(*) AS n FROM {source.relation} GROUP BY ALL"
        with session.translated(source.shown, hint=UNREAD):
            cells = session.rows(
                f"SELECT {label}, {prediction}, sum(n)::BIGINT FROM ({groups}) GROUP BY ALL LIMIT {_MOST_GROUPS + 1}"
            )
    return of_cells(cells) if len(cells) <= _MOST_GROUPS else None


_BYTES: Final = 130
"""Texts of at most a byte, a missing one among them: of more pairs than they make, one has a longer text."""


def _by_byte(session: Session, source: Source, columns: Sequence[str]) -> list[Cell] | None:
    """
    Cells of a CSV file whose fields have at most a byte, None where some have more.

    Grouping by the number of a character and the length costs half of what grouping by text does.
    """
    label, prediction = (f"ord({column}), strlen({column})" for column in columns)
    with session.translated(source.shown, hint=UNREAD):
        groups = session.rows(
            f"SELECT {label}, {prediction}, count(*) FROM {source.relation} GROUP BY ALL LIMIT {_BYTES**2 + 1}"
        )
    if any((size or 0) > 1 for group in groups for size in (group[1], group[3])):
        return None
    return [
        (chr(label) if size else None, chr(prediction) if predicted else None, rows)
        for label, size, prediction, predicted, rows in groups
    ]


def of_cells(cells: Sequence[Cell]) -> Passed | None:
    """
    Cells as what a pass counts.

    Args:
        cells: The same label and prediction may be there more than once.

    Returns:
        None as `count`.
    """
    codes = codes_of([label for label, _, _ in cells], [prediction for _, prediction, _ in cells])
    if codes is None:
        return None
    places = [{text: place for place, text in enumerate((*texts, None))} for texts in (codes.labels, codes.predictions)]
    n = np.zeros(tuple(map(len, places)), dtype=np.int64)
    for label, prediction, rows in cells:
        n[places[0][label], places[1][prediction]] += rows
    return Passed(codes=codes, n=n)


def _streamed(session: Session, source: Source, roles: Roles, codes: Codes, scoring: Scoring | None) -> Passed | None:
    """Rows pass by as numbers; None as soon as some are found to have a value that has none."""
    columns = [cell_sql(session, source, roles, codes)]
    if scoring is None or scoring.plan is None:
        n = _tallied(_batches(session, source, columns), codes)
        return None if n is None else Passed(codes=codes, n=n)
    columns += [score(source, roles.scores[index].column) for index in scoring.columns]
    classes = scoring.codes(codes.labels)
    with summing(session, scoring.plan) as sums:
        label_of = codes.by_label(classes)
        n = _tallied(
            _batches(session, source, columns),
            codes,
            also=lambda cells, scores: sums.add(np.take(label_of, cells), scores),
        )
        if n is None:
            return None
        support = np.bincount(classes, n[:-1].sum(axis=1), len(scoring.plan.classes)).astype(np.int64)
        scored = Scored(totals=sums.totals(support.tolist()), faults=sums.faults)
    return Passed(codes=codes, n=n, scored=scored)


def _batches(session: Session, source: Source, columns: Sequence[str]) -> Iterator[list[NDArray[Any]]]:
    with session.translated(source.shown, hint=UNREAD):
        yield from session.stream(f"SELECT {', '.join(columns)} FROM {source.relation}")


def _tallied(
    batches: Iterable[list[NDArray[Any]]],
    codes: Codes,
    also: Callable[[NDArray[Any], list[NDArray[Any]]], None] = lambda *_: None,
) -> IntArray | None:
    """
    Rows by label and prediction, the missing ones last; None as soon as the codes are found not to fit some.

    Args:
        batches: Cells, and what passes by beside them.
        codes: Of the cells.
        also: What is done with both.
    """
    tally, unknown = CellTally(codes.cells), codes.unknown
    for cells, *others in batches:
        if np.take(unknown, cells[::_GLANCE]).any():
            return None
        also(cells, others)
        if tally.add(cells) and tally.counted[unknown].any():
            return None
    return None if tally.n[unknown].any() else codes.table(tally.n)
