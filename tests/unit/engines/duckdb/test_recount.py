"""A set that is counted again says what its rows say, whatever was claimed of it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import StoredSet, Table
from steelyard.errors import InputError
from steelyard.model.cells import Cells
from steelyard.model.evaluation import File, PredictionSet
from tests.integration.baseline.evaluations import side_file
from tests.unit.engines.tables import Bench, Columns

RANDOM = random.Random(5)  # noqa: S311  the same every time
ROWS = range(120)
WORDS = [RANDOM.choice("ab") for _ in ROWS]

KINDS: dict[str, tuple[Columns, dict[str, Any]]] = {
    "words": ({"id": [*ROWS], "label": ["ab"[i % 2] for i in ROWS], "prediction": WORDS}, {}),
    "numbers": ({"id": [*ROWS], "label": [i % 3 for i in ROWS], "prediction": [float(i % 4) for i in ROWS]}, {}),
    "scores": (
        {
            "id": [*ROWS],
            "label": [i % 2 for i in ROWS],
            "prediction": [i % 3 % 2 for i in ROWS],
            "score_1": [RANDOM.random() for _ in ROWS],
        },
        {"positive": "0"},
    ),
    "without ids": ({"label": [i % 3 for i in ROWS], "prediction": [i % 4 for i in ROWS]}, {}),
    "sorted": ({"label": [i // 50 for i in ROWS], "prediction": [i % 3 for i in ROWS]}, {}),
    "design": (
        {
            "id": [*ROWS],
            "label": ["ab"[i % 2] for i in ROWS],
            "prediction": WORDS,
            "region": ["x" if i % 3 else "" for i in ROWS],
            "patient": [i // 4 for i in ROWS],
            "w": [1.5 + i for i in ROWS],
            "site": [i % 5 for i in ROWS],
        },
        {"slices": ("region",), "cluster": "patient", "weight": "w", "stratum": "site", "labels": ("b", "a", "c")},
    ),
    "missing": (
        {
            "id": [*ROWS],
            "label": ["ab"[i % 2] for i in ROWS],
            "prediction": [None if i % 7 == 0 else "a" for i in ROWS],
        },
        {"on_missing_row": "wrong"},
    ),
    "sets": (
        {
            "id": [*ROWS],
            "label": ["a|b" if i % 2 else "b" for i in ROWS],
            "prediction": ["b" if i % 3 else "" for i in ROWS],
        },
        {"kind": "multilabel", "separator": "|"},
    ),
    "regression": ({"id": [*ROWS], "label": [i / 7 for i in ROWS], "prediction": [i / 9 for i in ROWS]}, {}),
    "regression without ids": ({"label": [i / 7 for i in ROWS], "prediction": [i / 9 for i in ROWS]}, {}),
    "measures": ({"id": [*ROWS], "reward": [i / 7 for i in ROWS]}, {"measures": ("reward",)}),
    "measures without ids": ({"reward": [i / 7 for i in ROWS]}, {"measures": ("reward",)}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep_rows", [True, False], ids=["rows", "counts"])
def test_recount__honest(bench: Bench, kind: str, keep_rows: bool) -> None:
    """What `ingest` wrote comes out as it was, save that without rows two test sets are not told apart any more."""
    columns, settings = KINDS[kind]
    table = bench.table(columns, suffix=".parquet", **settings)
    written = bench.ingest(table, keep_rows=keep_rows)
    found = bench.engine.recount(StoredSet(predictions=written, directory=bench.side), table)

    if not keep_rows:
        assert found.fingerprint_of == "labels"
        written = structs.replace(written, fingerprint_of="labels", fingerprint=found.fingerprint)
    assert found == written


def test_recount__lies(bench: Bench) -> None:
    """Rows, labels, counts, the test set's fingerprint and the positive label are the rows', not the writer's."""
    table = bench.table(KINDS["words"][0])
    honest = bench.ingest(table)
    lie = structs.replace(
        honest,
        labels=("a", "b", "c"),
        label_type="float",
        counts=Cells.of([("a", "a", 120)]),
        fingerprint="0" * 32,
        positive="a",
    )

    assert bench.engine.recount(StoredSet(predictions=lie, directory=bench.side), table) == honest


def test_recount__lies_without_rows(bench: Bench) -> None:
    """What follows from the counts is theirs, and the fingerprint is not that of any rows."""
    table = bench.table(KINDS["words"][0])
    honest = bench.ingest(table, keep_rows=False)
    lie = structs.replace(honest, labels=("b", "a"), label_type="float", fingerprint="0" * 32, positive="a")
    found = bench.engine.recount(StoredSet(predictions=lie, directory=bench.side), table)

    assert (found.labels, found.label_type, found.positive) == (("a", "b"), "text", "b")
    assert found.fingerprint_of == "labels"
    assert found.fingerprint != "0" * 32


@pytest.mark.parametrize("n", [119, 121])
def test_recount__counts_that_do_not_add_up(bench: Bench, n: int) -> None:
    """Counts that cannot be those of so many rows are refused before anything is compared."""
    table = bench.table(KINDS["words"][0])
    lie = structs.replace(bench.ingest(table, keep_rows=False), counts=Cells.of([("a", "a", n)]))

    with pytest.raises(InputError, match="do not add up to 120 rows"):
        bench.engine.recount(StoredSet(predictions=lie, directory=bench.side), table)


