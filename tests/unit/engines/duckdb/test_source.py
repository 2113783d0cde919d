"""Tests of opening tables: files that are not what their suffix says, and columns of unusable types."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import Table
from steelyard.errors import InputError
from tests.unit.engines.tables import Bench, Columns, write

GOOD = {"id": ["a", "b", "c"], "label": ["x", "y", "x"], "prediction": ["x", "x", "y"]}


def failure(bench: Bench, table: Table) -> InputError:
    """The error that ingesting this table gives; nothing is left behind."""
    with pytest.raises(InputError) as error:
        bench.ingest(table)
    assert str(error.value).startswith(table.shown)
    assert str(error.value).isprintable()
    assert error.value.hint
    assert not bench.side.exists() or list(bench.side.iterdir()) == []
    return error.value


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ".json"])
def test_open__missing(bench: Bench, suffix: str) -> None:
    """A file that is not there is named."""
    table = Table(path=bench.directory / f"none{suffix}", shown=f"none{suffix}")

    assert "No such file" in str(failure(bench, table))


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ".json"])
def test_open__empty(bench: Bench, suffix: str) -> None:
    """A file of 0 bytes is called empty."""
    assert "is empty" in str(failure(bench, bench.file(b"", suffix=suffix)))


def test_open__no_regular_file(bench: Bench) -> None:
    """A directory, and a pipe that would block for ever, are refused."""
    (bench.directory / "d.csv").mkdir()
    os.mkfifo(bench.directory / "f.csv")

    for name in ("d.csv", "f.csv"):
        assert "no regular file" in str(failure(bench, Table(path=bench.directory / name, shown=name)))


def test_open__unreadable_name(bench: Bench) -> None:
    """A name that no file can have is an input error, not a crash."""
    assert "cannot read" in str(failure(bench, Table(path=bench.directory / "a\0b.csv", shown="x.csv")))


def test_open__unknown_suffix(bench: Bench) -> None:
    """Formats that cannot be read are named with those that can."""
    error = failure(bench, bench.file(b"x", suffix=".xlsx"))

    assert '".xlsx"' in str(error)
    assert ".parquet" in error.hint


@pytest.mark.parametrize(
    ("content", "suffix", "says"),
    [
        (b"label,prediction\n", ".csv", "has no rows"),
        (b"[]", ".json", "holds no records"),
        (b"label,prediction\na,b\na\n", ".csv", "line 3: 1 field, expected 2"),
        (b"label,prediction\na,b\na,b,c\n", ".csv", "line 3: 3 fields, expected 2"),
        (b'label,prediction\na,b\na,"b\n', ".csv", "line 3: a quoted field is not closed"),
        (b"label,prediction\na,b\na,\xe9\n", ".csv", "line 3: not UTF-8"),
        (b"label,prediction\n" + b"a,b\n" * 300_000 + b"a,\xe9\n", ".csv", "line 300,002: not UTF-8"),
        ("label,prediction\na,b\n".encode("utf-16"), ".csv", "not UTF-8"),
        (b"label,prediction\na\rb,c\n", ".csv", "line endings"),
        (b"0,1\n1,1\n", ".csv", 'found: "0", "1"'),
        (b"label,prediction,label\na,b,c\n", ".csv", '2 columns are called "label"'),
        (b"label,target,prediction\na,b,c\n", ".csv", "several columns may be the label"),
        (b'{"label": 1, "prediction": 1}\n{"label": 2, "pre', ".jsonl", "line 2"),
        (b'{"label": 1, "prediction": 1}\nnonsense\n', ".jsonl", "line 2, byte 1: not valid JSON"),
        (b'{"label": "\xe9", "prediction": 1}\n', ".jsonl", "UTF-8"),
        (b"[1, 2]\n[3, 4]\n", ".jsonl", "holds no records"),
        (b'{"label": [1, 2], "prediction": 1}\n', ".jsonl", 'column "label" holds lists or objects'),
        (b'{"label": 1, "prediction": {"a": 1}}\n', ".jsonl", 'column "prediction" holds lists or objects'),
        (b'{"a": 1}\n', ".jsonl", "no column for the label"),
        (b"{}\n{}\n", ".jsonl", ""),
        (b"null\n", ".jsonl", ""),
        (b"  \n\n", ".jsonl", ""),
        (b'\xef\xbb\xbf{"label": 1, "prediction": 1}\n', ".jsonl", "byte order mark"),
        (b"PAR1 nothing of the kind", ".parquet", "Parquet"),
        (b"label,prediction\na,b\n", ".parquet", "arquet"),
    ],
)
def test_open__broken(bench: Bench, content: bytes, suffix: str, says: str) -> None:
    """What is broken is said with its place, in two lines."""
    assert says in str(failure(bench, bench.file(content, suffix=suffix)))


def test_open__no_columns(bench: Bench) -> None:
    """A table without columns is none."""
    path = bench.directory / "none.parquet"
    pq.write_table(pa.table({}), path)
    failure(bench, Table(path=path, shown="none.parquet"))


def test_open__name_that_would_break_the_message(bench: Bench) -> None:
    """New lines and escapes in the file's own name do not reach the terminal; the set keeps the true name."""
    shown = "p\n\x1b[2J.csv"
    with pytest.raises(InputError) as error:
        bench.ingest(Table(path=bench.file(b"x\n1\n").path, shown=shown))
    good = bench.ingest(Table(path=write(bench.directory / "good.csv", GOOD), shown=shown))

    assert str(error.value).isprintable()
    assert good.source == shown


