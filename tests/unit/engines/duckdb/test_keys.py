"""Tests of hashed ids and clusters."""

from __future__ import annotations

import hashlib

import pyarrow.parquet as pq
import pytest

from steelyard.engines.duckdb import DuckDBEngine, keys
from steelyard.errors import InputError
from tests.unit.engines.tables import Bench, Columns

ROWS: Columns = {"id": ["ann", "bob", "ann-2"], "label": ["x", "y", "x"], "prediction": ["x", "x", "y"]}


def hashed(text: str) -> int:
    """The last 8 bytes of MD5 as a little-endian number."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little")


@pytest.mark.parametrize("secret", ["", "s'ecret"])
def test_key__is_md5_of_secret_and_id(bench: Bench, secret: str) -> None:
    """The key can be computed elsewhere, by whoever has the secret; rows are sorted by it."""
    bench.engine = DuckDBEngine(id_key=secret)
    predictions = bench.ingest(bench.table(ROWS))
    assert predictions.testset is not None
    stored = pq.read_table(bench.side / predictions.testset.name)

    assert stored["key"].to_pylist() == sorted(hashed(secret + text) for text in ROWS["id"])


def test_key__ids_leave_no_trace(bench: Bench) -> None:
    """Neither ids nor clusters are readable in what is stored."""
    columns: Columns = {**ROWS, "who": ["Patient Zero", "Patient Zero", "Patient One"]}
    predictions = bench.ingest(bench.table(columns, cluster="who"))
    assert predictions.testset is not None
    stored = pq.read_table(bench.side / predictions.testset.name)

    clusters = dict(zip(stored["key"].to_pylist(), stored["cluster"].to_pylist(), strict=True))
    assert clusters[hashed("ann")] == clusters[hashed("bob")] != clusters[hashed("ann-2")]
    assert all(
        b"Patient" not in path.read_bytes() and b"ann-2" not in path.read_bytes() for path in bench.side.iterdir()
    )


def test_key__cluster_and_id_of_the_same_name_differ(bench: Bench) -> None:
    """Where the cluster is the id, the two columns do not tell so."""
    columns: Columns = {**ROWS, "who": ROWS["id"]}
    predictions = bench.ingest(bench.table(columns, cluster="who"))
    assert predictions.testset is not None
    stored = pq.read_table(bench.side / predictions.testset.name)

    assert not set(stored["key"].to_pylist()) & set(stored["cluster"].to_pylist())


def test_key__integers_and_upcast_integers_are_the_same_ids(bench: Bench) -> None:
    """An id column that became float still names the same rows."""
    columns = {"label": ["x", "y"], "prediction": ["x", "y"]}
    left = bench.ingest(bench.table({**columns, "id": [1, 2]}))
    right = bench.ingest(bench.table({**columns, "id": [1.0, 2.0]}))

    assert left.testset == right.testset


def test_check_ids__collision_of_hashes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ids with the same hash are told apart from one id that occurs twice."""
    monkeypatch.setattr(keys, "_HASH", "(length({text}))::UBIGINT")
    with pytest.raises(InputError, match="two ids have the same 64-bit hash"):
        bench.ingest(bench.table(ROWS))


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_unread_id(bench: Bench, suffix: str) -> None:
    """Without ids, the first column is remembered that is called like one and has no value twice, or missing."""
    columns: Columns = {"label": ROWS["label"], "prediction": ROWS["prediction"], "class_id": [1, 2, 1]}
    named: Columns = {**columns, "hash": ["a", "b", None], "image_id": [7, 8, 9], "path": ROWS["id"]}
    found = [bench.ingest(bench.table(one, suffix=suffix)) for one in (columns, named, {**named, "id": ROWS["id"]})]
    counted = bench.ingest(bench.table(named, suffix=suffix), keep_rows=False)

    assert [one.unread_id for one in (*found, counted)] == [None, "image_id", None, None]


def test_unread_id__of_a_type_that_ids_have_not(bench: Bench) -> None:
    """A column of lists is passed over."""
    columns: Columns = {"label": ["x", "y"], "prediction": ["x", "y"], "item": [[1], [2]], "row_key": ["a", "b"]}

    assert bench.ingest(bench.table(columns)).unread_id == "row_key"
