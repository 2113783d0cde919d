"""
CSV and TSV of metrics, in the shapes that people write.

- a name and a value in each row, with or without a header;
- a header of names and one row of values;
- a header of names and a history, of which the last row counts;
- scikit-learn's classification report as pandas writes it (`DataFrame(report).transpose().to_csv()`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import ClassVar, TypeAlias

from steelyard.errors import InputError
from steelyard.model.base import JSON
from steelyard.sources import numbers
from steelyard.sources.interface import Document
from steelyard.sources.tree import repeated
from steelyard.sources.wording import MEND
from steelyard.text import quote

_EXPECTED = "write a name and a value in each row, or a row of names above a row of numbers"

Rows: TypeAlias = list[list[str]]


class CsvSource:
    """Reads tables with a comma, a semicolon or a tab between the cells, whichever the first line has most of."""

    format: ClassVar[str] = "CSV"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")

    def read(self, text: str, *, shown: str) -> Document:
        """See `Source.read`."""
        rows = _rows(text, shown)
        if _is_report(rows):
            return Document(tree=_report(rows))
        if _is_pairs(rows):
            return Document(tree=_pairs(rows, shown))
        return _table(rows, shown)


def _rows(text: str, shown: str) -> Rows:
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        rows = [[cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as exc:
        raise InputError(f"{shown}: not valid CSV: line {reader.line_num}: {exc}", hint=MEND) from exc
    if not rows:
        raise InputError(f"{shown}: is empty", hint=_EXPECTED)
    return rows


def _is_report(rows: Rows) -> bool:
    return rows[0][0] == "" and any(row[0] == "macro avg" for row in rows)


def _report(rows: Rows) -> dict[str, JSON]:
    """The table of classes; pandas repeats the one number of `accuracy` in all columns."""
    header, *body = rows
    tree: dict[str, JSON] = {row[0]: _values(header[1:], row[1:]) for row in body}
    tree |= {row[0]: numbers.parse(row[1]) for row in body if row[0] == "accuracy" and len(row) > 1}
    return tree


def _is_pairs(rows: Rows) -> bool:
    body = _without_header(rows)
    return bool(body) and all(len(row) == 2 and not _is_number(row[0]) for row in body)


def _pairs(rows: Rows, shown: str) -> dict[str, JSON]:
    names, cells = zip(*_without_header(rows), strict=True)
    _check_unique(names, shown)
    return _values(names, cells)


def _without_header(rows: Rows) -> Rows:
    """Rows of a name and a value; a header has text where the others have a number."""
    value = rows[0][-1]
    return rows if not value or _is_number(value) or numbers.is_meant(value) else rows[1:]


def _table(rows: Rows, shown: str) -> Document:
    header, *body = rows
    if not body or any(_is_number(name) for name in header):
        raise InputError(
            f"{shown}: expected names and numbers, found {len(rows):,} rows of {len(header):,} cells", hint=_EXPECTED
        )
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise InputError(
                f"{shown}: row {number:,} has {len(row):,} cells, the header has {len(header):,}", hint=MEND
            )
    _check_unique(header, shown)
    notes = (f"{shown} has {len(body):,} rows of values, the last one counts",) if len(body) > 1 else ()
    return Document(tree=_values(header, body[-1]), notes=notes)


def _check_unique(names: Sequence[str], shown: str) -> None:
    twice = repeated(names)
    if twice is not None:
        raise InputError(f"{shown}: {quote(twice)} is given twice", hint="give every value its own name")


def _values(names: Sequence[str], cells: Sequence[str]) -> dict[str, JSON]:
    """Values by name; what has no name is a row number, or the header of row numbers, of pandas."""
    return {name: _value(cell) for name, cell in zip(names, cells, strict=False) if name}


def _value(cell: str) -> JSON:
    number = numbers.parse(cell)
    return cell if number is None else number


def _is_number(cell: str) -> bool:
    return numbers.parse(cell) is not None