def test_open__truncated_parquet(bench: Bench) -> None:
    """A download that stopped half-way is an error, wherever it stopped."""
    data = write(bench.directory / "whole.parquet", GOOD).read_bytes()

    for size in (4, 10, len(data) // 2, len(data) - 1):
        failure(bench, bench.file(data[:size], suffix=".parquet"))


def test_open__damaged_parquet(bench: Bench) -> None:
    """Bytes that changed in the middle give an error or readable rows, never a crash."""
    data = bytearray(write(bench.directory / "whole.parquet", GOOD).read_bytes())
    for position in range(4, len(data) - 8, 7):
        damaged = bytearray(data)
        damaged[position] ^= 0xFF
        try:
            bench.ingest(bench.file(bytes(damaged), suffix=".parquet"))
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[1], [2]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([b"x", b"y"]),
        pa.array([(1, 2), (3, 4)], pa.list_(pa.int8(), 2)),
    ],
)
@pytest.mark.parametrize("role", ["label", "prediction", "id"])
def test_open__unusable_types(bench: Bench, values: pa.Array, role: str) -> None:
    """Lists, structs and bytes are no class and no id."""
    plain = pa.array(["a", "b"])
    columns = {name: values if name == role else plain for name in ("id", "label", "prediction")}
    path = bench.directory / "types.parquet"
    pq.write_table(pa.table(columns), path)

    assert f'column "{role}" has the type' in str(failure(bench, Table(path=path, shown="types.parquet")))


def test_open__nested_columns_do_not_shift_names(bench: Bench) -> None:
    """Struct and list columns that are not read do not disturb the others."""
    path = bench.directory / "nested.parquet"
    pq.write_table(
        pa.table(
            {
                "meta": pa.array([{"a": 1, "b": {"c": [1]}}]),
                "label": ["x"],
                "tags": pa.array([["t"]]),
                "prediction": ["y"],
            }
        ),
        path,
    )
    (cell,) = bench.ingest(Table(path=path, shown="nested.parquet")).counts

    assert cell[:2] == ("x", "y")


def test_open__names_that_differ_in_case_only(bench: Bench) -> None:
    """Scores of the classes `a` and `A` stay apart, in every format."""
    columns: Columns = {"label": ["a", "A"], "prediction": ["a", "A"], "score_a": [0.25, 0.5], "score_A": [0.75, 0.5]}
    for suffix in (".csv", ".parquet"):
        predictions = bench.ingest(bench.table(columns, suffix=suffix))
        assert predictions.scores == ("a", "A")
        assert predictions.predictions is not None
        stored = pq.read_table(bench.side / predictions.predictions.name)
        assert [column.to_pylist() for column in stored.columns[1:]] == [[0.25, 0.5], [0.75, 0.5]]


def test_open__hostile_column_names(bench: Bench) -> None:
    """Names with quotes, brackets and SQL are only names."""
    name = "la'b\"el) FROM raw; --"
    for suffix in (".csv", ".parquet", ".jsonl"):
        table = bench.table({name: ["x"], "pre[d]*": ["y"]}, suffix=suffix, label=name, prediction="pre[d]*")
        (cell,) = bench.ingest(table).counts
        assert cell[:2] == ("x", "y")


def test_open__hostile_file_names(bench: Bench, tmp_path: Path) -> None:
    """A name that looks like a pattern or an address is only a name."""
    for name in ("*.csv", "[a-z].csv", "{x,y}.csv", "s3:__bucket.csv", "a'b.csv", "?.csv", "-.csv", "ü\n.csv"):
        path = write(tmp_path / "many" / name, GOOD)
        assert bench.ingest(Table(path=path, shown=name)).rows == 3


def test_open__symbolic_link(bench: Bench, tmp_path: Path) -> None:
    """A link to the file is as good as the file."""
    target = write(tmp_path / "target.csv", GOOD)
    (tmp_path / "link.csv").symlink_to(target)

    assert bench.ingest(Table(path=tmp_path / "link.csv", shown="link.csv")).rows == 3


