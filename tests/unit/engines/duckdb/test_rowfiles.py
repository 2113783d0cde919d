"""Tests of the side files that are written."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.duckdb.session import Resources
from steelyard.errors import InputError
from steelyard.model.evaluation import PredictionSet
from tests.unit.engines.tables import HOSTILE, Bench


def table(rows: int, *, seed: int = 0, scores: int = 0) -> dict[str, list[Any]]:
    """Ids in random order, three labels, a slice, a cluster, scores."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(rows)
    labels = [f"class {index % 3}" for index in order]
    columns: dict[str, list[Any]] = {
        "id": [f"row {index}" for index in order],
        "label": labels,
        "prediction": [f"class {value}" for value in generator.integers(0, 3, rows)],
        "region": [None if index % 5 == 0 else f"region {index % 5}" for index in order],
        "who": [int(index) // 7 for index in order],
    }
    for score in range(scores):
        columns[f"score_class {score}"] = generator.random(rows).astype(np.float32).tolist()
    return columns


def stored(bench: Bench, predictions: PredictionSet) -> tuple[pa.Table, pa.Table]:
    """Both side files as pyarrow reads them."""
    assert predictions.testset is not None
    assert predictions.predictions is not None
    return (
        pq.read_table(bench.side / predictions.testset.name),
        pq.read_table(bench.side / predictions.predictions.name),
    )


def test_write__columns_types_and_rows(bench: Bench) -> None:
    """The files have the documented columns, sorted by key, both in the same order, with every row of the original."""
    columns = table(1000, scores=2)
    predictions = bench.ingest(bench.table(columns, slices=("region",), cluster="who"))
    testset, pred = stored(bench, predictions)

    assert testset.schema.names == ["key", "label", "slice:region", "cluster"]
    assert testset.schema.types == [pa.uint64(), pa.string(), pa.string(), pa.uint64()]
    assert pred.schema.names == ["prediction", "score:class 0", "score:class 1"]
    assert pred.schema.types == [pa.string(), pa.float32(), pa.float32()]
    keys = testset["key"].to_pylist()
    assert keys == sorted(keys)
    rows = zip(
        testset["label"].to_pylist(),
        testset["slice:region"].to_pylist(),
        pred["prediction"].to_pylist(),
        pred["score:class 0"].to_pylist(),
        pred["score:class 1"].to_pylist(),
        strict=True,
    )
    expected = zip(
        columns["label"],
        [region or "" for region in columns["region"]],
        columns["prediction"],
        columns["score_class 0"],
        columns["score_class 1"],
        strict=True,
    )
    assert sorted(rows) == sorted(expected)


def test_write__names_are_hashes_of_the_content(bench: Bench) -> None:
    """BLAKE2b with 128 bits, and the size in bytes."""
    predictions = bench.ingest(bench.table(table(50)))
    for file in (predictions.testset, predictions.predictions):
        assert file is not None
        data = (bench.side / file.name).read_bytes()
        assert hashlib.blake2b(data, digest_size=16).hexdigest() in file.name
        assert file.size == len(data)


def test_write__nothing_else_is_left(bench: Bench) -> None:
    """The directory holds exactly the two files."""
    predictions = bench.ingest(bench.table(table(50)))

    assert {path.name for path in bench.side.iterdir()} == {
        file.name for file in (predictions.testset, predictions.predictions) if file is not None
    }


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_write__same_bytes_whatever_the_threads(bench: Bench, threads: int) -> None:
    """Several row groups, several threads, little memory, any order of the rows: the same bytes."""
    columns = table(300_000, scores=1)
    expected = bench.ingest(bench.table(columns, slices=("region",)))
    bench.engine = DuckDBEngine(resources=Resources(threads=threads, memory=150_000_000))
    order = np.random.default_rng(threads).permutation(300_000)
    shuffled = {name: [values[index] for index in order] for name, values in columns.items()}
    found = bench.ingest(bench.table(shuffled, slices=("region",)))

    assert found.testset == expected.testset
    assert found.predictions == expected.predictions
    assert found.fingerprint == expected.fingerprint
    assert found.counts == expected.counts


def test_write__same_bytes_in_another_process(bench: Bench) -> None:
    """Nothing depends on Python's hash seed or on what was done before."""
    source = bench.table(table(2000, scores=2), slices=("region",))
    script = (
        "import sys; from pathlib import Path; from steelyard.engines.duckdb import DuckDBEngine;"
        "from steelyard.engines.interface import Table;"
        "t = Table(path=Path(sys.argv[1]), shown='p', slices=('region',));"
        "p = DuckDBEngine().ingest(t, into=Path(sys.argv[2]), keep_rows=True);"
        "print(p.testset.name, p.predictions.name, p.fingerprint)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(source.path), str(bench.side)],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(outputs) == 1


def test_write__hostile_text_survives(bench: Bench) -> None:
    """Labels, predictions and slices are stored as they are."""
    columns = {"label": HOSTILE, "prediction": HOSTILE[::-1], 'sl"ice': HOSTILE}
    testset, pred = stored(bench, bench.ingest(bench.table(columns, slices=('sl"ice',))))

    assert testset['slice:sl"ice'].to_pylist() == list(HOSTILE)
    assert testset["label"].to_pylist() == list(HOSTILE)
    assert pred["prediction"].to_pylist() == list(HOSTILE[::-1])


def test_write__scores_go_first(bench: Bench) -> None:
    """Beyond the limit the scores are dropped, the rows stay comparable, and the notes say so."""
    bench.engine = DuckDBEngine(max_file_bytes=45_000)
    predictions = bench.ingest(bench.table(table(5000, scores=3)))
    _, pred = stored(bench, predictions)

    assert pred.schema.names == ["prediction"]
    assert predictions.scores == ()
    assert any("scores are not kept" in note for note in predictions.notes)


@pytest.mark.parametrize("limit", [100, 10_000, 25_000])
def test_write__beyond_the_limit_only_counts_are_kept(bench: Bench, limit: int) -> None:
    """Neither file is left, and the notes say what that means."""
    bench.engine = DuckDBEngine(max_file_bytes=limit)
    predictions = bench.ingest(bench.table(table(5000)))

    assert predictions.testset is None
    assert predictions.predictions is None
    assert list(bench.side.iterdir()) == []
    assert any("rows are not kept" in note and "unpaired" in note for note in predictions.notes)
    assert predictions.counts.rows == 5000


def test_write__predictions_beyond_the_limit(bench: Bench) -> None:
    """A test set that fits does not help when the predictions do not."""
    rows = 20_000
    generator = np.random.default_rng(0)
    columns: dict[str, list[Any]] = {
        "label": [0] * rows,
        "prediction": generator.integers(0, 2**16, rows).tolist(),
    }
    bench.engine = DuckDBEngine(max_file_bytes=30_000)
    predictions = bench.ingest(bench.table(columns))

    assert predictions.testset is None
    assert any("the predictions'" in note for note in predictions.notes)
    assert list(bench.side.iterdir()) == []


def test_write__million_rows_fit_the_default_limit(bench: Bench) -> None:
    """A test set of a million rows with hashed ids is kept by default."""
    rows = 1_000_000
    path = bench.directory / "million.parquet"
    label = np.random.default_rng(0).integers(0, 10, rows)
    pq.write_table(pa.table({"id": np.arange(rows), "label": label, "prediction": label[::-1].copy()}), path)
    predictions = bench.ingest(bench.file(path.read_bytes(), suffix=".parquet"))

    assert predictions.testset is not None
    assert predictions.testset.size < 8_000_000


def test_write__name_is_taken(bench: Bench) -> None:
    """A directory where the file should be is an input error."""
    predictions = bench.ingest(bench.table(table(5)))
    assert predictions.testset is not None
    (bench.side / predictions.testset.name).unlink()
    (bench.side / predictions.testset.name).mkdir()
    with pytest.raises(InputError, match="cannot write testset-"):
        bench.ingest(bench.table(table(5)))


def test_write__directory_cannot_be_made(bench: Bench) -> None:
    """A file where the directory should be is an input error."""
    (bench.directory / "file").write_text("")
    with pytest.raises(InputError, match="cannot make the directory"):
        bench.engine.ingest(bench.table(table(5)), into=Path(bench.directory / "file" / "x"), keep_rows=True)
