"""Tests of how a CSV file begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.engines.duckdb.csv_header import Header, read
from steelyard.errors import InputError


def header(path: Path, data: bytes) -> Header:
    """The header of a file with these bytes."""
    path.write_bytes(data)
    return read(path, shown="p.csv")


@pytest.mark.parametrize(
    ("data", "names", "separator"),
    [
        (b"a,b\n1,2\n", ("a", "b"), ","),
        (b"a;b\r\n1,5;2\r\n", ("a", "b"), ";"),
        (b"a\tb\n", ("a", "b"), "\t"),
        (b"a|b", ("a", "b"), "|"),
        (b"\xef\xbb\xbfa,b\n", ("a", "b"), ","),
        (b'"a\nx","b,c"\n', ("a\nx", "b,c"), ","),
        (b"only\n1\n", ("only",), ","),
        ("größe,😀\n".encode(), ("größe", "😀"), ","),
        (b",a,b\n0,1,2\n", ("", "a", "b"), ","),
    ],
)
def test_read__names_and_separator(tmp_path: Path, data: bytes, names: tuple[str, ...], separator: str) -> None:
    """Quotes, marks and separators of the usual writers are understood."""
    assert header(tmp_path / "p.csv", data) == Header(names=names, separator=separator)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\n1,\xe9\n", "line 2: not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b"\na,b\n", "line 1 is empty"),
        (b",,\n1,2,3\n", "line 1 is empty"),
        (b'"a,b\n1,2\n', "line 1: not valid CSV"),
        (b"x," * 1_000_000, "longer"),
    ],
)
def test_read__bad_beginnings(tmp_path: Path, data: bytes, says: str) -> None:
    """What is wrong is said, with the line."""
    with pytest.raises(InputError, match=says):
        header(tmp_path / "p.csv", data)


def test_read__vanished(tmp_path: Path) -> None:
    """A file that is gone by now is an input error."""
    with pytest.raises(InputError, match="cannot read the predictions"):
        read(tmp_path / "gone.csv", shown="gone.csv")


def test_read__character_across_the_bound(tmp_path: Path) -> None:
    """A character that the bounded read cuts in two is no error."""
    data = b"a,b\n" + b"1,2\n" * 262_142 + b"1,2" + "é".encode() * 10

    assert header(tmp_path / "p.csv", data).names == ("a", "b")
