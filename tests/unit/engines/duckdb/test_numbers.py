"""Tests of weights, scores of the classes and scores of each row."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.unit.engines.duckdb.test_source import failure
from tests.unit.engines.tables import Bench

SUFFIXES = (".csv", ".parquet", ".jsonl")


def columns(**more: list[Any]) -> dict[str, list[Any]]:
    """Four good rows and more columns."""
    return {"id": ["a", "b", "c", "d"], "label": ["x", "y", "x", "y"], "prediction": ["x", "x", "y", "y"]} | more


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([1.0, None, 2.0, None], '2 of 4 rows have no weight (column "w")'),
        ([1.0, math.nan, 2.0, 3.0], "1 of 4 rows have no weight"),
        ([1.0, 0.0, 0.0, 3.0], "2 of 4 rows have the weight 0"),
        ([1.0, -1.0, 2.0, 3.0], "1 of 4 rows have a negative weight"),
        ([1.0, math.inf, 2.0, 3.0], "1 of 4 rows have a weight that is no finite number"),
        (["1", "heavy", "2", "3"], "1 of 4 rows have a weight that is no finite number"),
    ],
)
def test_check_weights__bad_weights_are_counted(bench: Bench, suffix: str, weights: list[Any], says: str) -> None:
    """Weights are positive numbers; how many are not is said."""
    assert says in str(failure(bench, bench.table(columns(w=weights), suffix=suffix, weight="w")))


def test_check_weights__never_guessed(bench: Bench) -> None:
    """A column that is called weight is not read unless it is configured."""
    assert bench.ingest(bench.table(columns(weight=[-1.0] * 4))).weight is None


def notes(bench: Bench, x: list[Any], y: list[Any], **settings: Any) -> str:  # noqa: ANN401 - fields of Table, checked by it
    """What is noted of these scores."""
    return " / ".join(bench.ingest(bench.table(columns(score_x=x, score_y=y), **settings)).notes)


def test_check_scores__no_probabilities(bench: Bench) -> None:
    """Scores outside 0 … 1, or rows that do not sum to 1, are noted with what follows; rounding is not."""
    assert "2 of 4 rows have a score outside 0 … 1" in notes(bench, [1.5, 0.5, -0.1, 0.5], [0.5] * 4)
    assert "the scores of 1 of 4 rows do not sum to 1" in notes(bench, [0.2, 0.5, 0.5, 0.5], [0.5] * 4)
    assert notes(bench, [0.333, 0.5, 0.5, 0.5], [0.667, 0.5, 0.5, 0.5]) == ""


def test_check_scores__missing(bench: Bench) -> None:
    """A missing score is an error by default; else it is noted and stored as NaN."""
    scores = [0.5, math.nan, None, 0.5]

    assert "2 of 4 rows have no finite score" in str(
        failure(bench, bench.table(columns(score_x=scores, score_y=[0.5] * 4)))
    )
    assert '2 of 4 rows have no number in column "score_x"' in notes(bench, scores, [0.5] * 4, on_missing_row="wrong")
    stored = bench.store(bench.table(columns(score_x=scores, score_y=[0.5] * 4), on_missing_row="wrong"))
    rows = bench.join(stored, stored).rows
    assert rows is not None
    assert rows.candidate.scores is not None
    assert sum(math.isnan(value) for value in rows.candidate.scores[:, 0].tolist()) == 2


@pytest.mark.parametrize("values", [[1.0, 2.0, math.inf, 3.0], ["1", "2", "many", "3"], [None] * 4])
def test_check_measures__no_numbers(bench: Bench, values: list[Any]) -> None:
    """Infinite numbers, text, and columns without any number are refused in every mode."""
    lacking = "value" if values == [None] * 4 else "finite number"
    for mode in ("fail", "drop", "wrong"):
        table = bench.table(columns(reward=values), suffix=".csv", measures=("reward",), on_missing_row=mode)

        assert f'have no {lacking} (column "reward")' in str(failure(bench, table))
