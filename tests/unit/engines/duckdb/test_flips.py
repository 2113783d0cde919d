"""Tests of the sample of flipped rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest

from steelyard.engines.duckdb import DuckDBEngine, flips
from steelyard.engines.limits import FLIPS
from steelyard.model.counts import FlippedRow
from tests.unit.engines.duckdb.test_keys import hashed
from tests.unit.engines.tables import HOSTILE, Bench, Columns, write


def two_sides(rows: int, *, accuracy: float, drop: int = 0) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Two models that are right with this probability; the baseline lacks the first `drop` rows."""
    generator = np.random.default_rng(0)
    label = generator.integers(0, 5, rows)
    sides = []
    for skip in (0, drop):
        wrong = generator.random(rows) > accuracy
        prediction = np.where(wrong, (label + 1) % 5, label)
        columns = {"id": np.arange(rows), "label": label, "prediction": prediction}
        sides.append({name: values[skip:].tolist() for name, values in columns.items()})
    return sides[0], sides[1]


def expected(candidate: dict[str, list[Any]], baseline: dict[str, list[Any]], *, broken: bool) -> list[FlippedRow]:
    """The flipped rows with the smallest keys, those of the labels with the most flips first."""
    old = dict(zip(baseline["id"], baseline["prediction"], strict=True))
    rows = [
        (hashed(str(row)), FlippedRow(id=str(row), label=str(label), baseline=str(old[row]), candidate=str(new)))
        for row, label, new in zip(*(candidate[name] for name in ("id", "label", "prediction")), strict=True)
        if row in old and (old[row] == label) == broken and (new == label) == (not broken)
    ]
    flips_of = Counter(row.label for _, row in rows)
    smallest = [row for _, row in sorted(rows, key=lambda pair: pair[0])][:FLIPS]
    return sorted(smallest, key=lambda row: (-flips_of[row.label], int(row.label)))


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize(
    ("rows", "accuracy", "drop"),
    [(40, 0.5, 0), (40, 0.5, 3), (3000, 0.7, 0), (3000, 0.7, 100), (3000, 0.999, 0), (20, 1.0, 0)],
)
def test_sample__smallest_keys_with_their_ids(bench: Bench, suffix: str, rows: int, accuracy: float, drop: int) -> None:
    """All flips if there are few, else the ones with the smallest keys; paired with and without a join."""
    candidate, baseline = two_sides(rows, accuracy=accuracy, drop=drop)
    joined = bench.join(
        bench.store(bench.table(candidate, suffix=suffix)), bench.store(bench.table(baseline, suffix=suffix))
    )

    assert list(joined.broken) == expected(candidate, baseline, broken=True)
    assert list(joined.fixed) == expected(candidate, baseline, broken=False)


def test_sample__secret_key(bench: Bench) -> None:
    """Ids are found again with the engine's secret."""
    bench.engine = DuckDBEngine(id_key="secret")
    candidate, baseline = two_sides(300, accuracy=0.7)
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert len(joined.broken) > 10
    assert all(row.id for row in joined.broken)


def test_sample__original_gone(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Without the original the rows are shown without ids: gone and broken are warned about, not given is not."""
    candidate, baseline = two_sides(300, accuracy=0.7)
    table = bench.table(candidate)
    left, right = bench.store(table), bench.store(bench.table(baseline))
    caplog.set_level("WARNING", logger="steelyard")
    table.path.write_bytes(b"broken")
    damaged = bench.join(left, right)
    table.path.unlink()
    gone = bench.join(left, right)
    not_given = bench.join(msgspec.structs.replace(left, original=None), right)

    assert caplog.text.count("shown without ids") == 2
    assert damaged.broken == gone.broken == not_given.broken
    assert len(gone.broken) > 10
    assert {row.id for row in gone.broken} == {""}


def test_sample__original_without_ids(bench: Bench) -> None:
    """A file that was written anew, without ids, names no rows."""
    candidate, baseline = two_sides(300, accuracy=0.7)
    table = bench.table(candidate)
    left, right = bench.store(table), bench.store(bench.table(baseline))
    write(table.path, {name: values for name, values in candidate.items() if name != "id"})

    assert {row.id for row in bench.join(left, right).broken} == {""}


def test_sample__keys_that_are_not_spread(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the narrow range of keys holds too few flips, all keys are searched."""
    candidate, baseline = two_sides(3000, accuracy=0.7)
    left, right = bench.store(bench.table(candidate)), bench.store(bench.table(baseline))
    monkeypatch.setattr(flips, "_ENOUGH", 0.01)
    joined = bench.join(left, right)

    assert list(joined.broken) == expected(candidate, baseline, broken=True)
    assert list(joined.fixed) == expected(candidate, baseline, broken=False)


def test_sample__by_position(bench: Bench) -> None:
    """Rows without ids are shown as rows without ids: the first ones of the file, by label."""
    candidate, baseline = two_sides(300, accuracy=0.7)
    del candidate["id"], baseline["id"]
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))
    rows = zip(candidate["label"], baseline["prediction"], candidate["prediction"], strict=True)
    broken = [(label, old, new) for label, old, new in rows if old == label != new]
    flips_of = Counter(label for label, _, _ in broken)
    first = sorted(broken[:FLIPS], key=lambda row: (-flips_of[row[0]], row[0]))

    assert [(row.id, int(row.label), int(row.baseline), int(row.candidate)) for row in joined.broken] == [
        ("", *row) for row in first
    ]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_sample__shown_columns(bench: Bench, suffix: str) -> None:
    """Flipped rows carry the columns that are to be shown, as bounded text; what is missing is empty."""
    candidate: Columns = {
        "id": ["a", "b"],
        "label": ["x", "y"],
        "prediction": ["y", "x"],
        "text": ["l" * 1000, None],
        "length": [7, 8],
    }
    baseline: Columns = {"id": ["a", "b"], "label": ["x", "y"], "prediction": ["x", "y"]}
    joined = bench.join(
        bench.store(bench.table(candidate, suffix=suffix, show=("length", "text"))), bench.store(bench.table(baseline))
    )

    assert {row.id: row.shown for row in joined.broken} == {
        "a": (("length", "7"), ("text", "l" * 200)),
        "b": (("length", "8"), ("text", "")),
    }


def test_sample__hostile_ids(bench: Bench) -> None:
    """Ids come back as training wrote them."""
    rows = len(HOSTILE)
    candidate: Columns = {"id": HOSTILE, "label": ["a"] * rows, "prediction": ["b"] * rows}
    baseline: Columns = {"id": HOSTILE, "label": ["a"] * rows, "prediction": ["a"] * rows}
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline, suffix=".csv")))

    assert {row.id for row in joined.broken} == set(HOSTILE)


def test_sample__changed_labels_are_no_flips(bench: Bench) -> None:
    """Where the label changed, right and wrong cannot be compared."""
    candidate: Columns = {"id": [1, 2], "label": ["b", "a"], "prediction": ["a", "a"]}
    baseline: Columns = {"id": [1, 2], "label": ["a", "a"], "prediction": ["a", "b"]}
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.broken == ()
    assert [row.id for row in joined.fixed] == ["2"]
