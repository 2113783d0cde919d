"""One pass over a table that only counts: its rows pass by and are not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.codes import (
    MAX_CELLS,
    Codes,
    all_codes,
    cell_sql,
    codes_of,
    first_codes,
    pass_quickly,
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
    codes = first_codes(session, source, roles)
    if codes is None:
        return None
    scoring = scoring_of(codes)
    if codes.cells <= _GROUPED and not _are_scored(scoring) and not pass_quickly(source, roles, codes):
        passed = _grouped(session, source, roles)
        # Further rows may have shown the classes that the scores are about.
        scoring = None if passed is None else scoring_of(passed.codes)
        if passed is None or not _are_scored(scoring):
            return passed
        codes = passed.codes
    passed = _streamed(session, source, roles, codes, scoring)
    if passed is not None:
        return passed
    codes = all_codes(session, source, roles)
    return None if codes is None else _streamed(session, source, roles, codes, scoring_of(codes))


def _are_scored(scoring: Scoring | None) -> bool:
    return scoring is not None and scoring.plan is not None


def _grouped(session: Session, source: Source, roles: Roles) -> Passed | None:
    """Rows are grouped by their values as they are stored, and only the groups are made text."""
    columns = [f"c{source.names.index(name)}" for name in roles.compared.values()]
    label, prediction = (f"left({source.text(name)}, {MAX_TEXT + 1})" for name in roles.compared.values())
    groups = f"SELECT {', '.join(columns)}, count(*) AS n FROM {source.relation} GROUP BY ALL"
    with session.translated(source.shown, hint=UNREAD):
        cells = session.rows(
            f"SELECT {label}, {prediction}, sum(n)::BIGINT FROM ({groups}) GROUP BY ALL LIMIT {MAX_CELLS + 1}"
        )
    return of_cells(cells)


def of_cells(cells: Sequence[tuple[str | None, str | None, int]]) -> Passed | None:
    """
    Cells of label, prediction and rows as what a pass counts.

    Args:
        cells: None is a missing value.

    Returns:
        None as `count`.
    """
    codes = codes_of([label for label, _, _ in cells], [prediction for _, prediction, _ in cells])
    if codes is None:
        return None
    places = [{text: place for place, text in enumerate((*texts, None))} for texts in (codes.labels, codes.predictions)]
    n = np.zeros(tuple(map(len, places)), dtype=np.int64)
    for label, prediction, rows in cells:
        n[places[0][label], places[1][prediction]] = rows
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
        also(cells, others)
        if tally.add(cells) and tally.counted[unknown].any():
            return None
    return None if tally.n[unknown].any() else codes.table(tally.n)