def test_open__relative_path(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths are meant from the working directory."""
    write(bench.directory / "p.csv", GOOD)
    monkeypatch.chdir(bench.directory)

    assert bench.engine.ingest(Table(path=Path("p.csv"), shown="p.csv"), into=Path("out"), keep_rows=True).rows == 3


@pytest.mark.parametrize("keep", [0, 1 << 30])
def test_csv__lines_within_quotes(bench: Bench, keep: int) -> None:
    """Quoted text of many lines that look like rows is text, also where a thread begins to read in its midst."""
    looks_like_rows = "First, we look at it, and then we say so.\n" * 150
    record = '{0},{1},"' + looks_like_rows + '"\n'
    rows = [(number % 2, number % 3 % 2) for number in range(4_000)]
    path = bench.directory / "p.csv"
    path.write_text("label,prediction,text\n" + "".join(record.format(*row) for row in rows), encoding="utf-8")
    table = Table(path=path, shown="p.csv")
    found = DuckDBEngine(max_file_bytes=keep).ingest(table, into=bench.side, keep_rows=bool(keep))

    assert path.stat().st_size > 24_000_000
    assert {(label, prediction): n for label, prediction, n in found.counts} == {
        (str(label), str(prediction)): n for (label, prediction), n in Counter(rows).items()
    }


@pytest.mark.parametrize("inside", ["", "\n", "\r", "\r\n"])
@pytest.mark.parametrize("name", ["text", "a\nb", "a\rb", "a\r\nb"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_csv__quoted_breaks_of_lines(bench: Bench, end: str, name: str, inside: str) -> None:
    """However lines end and names and values are broken, all rows are read; or the name is refused, not the rows."""
    rows = [f'"{"ab"[at % 2]}{inside}z",b{at % 3},"x{inside}"' for at in range(300)]
    table = bench.file(end.join([f'label,prediction,"{name}"', *rows, ""]).encode(), suffix=".csv")

    if end == "\r\n" and name in {"a\nb", "a\rb"}:
        assert "but lines end with" in str(failure(bench, table))
        return
    read = bench.ingest(table)
    assert read.rows == 300
    assert sorted(read.labels) == [f"a{inside}z", f"b{inside}z"]


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("length", [2_100_000, 20_000_000])
@pytest.mark.parametrize("before", [0, 10])
def test_csv__long_last_line(bench: Bench, before: int, length: int, end: str) -> None:
    """A row that is too long to be read is no row that is not there."""
    path = bench.directory / "p.csv"
    path.write_text("label,prediction\n" + "a,b\n" * before + f"a,{'b' * length}{end}", encoding="utf-8")

    error = failure(bench, Table(path=path, shown="p.csv"))

    assert "the last line is longer than 2 MB" in str(error)
    assert error.hint.startswith("is a quote not closed?")


def test_csv__long_line(bench: Bench) -> None:
    """One that is too long has a hint that helps, which is not about how the file was written."""
    lines = ["label,prediction,text", *["a,b,c"] * 9, f'a,b,"{"x" * 2_100_000}"', *["a,b,c"] * 9]
    error = failure(bench, bench.file("\n".join(lines).encode(), suffix=".csv"))

    assert "line 11: longer than 2 MB" in str(error)
    assert error.hint.startswith("is a quote not closed?")


def test_parquet__damaged(bench: Bench) -> None:
    """A file whose content is damaged was written completely; the hint does not ask whether it was."""
    values = pa.array([f"class {index % 2}" for index in range(20_000)])
    columns = pa.table({"label": values, "prediction": values})
    path = bench.directory / "p.parquet"
    pq.write_table(columns, path, compression="snappy", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[200:240] = bytes(255 - byte for byte in content[200:240])
    path.write_bytes(content)
    error = failure(bench, Table(path=path, shown="p.parquet"))

    assert str(error) == "p.parquet: Snappy decompression failure"
    assert error.hint.startswith("what the file holds is damaged")


def test_json__column_of_late_records(bench: Bench) -> None:
    """A column that only records far behind the first ones have is there; rows that lack it are counted."""
    records = [{"label": "ab"[at % 2], "prediction": "a", **({"w": 2} if at >= 30_000 else {})} for at in range(30_100)]
    content = "\n".join(map(json.dumps, records)).encode()
    error = failure(bench, bench.file(content, suffix=".jsonl", weight="w"))

    assert '30,000 of 30,100 rows have no weight (column "w")' in str(error)
    assert bench.ingest(bench.file(content, suffix=".jsonl", slices=("w",))).slices == ("w",)


def test_csv__last_line_of_two_megabytes(bench: Bench) -> None:
    """One that is not too long is read."""
    path = bench.directory / "p.csv"
    path.write_text("label,prediction,text\n" + "a,b,c\n" * 9 + f"a,a,{'b' * 1_900_000}", encoding="utf-8")

    assert bench.ingest(Table(path=path, shown="p.csv")).rows == 10
