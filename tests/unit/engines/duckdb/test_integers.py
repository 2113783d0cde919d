"""Tests of labels and predictions that are whole numbers, which DuckDB counts in an array."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.engines.duckdb import integers
from steelyard.engines.duckdb.codes import Codes
from steelyard.engines.duckdb.session import Resources, open_session
from steelyard.engines.duckdb.source import open_table
from steelyard.engines.interface import Table
from steelyard.errors import InputError
from steelyard.model.counts import IntArray
from tests.unit.engines.tables import Bench


def counted(table: Table, *, memory: int = 2_000_000_000) -> tuple[Codes, IntArray] | None:
    """The table's cells."""
    with open_session(reads=[table.path], resources=Resources(memory=memory)) as session:
        return integers.count(session, *open_table(session, table))


def written(bench: Bench, table: pa.Table, **options: Any) -> Table:  # noqa: ANN401 - handed on
    """A Parquet file, by pyarrow."""
    pq.write_table(table, bench.directory / "t.parquet", **options)
    return Table(path=bench.directory / "t.parquet", shown="t.parquet")


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.uint32(), pa.int64()])
def test_count__as_numpy_counts(bench: Bench, kind: pa.DataType) -> None:
    """Every cell has its rows, the missing ones at the end, whatever the width of the numbers."""
    rng = np.random.default_rng(0)
    label, prediction = rng.integers(3, 90, 20_000), rng.integers(0, 100, 20_000)
    missing = rng.random(20_000) < 0.1
    table = pa.table({"label": pa.array(label, kind), "prediction": pa.array(prediction, kind, mask=missing)})
    made = counted(written(bench, table))

    assert made is not None
    codes, n = made
    assert codes.labels == tuple(map(str, range(3, 90)))
    assert codes.predictions == tuple(map(str, range(100)))
    expected = np.zeros((88, 101), dtype=np.int64)
    np.add.at(expected, (label - 3, np.where(missing, 100, prediction)), 1)
    np.testing.assert_array_equal(n, expected)


def test_count__numbers_below_zero(bench: Bench) -> None:
    """Texts stand in the order of their length, so a minus puts a number behind shorter ones; rows stay theirs."""
    table = bench.table({"label": [-2, -1, 5, -1], "prediction": [-1, 10, 5, None]})
    made = counted(table)

    assert made is not None
    codes, n = made
    assert (codes.labels, codes.predictions) == (("5", "-1", "-2"), ("5", "-1", "10"))
    assert n.tolist() == [[1, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_count__a_label_that_is_only_missing_somewhere(bench: Bench) -> None:
    """A value is there that occurs only beside a missing one."""
    made = counted(bench.table({"label": [1, None], "prediction": [None, 2]}))

    assert made is not None
    codes, n = made
    assert (codes.labels, codes.predictions) == (("1",), ("2",))
    assert n.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b"],
        [1.0, 2.0],
        [None, None],
        [0, 1 << 22],
        [0, 1 << 62],
        [True, False],
    ],
)
def test_count__other_values(bench: Bench, values: list[Any]) -> None:
    """What is no whole number, or of a large range, is left to those who count otherwise."""
    table = written(bench, pa.table({"label": pa.array(values), "prediction": pa.array([0, 1])}))

    assert counted(table) is None


def test_count__no_statistics(bench: Bench) -> None:
    """DuckDB does not know the range then; it would count by hashing, which takes many times as long."""
    table = pa.table({"label": [0, 1], "prediction": [0, 1]})

    assert counted(written(bench, table)) is not None
    assert counted(written(bench, table, write_statistics=False)) is None


def test_count__little_memory(bench: Bench) -> None:
    """Counters of all threads take a quarter of the memory at most."""
    table = bench.table({"label": [0, 2_000], "prediction": [0, 2_000]})

    assert counted(table) is not None
    assert counted(table, memory=50_000_000) is None


def test_count__a_range_that_is_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the ends of a column are said to be, no more memory is taken than for the cells that may be counted."""
    table = bench.table({"label": [0, 99], "prediction": [0, 99]})
    monkeypatch.setattr(integers, "MAX_CELLS", 10_000)
    assert counted(table) is not None
    monkeypatch.setattr(integers, "MAX_CELLS", 9_999)
    assert counted(table) is None


@pytest.mark.parametrize(
    ("true", "said"),
    [
        ([0, 1, 256, 999], {999: 400}),
        ([0, 1, 256, 257], {257: 1}),
        ([5, 6, 7, 8], {5: 6}),
        ([5, 6, 7, 8], {5: 7, 8: 7}),
    ],
)
def test_count__statistics_that_are_wrong(bench: Bench, true: list[int], said: dict[int, int]) -> None:
    """A file that says less of its values than is true cannot be counted so, and the message says what it is."""
    values = np.array(true * 50, dtype=np.int32)
    table = written(bench, pa.table({"label": values, "prediction": values[::-1]}), use_dictionary=False)
    content = table.path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    head, told = content[:footer], content[footer:]
    for number, other in said.items():
        assert told.count(number.to_bytes(4, "little")) > 1
        told = told.replace(number.to_bytes(4, "little"), other.to_bytes(4, "little"))
    table.path.write_bytes(head + told)

    with pytest.raises(InputError, match="not within what its own statistics say") as error:
        counted(table)
    assert "write it again" in error.value.hint


def test_count__missing_values_that_the_statistics_deny(bench: Bench) -> None:
    """How many are missing is counted, not believed."""
    values = pa.array([0, 1, None, 3] * 50, pa.int32())
    table = written(bench, pa.table({"label": pa.array([0, 1, 2, 3] * 50, pa.int32()), "prediction": values}))
    content = table.path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    # In Thrift's compact protocol: field 3 of the statistics, an i64, zigzag.
    told, denied = (b"\x16" + bytes([*varint]) for varint in ((0x64,), (0x00,)))
    assert content[footer:].count(told) == 1
    table.path.write_bytes(content[:footer] + content[footer:].replace(told, denied))
    made = counted(table)

    assert made is not None
    assert made[1][:, -1].tolist() == [0, 0, 50, 0, 0]


def test_count__a_column_that_is_called_like_a_plan(tmp_path: Path) -> None:
    """What DuckDB plans is told from what the file says."""
    bench = Bench(tmp_path)
    table = pa.table({"PERFECT_HASH_GROUP_BY": ["a", "b"], "label": [0, 1 << 40], "prediction": [0, 1]})

    assert counted(written(bench, table)) is None
