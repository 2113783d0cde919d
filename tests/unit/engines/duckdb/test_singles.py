"""Tests of single rows as arrays, against the original columns."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engines.duckdb.session import Resources
from steelyard.errors import InputError
from steelyard.model.counts import Rows
from tests.unit.engines.duckdb.test_keys import hashed
from tests.unit.engines.duckdb.test_stored import file_of, forge, replaced
from tests.unit.engines.tables import Bench, Columns

DESIGN = {"cluster": "who", "stratum": "part", "weight": "w"}


def table(rows: int, *, seed: int, drop: int = 0, regression: bool = False) -> dict[str, list[Any]]:
    """Scores of two classes, or targets; a measure; and what makes rows unequal."""
    fixed, own = np.random.default_rng(7), np.random.default_rng(seed)
    score = own.random(rows).astype(np.float32)
    columns: dict[str, Any] = {
        "id": np.arange(rows),
        "label": fixed.normal(size=rows) if regression else np.array(["no", "yes"])[np.arange(rows) % 2],
        "prediction": own.normal(size=rows) if regression else np.array(["no", "yes"])[(score > 0.5).astype(int)],
        "bleu": own.random(rows),
        "who": fixed.integers(0, max(rows // 4, 1), rows),
        "part": np.array(["n", "s"])[fixed.integers(0, 2, rows)],
        "w": fixed.random(rows) + 0.5,
    }
    if not regression:
        columns |= {"score_yes": score, "score_no": 1 - score}
    order = own.permutation(rows)[drop:]
    return {name: values[order].tolist() for name, values in columns.items()}


def in_key_order(side: dict[str, list[Any]], keep: set[Any]) -> list[dict[str, Any]]:
    """The rows with these ids, sorted by the hash of the id."""
    rows = [dict(zip(side, values, strict=True)) for values in zip(*side.values(), strict=True)]
    return sorted((row for row in rows if row["id"] in keep), key=lambda row: hashed(str(row["id"])))


def check(rows: Rows | None, candidate: dict[str, list[Any]], baseline: dict[str, list[Any]]) -> None:
    """Both sides, row by row."""
    assert rows is not None
    assert rows.baseline is not None
    keep = set(candidate["id"]) & set(baseline["id"])
    for side, arrays in ((candidate, rows.candidate), (baseline, rows.baseline)):
        expected = in_key_order(side, keep)
        if arrays.prediction is not None:
            assert arrays.prediction.tolist() == [row["prediction"] for row in expected]
        if arrays.scores is not None:
            assert arrays.scores.dtype == np.float32
            for index, code in enumerate(rows.scored):
                column = f"score_{rows.classes[code]}"
                assert arrays.scores[:, index].tolist() == pytest.approx([row[column] for row in expected], abs=1e-7)
        assert arrays.measures is not None
        assert arrays.measures[:, 0].tolist() == [row["bleu"] for row in expected]
    expected = in_key_order(candidate, keep)
    assert rows.label is not None
    labels = rows.label.tolist() if rows.candidate.prediction is not None else [rows.classes[c] for c in rows.label]
    assert labels == [row["label"] for row in expected]
    assert rows.weight is not None
    assert rows.weight.tolist() == [row["w"] for row in expected]
    assert rows.stratum is not None
    assert rows.stratum.tolist() == [sorted(set(candidate["part"])).index(row["part"]) for row in expected]
    assert rows.cluster is not None
    pairs = {(row["who"], code) for row, code in zip(expected, rows.cluster.tolist(), strict=True)}
    assert len(pairs) == len({pair for pair, _ in pairs}) == len({code for _, code in pairs}) == rows.cluster.max() + 1


@settings(max_examples=20, deadline=None)
@given(st.integers(45, 90), st.integers(0, 10**6), st.sampled_from([0, 3]), st.booleans())
def test_rows__random_tables(rows: int, seed: int, drop: int, regression: bool) -> None:
    """Classes and numbers, with and without a join: every number is that of its row, in the order of the keys."""
    candidate = table(rows, seed=seed, regression=regression)
    baseline = table(rows, seed=seed + 1, drop=drop, regression=regression)
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory))
        left = bench.store(bench.table(candidate, measures=("bleu",), **DESIGN))
        joined = bench.join(left, bench.store(bench.table(baseline, measures=("bleu",))))
        alone = bench.engine.alone(left).rows

    check(joined.rows, candidate, baseline)
    assert joined.pairing.common_rows == rows - drop
    assert alone is not None
    assert alone.baseline is None
    check(msgspec.structs.replace(alone, baseline=alone.candidate), candidate, candidate)


@pytest.mark.parametrize("drop", [0, 1000])
def test_rows__many_rows_stay_aligned(bench: Bench, drop: int) -> None:
    """Several row groups, read by several threads, keep all columns of both sides in the order of the keys."""
    sides = []
    for skip in (0, drop):
        number = np.arange(skip, 250_000).astype(float)
        names = ("label", "prediction", "w")
        columns: Columns = {"id": number.astype(int).tolist(), **{name: (number + 1).tolist() for name in names}}
        sides.append(bench.store(bench.table(columns, kind="regression", weight="w")))
    rows = bench.join(*sides).rows

    assert rows is not None
    assert rows.baseline is not None
    assert isinstance(rows.label, np.ndarray)
    for column in (rows.candidate.prediction, rows.baseline.prediction, rows.weight):
        assert column is not None
        assert np.array_equal(column, rows.label)
    keys = [hashed(str(int(row) - 1)) for row in rows.label[::997]]
    assert keys == sorted(keys)
    assert len(rows.label) == 250_000 - drop


def test_rows__unpaired(bench: Bench) -> None:
    """Without a common row each side has its own rows, the baseline's as the candidate of its own."""
    candidate, baseline = table(60, seed=1), table(50, seed=2)
    baseline["id"] = [row + 1000 for row in baseline["id"]]
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.rows is not None
    assert joined.baseline_rows is not None
    assert joined.rows.candidate.scores is not None
    assert joined.baseline_rows.candidate.scores is not None
    assert (len(joined.rows.candidate.scores), len(joined.baseline_rows.candidate.scores)) == (60, 50)
    assert joined.rows.baseline is joined.baseline_rows.baseline is None


