"""Tests of recognising what a table's predictions are, in every format."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.unit.engines.duckdb.test_source import failure
from tests.unit.engines.tables import Bench, Columns

SUFFIXES = (".csv", ".parquet", ".jsonl")


def numbers(rows: int, seed: int = 0) -> dict[str, list[Any]]:
    """Targets and predictions."""
    generator = np.random.default_rng(seed)
    targets = generator.normal(size=rows)
    return {"id": list(range(rows)), "y_true": targets.tolist(), "y_pred": (targets + 0.125).tolist()}


def sets(suffix: str, *rows: list[Any]) -> list[Any]:
    """Lists as the format writes them: CSV has only text."""
    return [json.dumps(row) if suffix == ".csv" else row for row in rows]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__regression(bench: Bench, suffix: str) -> None:
    """Fractions are a regression, the same from every format; integers as targets are one, too, or classes."""
    found = bench.ingest(bench.table(numbers(100), suffix=suffix))
    whole = numbers(100) | {"y_true": list(range(100))}

    assert (found.kind, found.labels, len(found.counts), found.rows) == ("regression", (), 0, 100)
    assert found.fingerprint == bench.ingest(bench.table(numbers(100))).fingerprint
    assert found.testset == bench.ingest(bench.table(numbers(100))).testset
    assert bench.ingest(bench.table(whole, suffix=suffix)).kind == "regression"
    assert bench.ingest(bench.table({"label": [1, 2], "prediction": [2, 2]}, suffix=suffix)).kind == "classification"


def test_ingest__regression_by_configuration(bench: Bench) -> None:
    """Few whole numbers are a regression, and many fractions are classes, where the configuration says so."""
    few: Columns = {"label": [1, 2, 3], "prediction": [1, 2, 2]}

    assert bench.ingest(bench.table(few, kind="regression")).kind == "regression"
    assert len(bench.ingest(bench.table(numbers(100), kind="classification")).labels) == 100


def test_ingest__regression_that_the_first_rows_do_not_show(bench: Bench) -> None:
    """Ten thousand whole numbers, then fractions: still a regression."""
    later = [float(index % 5) for index in range(10_000)] + [index + 0.5 for index in range(50)]

    assert bench.ingest(bench.table({"label": later, "prediction": later}, suffix=".csv")).kind == "regression"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__sets_of_classes(bench: Bench, suffix: str) -> None:
    """Lists are sets: order and repetition do not matter, an empty list is the empty set."""
    columns: Columns = {
        "label": sets(suffix, ["b", "a"], [], ["a", "a"]),
        "prediction": sets(suffix, ["a", "b"], ['é"\n'], ["a"]),
    }
    found = bench.ingest(bench.table(columns, suffix=suffix))

    assert found.kind == "multilabel"
    assert found.labels == ('["a","b"]', '["a"]', "[]")
    assert [(label, json.loads(prediction), n) for label, prediction, n in found.counts] == [
        ('["a","b"]', ["a", "b"], 1),
        ('["a"]', ["a"], 1),
        ("[]", ['é"\n'], 1),
    ]


def test_ingest__sets_of_numbers(bench: Bench) -> None:
    """Whole floats in lists are the integers that they were."""
    found = bench.ingest(bench.table({"label": [[1, 2], [3]], "prediction": [[2.0, 1.0], [3.5]]}))

    assert [cell[:2] for cell in found.counts] == [
        ('["1","2"]', '["1","2"]'),
        ('["3"]', '["3.5"]'),
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__sets_with_a_separator(bench: Bench, suffix: str) -> None:
    """Text is split, blanks around classes are dropped, and an empty text is the empty set."""
    columns: Columns = {"label": ["a|b", "b| a ", ""], "prediction": ["b", "a|b", "a|"]}
    found = bench.ingest(bench.table(columns, suffix=suffix, separator="|"))
    expected = [('["a","b"]', '["a","b"]'), ('["a","b"]', '["b"]'), ("[]", '["a"]')]

    assert [cell[:2] for cell in found.counts] == expected


def test_ingest__separator_is_no_sql(bench: Bench) -> None:
    """A hostile separator separates, and does nothing else."""
    found = bench.ingest(bench.table({"label": ["a');--b"], "prediction": ["a"]}, separator="');--"))

    assert found.labels == ('["a","b"]',)


def test_ingest__lists_on_one_side_only(bench: Bench) -> None:
    """A list beside plain text is an error that names the column."""
    mixed: Columns = {"label": ['["a"]', "b"], "prediction": ['["a"]', '["b"]']}

    assert 'column "label" has the type' in str(failure(bench, bench.table({"label": [["a"]], "prediction": ["a"]})))
    assert "lists in some rows" in str(failure(bench, bench.table(mixed, kind="multilabel", suffix=".csv")))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__measures(bench: Bench, suffix: str) -> None:
    """Scores of each row without predictions: truth is 1, falsehood 0."""
    columns: Columns = {"id": [1, 2, 3], "reward": [0.5, 1.5, -1.0], "passed": [True, False, True]}
    found = bench.ingest(bench.table(columns, suffix=suffix))

    assert (found.kind, found.measures, found.labels, len(found.counts)) == ("measures", ("reward", "passed"), (), 0)
    rows = bench.join(bench.store(bench.table(columns, suffix=suffix)), bench.store(bench.table(columns))).rows
    assert rows is not None
    assert rows.candidate.measures is not None
    assert sorted(rows.candidate.measures.tolist()) == [[-1.0, 1.0], [0.5, 1.0], [1.5, 0.0]]


def test_ingest__columns_that_nothing_shows(bench: Bench) -> None:
    """No number is broken or fixed, so `show` is of no use beside numbers, and a note says so."""
    text, numbers = ["x"] * 40, [index + 0.5 for index in range(40)]
    of_numbers: Columns = {"id": list(range(40)), "label": numbers, "prediction": numbers, "text": text}
    scored: Columns = {"id": list(range(40)), "reward": numbers, "text": text}
    classes: Columns = {"id": list(range(40)), "label": text, "prediction": text, "text": text}

    told = [
        any(note.startswith('`show` names "text"') for note in bench.ingest(bench.table(rows, show=shown)).notes)
        for rows, shown in ((of_numbers, ("text",)), (scored, ("text",)), (classes, ("text",)), (scored, ()))
    ]

    assert told == [True, True, False, False]


def test_ingest__measures_that_are_none(bench: Bench) -> None:
    """A column that only its name makes a measure must hold numbers: else what is lacking is a prediction."""
    error = failure(bench, bench.table({"label": ["a", "b"], "grade": ["good", "bad"]}, suffix=".csv"))
    alone = failure(bench, bench.table({"id": [1, 2], "passed": ["yes", "no"]}, suffix=".csv"))

    assert "no column for the prediction" in str(error)
    assert "no column for the label" in str(alone)
    assert alone.hint.startswith('column "passed" would be a score of each row, but hardly holds any numbers')
    assert '`label = "…"`' in alone.hint


@pytest.mark.parametrize("mode", ["fail", "wrong"])
@pytest.mark.parametrize("value", ["", "nan"])
def test_ingest__measures_that_are_empty(bench: Bench, value: str, mode: str) -> None:
    """A column without any value is what its name says, and is told as empty, not as lacking a label beside it."""
    columns: Columns = {"id": list(range(50)), "reward": [value] * 50}
    error = failure(bench, bench.table(columns, suffix=".csv", on_missing_row=mode))

    assert '50 of 50 rows have no value (column "reward")' in str(error)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__measures_of_which_one_is_no_number(bench: Bench, suffix: str) -> None:
    """Where most values bear out what a column's name says, the error is about those that do not."""
    rewards: list[Any] = [0.5] * 30
    rewards[3] = "inf" if suffix == ".csv" else 1e999
    error = failure(bench, bench.table({"id": list(range(30)), "reward": rewards}, suffix=suffix))

    assert '1 of 30 rows have no finite number (column "reward")' in str(error)
