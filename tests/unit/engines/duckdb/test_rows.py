"""Tests of rows that cannot be counted."""

from __future__ import annotations

import math
from typing import Any

import pyarrow.parquet as pq
import pytest

from steelyard.errors import InputError
from tests.unit.engines.duckdb.test_source import failure
from tests.unit.engines.tables import Bench, Columns

SUFFIXES = (".csv", ".parquet", ".jsonl")


def columns(**changed: list[Any]) -> Columns:
    """Four good rows, some columns changed or added."""
    return {"id": ["a", "b", "c", "d"], "label": ["x", "y", "x", "y"], "prediction": ["x", "x", "y", "y"]} | changed


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"prediction": ["x", None, None, "y"]}, '2 of 4 rows have no prediction (column "prediction")'),
        ({"prediction": ["x", "", "y", "y"]}, '1 of 4 rows have no prediction (column "prediction")'),
        ({"label": [None, "y", "x", "y"]}, '1 of 4 rows have no label (column "label")'),
        ({"id": ["a", "b", None, None]}, '2 of 4 rows have no id (column "id")'),
        ({"label": [1, 2, 1, 2], "prediction": [1.0, math.nan, 1.0, 2.0]}, "1 of 4 rows have no prediction"),
        ({"label": [1.0, 2.0, math.nan, math.nan], "prediction": [1, 2, 1, 2]}, "2 of 4 rows have no label"),
        ({"id": ["a", "b", "a", "b"]}, '2 ids occur more than once, e.g. "'),
        ({"id": ["a", "a", "a", "b"]}, '1 id occurs more than once, e.g. "a" 3 times (column "id")'),
        ({"label": ["x", "y", "x", "l" * 1001]}, 'column "label" has a value of 1,001 characters'),
        ({"prediction": ["x", "y", "x", "l" * 1001]}, 'column "prediction" has a value of 1,001 characters'),
        (
            {"score_x": [0.1, None, 0.2, 0.3], "score_y": [0.1] * 4},
            '1 of 4 rows have no finite score up to ±3.4e38 (column "score_x")',
        ),
        ({"score_x": [0.1, math.nan, math.nan, 0.3], "score_y": [0.1] * 4}, "2 of 4 rows have no finite score"),
        ({"score_x": [0.1, math.inf, 0.2, 0.3], "score_y": [0.1] * 4}, "1 of 4 rows have no finite score"),
        ({"score_x": [0.1, -1e39, 0.2, 0.3], "score_y": [0.1] * 4}, "1 of 4 rows have no finite score"),
        ({"score_x": ["1e300", "0.5", "0.2", "0.3"], "score_y": [0.1] * 4}, "1 of 4 rows have no finite score"),
        ({"score_x": ["a", "0.5", "b", "0.3"], "score_y": [0.1] * 4}, "2 of 4 rows have no finite score"),
    ],
)
def test_check__bad_rows_are_counted(bench: Bench, suffix: str, changed: dict[str, list[Any]], says: str) -> None:
    """How many rows of how many, which column: the same from every format."""
    assert says in str(failure(bench, bench.table(columns(**changed), suffix=suffix)))


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan"])
def test_check__nan_among_numbers_in_text(bench: Bench, text: str) -> None:
    """In a CSV file of numbers "nan" is a missing value."""
    table = bench.table(columns(label=[1, 2, 1, 2], prediction=[1, 2, text, text]), suffix=".csv")

    assert "2 of 4 rows have no prediction" in str(failure(bench, table))


def test_check__thousands_are_grouped(bench: Bench) -> None:
    """Numbers can be read at a glance."""
    many: Columns = {"label": ["a"] * 1797, "prediction": [*["a"] * 1785, *[None] * 12]}

    assert "12 of 1,797 rows have no prediction" in str(failure(bench, bench.table(many)))


def test_check__text_of_the_maximal_length_is_read(bench: Bench) -> None:
    """The bound itself is allowed, counted in characters."""
    long = "é" * 1000

    assert bench.ingest(bench.table(columns(label=[long, "y", "x", "y"], prediction=["x"] * 4))).labels[-1] == long


