"""
The first record of a CSV file: the names of its columns and what separates them.

DuckDB is told both, so that it never has to guess from the data.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path
from typing import Final

from steelyard.errors import InputError
from steelyard.model.base import Value

_MAX_BYTES: Final = 1 << 20
_SEPARATORS: Final = (",", ";", "\t", "|")


class Header(Value, frozen=True, kw_only=True):
    """How the file begins."""

    names: tuple[str, ...]
    separator: str


def read(path: Path, *, shown: str) -> Header:
    """
    Read the names of the columns; a byte order mark is no part of the first one.

    The separator is the first of comma, semicolon, tab and pipe that the first line contains.

    Raises:
        InputError: The file is not UTF-8, begins with an empty line, or its first record cannot be read.
    """
    text = _beginning(path, shown)
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    separator = next((mark for mark in _SEPARATORS if mark in first), ",")
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), [])
    except csv.Error as exc:
        raise InputError(f"{shown}: line 1: not valid CSV: {exc}", hint="the first line names the columns") from exc
    if not any(names):
        raise InputError(f"{shown}: line 1 is empty, expected the names of the columns", hint="write a header line")
    if len(text) >= _MAX_BYTES // 4 and first == text:
        raise InputError(f"{shown}: line 1 is longer than 1 MB, expected the names of the columns")
    return Header(names=tuple(names), separator=separator)


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
