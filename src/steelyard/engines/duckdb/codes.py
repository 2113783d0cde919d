"""Labels and predictions as small numbers, so that rows can pass by without being kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session, literal
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.limits import MAX_CLASSES, MAX_TEXT
from steelyard.model.base import Value
from steelyard.model.counts import IntArray

MAX_CELLS: Final = 1 << 24
"""Cells that are counted in memory, 8 bytes each."""

INTEGERS: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})


class Codes(Value, frozen=True, kw_only=True):
    """
    The distinct values of both columns as the file spells them, and their codes.

    Of m values, in this order, the codes are 1 … m; a missing value has m + 2, and one that is not among them 0 or
    m + 1. A row's cell is (code of its label) · `width` + (code of its prediction).
    """

    labels: tuple[str, ...]
    predictions: tuple[str, ...]

    @property
    def width(self) -> int:
        """Codes of predictions."""
        return len(self.predictions) + _MORE

    @property
    def cells(self) -> int:
        """All codes of cells."""
        return (len(self.labels) + _MORE) * self.width

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Whether a cell is of rows that these codes do not fit, `(cells,)`."""
        columns = self.labels, self.predictions
        label, prediction = (np.isin(np.arange(len(one) + _MORE), (0, len(one) + 1)) for one in columns)
        return (label[:, None] | prediction).ravel()

    @property
    def are_bytes(self) -> bool:
        """Whether each of these texts is one byte."""
        return all(len(text.encode()) == 1 for text in (*self.labels, *self.predictions))

    def by_label(self, values: IntArray) -> IntArray:
        """A value of each label, as one of each cell; 0 where a cell has no label that is known."""
        # The smaller the numbers, the quicker they are looked up and compared.
        by_code = np.zeros(len(self.labels) + _MORE, dtype=np.min_scalar_type(int(values.max())))
        by_code[1 : len(self.labels) + 1] = values
        return np.repeat(by_code, self.width)

    def table(self, n: IntArray) -> IntArray:
        """Rows by cell, `(cells,)`, as rows by label and prediction, the missing ones last."""
        label, prediction = ([*range(1, len(one) + 1), len(one) + 2] for one in (self.labels, self.predictions))
        return n.reshape(-1, self.width)[np.ix_(label, prediction)]


_MORE: Final = 3
"""Codes that stand for no value that is known."""


def first_codes(session: Session, source: Source, roles: Roles, *, rows: int) -> Codes | None:
    """The codes of the values in the first `rows` rows of the file; None where there are none, or too many."""
    places = [source.names.index(name) for name in roles.compared.values()]
    columns = [(f"c{place}", source.types[place], source.text(source.names[place])) for place in places]
    cut = ", ".join(
        f"left({column}, {MAX_TEXT + 1}) AS {column}" if kind == "VARCHAR" else column for column, kind, _ in columns
    )
    # With a plain number as the limit, DuckDB would number the rows and read them again by joining.
    limited = f"SELECT {cut} FROM {source.relation} LIMIT (SELECT {rows})"
    # Of the values only the different ones are made text.
    lists = (
        f"(SELECT list(DISTINCT left({text}, {MAX_TEXT + 1})) FROM (SELECT DISTINCT {column} FROM first))"
        for column, _, text in columns
    )
    with session.translated(source.shown, hint=UNREAD):
        found = session.row(f"WITH first AS MATERIALIZED ({limited}) SELECT {', '.join(lists)}")
    return codes_of(*(values or () for values in found))


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
    """SQL for the cell of a row of the file, a small whole number; makes the types that it needs."""
    kind = next(kind for kind, most in _KINDS.items() if codes.cells <= most)
    found = []
    for name, texts, texts_type in zip(
        roles.compared.values(), (codes.labels, codes.predictions), _TEXT_TYPES, strict=True
    ):
        column, missing = f"c{source.names.index(name)}", len(texts) + 2
        if _are_numbers(source, name, texts):
            before = int(texts[0]) - 1
            known = f"greatest(least({column}, {before + len(texts) + 1}), {before})"
            found.append(f"coalesce(({known} - {before})::{kind}, {missing})")
            continue
        text = source.text(name)
        other = f"CASE WHEN {text} IS NULL THEN {missing} ELSE 0 END"
        if source.is_csv and len(texts) <= _COMPARED:
            known = " ".join(f"WHEN {literal(one)} THEN {code}" for code, one in enumerate(texts, 1))
            found.append(f"(CASE {column} {known} ELSE {other} END)::{kind}")
            continue
        make_type(session, texts_type, texts)
        found.append(f"coalesce(enum_code(TRY_CAST({text} AS {texts_type}))::{kind} + 1, {other})::{kind}")
    label, prediction = found
    return f"({label} * {codes.width}::{kind} + {prediction})::{kind}"


_COMPARED: Final = 16
"""Up to so many texts, comparing a field of a CSV file with each costs less than looking it up."""

_TEXT_TYPES: Final = ("label_texts", "prediction_texts")
_KINDS: Final = {"UTINYINT": 1 << 8, "USMALLINT": 1 << 16, "INTEGER": 1 << 31}
"""The smallest ones pass by the quickest."""


def _are_numbers(source: Source, name: str, texts: Sequence[str]) -> bool:
    """Whether a column's values are whole numbers, in the file too, of which none is left out."""
    return source.types[source.names.index(name)] in INTEGERS and _are_consecutive(texts)


def _are_consecutive(texts: Sequence[str]) -> bool:
    """Whether they are whole numbers, none of them negative, each one more than the one before."""
    try:
        first = int(texts[0])
    except ValueError:
        return False
    return first >= 0 and all(text == str(first + index) for index, text in enumerate(texts))


def make_type(session: Session, name: str, texts: Sequence[str]) -> None:
    """Make the type `name` of these texts, which are numbered in their order."""
    session.run(f"DROP TYPE IF EXISTS {name}")
    session.run(
        "CREATE OR REPLACE TABLE texts AS SELECT unnest(?::VARCHAR[]) AS text, unnest(?::BIGINT[]) AS code",
        list(texts),
        list(range(len(texts))),
    )
    session.run(f"CREATE TYPE {name} AS ENUM (SELECT text FROM texts ORDER BY code)")
