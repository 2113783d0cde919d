"""
Opening a predictions table: CSV, Parquet or JSON Lines, by its suffix, as something that SQL can select from.

Whatever the columns are called, SQL knows them as c0, c1, …: no name from a file becomes part of a statement, save as a
quoted key of JSON. CSV and JSON values arrive as text; `steelyard.engines.labels` decides what they mean.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, Literal, TypeAlias

from steelyard.engines.columns import Roles, recognise
from steelyard.engines.duckdb import csv_header
from steelyard.engines.duckdb.session import LONG_LINE, Session, literal
from steelyard.engines.interface import Table
from steelyard.engines.labels import LabelType
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.text import quote


class Source(Value, frozen=True, kw_only=True):
    """A table that SQL can select from."""

    shown: str
    relation: str
    """A FROM item with the columns c0, c1, …"""
    names: tuple[str, ...]
    """What the file calls them."""
    types: tuple[str, ...]
    """DuckDB's types."""
    is_csv: bool = False
    """Empty text cannot be told from a missing value."""
    is_sampled: bool = False
    """There may be columns that the first rows do not have."""

    def text(self, name: str) -> str:
        """
        SQL for the column's value as text: NULL where it is missing, NaN or empty.

        Raises:
            InputError: The type of the column has no text that a class could be told by.
        """
        index = self.names.index(name)
        column, kind = f"c{index}", self.types[index]
        if kind == "JSON":
            nested = literal(f"column {quote(name)} holds lists or objects, expected text or numbers")
            return (
                f"CASE WHEN left({column}::VARCHAR, 1) IN ('[', '{{') THEN error({nested}) "
                f"ELSE nullif({column} ->> '$', '') END"
            )
        if kind in _FLOATS:
            return f"CASE WHEN {column} = 0 THEN '0' WHEN {is_number(column)} THEN {column}::VARCHAR END"
        if kind.split("(")[0] not in _SCALARS or kind.endswith("]"):
            raise InputError(
                f"{self.shown}: column {quote(name)} has the type {quote(kind)}, expected text, numbers or booleans",
                hint="write one plain value a row into this column",
            )
        return f"nullif({column}::VARCHAR, '')"

    def id_text(self, name: str) -> str:
        """
        As `text`, but a whole number in a column of floats reads like an integer: 7.0 names the row that 7 named.

        Raises:
            InputError: As `text`.
        """
        index = self.names.index(name)
        if self.types[index] not in _FLOATS:
            return self.text(name)
        column = f"c{index}"
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        return f"CASE WHEN {whole} THEN {column}::BIGINT::VARCHAR ELSE {self.text(name)} END"


Notation: TypeAlias = Literal["text", "plain", ""]
"""See `PredictionSet.label_notation`."""


def label_notation(session: Session, source: Source, name: str, *, kind: LabelType) -> Notation:
    """
    See `PredictionSet.label_notation`.

    Args:
        session: Where the file is read.
        source: The file.
        name: The column of the labels.
        kind: Their type.

    Raises:
        InputError: The file is broken.
    """
    if source.is_csv or kind == "text":
        return ""
    index = source.names.index(name)
    found = source.types[index]
    if found == "JSON":
        with session.translated(source.shown, hint=UNREAD):
            rows = session.rows(f"SELECT json_type(c{index}) FROM {source.relation} WHERE c{index} IS NOT NULL LIMIT 1")
        found = rows[0][0] if rows else ""
    return notation(found, kind=kind)


def notation(held_as: str, *, kind: LabelType) -> Notation:
    """The same of a column of labels that DuckDB reads as this type."""
    if kind == "text":
        return ""
    return "text" if held_as == "VARCHAR" or held_as.startswith("ENUM") else "plain"


UNREAD: Final = "was the file written completely, and as UTF-8?"
"""What to do about a file whose rows cannot be read."""

_FLOATS: Final = frozenset({"FLOAT", "DOUBLE"})

_SCALARS: Final = frozenset(
    {
        "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
        "UBIGINT", "UHUGEINT", "DECIMAL", "VARCHAR", "ENUM", "UUID", "DATE", "TIME", "TIME WITH TIME ZONE",
        "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", '"NULL"',
    }
)  # fmt: skip


def is_number(column: str) -> str:
    """
    SQL for whether a float that is read from a file is a number, not NaN.

    DuckDB answers `isnan` from the file's statistics, which leave NaN out.
    """
    return f"(isfinite({column}) OR isinf({column}))"


