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
    ("data", "names", "separator", "line_end"),
    [
        (b"a,b\n1,2\n", ("a", "b"), ",", "\n"),
        (b"a;b\r\n1,5;2\r\n", ("a", "b"), ";", "\r\n"),
        (b"a\tb\r", ("a", "b"), "\t", "\r"),
        (b"a|b", ("a", "b"), "|", ""),
        (b"\xef\xbb\xbfa,b\n", ("a", "b"), ",", "\n"),
        (b'"a\nx","b,c"\n', ("a\nx", "b,c"), ",", "\n"),
        (b'"a\r\nx\n",b\n1,2\n', ("a\r\nx\n", "b"), ",", "\n"),
        (b'b,"a\r\n"\r\n', ("b", "a\r\n"), ",", "\r\n"),
        (b"only\n1\n", ("only",), ",", "\n"),
        ("größe,😀\n".encode(), ("größe", "😀"), ",", "\n"),
        (b",a,b\n0,1,2\n", ("", "a", "b"), ",", "\n"),
    ],
)
def test_read__how_it_is_written(
    tmp_path: Path, data: bytes, names: tuple[str, ...], separator: str, line_end: str
) -> None:
    """Quotes, marks, separators and ends of lines of the usual writers are understood."""
    expected = Header(names=names, separator=separator, line_end=line_end)

    assert header(tmp_path / "p.csv", data) == expected


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\n1,\xe9\n", "line 2: not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b"\na,b\n", "line 1 is empty"),
        (b",,\n1,2,3\n", "line 1 is empty"),
        (b'"a,b\n1,2\n', "line 1: not valid CSV"),
        (b"x," * 1_000_000, "longer"),
        (b'a,"b\nc"\r\n1,2\r\n', r'line 1: the name "b\\nc" holds \\n, but lines end with \\r\\n'),
        (b'"a\r\n\rb"\r\n1\r\n', r"holds \\r, but"),
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
