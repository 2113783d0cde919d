"""One pass over a table that only counts: its rows pass by in batches and are not kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.codes import Codes, cell_sql
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.tallies import CellTally, LabelOrder
from steelyard.model.base import Value
from steelyard.model.counts import IntArray

Scored = Callable[[NDArray[np.uint16], NDArray[np.float32]], None]
"""Takes some more rows: the codes of their labels, and their scores, NaN where one is missing."""


class Passed(Value, frozen=True, kw_only=True):
    """What a whole pass has counted."""

    n: IntArray
    """Rows of each cell, `(labels + 1, predictions + 1)`; the last ones are without a label, or a prediction."""
    order: LabelOrder


def count(
    session: Session,
    source: Source,
    roles: Roles,
    codes: Codes,
    *,
    score: str | None = None,
    scored: Scored | None = None,
) -> Passed | None:
    """
    Read the file once.

    Args:
        session: Where the file is read.
        source: The file.
        roles: Its columns.
        codes: The values of both columns.
        score: SQL for a FLOAT that is handed on, NULL where it is missing.
        scored: What takes the scores.

    Returns:
        None as soon as a row has a value that `codes` lacks.

    Raises:
        InputError: The file is broken.
    """
    tally = CellTally(codes.cells)
    order = LabelOrder(len(codes.labels))
    columns = f"{cell_sql(session, source, roles, codes)} AS cell"
    if score is not None:
        columns += f", coalesce({score}, 'nan'::FLOAT) AS score"
    with session.translated(source.shown, hint=UNREAD):
        for cell, *scores in session.stream(f"SELECT {columns} FROM {source.relation}"):
            if cell.max() == codes.unknown:
                return None
            label = cell // cell.dtype.type(codes.width)
            tally.add(cell)
            order.add(label)
            if scored is not None:
                scored(label, scores[0])
    return Passed(n=tally.n[: codes.unknown].reshape(-1, codes.width), order=order)
