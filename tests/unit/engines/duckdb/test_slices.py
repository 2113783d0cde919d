"""Tests of slice columns of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.engines.tables import Bench, sliced_cells

SUFFIXES = (".csv", ".parquet", ".jsonl")


def columns(values: list[Any]) -> dict[str, list[Any]]:
    """Rows with a slice column."""
    rows = len(values)
    return {"id": list(range(rows)), "label": ["a"] * rows, "prediction": ["a"] * rows, "age": values}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_settle__quartiles(bench: Bench, suffix: str) -> None:
    """Many fractions are cut into four bins of equal size that name their least and greatest value; noted."""
    values = [index / 8 for index in range(100)]
    stored = bench.store(bench.table(columns(values), suffix=suffix, slices=("age",)))
    joined = bench.join(stored, stored)

    assert joined.slices[0].values == ("0 … 3", "3.125 … 6.125", "6.25 … 9.25", "9.375 … 12.38")
    assert sorted(sliced_cells(joined, "age").values()) == [25, 25, 25, 25]
    assert any('"age" has 100 values: they are cut at their quartiles' in note for note in stored.predictions.notes)


def test_settle__agrees_with_numpy(bench: Bench) -> None:
    """The bins hold the rows that lie between numpy's quartiles; missing numbers are a slice of their own."""
    values = np.random.default_rng(0).normal(size=501)
    stored = bench.store(bench.table(columns([None, *values.tolist()]), slices=("age",)))
    joined = bench.join(stored, stored)
    edges = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")
    expected = np.bincount(np.searchsorted(edges, values, side="left")).tolist()

    assert joined.slices[0].values[0] == "(missing)"
    assert np.bincount(joined.slices[0].value, joined.slices[0].joint.n).tolist() == [1, *expected]


@pytest.mark.parametrize("kind", ["auto", "measures"])
def test_settle__a_text_that_reads_like_a_missing_value(bench: Bench, kind: str) -> None:
    """Rows with that text and rows without any are two slices with two names, whatever is compared in them."""
    rows = columns([None, "(missing)", "a", "a"] * 10) | {"reward": [0.5] * 40}
    stored = bench.store(bench.table(rows, slices=("age",), kind=kind))
    joined = bench.join(stored, stored)
    named = joined.slices if kind == "auto" else joined.rows.slices if joined.rows is not None else ()

    assert [one.values for one in named] == [("((missing))", "(missing)", "a")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0] * 50 + [index / 7 for index in range(1, 31)], 3),
        (list(range(201)), 4),
        (list(range(30)), 30),
        ([f"p{index % 30}" for index in range(60)], 30),
    ],
)
def test_settle__few_values_stay(bench: Bench, values: list[Any], expected: int) -> None:
    """Ties make fewer bins; up to 200 whole numbers, and text, stay as they are."""
    stored = bench.store(bench.table(columns(values), slices=("age",)))

    assert len(bench.join(stored, stored).slices[0].values) == expected