def forged(directory: Path, testset: Columns, predictions: Columns, **claims: Any) -> StoredSet:  # noqa: ANN401  fields of PredictionSet
    """A set whose files somebody wrote with a tool of their own."""

    def file(kind: str, columns: Columns) -> File:
        path = directory / "made.parquet"
        types = {"key": pa.uint64(), "prediction": pa.string(), "label": pa.string(), "cluster": pa.uint64()}
        arrays = {name: pa.array(values, types.get(name)) for name, values in columns.items()}
        pq.write_table(pa.table(arrays), path)
        made = side_file(directory, kind, path.read_bytes())
        path.unlink()
        return made

    rows = len(next(iter(testset.values())))
    known = PredictionSet(
        name="test",
        source="predictions.csv",
        rows=rows,
        key="id",
        label_type="text",
        labels=("a", "b"),
        fingerprint="0" * 32,
        counts=Cells.of(),
        testset=file("testset", testset),
        predictions=file("pred", predictions),
    )
    return StoredSet(predictions=structs.replace(known, **claims), directory=directory)


GOOD: Columns = {"key": [1, 2, 3], "label": ["a", "b", "a"]}
SAID: Columns = {"prediction": ["a", "b", "b"]}


@pytest.mark.parametrize(
    ("testset", "predictions", "claims", "said"),
    [
        ({"key": [1, 1, 3], "label": ["a", "b", "a"]}, SAID, {}, "1 keys are repeated or out of order"),
        ({"key": [3, 2, 1], "label": ["a", "b", "a"]}, SAID, {}, "2 keys are repeated or out of order"),
        ({"key": [1, None, 3], "label": ["a", "b", "a"]}, SAID, {}, "1 of 3 rows have no id"),
        ({"key": [1, 2, 3], "label": ["a", None, "a"]}, SAID, {}, "1 of 3 rows have no label"),
        ({"key": [1, 2, 3], "label": ["a", "b", "x" * 1_001]}, SAID, {}, "a value of 1,001 characters"),
        (GOOD, {"prediction": ["a"]}, {}, "1 rows, expected 3"),
        (GOOD, SAID, {"rows": 4}, "3 rows, expected 4"),
        (GOOD, {"prediction": ["a", "b", "b"], "evil": [1, 2, 3]}, {}, 'columns "prediction VARCHAR", "evil BIGINT"'),
        ({**GOOD, "weight": [1.0, -1.0, 0.0]}, SAID, {"weight": "w"}, "weight"),
        (
            {"key": [1, 2], "label": ["1.0", "2"]},
            {"prediction": ["1", "2"]},
            {},
            "not spelled as steelyard spells them",
        ),
        ({"key": [1], "label": ['["b", "a"]']}, {"prediction": ["[]"]}, {"kind": "multilabel"}, "not written as one"),
        ({"key": [1], "label": ["{}"]}, {"prediction": ["[]"]}, {"kind": "multilabel"}, "not written as one"),
        ({"key": [1], "label": ["[" * 900]}, {"prediction": ["[]"]}, {"kind": "multilabel"}, "not written as one"),
        ({"key": [1], "label": ["[1]"]}, {"prediction": ["[]"]}, {"kind": "multilabel"}, "not written as one"),
    ],
)
def test_recount__forged(
    tmp_path: Path, bench: Bench, testset: Columns, predictions: Columns, claims: dict[str, Any], said: str
) -> None:
    """Files that `ingest` never writes are refused in a sentence."""
    stored = forged(tmp_path, testset, predictions, **claims)
    table = Table(path=tmp_path, shown="the bundle's predictions")

    with pytest.raises(InputError, match=said):
        bench.engine.recount(stored, table)


def test_recount__not_finite(tmp_path: Path, bench: Bench) -> None:
    """Targets that are no numbers cannot be averaged: they are refused, as by `ingest`."""
    pq.write_table(pa.table({"key": pa.array([1, 2], pa.uint64()), "label": [1.0, float("inf")]}), tmp_path / "t")
    pq.write_table(pa.table({"prediction": [1.0, 2.0]}), tmp_path / "p")
    stored = forged(tmp_path, GOOD, SAID, rows=2, kind="regression")
    files = {
        "testset": side_file(tmp_path, "testset", (tmp_path / "t").read_bytes()),
        "predictions": side_file(tmp_path, "pred", (tmp_path / "p").read_bytes()),
    }
    stored = structs.replace(stored, predictions=structs.replace(stored.predictions, **files))

    with pytest.raises(InputError, match="1 of 2 rows have no finite number as label"):
        bench.engine.recount(stored, Table(path=tmp_path, shown="the bundle's predictions"))


def test_recount__sums_of_scores(bench: Bench) -> None:
    """Without rows, sums are kept that go with the counts, and refused that do not; beside scores they are dropped."""
    columns, settings = KINDS["scores"]
    table = bench.table(columns, **settings)
    kept, summed = bench.ingest(table), DuckDBEngine(max_file_bytes=0).ingest(table, into=bench.side, keep_rows=True)
    totals = summed.score_totals
    assert totals is not None
    found = bench.engine.recount(StoredSet(predictions=summed, directory=bench.side), table)
    beside = structs.replace(kept, score_totals=totals)

    assert found.score_totals == totals
    assert bench.engine.recount(StoredSet(predictions=beside, directory=bench.side), table) == kept
    lie = structs.replace(summed, score_totals=structs.replace(totals, support=(119, 1)))
    with pytest.raises(InputError, match="do not add up to 120 rows"):
        bench.engine.recount(StoredSet(predictions=lie, directory=bench.side), table)
