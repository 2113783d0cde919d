"""What a table's predictions are, as far as a look at its first rows tells."""

from __future__ import annotations

from typing import Final

from steelyard.engines import kinds
from steelyard.engines.columns import Roles, unfound
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.duckdb.values import decimal
from steelyard.engines.interface import Kind, Table
from steelyard.errors import InputError

_LOOK: Final = 10_000
"""Rows that are looked at, the first ones of the file."""


def before_reading(session: Session, source: Source, roles: Roles, table: Table) -> Kind | None:
    """
    The kind of a table whose rows are not yet read; None: classes or numbers.

    Raises:
        InputError: Nothing is predicted, and what looks like scores of each row by its name is none.
    """
    if roles.label is None or roles.prediction is None:
        if table.measures is None and table.kind == "auto":
            _check_recognised(session, source, roles, table)
        return "measures"
    if table.kind != "auto":
        return "multilabel" if table.kind == "multilabel" else None
    several = table.separator is not None or all(_lists(session, source, name) for name in roles.compared.values())
    return "multilabel" if several else None


def after_reading(session: Session, table: Table) -> Kind:
    """Classes or numbers: as configured, else by the first rows of the table `raw`, which may not show numbers."""
    if table.kind in {"regression", "classification"}:
        return table.kind
    with session.translated(table.shown):
        first = f"SELECT * FROM raw LIMIT {_LOOK}"
        labels = session.rows(f"SELECT DISTINCT label FROM ({first}) WHERE label IS NOT NULL")
        predictions = session.rows(f"SELECT DISTINCT prediction FROM ({first}) WHERE prediction IS NOT NULL")
    numbers = kinds.are_numbers([text for (text,) in labels], [text for (text,) in predictions])
    return "regression" if numbers else "classification"


def _check_recognised(session: Session, source: Source, roles: Roles, table: Table) -> None:
    """
    Columns that only their names make scores of each row must hold numbers.

    A few values that are none are told of the column later, when all of it has been read.
    """
    for name in roles.measures:
        try:
            value = decimal(source, name)
            with session.translated(source.shown, hint=UNREAD):
                strange, numbers = session.row(
                    f"SELECT count(*) FILTER (isinf(value)), count(value) FROM (SELECT {value} AS value "
                    f"FROM {source.relation} LIMIT {_LOOK})"
                )
        except InputError as exc:
            raise unfound(source.names, table, unread=name) from exc
        # A column that is empty so far is what its name says, and is told as empty.
        if numbers and 2 * strange >= numbers:
            raise unfound(source.names, table, unread=name)


def _lists(session: Session, source: Source, name: str) -> bool:
    """Whether the column holds lists: by its type, or because all of its first texts are JSON arrays."""
    index = source.names.index(name)
    kind = source.types[index]
    if kind not in {"JSON", "VARCHAR"}:
        return kind.endswith("]")
    with session.translated(source.shown, hint=UNREAD):
        arrays, values = session.row(
            "SELECT count(*) FILTER (json_type(TRY_CAST(c AS JSON)) = 'ARRAY'), count(nullif(c::VARCHAR, '')) "
            f"FROM (SELECT c{index} AS c FROM {source.relation} LIMIT {_LOOK})"
        )
    return bool(arrays) and arrays == values
