"""Labels and predictions as small numbers, so that rows can pass by without being kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.limits import MAX_CLASSES, MAX_TEXT
from steelyard.model.base import Value

_FIRST_ROWS: Final = 200_000
"""In so many rows nearly every class occurs; where one does not, all rows are read once more."""

MAX_CELLS: Final = 1 << 24
"""Cells that are counted in memory, 8 bytes each."""

_INTEGERS: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})


class Codes(Value, frozen=True, kw_only=True):
    """
    The distinct values of both columns as the file spells them; a value's place is its code.

    A row's cell is (code of its label) · `width` + (code of its prediction). The code behind the last one stands for a
    missing value, and the cell `unknown` for a row with a value that is not among these.
    """

    labels: tuple[str, ...]
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
    return codes_of(*found)


def all_codes(session: Session, source: Source, roles: Roles) -> Codes | None:
    """The codes of all values in the file; None where there are none, or too many."""
    found = []
    for name in roles.compared.values():
        text = f"left({source.text(name)}, {MAX_TEXT + 1})"
        with session.translated(source.shown, hint=UNREAD):
            rows = session.rows(f"SELECT DISTINCT {text} FROM {source.relation} LIMIT {MAX_CLASSES + 2}")
        found.append([value for (value,) in rows])
    return codes_of(*found)


def codes_of(*columns: Iterable[str | None]) -> Codes | None:
    """The codes of the labels and predictions that occur; None where there are none, too many, or too long ones."""
    labels, predictions = ({text for text in column if text is not None} for column in columns)
    if not labels or not predictions or max(map(len, (*labels, *predictions))) > MAX_TEXT:
        return None
    codes = Codes(labels=tuple(sorted(labels, key=_order)), predictions=tuple(sorted(predictions, key=_order)))
    return codes if max(len(labels), len(predictions)) <= MAX_CLASSES and codes.cells <= MAX_CELLS else None


def _order(text: str) -> tuple[int, str]:
    """Whole numbers that are not negative by value."""
    return len(text), text


def cell_sql(session: Session, source: Source, roles: Roles, codes: Codes) -> str:
    """SQL for the cell of a row of the file, an INTEGER; makes the types that it needs."""
    found = []
    for name, texts, kind in zip(roles.compared.values(), (codes.labels, codes.predictions), _NAMES, strict=True):
        column = f"c{source.names.index(name)}"
        if source.types[source.names.index(name)] in _INTEGERS and _are_consecutive(texts):
            first, last = texts[0], texts[-1]
            code = f"CASE WHEN {column} BETWEEN {first} AND {last} THEN ({column} - {first})::INTEGER"
            found.append(f"{code} WHEN {column} IS NULL THEN {len(texts)} END")
            continue
        _make_type(session, kind, texts)
        text = source.text(name)
        code = f"CASE WHEN {text} IS NOT NULL THEN enum_code(TRY_CAST({text} AS {kind}))::INTEGER"
        found.append(f"{code} ELSE {len(texts)} END")
    label, prediction = found
    return f"coalesce(({label}) * {codes.width} + ({prediction}), {codes.unknown})::INTEGER"


_NAMES: Final = ("label_texts", "prediction_texts")


def _are_consecutive(texts: Sequence[str]) -> bool:
    """Whether they are whole numbers, none of them negative, each one more than the one before."""
    try:
        first = int(texts[0])
    except ValueError:
        return False
    return first >= 0 and all(text == str(first + index) for index, text in enumerate(texts))


def _make_type(session: Session, name: str, texts: Sequence[str]) -> None:
    session.run(f"DROP TYPE IF EXISTS {name}")
    session.run(
        "CREATE OR REPLACE TABLE texts AS SELECT unnest(?::VARCHAR[]) AS text, unnest(?::BIGINT[]) AS code",
        list(texts),
        list(range(len(texts))),
    )
    session.run(f"CREATE TYPE {name} AS ENUM (SELECT text FROM texts ORDER BY code)")