def test_check__too_many_labels(bench: Bench) -> None:
    """A column of a hundred thousand different integers is asked whether it is a regression target."""
    labels = list(range(100_001))
    error = failure(bench, bench.table({"label": labels, "prediction": [0] * len(labels)}))

    assert "100,001 distinct labels" in str(error)
    assert "regression target?" in str(error)


def test_check__too_many_predictions(bench: Bench) -> None:
    """So is a prediction column."""
    predictions = list(range(100_001))
    error = failure(bench, bench.table({"label": [0] * len(predictions), "prediction": predictions}))

    assert "100,001 distinct predictions" in str(error)


def test_check__regression_target(bench: Bench) -> None:
    """Fractions as labels and text as predictions are neither a regression nor classes."""
    prices = [index + 0.5 for index in range(200)]
    error = failure(bench, bench.table({"label": prices, "prediction": ["cheap"] * 200}))

    assert "looks like a regression target" in str(error)
    assert '"cheap" are no numbers' in str(error)


def test_check__slices(bench: Bench) -> None:
    """Slices with too many or too long values are refused; missing ones are not."""
    rows: Columns = {"label": ["a"] * 300, "prediction": ["a"] * 300, "age": [f"{age} years" for age in range(300)]}
    long: Columns = {"label": ["a"], "prediction": ["a"], "text": ["x" * 1001]}

    assert 'slice column "age" has 300 distinct values' in str(failure(bench, bench.table(rows, slices=("age",))))
    assert 'column "text" has a value of 1,001' in str(failure(bench, bench.table(long, slices=("text",))))
    assert bench.ingest(bench.table(columns(part=["n", None, "s", None]), slices=("part",))).rows == 4


def test_check_design__missing_cluster(bench: Bench) -> None:
    """Rows of no cluster are clusters of their own, all different, and that is said."""
    predictions = bench.ingest(bench.table(columns(who=[1, None, None, 1]), cluster="who"))
    assert predictions.testset is not None
    clusters = pq.read_table(bench.side / predictions.testset.name)["cluster"].to_pylist()

    assert len(set(clusters)) == 3
    assert any('2 of 4 rows have no cluster (column "who")' in note for note in predictions.notes)


@pytest.mark.parametrize("role", ["cluster", "stratum"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_check_design__lost(bench: Bench, role: str, suffix: str) -> None:
    """A column without any value, as after a join that failed, must not make all rows independent unseen."""
    error = failure(bench, bench.table(columns(part=[None] * 4), suffix=suffix, **{role: "part"}))

    assert f'4 of 4 rows have no {role} (column "part")' in str(error)
    assert f"take `{role}` out" in error.hint


def test_check_design__one_cluster(bench: Bench) -> None:
    """One cluster says nothing of how clusters differ."""
    notes = bench.ingest(bench.table(columns(who=[7] * 4), cluster="who")).notes

    assert any("puts all rows into one cluster" in note for note in notes)


def test_check_design__strata(bench: Bench) -> None:
    """Rows without a stratum are a stratum; one with a single row is pointed out; thousands are no design."""
    many: Columns = {"label": ["a"] * 1001, "prediction": ["a"] * 1001, "part": list(range(1001))}
    assert "1,001 strata, at most 1,000" in str(failure(bench, bench.table(many, stratum="part")))
    notes = bench.ingest(bench.table(columns(part=["n", None, "n", None]), stratum="part")).notes
    single = bench.ingest(bench.table(columns(part=["n", "n", "n", "s"]), stratum="part")).notes

    assert any('2 of 4 rows have no stratum (column "part")' in note for note in notes)
    assert any("1 stratum with one row only" in note for note in single)


def test_check__ids_of_any_length(bench: Bench) -> None:
    """Ids are only hashed, so they may be long; an example in an error is cut."""
    long = "i" * 100_000
    assert bench.ingest(bench.table(columns(id=[long, "b", "c", "d"]))).rows == 4
    with pytest.raises(InputError) as error:
        bench.ingest(bench.table(columns(id=[long, long, "c", "d"])))

    assert len(str(error.value)) < 300
