"""Tests of side files that come back from a store: damaged, swapped, forged."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.engines.duckdb import counting
from steelyard.engines.duckdb.stored import locate
from steelyard.engines.interface import StoredSet
from steelyard.errors import InputError
from steelyard.model import codec
from steelyard.model.evaluation import File, PredictionSet
from tests.unit.engines.tables import Bench, Columns

ROWS: Columns = {
    "id": [f"row {index}" for index in range(200)],
    "label": [f"class {index % 3}" for index in range(200)],
    "prediction": [f"class {index % 2}" for index in range(200)],
    "region": [f"region {index % 4}" for index in range(200)],
}


@pytest.fixture
def candidate(bench: Bench) -> StoredSet:
    """A good side."""
    return bench.store(bench.table(ROWS, slices=("region",)))


@pytest.fixture
def baseline(bench: Bench) -> StoredSet:
    """Another good side, with other rows, so that a join by key is needed."""
    fewer = {name: values[:-1] for name, values in ROWS.items()}
    return bench.store(bench.table(fewer, slices=("region",)))


def failure(bench: Bench, candidate: StoredSet, baseline: StoredSet) -> str:
    """The error that joining gives, on one line and with a hint."""
    with pytest.raises(InputError) as error:
        bench.join(candidate, baseline)
    assert str(error.value).isprintable()
    assert error.value.hint
    return str(error.value)


def keep(directory: Path, data: bytes, kind: str) -> File:
    """Store bytes under the name that their content gives them."""
    name = f"{kind}-{hashlib.blake2b(data, digest_size=16).hexdigest()}.parquet"
    (directory / name).write_bytes(data)
    return File(name=name, size=len(data))


def forge(stored: StoredSet, *, kind: str, table: pa.Table | bytes, **changed: Any) -> StoredSet:  # noqa: ANN401
    """The set with one side file replaced by another one, consistently named; other fields changed."""
    if isinstance(table, pa.Table):
        pq.write_table(table, stored.directory / "forged")
        table = (stored.directory / "forged").read_bytes()
    field = "testset" if kind == "testset" else "predictions"
    predictions = msgspec.structs.replace(stored.predictions, **{field: keep(stored.directory, table, kind)}, **changed)
    return msgspec.structs.replace(stored, predictions=predictions)


def file_of(stored: StoredSet, kind: str) -> Path:
    """Where a side file is."""
    file = stored.predictions.testset if kind == "testset" else stored.predictions.predictions
    assert file is not None
    return stored.directory / file.name


def test_locate__missing(bench: Bench, candidate: StoredSet, baseline: StoredSet) -> None:
    """Which side's file is missing is said."""
    path = file_of(baseline, "pred")
    path.unlink()

    assert failure(bench, candidate, baseline).startswith(f"the baseline's {path.name}: cannot be read")


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-5] + b"xxxxx", lambda _: b""])
def test_locate__changed(bench: Bench, candidate: StoredSet, baseline: StoredSet, damage: Any) -> None:  # noqa: ANN401
    """A file that is not what its name promises is not opened."""
    path = file_of(baseline, "testset")
    path.write_bytes(damage(path.read_bytes()))

    assert "not what was written" in failure(bench, candidate, baseline)


def test_locate__no_regular_file(bench: Bench, candidate: StoredSet, baseline: StoredSet) -> None:
    """A directory in its place is refused."""
    path = file_of(baseline, "testset")
    path.unlink()
    path.mkdir()

    assert "not what was written" in failure(bench, candidate, baseline)


def three_rows(**changed: pa.Array) -> pa.Table:
    """Columns as a test set of 3 rows has them, some replaced."""
    columns = {
        "key": pa.array([1, 2, 3], pa.uint64()),
        "label": pa.array(["class 0", "class 1", "class 2"]),
        "slice:region": pa.array(["region 0", "region 1", "region 2"]),
    }
    return pa.table(columns | changed)


@pytest.mark.parametrize(
    "table",
    [
        three_rows().select(["key", "label"]),
        three_rows().rename_columns(["key", "label", "slice:other"]),
        three_rows(key=pa.array([1, 2, 3], pa.int64())),
        three_rows(key=pa.array(["1", "2", "3"])),
        three_rows(label=pa.array([1, 2, 3])),
        three_rows(label=pa.array([["a"], ["b"], ["c"]])),
        three_rows(more=pa.array([1, 2, 3])),
        three_rows().select(["label", "key", "slice:region"]),
        b"PAR1 and then nothing PAR1",
        b"",
    ],
)
def test_check_schema__wrong_columns(
    bench: Bench, candidate: StoredSet, baseline: StoredSet, table: pa.Table | bytes
) -> None:
    """Other columns, other types, or no Parquet at all: an input error."""
    failure(bench, candidate, forge(baseline, kind="testset", table=table))


