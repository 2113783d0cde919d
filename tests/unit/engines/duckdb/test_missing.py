"""Tests of rows without a prediction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.engines.duckdb.test_source import failure
from tests.unit.engines.tables import Bench, Columns, joint_cells, set_cells

SUFFIXES = (".csv", ".parquet", ".jsonl")


def columns(**changed: list[Any]) -> dict[str, list[Any]]:
    """Four rows, one without a prediction."""
    good: dict[str, list[Any]] = {"id": ["a", "b", "c", "d"], "label": [1, 2, 1, 2], "prediction": [1, None, 2, 2]}
    return good | changed


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_settle__wrong(bench: Bench, suffix: str) -> None:
    """The row stays and is wrong, on both sides of a comparison, and that is noted."""
    found = bench.store(bench.table(columns(), suffix=suffix, on_missing_row="wrong"))
    joint = bench.join(found, found).joint

    assert set_cells(found.predictions) == {("1", "1"): 1, ("1", "2"): 1, ("2", "2"): 1, ("2", "(missing)"): 1}
    assert any(
        note.startswith("MISSING: 1 of 4 rows have no prediction") and "count as wrong" in note
        for note in found.predictions.notes
    )
    assert joint is not None
    assert joint_cells(joint)["2", "(missing)", "(missing)"] == 1
    assert joint.classes[joint.n_labels :] == ("(missing)",)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_settle__drop(bench: Bench, suffix: str) -> None:
    """The row is left out, and that is noted."""
    found = bench.ingest(bench.table(columns(), suffix=suffix, on_missing_row="drop"))

    assert found.rows == 3
    assert set_cells(found).total() == 3
    assert any(
        note.startswith("MISSING: 1 of 4 rows have no prediction") and "left out" in note for note in found.notes
    )


@pytest.mark.parametrize(("mode", "rows"), [("drop", 3), ("wrong", 4)])
def test_settle__nan_among_numbers(bench: Bench, mode: str, rows: int) -> None:
    """In a CSV file of numbers "nan" is no prediction."""
    found = bench.ingest(bench.table(columns(prediction=[1, "nan", 2, 2]), suffix=".csv", on_missing_row=mode))

    assert found.rows == rows
    assert any(note.startswith("MISSING: 1 of 4 rows have no prediction") for note in found.notes)


def test_settle__drop_needs_ids(bench: Bench) -> None:
    """Without ids, leaving out a row would put others side by side with the wrong ones."""
    rows = {name: values for name, values in columns().items() if name != "id"}

    assert "the rows have no ids" in str(failure(bench, bench.table(rows, on_missing_row="drop")))
    assert bench.ingest(bench.table(rows | {"prediction": [1, 1, 2, 2]}, on_missing_row="drop")).rows == 4


def test_settle__nothing_is_left(bench: Bench) -> None:
    """A model that predicted nothing is an error in every mode but the one in which all is wrong."""
    rows: Columns = columns(prediction=["", "", "", ""])

    assert "no row has a prediction" in str(failure(bench, bench.table(rows, on_missing_row="drop")))
    assert set_cells(bench.ingest(bench.table(rows, on_missing_row="wrong"))) == {
        ("1", "(missing)"): 2,
        ("2", "(missing)"): 2,
    }


def test_settle__label_that_reads_like_a_missing_prediction(bench: Bench) -> None:
    """A class called "(missing)" cannot be told from a missing prediction."""
    rows: Columns = {"label": ["(missing)", "a"], "prediction": [None, "a"]}

    assert "is a label" in str(failure(bench, bench.table(rows, on_missing_row="wrong")))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_settle__regression(bench: Bench, suffix: str) -> None:
    """No number is a wrong prediction of a number: an error, or left out."""
    rows: Columns = {
        "id": list(range(40)),
        "label": [index + 0.5 for index in range(40)],
        "prediction": [None, *(index + 0.25 for index in range(1, 40))],
    }

    assert "1 of 40 rows have no prediction" in str(failure(bench, bench.table(rows, suffix=suffix)))
    wrong = failure(bench, bench.table(rows, suffix=suffix, on_missing_row="wrong"))
    assert "1 of 40 rows have no prediction" in str(wrong)
    assert '"wrong" is for classes' in wrong.hint
    assert "see `on_missing_row`" not in wrong.hint
    assert bench.ingest(bench.table(rows, suffix=suffix, on_missing_row="drop")).rows == 39


def test_drop_without__measures(bench: Bench) -> None:
    """A row without any score is left out; a single missing score stays missing."""
    rows: Columns = {"id": [1, 2, 3], "reward": [1.0, None, None], "bleu": [0.5, 0.25, None]}
    assert 'no finite number (column "reward")' in str(failure(bench, bench.table(rows)))
    found = bench.ingest(bench.table(rows, on_missing_row="drop"))

    assert found.rows == 2
    assert any(note.startswith("MISSING: 1 of 3 rows have no score at all") for note in found.notes)
    assert any('1 of 2 rows have no number in column "reward"' in note for note in found.notes)


def test_refuse_wrong__measures(bench: Bench) -> None:
    """No score is a wrong one: a row that lacks any of its scores is an error, not one that is left out."""
    rows: dict[str, list[Any]] = {"id": [1, 2, 3], "reward": [1.0, 0.5, 0.0], "bleu": [0.5, 0.25, None]}
    error = failure(bench, bench.table(rows, on_missing_row="wrong"))
    whole = rows | {"bleu": [0.5, 0.25, 0.0]}

    assert '1 of 3 rows have no score (column "bleu")' in str(error)
    assert '"wrong" is for classes' in error.hint
    assert bench.ingest(bench.table(whole, on_missing_row="wrong")).rows == 3


@pytest.mark.parametrize("name", ["reward", "prediction"])
def test_drop__numbers_without_ids_are_not_told_to_be_wrong(bench: Bench, name: str) -> None:
    """What would be refused next is no advice."""
    rows: Columns = {"label": [index + 0.5 for index in range(40)], name: [None, *(i + 0.25 for i in range(1, 40))]}

    assert '"wrong"' not in failure(bench, bench.table(rows, on_missing_row="drop")).hint
    assert '"wrong"' in failure(bench, bench.table({"label": [1, 2], "pred": [1, None]}, on_missing_row="drop")).hint
