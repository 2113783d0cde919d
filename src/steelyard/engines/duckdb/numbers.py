"""Columns of numbers beside what is predicted: weights, scores of the classes, scores of each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session
from steelyard.engines.interface import Table
from steelyard.engines.score_checks import SCORE, check_present, probability_notes
from steelyard.engines.score_columns import ScoreColumn
from steelyard.engines.wording import of_rows
from steelyard.errors import InputError
from steelyard.text import quote

_SUM_TOLERANCE: Final = 0.01
"""Scores that are written with two digits sum to 1 within it."""

_LEAST, _MOST = 1e-100, 1e100
"""Weights beyond these have squares that no floating-point number holds."""


def check_weights(session: Session, roles: Roles, *, rows: int, shown: str) -> None:
    """
    Refuse weights that are no positive finite numbers.

    Raises:
        InputError: How many are missing, zero, negative, or no number.
    """
    if roles.weight is None:
        return
    with session.translated(shown):
        facts = session.row(
            "SELECT count(*) - count(weight), count(*) FILTER (weight = 0), count(*) FILTER (weight < 0), "
            "count(*) FILTER (isinf(weight) AND weight > 0), "
            f"count(*) FILTER (weight > 0 AND NOT isinf(weight) AND weight NOT BETWEEN {_LEAST} AND {_MOST}) FROM raw"
        )
    said = (
        "no weight",
        "the weight 0",
        "a negative weight",
        "a weight that is no finite number",
        f"a weight that is not between {_LEAST:g} and {_MOST:g}",
    )
    for what, bad in zip(said, facts, strict=True):
        if bad:
            raise InputError(
                f"{shown}: {of_rows(bad, rows)} have {what} (column {quote(roles.weight)}), expected positive numbers",
                hint="a weight says for how many rows of the population a row stands; leave out those for none",
            )


def check_scores(session: Session, scores: Mapping[int, ScoreColumn], table: Table) -> tuple[str, ...]:
    """
    Refuse scores of classes that are no finite numbers; notes about missing ones and those that are no probabilities.

    Args:
        session: Where the rows are.
        scores: The score columns by their number in `raw`, where a missing score is NULL.
        table: The configuration.

    Raises:
        InputError: A score is infinite or no number, or missing although rows must not lack anything.
    """
    notes: list[str] = []
    for index, score in scores.items():
        notes += _check(session, f"score{index}", score.column, table, what=SCORE)
    if scores:
        notes += _not_probabilities(session, [f"score{index}" for index in scores], table)
    return tuple(notes)


def check_measures(session: Session, roles: Roles, table: Table) -> tuple[str, ...]:
    """
    Refuse scores of rows that are no finite numbers; notes about missing ones.

    Raises:
        InputError: A score is infinite or no number, or missing although rows must not lack anything.
    """
    notes: list[str] = []
    for index, name in enumerate(roles.measures):
        notes += _check(session, f"measure{index}", name, table, what="finite number")
    return tuple(notes)


def _check(session: Session, column: str, name: str, table: Table, *, what: str) -> tuple[str, ...]:
    with session.translated(table.shown):
        rows, present, strange = session.row(
            f"SELECT count(*), count({column}), count(*) FILTER (isinf({column})) FROM raw"
        )
    return check_present(table, name, rows=rows, absent=rows - present, strange=strange, what=what)


def _not_probabilities(session: Session, columns: list[str], table: Table) -> tuple[str, ...]:
    outside = " OR ".join(f"NOT {column} BETWEEN 0 AND 1" for column in columns)
    total = " + ".join(f"{column}::DOUBLE" for column in columns)
    with session.translated(table.shown):
        rows, beyond, off = session.row(
            f"SELECT count(*), count(*) FILTER ({outside}), "
            f"count(*) FILTER (abs({total} - 1) > {_SUM_TOLERANCE}) FROM raw"
        )
    return probability_notes(rows=rows, columns=len(columns), outside=beyond, off=off)
