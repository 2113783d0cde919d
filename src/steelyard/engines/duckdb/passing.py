"""One pass over a table that only counts: its rows pass by and are not kept."""

from __future__ import annotations

from typing import Final

import numpy as np

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.codes import MAX_CELLS, Codes, all_codes, cell_sql, codes_of, first_codes
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.limits import MAX_TEXT
from steelyard.engines.tallies import CellTally
from steelyard.model.base import Value
from steelyard.model.counts import IntArray

_GROUPED: Final = 4_096
"""Up to so many cells DuckDB groups rows by them faster than it hands them on; with a million it takes forty times as
long as a scan."""


class Passed(Value, frozen=True, kw_only=True):
    """What a whole pass has counted."""

    codes: Codes
    n: IntArray
    """Rows of each cell, `(labels + 1, predictions + 1)`; the last ones are without a label, or a prediction."""


def count(session: Session, source: Source, roles: Roles) -> Passed | None:
    """
    Count the rows of the file by label and prediction.

    The values of both columns are those that its first rows show; a file with further ones among many is read again.

    Returns:
        None where there are no labels or no predictions, too many of them, or too long ones.

    Raises:
        InputError: The file is broken.
    """
    codes = first_codes(session, source, roles)
    if codes is None:
        return None
    if codes.cells <= _GROUPED:
        return _grouped(session, source, roles)
    passed = _streamed(session, source, roles, codes)
    if passed is not None:
        return passed
    codes = all_codes(session, source, roles)
    return None if codes is None else _streamed(session, source, roles, codes)


def _grouped(session: Session, source: Source, roles: Roles) -> Passed | None:
    """Rows are grouped by their values as they are stored, and only the groups are made text."""
    columns = [f"c{source.names.index(name)}" for name in roles.compared.values()]
    label, prediction = (f"left({source.text(name)}, {MAX_TEXT + 1})" for name in roles.compared.values())
    groups = f"SELECT {', '.join(columns)}, count(*) AS n FROM {source.relation} GROUP BY ALL"
    with session.translated(source.shown, hint=UNREAD):
        cells = session.rows(
            f"SELECT {label}, {prediction}, sum(n)::BIGINT FROM ({groups}) GROUP BY ALL LIMIT {MAX_CELLS + 1}"
        )
    codes = codes_of([label for label, _, _ in cells], [prediction for _, prediction, _ in cells])
    if codes is None:
        return None
    place = [{text: index for index, text in enumerate((*texts, None))} for texts in (codes.labels, codes.predictions)]
    n = np.zeros((len(codes.labels) + 1, codes.width), dtype=np.int64)
    for label, prediction, rows in cells:
        n[place[0][label], place[1][prediction]] = rows
    return Passed(codes=codes, n=n)


def _streamed(session: Session, source: Source, roles: Roles, codes: Codes) -> Passed | None:
    """Rows pass by as numbers; None as soon as one has a value that has none."""
    tally = CellTally(codes.cells)
    cell = cell_sql(session, source, roles, codes)
    with session.translated(source.shown, hint=UNREAD):
        for (batch,) in session.stream(f"SELECT {cell} FROM {source.relation}"):
            if batch.max() == codes.unknown:
                return None
            tally.add(batch)
    return Passed(codes=codes, n=tally.n[: codes.unknown].reshape(-1, codes.width))
