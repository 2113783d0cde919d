"""
The first record of a CSV file: the names of its columns and what separates them.

DuckDB is told them and how lines end, so that it never has to guess from the data.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.text import printable, quote

_MAX_BYTES: Final = 1 << 20
_SEPARATORS: Final = (",", ";", "\t", "|")


class Header(Value, frozen=True, kw_only=True):
    """How the file begins."""

    names: tuple[str, ...]
    separator: str
    line_end: str
    """What ends its first record: a line feed, a carriage return or both; empty where the file ends with it."""


def read(path: Path, *, shown: str) -> Header:
    """
    Read the names of the columns; a byte order mark is no part of the first one.

    The separator is the first of comma, semicolon, tab and pipe that the first line contains.

    Raises:
        InputError: The file is not UTF-8, begins with an empty line, its first record cannot be read, or DuckDB would
            misread it.
    """
    text = _beginning(path, shown)
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    separator = next((mark for mark in _SEPARATORS if mark in first), ",")
    stream = io.StringIO(text, newline="")
    try:
        names = next(csv.reader(stream, delimiter=separator, strict=True), [])
    except csv.Error as exc:
        raise InputError(f"{shown}: line 1: not valid CSV: {exc}", hint="the first line names the columns") from exc
    if not any(names):
        raise InputError(f"{shown}: line 1 is empty, expected the names of the columns", hint="write a header line")
    if len(text) >= _MAX_BYTES // 4 and first == text:
        raise InputError(f"{shown}: line 1 is longer than 1 MB, expected the names of the columns")
    record = text[: stream.tell()]
    line_end = record[len(record.rstrip("\r\n")) :]
    _check_breaks(names, line_end, shown)
    return Header(names=tuple(names), separator=separator, line_end=line_end)


def _check_breaks(names: Sequence[str], line_end: str, shown: str) -> None:
    """
    Refuse a name that DuckDB takes for the end of the line: it cannot be told that lines end with two characters.

    Raises:
        InputError: There is one.
    """
    for name in names if line_end == "\r\n" else ():
        if found := re.search("[\r\n]", name.replace("\r\n", "")):
            raise InputError(
                f"{shown}: line 1: the name {quote(name)} holds {printable(found[0])}, but lines end with \\r\\n",
                hint="write the name without a line break, or the lines with \\n (csv.writer: lineterminator)",
            )


def _beginning(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
    except OSError as exc:
        raise InputError(f"{shown}: cannot read the predictions: {exc.strerror}") from exc
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        # Not final: the last character may be cut off at the bound.
        return decoder.decode(data, final=len(data) < _MAX_BYTES)
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise InputError(
            f"{shown}: line {line:,}: not UTF-8", hint='write it as UTF-8, e.g. `to_csv(…, encoding="utf-8")`'
        ) from exc
