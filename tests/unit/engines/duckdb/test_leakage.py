"""Tests of test rows that the model was trained on."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import Table
from tests.unit.engines.duckdb.test_source import failure
from tests.unit.engines.tables import Bench, Columns

TEST: dict[str, list[Any]] = {"id": [1, 2, 3], "label": ["x", "y", "x"], "prediction": ["x", "x", "y"]}


def notes(bench: Bench, training: Columns, *, suffix: str = ".csv") -> tuple[str, ...]:
    """What is noted beside these ids of training rows."""
    return bench.ingest(bench.table(TEST, training_ids=bench.table(training, suffix=suffix))).notes


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_check__rows_that_training_saw(bench: Bench, suffix: str) -> None:
    """They are counted, whatever the format; repeated training ids count once."""
    (note,) = notes(bench, {"id": [2, 2, 3, 9], "text": list("abcd")}, suffix=suffix)

    assert note.startswith("LEAKAGE: 2 of 3 rows are among those that the model was trained on (predictions-1")


def test_check__secret_key(bench: Bench) -> None:
    """Both sides are hashed with the same secret."""
    bench.engine = DuckDBEngine(id_key="secret")

    assert notes(bench, {"id": [1]})[0].startswith("LEAKAGE: 1 of 3 rows")


def test_check__no_leakage(bench: Bench) -> None:
    """That nothing leaked is said, too; a single column of any name holds the ids."""
    assert notes(bench, {"train": [7, 8, None]}) == (
        "no row is among the 2 ids that the model was trained on (predictions-1.csv)",
    )


def test_check__what_cannot_be_compared(bench: Bench) -> None:
    """Missing ids on either side, and a missing file, are errors that name the file."""
    without = {name: values for name, values in TEST.items() if name != "id"}
    training = bench.table({"a": [1], "b": [2]})
    gone = Table(path=bench.directory / "gone.csv", shown="gone.csv")

    assert "has no column of ids" in str(failure(bench, bench.table(without, training_ids=training)))
    for bad, says in ((training, "no column of ids"), (gone, "cannot read"), (bench.table({"id": ["", ""]}), "no ids")):
        with pytest.raises(Exception, match=says) as error:
            bench.ingest(bench.table(TEST, training_ids=bad))
        assert str(error.value).startswith(bad.shown)
