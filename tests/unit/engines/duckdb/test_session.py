"""Tests of the lock on DuckDB."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.engines.duckdb.session import (
    Resources,
    Session,
    explain,
    identifier,
    literal,
    open_session,
    path_literal,
)
from steelyard.errors import InputError, UsageError


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    """A file with a name that DuckDB would take for a pattern, beside one that the pattern matches."""
    pq.write_table(pa.table({"a": [9]}), tmp_path / "secret.parquet")
    path = tmp_path / "s*[e]?cret'.parquet"
    pq.write_table(pa.table({"a": [1, 2, 3]}), path)
    return path


@pytest.fixture
def session(allowed: Path) -> Iterator[Session]:
    """A session that may read this file."""
    with open_session(reads=[allowed], resources=Resources()) as opened:
        yield opened


def test_open_session__reads_the_file_whatever_its_name(session: Session, allowed: Path) -> None:
    """The name is no pattern: only this file's rows come back."""
    rows = session.rows(f"SELECT a FROM read_parquet({session.file(allowed)}) ORDER BY a")  # noqa: S608 - our literal

    assert rows == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_parquet('{other}')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{elsewhere}'",
        "ATTACH '{elsewhere}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SELECT * FROM python_variable",
    ],
)
def test_open_session__nothing_else(session: Session, allowed: Path, sql: str) -> None:
    """No other file, no network, no extension, no setting, no variable of Python's."""
    python_variable = [1]
    paths = {"other": allowed.parent / "secret.parquet", "elsewhere": allowed.parent / "new.parquet"}
    with pytest.raises(duckdb.Error):
        session.rows(sql.format(**paths))

    assert python_variable == [1]
    assert not paths["elsewhere"].exists()


def test_open_session__leaves_nothing(tmp_path: Path, allowed: Path) -> None:
    """The scratch directory is gone afterwards, also when the work failed."""
    target = tmp_path / "into"
    target.mkdir()

    def work() -> None:
        with open_session(reads=[allowed], resources=Resources(), scratch_in=target) as opened:
            opened.run("CREATE TABLE t AS SELECT 1")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        work()

    assert list(target.iterdir()) == []


def test_open_session__scratch_cannot_be_made(tmp_path: Path, allowed: Path) -> None:
    """A directory that is not there is an input error."""
    with (
        pytest.raises(InputError, match="cannot write"),
        open_session(reads=[allowed], resources=Resources(), scratch_in=tmp_path / "missing"),
    ):
        pass


def test_open_session__path_is_not_utf_8(tmp_path: Path, allowed: Path) -> None:
    """DuckDB reads names as UTF-8 alone: another path, of a file or of the scratch directory, is an input error."""
    directory = tmp_path / os.fsdecode(b"\xe4")
    directory.mkdir()
    copy = directory / "a.parquet"
    copy.write_bytes(allowed.read_bytes())
    for path, scratch_in in ((copy, None), (allowed, directory)):
        with (
            pytest.raises(InputError, match=r"/\\udce4/.*: expected a path in UTF-8") as caught,
            open_session(reads=[path], resources=Resources(), scratch_in=scratch_in),
        ):
            pass
        assert caught.value.hint.startswith("rename ")

    assert [path.name for path in directory.iterdir()] == ["a.parquet"]


def test_open_session__resources(allowed: Path) -> None:
    """Memory and threads are as asked."""
    with open_session(reads=[allowed], resources=Resources(memory=300_000_000, threads=1)) as opened:
        limit, threads = opened.row("SELECT current_setting('memory_limit'), current_setting('threads')")

    assert limit == "286.1 MiB"
    assert threads == 1


def test_stream__arrays_live_as_long_as_they_are_referred_to(session: Session) -> None:
    """What has passed by is not overwritten by what follows, nor when the query has ended."""
    arrays = [one for (one,) in session.stream("SELECT i::FLOAT FROM range(1000000) t(i)")]
    session.run("SELECT count(*) FROM range(1000000)")

    assert len(arrays) > 1
    assert not any(one.flags.writeable for one in arrays)
    assert np.array_equal(np.concatenate(arrays), np.arange(1_000_000))