def test_check_schema__wrong_number_of_rows(bench: Bench, candidate: StoredSet, baseline: StoredSet) -> None:
    """A file with fewer or more rows than the Evaluation says is refused."""
    assert "3 rows, expected 199" in failure(bench, candidate, forge(baseline, kind="testset", table=three_rows()))


def test_check_schema__names_that_differ_in_case_only(bench: Bench) -> None:
    """Scores of `a` and `A` come back."""
    columns: Columns = {
        "id": [1, 2],
        "label": ["a", "A"],
        "prediction": ["a", "A"],
        "score_a": [0.5, 0.5],
        "score_A": [0.5, 0.5],
    }
    stored = bench.store(bench.table(columns))

    assert stored.predictions.scores == ("a", "A")
    assert bench.join(stored, stored).joint is not None


def replaced(path: Path, **changed: pa.Array) -> pa.Table:
    """A stored table with some columns replaced."""
    table = pq.read_table(path)
    for name, values in changed.items():
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, values)
    return table


@pytest.mark.parametrize("keys", [[5] * 199, list(range(198, -1, -1)), [*range(198), None]])
def test_pair__keys_that_repeat_or_are_unsorted(
    bench: Bench, candidate: StoredSet, baseline: StoredSet, keys: list[int | None]
) -> None:
    """Repeated keys would multiply rows: refused before they are joined."""
    table = replaced(file_of(baseline, "testset"), key=pa.array(keys, pa.uint64()))

    assert "keys are missing, repeated or out of order" in failure(
        bench, candidate, forge(baseline, kind="testset", table=table)
    )


@pytest.mark.parametrize("labels", [[None] * 199, ["x" * 2000] * 199])
def test_count__values_that_no_engine_writes(
    bench: Bench, candidate: StoredSet, baseline: StoredSet, labels: list[str | None]
) -> None:
    """Missing and overlong values are refused."""
    table = replaced(file_of(baseline, "testset"), label=pa.array(labels, pa.string()))

    assert "missing or overlong" in failure(bench, candidate, forge(baseline, kind="testset", table=table))


def test_count__missing_predictions(bench: Bench, candidate: StoredSet, baseline: StoredSet) -> None:
    """So are missing predictions."""
    table = pa.table({"prediction": pa.nulls(199, pa.string())})

    assert "missing or overlong" in failure(bench, candidate, forge(baseline, kind="pred", table=table))


def test_count__too_many_slice_values(bench: Bench) -> None:
    """A slice with more values than ingest lets through is refused."""
    rows = 300
    columns: Columns = {
        "id": list(range(rows)),
        "label": ["a"] * rows,
        "prediction": ["a"] * rows,
        "part": ["n"] * rows,
    }
    stored = bench.store(bench.table(columns, slices=("part",)))
    table = replaced(file_of(stored, "testset"), **{"slice:part": pa.array([f"v{index}" for index in range(rows)])})

    assert "more than 200 values" in failure(bench, forge(stored, kind="testset", table=table), stored)


def test_count__too_many_classes(
    bench: Bench, candidate: StoredSet, baseline: StoredSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So are more classes than ingest lets through."""
    monkeypatch.setattr(counting, "MAX_CLASSES", 2)

    assert "more than 2 classes" in failure(bench, candidate, baseline)


def test_locate__rows_not_kept(bench: Bench) -> None:
    """There is nothing to locate where rows were not kept."""
    stored = bench.store(bench.table(ROWS), keep_rows=False)
    with pytest.raises(InputError, match="the baseline's rows were not kept"):
        locate(stored, side="baseline")


def test_check_schema__row_bomb(bench: Bench, candidate: StoredSet, baseline: StoredSet) -> None:
    """A small file that claims an absurd number of rows is refused unread, even if the Evaluation agrees."""
    claimed = msgspec.structs.replace(baseline.predictions, rows=10**12)
    with pytest.raises(InputError):
        bench.join(candidate, msgspec.structs.replace(baseline, predictions=claimed))


def test_join__random_damage(bench: Bench, candidate: StoredSet, baseline: StoredSet) -> None:
    """Forged files with flipped bytes and matching names give an input error or numbers, never a crash."""
    generator = random.Random(0)  # noqa: S311 - no secret
    for kind in ("testset", "pred"):
        original = file_of(baseline, kind).read_bytes()
        for _ in range(30):
            data = bytearray(original)
            for _ in range(generator.randint(1, 4)):
                data[generator.randrange(4, len(data) - 4)] = generator.randrange(256)
            try:
                bench.join(candidate, forge(baseline, kind=kind, table=bytes(data)))
            except InputError as error:
                assert str(error).isprintable()  # noqa: PT017 - either outcome is right


def test_prediction_set__survives_json(bench: Bench, candidate: StoredSet) -> None:
    """What ingest returns can be written, read and joined again."""
    again = codec.decode(codec.encode(candidate.predictions), PredictionSet, source="it")

    assert again == candidate.predictions
    assert bench.join(msgspec.structs.replace(candidate, predictions=again), candidate).joint is not None
