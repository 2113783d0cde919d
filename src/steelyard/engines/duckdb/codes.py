"""Labels and predictions as small numbers, so that rows can pass by without being kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.labels import infer_type, natural_order
from steelyard.engines.limits import MAX_CLASSES, MAX_TEXT
from steelyard.engines.tallies import code_type
from steelyard.model.base import Value

_FIRST_ROWS: Final = 200_000
"""In so many rows nearly every class occurs; where one does not, all rows are read once more."""

_MAX_CELLS: Final = 1 << 24
"""Cells that are counted in memory, 8 bytes each."""

_TYPES: Final = {1: "UTINYINT", 2: "USMALLINT", 4: "INTEGER"}


class Codes(Value, frozen=True, kw_only=True):
    """
    The distinct values of both columns as the file spells them; a value's place is its code.

    A row's cell is (code of its label) · `width` + (code of its prediction). The code behind the last one stands for a
    missing value, and the cell `unknown` for a row with a value that is not among these.
    """

    labels: tuple[str, ...]
    """In natural order."""
    predictions: tuple[str, ...]

    @property
    def width(self) -> int:
        """Codes of predictions."""
        return len(self.predictions) + 1

    @property
    def unknown(self) -> int:
        """The cell of the rows that these codes do not fit."""
        return (len(self.labels) + 1) * self.width

    @property
    def cells(self) -> int:
        """All codes of cells."""
        return self.unknown + 1


def first_codes(session: Session, source: Source, roles: Roles) -> Codes | None:
    """The codes of the values in the first rows of the file; None where there are none, or too many."""
    label, prediction = (source.text(name) for name in roles.compared.values())
    with session.translated(source.shown, hint=UNREAD):
        found = session.row(
            f"SELECT list(DISTINCT left(label, {MAX_TEXT + 1})), list(DISTINCT left(prediction, {MAX_TEXT + 1})) "
            f"FROM (SELECT {label} AS label, {prediction} AS prediction FROM {source.relation} LIMIT {_FIRST_ROWS})"
        )
    return _codes(*found)


def all_codes(session: Session, source: Source, roles: Roles) -> Codes | None:
    """The codes of all values in the file; None where there are none, or too many."""
    found = []
    for name in roles.compared.values():
        text = f"left({source.text(name)}, {MAX_TEXT + 1})"
        with session.translated(source.shown, hint=UNREAD):
            rows = session.rows(f"SELECT DISTINCT {text} FROM {source.relation} LIMIT {MAX_CLASSES + 2}")
        found.append([value for (value,) in rows])
    return _codes(*found)


def _codes(*columns: Sequence[str | None]) -> Codes | None:
    labels, predictions = ([text for text in column if text is not None] for column in columns)
    if not labels or not predictions or max(map(len, (*labels, *predictions))) > MAX_TEXT:
        return None
    kind = infer_type(labels)
    ordered = sorted(labels, key=str.lower) if kind == "boolean" else natural_order(labels, kind)
    codes = Codes(labels=tuple(ordered), predictions=tuple(sorted(predictions)))
    return codes if max(len(labels), len(predictions)) <= MAX_CLASSES and codes.cells <= _MAX_CELLS else None


def cell_sql(session: Session, source: Source, roles: Roles, codes: Codes) -> str:
    """SQL for the cell of a row of the file, of the type `code_type(codes.cells)`; makes the types that it needs."""
    _make_type(session, "label_texts", codes.labels)
    _make_type(session, "prediction_texts", codes.predictions)
    label, prediction = (source.text(name) for name in roles.compared.values())
    cell = (
        f"{_code(label, 'label_texts', len(codes.labels))} * {codes.width} + "
        f"{_code(prediction, 'prediction_texts', len(codes.predictions))}"
    )
    return f"coalesce({cell}, {codes.unknown})::{_TYPES[code_type(codes.cells).itemsize]}"


def _code(text: str, kind: str, missing: int) -> str:
    return f"CASE WHEN {text} IS NULL THEN {missing} ELSE enum_code(TRY_CAST({text} AS {kind}))::INTEGER END"


def _make_type(session: Session, name: str, texts: Sequence[str]) -> None:
    session.run(f"DROP TYPE IF EXISTS {name}")
    session.run(
        "CREATE OR REPLACE TABLE texts AS SELECT unnest(?::VARCHAR[]) AS text, unnest(?::BIGINT[]) AS code",
        list(texts),
        list(range(len(texts))),
    )
    session.run(f"CREATE TYPE {name} AS ENUM (SELECT text FROM texts ORDER BY code)")