def test_translated__names_the_file(session: Session) -> None:
    """DuckDB's error becomes ours, on one line, with its cause."""
    with pytest.raises(InputError) as error, session.translated("p.csv", hint="do this"):
        session.rows("SELECT error('bad\nthing')")

    assert str(error.value) == "p.csv: bad"
    assert error.value.hint == "do this"
    assert isinstance(error.value.__cause__, duckdb.Error)


def test_translated__hides_our_own_files(session: Session, allowed: Path) -> None:
    """Names in the scratch directory help no one."""
    with pytest.raises(InputError) as error, session.translated("p.csv"):
        session.rows(f"SELECT error({session.file(allowed)} || ' is bad')")

    assert str(error.value) == "p.csv: is bad"


def test_translated__out_of_memory(allowed: Path, tmp_path: Path) -> None:
    """Too large is said as too large."""
    with (
        open_session(reads=[allowed], resources=Resources(memory=10_000_000), scratch_in=tmp_path) as session,
        pytest.raises(InputError, match=r"p\.csv: too large"),
        session.translated("p.csv"),
    ):
        session.rows("SELECT list(i) FROM range(100000000) t(i)")


def test_translated__disk_full(allowed: Path, small_disk: Path) -> None:
    """What cannot be written is no fault of the file that is read: the disk is named, and what to do."""
    scratch_in = small_disk / ".steelyard-collect-x"
    scratch_in.mkdir()
    with open_session(reads=[allowed], resources=Resources(), scratch_in=scratch_in) as session:
        session.run("CREATE TABLE t AS SELECT random() FROM range(1000000)")
        with pytest.raises(UsageError) as caught, session.translated("p.csv"):
            session.run(f"COPY t TO {path_literal(session.scratch / 'x.parquet')}")

    assert str(caught.value) == f"{small_disk}: cannot write: No space left on device"
    assert caught.value.hint == "free disk space there"


def test_translated__files_may_not_be_large(allowed: Path, tmp_path: Path) -> None:
    """A limit of the size of files is met like a full disk, and the hint says which one it is."""
    scratch_in = tmp_path / ".steelyard-collect-x"
    scratch_in.mkdir()
    with open_session(reads=[allowed], resources=Resources(), scratch_in=scratch_in) as session:
        session.run("CREATE TABLE t AS SELECT random() FROM range(1000000)")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        try:
            with pytest.raises(UsageError) as caught, session.translated("p.csv"):
                session.run(f"COPY t TO {path_literal(session.scratch / 'x.parquet')}")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert str(caught.value) == f"{tmp_path}: cannot write: File too large"
    assert "ulimit -f" in caught.value.hint


def test_translated__words_about_a_full_disk(session: Session) -> None:
    """A file that holds the words of such an error is read all the same."""
    with pytest.raises(InputError), session.translated("p.csv"):
        session.rows("SELECT error('No space left on device')")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("CSV Error on Line: 1204\nExpected Number of Columns: 4 Found: 3\n", "line 1,204: 3 fields, expected 4"),
        ("CSV Error on Line: 3\nValue with unterminated quote found.", "is the file truncated?"),
        ("CSV Error on Line: 3\nOriginal Line: secret\nsomething new", "line 3: not valid CSV"),
        ("Invalid Input Error: No magic bytes found at end of file ''", "not a complete Parquet file"),
        ("IO Error: something else\nLINE 1: SELECT", "something else"),
        ("Invalid Input Error: Malformed JSON in file , at byte 3", "Malformed JSON at byte 3"),
        ("odd\x1b[2J", "odd\\x1b[2J"),
        ("", "cannot be read"),
        ("\x0e", "cannot be read"),
    ],
)
def test_explain__one_line_in_our_words(message: str, expected: str) -> None:
    """Lines are named, contents and paths are not quoted."""
    explained = explain(message)

    assert expected in explained
    assert explained.isprintable()
    assert "secret" not in explained


def test_literal_and_identifier__quotes() -> None:
    """Quotes are doubled."""
    assert literal("it's") == "'it''s'"
    assert identifier('a"b') == '"a""b"'