def check_file(path: Path, shown: str) -> None:
    """
    Refuse what is no readable, non-empty regular file of a known suffix.

    Raises:
        InputError: Missing, a directory or device, empty, or of another suffix.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise InputError(
            f"{shown}: cannot read the predictions: {reason}", hint="does training write this file? see [[predictions]]"
        ) from exc
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{shown}: is no regular file", hint="`path` in [[predictions]] names one file")
    if status.st_size == 0:
        raise InputError(f"{shown}: is empty (0 bytes)", hint="write the predictions before steelyard runs")
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"{shown}: predictions in a {quote(path.suffix)} file cannot be read",
            hint=f"write one of {', '.join(_SUFFIXES)}",
        )


def open_table(session: Session, table: Table) -> tuple[Source, Roles]:
    """
    The table and those of its columns that are read.

    Raises:
        InputError: As `open_source` and `recognise`.
    """
    source = open_source(session, table)
    try:
        return source, recognise(source.names, table)
    except InputError:
        if not source.is_sampled:
            raise
    # A record after the first ones may have the column. To look at all of them takes as long as to read them.
    source = open_source(session, table, whole=True)
    return source, recognise(source.names, table)


def open_source(session: Session, table: Table, *, whole: bool = False) -> Source:
    """
    The table, its columns not yet read; only with `whole` all records of JSON are looked at for their names.

    Raises:
        InputError: The file is not of the format that its suffix says, or has no columns.
    """
    with session.translated(table.shown, hint=f"expected a {table.path.suffix} file; was it written completely?"):
        if table.path.suffix.lower() in _JSON:
            return _json(session, table, whole=whole)
        return (_csv if table.path.suffix.lower() == ".csv" else _parquet)(session, table)


def _csv(session: Session, table: Table) -> Source:
    _check_last_line(table.path, table.shown)
    header = csv_header.read(table.path, shown=table.shown)
    columns = ", ".join(f"c{index}: 'VARCHAR'" for index in range(len(header.names)))
    new_line = _NEW_LINE.get(header.line_end, "")
    return Source(
        shown=table.shown,
        relation=(
            f"read_csv({session.file(table.path)}, auto_detect = false, header = true, columns = {{{columns}}}, "
            f"delim = {literal(header.separator)}, quote = '\"', escape = '\"', {new_line}encoding = 'utf-8', "
            f"strict_mode = true, null_padding = false, ignore_errors = false, max_line_size = {_LONGEST_LINE}, "
            f"buffer_size = {_CSV_BUFFER}, parallel = {'true' if session.guesses_lines else 'false'})"
        ),
        names=header.names,
        types=("VARCHAR",) * len(header.names),
        is_csv=True,
    )


_NEW_LINE: Final = {"\n": r"new_line = '\n', ", "\r": r"new_line = '\r', "}
"""What DuckDB is told of the ends of lines. Told of both characters it reads no row; it finds them by itself."""

_CSV_BUFFER: Final = 16_000_000
"""Bytes that are read at a time: DuckDB's default of 32 MB is fresh memory, which costs more than the reading."""

_LONGEST_LINE: Final = 2_000_000
"""Bytes of a line of a CSV file."""


def _check_last_line(file: Path, shown: str) -> None:
    """
    Refuse a CSV file whose last line is too long: DuckDB loses it without a word where it has other lines before.

    Raises:
        InputError: It is, or the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _LONGEST_LINE - 2))
            end = stream.read(_LONGEST_LINE + 2)
    except OSError as exc:
        raise InputError(f"{shown}: cannot read the predictions: {exc.strerror}") from exc
    if size > _LONGEST_LINE and b"\n" not in end[:-1] and b"\r" not in end[:-1]:
        raise InputError(f"{shown}: the last line is longer than 2 MB", hint=LONG_LINE)


def _parquet(session: Session, table: Table) -> Source:
    file = session.file(table.path)
    types = tuple(row[1] for row in session.rows(f"DESCRIBE SELECT * FROM read_parquet({file})"))
    names = _top_level(session.rows(f"SELECT name, num_children FROM parquet_schema({file})"))
    return Source(
        shown=table.shown,
        relation=f"read_parquet({file}) AS source({_numbered(len(types))})",
        names=names,
        types=types,
    )


def _top_level(schema: list[tuple[str, int | None]]) -> tuple[str, ...]:
    """The names of the columns in a depth-first schema; DuckDB's own list renames those that differ in case only."""
    names: list[str] = []
    inside = 0
    for name, children in schema[1:]:
        if inside == 0:
            names.append(name)
        else:
            inside -= 1
        inside += children or 0
    return tuple(names)


def _json(session: Session, table: Table, *, whole: bool) -> Source:
    kind = "auto" if table.path.suffix.lower() == ".json" else "newline_delimited"
    options = f"{session.file(table.path)}, format = '{kind}'"
    sample = "sample_size = -1, " if whole else ""
    found = session.rows(f"DESCRIBE SELECT * FROM read_json({options}, {sample}maximum_depth = 1)")
    names = tuple(row[0] for row in found)
    if names == ("json",):
        raise InputError(f"{table.shown}: holds no records", hint='write one object a line: {"label": …, …}')
    columns = ", ".join(f"{literal(name)}: 'JSON'" for name in names)
    return Source(
        shown=table.shown,
        relation=f"read_json({options}, columns = {{{columns}}}) AS source({_numbered(len(names))})",
        names=names,
        types=("JSON",) * len(names),
        is_sampled=not whole,
    )


def _numbered(count: int) -> str:
    return ", ".join(f"c{index}" for index in range(count))


_JSON: Final = (".jsonl", ".ndjson", ".json")
_SUFFIXES: Final = (".csv", ".parquet", *_JSON)