def test_rows__changed_labels_are_left_out(bench: Bench) -> None:
    """A target that changed under an id leaves the comparison of numbers as it leaves that of classes."""
    candidate = table(60, seed=1, regression=True)
    baseline = candidate | {
        "label": [label + (row < 5) for row, label in zip(candidate["id"], candidate["label"], strict=True)]
    }
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert (joined.pairing.common_rows, joined.pairing.changed_labels) == (60, 5)
    assert joined.rows is not None
    assert joined.rows.label is not None
    assert len(joined.rows.label) == 55


def test_rows__columns_of_one_side_only(bench: Bench) -> None:
    """Scores and measures that the other side lacks are not compared, and that is noted."""
    columns = table(60, seed=1)
    fewer = {name: values for name, values in columns.items() if name not in {"score_no", "bleu"}}
    left = bench.store(bench.table(columns, measures=("bleu",)))
    joined = bench.join(left, bench.store(bench.table(fewer)))

    assert joined.rows is not None
    assert [joined.rows.classes[code] for code in joined.rows.scored] == ["yes"]
    assert joined.rows.baseline is not None
    assert joined.rows.baseline.measures is None
    assert joined.rows.candidate.measures is not None
    assert [note.split(" are not")[0] for note in joined.notes] == ['scores of "no"', 'columns "bleu"']


def test_rows__scored_class_without_rows(bench: Bench) -> None:
    """A class that has scores but no row follows the label set."""
    columns = table(60, seed=1) | {"score_maybe": [0.0] * 60}
    rows = bench.engine.alone(bench.store(bench.table(columns))).rows

    assert rows is not None
    assert rows.classes == ("no", "yes", "maybe")
    assert [rows.classes[code] for code in rows.scored] == ["yes", "no", "maybe"]


def test_rows__none_where_counts_say_all(bench: Bench) -> None:
    """Classes without scores need no rows."""
    stored = bench.store(bench.table({"label": ["a", "b"], "prediction": ["a", "a"]}))

    assert bench.join(stored, stored).rows is None


def test_rows__too_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound there are no rows, and a note says so."""
    stored = bench.store(bench.table(table(60, seed=1)))
    monkeypatch.setattr(Resources, "arrays", 1000)
    joined = bench.join(stored, stored)

    assert joined.rows is None
    assert any("60 rows with 2 numbers each are too many" in note for note in joined.notes)


@pytest.mark.parametrize(
    ("kind", "column", "values", "says"),
    [
        ("testset", "label", pa.array([None] * 60, pa.float64()), "missing labels"),
        ("testset", "label", pa.array(["a"] * 60), "columns"),
        ("pred", "prediction", pa.array([float("nan")] * 60), "missing or infinite"),
        ("pred", "prediction", pa.array([None] * 60, pa.float64()), "missing or infinite"),
        ("pred", "measure:bleu", pa.array([float("inf")] * 60), "infinite numbers"),
        ("pred", "measure:bleu", pa.array([1.0] * 60, pa.float32()), "columns"),
    ],
)
def test_rows__forged(bench: Bench, kind: str, column: str, values: pa.Array, says: str) -> None:
    """Numbers that no engine of ours writes are refused before the statistics see them."""
    stored = bench.store(bench.table(table(60, seed=1, regression=True), measures=("bleu",)))
    forged = forge(stored, kind=kind, table=replaced(file_of(stored, kind), **{column: values}))
    with pytest.raises(InputError, match=says) as error:
        bench.join(stored, forged)
    assert error.value.hint


def test_rows__forged_gaps_become_missing(bench: Bench) -> None:
    """A NULL in place of a measure is a missing one, not a crash."""
    stored = bench.store(bench.table(table(60, seed=1), measures=("bleu",)))
    gaps = pa.array([None] * 60, pa.float64())
    forged = forge(stored, kind="pred", table=replaced(file_of(stored, "pred"), **{"measure:bleu": gaps}))
    rows = bench.engine.alone(forged).rows

    assert rows is not None
    assert rows.candidate.measures is not None
    assert np.isnan(rows.candidate.measures).all()
