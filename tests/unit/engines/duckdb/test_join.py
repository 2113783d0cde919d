"""Tests of `join` and `alone`: how rows are paired, and what is counted, against counts made without DuckDB."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.errors import InputError
from steelyard.model.counts import Joined
from tests.unit.engines.tables import (
    HOSTILE,
    Bench,
    Cells,
    Columns,
    counted,
    joint_cells,
    own_cells,
    sliced_cells,
)


def rows_of(columns: Columns) -> dict[str, dict[str, str]]:
    """The rows by id, as text."""
    return {
        str(row_id): {name: str(columns[name][index]) for name in columns} for index, row_id in enumerate(columns["id"])
    }


def expected_joint(candidate: Columns, baseline: Columns, *by: str) -> Cells:
    """What a join of dictionaries says: ([slices of the candidate,] label, baseline, candidate)."""
    left, right = rows_of(candidate), rows_of(baseline)
    return Counter(
        (*(left[key][name] for name in by), left[key]["label"], right[key]["prediction"], left[key]["prediction"])
        for key in left.keys() & right.keys()
        if left[key]["label"] == right[key]["label"]
    )


def random_columns(rows: int, *, seed: int, classes: int = 3, shuffle: bool = True) -> dict[str, list[Any]]:
    """Rows whose labels and slices depend on the id alone."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(rows) if shuffle else np.arange(rows)
    labels = np.random.default_rng(99).integers(0, classes, rows)
    return {
        "id": [f"row {index}" for index in order],
        "label": labels[order].tolist(),
        "prediction": generator.integers(0, classes, rows).tolist(),
        "region": [f"region {index % 4}" for index in order],
    }


def check(joined: Joined, candidate: Columns, baseline: Columns) -> None:
    """Joint and own counts are what independent counts say, sorted and unique."""
    joint = joined.joint
    assert joint is not None
    assert joint_cells(joint) == expected_joint(candidate, baseline)
    assert own_cells(joined.candidate) == counted(candidate["label"], candidate["prediction"])
    assert own_cells(joined.baseline) == counted(baseline["label"], baseline["prediction"])
    assert joined.candidate.classes == joined.baseline.classes
    cells = list(zip(joint.label.tolist(), joint.baseline.tolist(), joint.candidate.tolist(), strict=True))
    assert cells == sorted(set(cells))
    assert joint.n.dtype == joint.label.dtype == np.int64


def test_join__same_test_set(bench: Bench) -> None:
    """Both sides share the test set's file: rows are paired by id, without a join."""
    candidate, baseline = random_columns(500, seed=1), random_columns(500, seed=2)
    left, right = bench.store(bench.table(candidate)), bench.store(bench.table(baseline))
    joined = bench.join(left, right)

    assert left.predictions.testset == right.predictions.testset
    assert (joined.pairing.method, joined.pairing.reason) == ("id", "")
    assert joined.pairing.same_test_set
    assert joined.pairing.common_rows == joined.pairing.candidate_rows == joined.pairing.baseline_rows == 500
    check(joined, candidate, baseline)


def test_join__margins_equal_scikit_learn(bench: Bench) -> None:
    """Summed over the other side, the joint counts are scikit-learn's confusion matrix."""
    candidate, baseline = random_columns(400, seed=1), random_columns(400, seed=1)
    baseline["prediction"] = random_columns(400, seed=5)["prediction"]
    joint = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline))).joint
    assert joint is not None
    for columns, codes in ((candidate, joint.candidate), (baseline, joint.baseline)):
        matrix = np.zeros((3, 3), dtype=int)
        np.add.at(matrix, (joint.label, codes), joint.n)
        np.testing.assert_array_equal(matrix, confusion_matrix(columns["label"], columns["prediction"]))


def test_join__same_keys_in_another_file(bench: Bench) -> None:
    """A slice was added: the files differ, the rows do not."""
    candidate, baseline = random_columns(500, seed=1), random_columns(500, seed=2)
    left, right = bench.store(bench.table(candidate, slices=("region",))), bench.store(bench.table(baseline))
    joined = bench.join(left, right)

    assert left.predictions.testset != right.predictions.testset
    assert joined.pairing.same_test_set
    assert joined.pairing.method == "id"
    check(joined, candidate, baseline)
    assert sliced_cells(joined, "region") == expected_joint(candidate, baseline, "region")


def test_join__overlap(bench: Bench) -> None:
    """Only common rows are compared; how many there are is stated."""
    candidate, baseline = random_columns(900, seed=1), random_columns(700, seed=2)
    baseline["id"] = [name.replace("row 1", "other 1") for name in baseline["id"]]
    baseline["label"] = [
        rows_of(candidate)[name]["label"] if name in rows_of(candidate) else "0" for name in baseline["id"]
    ]
    baseline["label"] = [int(label) for label in baseline["label"]]
    joined = bench.join(
        bench.store(bench.table(candidate, slices=("region",))), bench.store(bench.table(baseline, slices=("region",)))
    )

    common = set(candidate["id"]) & set(baseline["id"])
    assert joined.pairing.common_rows == len(common) < 700
    assert not joined.pairing.same_test_set
    assert joined.pairing.changed_labels == 0
    check(joined, candidate, baseline)
    assert sliced_cells(joined, "region") == expected_joint(candidate, baseline, "region")


@pytest.mark.parametrize("missing", [0, 1])
def test_join__changed_labels(bench: Bench, missing: int) -> None:
    """Labels that changed under an id are counted and left out, with or without a join."""
    candidate, baseline = random_columns(300, seed=1), random_columns(300, seed=2)
    candidate["label"] = [label if index % 10 else 2 - label for index, label in enumerate(candidate["label"])]
    candidate = {name: values[missing:] for name, values in candidate.items()}
    left, right = rows_of(candidate), rows_of(baseline)
    changed = sum(left[key]["label"] != right[key]["label"] for key in left)
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert 0 < changed == joined.pairing.changed_labels
    assert joined.pairing.common_rows == 300 - missing
    assert joined.joint is not None
    assert joined.joint.n.sum() == 300 - missing - changed
    check(joined, candidate, baseline)


def test_join__all_labels_changed(bench: Bench) -> None:
    """Nothing is left to compare: unpaired, and why."""
    candidate: Columns = {"id": ["a", "b"], "label": ["x", "y"], "prediction": ["x", "x"]}
    baseline: Columns = {"id": ["a", "b"], "label": ["y", "x"], "prediction": ["x", "x"]}
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.joint is None
    assert joined.pairing.method == "unpaired"
    assert joined.pairing.reason == "all 2 rows that both sides have, have different labels"
    assert (joined.pairing.common_rows, joined.pairing.changed_labels) == (2, 2)


def test_join__no_common_id(bench: Bench) -> None:
    """Different test sets are never compared silently."""
    candidate, baseline = random_columns(20, seed=1), random_columns(30, seed=2)
    baseline["id"] = [f"other {index}" for index in range(30)]
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.joint is None
    assert joined.pairing.reason == "no id occurs on both sides"
    assert joined.pairing.common_rows == 0
    assert own_cells(joined.baseline) == counted(baseline["label"], baseline["prediction"])


def test_join__different_secrets(bench: Bench) -> None:
    """Ids that were hashed with different keys have nothing in common."""
    left = bench.store(bench.table(random_columns(20, seed=1)))
    bench.engine = DuckDBEngine(id_key="secret")
    right = bench.store(bench.table(random_columns(20, seed=2)))

    assert bench.join(left, right).pairing.reason == "no id occurs on both sides"


def without_ids(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The same rows with nothing to tell them apart."""
    return {name: values for name, values in columns.items() if name != "id"}


def test_join__by_position(bench: Bench) -> None:
    """No ids, the same labels in the same order: paired by position, stated."""
    candidate = random_columns(200, seed=1, shuffle=False)
    baseline = random_columns(200, seed=2, shuffle=False)
    left = bench.store(bench.table(without_ids(candidate), slices=("region",)))
    right = bench.store(bench.table(without_ids(baseline)))
    joined = bench.join(left, right)

    assert joined.pairing.method == "position"
    assert "same labels in the same order" in joined.pairing.reason
    assert joined.pairing.same_test_set
    check(joined, candidate, baseline)
    assert sliced_cells(joined, "region") == expected_joint(candidate, baseline, "region")
    assert joined.broken


def test_join__by_position_with_sorted_labels(bench: Bench) -> None:
    """Sorted labels say nothing about single rows: the sides are two samples, and nobody knows of which rows."""
    labels = sorted(random_columns(200, seed=1)["label"])
    sides = [{"label": labels, "prediction": random_columns(200, seed=seed)["prediction"]} for seed in (1, 2)]
    joined = bench.join(*(bench.store(bench.table(side)) for side in sides))

    assert joined.pairing.method == "unpaired"
    assert "lie sorted by label" in joined.pairing.reason
    assert (joined.pairing.same_test_set, joined.pairing.unknown_test_set) == (False, True)
    assert joined.joint is None
    assert (joined.broken, joined.fixed) == ((), ())


def regressions(bench: Bench, *targets: list[float]) -> Joined:
    """Regressions without ids with these targets, and other predictions on either side."""
    sides = (
        {"label": one, "prediction": [x + (seed + 1) * index for index, x in enumerate(one)]}
        for seed, one in enumerate(targets)
    )
    return bench.join(*(bench.store(bench.table(side, kind="regression")) for side in sides))


def test_join__by_position_with_sorted_targets(bench: Bench) -> None:
    """Numbers that many rows share tell no more than sorted classes do; where few do, they tell the rows apart."""
    ratings, prices = sorted([1.0, 2.0, 3.0, 4.0, 5.0] * 8), [float(price) for price in range(40)]
    ties = [*prices[:38], 37.0, 37.0]
    apart, other, paired = (
        regressions(bench, ratings, ratings),
        regressions(bench, ratings, ties),
        [regressions(bench, one, one) for one in (ties, prices, ratings[::2] + ratings[1::2])],
    )

    assert (apart.pairing.method, apart.pairing.common_rows) == ("unpaired", 0)
    assert "lie sorted by label" in apart.pairing.reason
    assert (apart.pairing.same_test_set, apart.pairing.unknown_test_set) == (False, True)
    assert apart.rows is not None
    assert apart.rows.baseline is None
    assert apart.baseline_rows is not None
    assert (other.pairing.same_test_set, other.pairing.unknown_test_set) == (False, False)
    assert [one.pairing.method for one in paired] == ["position"] * 3
    assert all(one.pairing.same_test_set for one in paired)


def test_join__by_position_with_a_label_for_each_row(bench: Bench) -> None:
    """Labels that occur once tell rows apart, in whatever order they are."""
    labels = list("abcd")
    sides = [{"label": labels, "prediction": list(predictions)} for predictions in ("abca", "abdd")]
    joined = bench.join(*(bench.store(bench.table(side)) for side in sides))

    assert joined.pairing.method == "position"
    assert joined.pairing.same_test_set


@pytest.mark.parametrize(
    ("baseline", "reason"),
    [
        ({"label": list("abaa"), "prediction": list("aaaa")}, "numbers differ (3 and 4)"),
        ({"label": list("aba"), "prediction": list("aaa")}, "labels differ in 2 of 3 positions"),
        ({"id": [1, 2, 3], "label": list("aab"), "prediction": list("aaa")}, "those of this change have none"),
    ],
)
def test_join__no_ids_and_no_agreement(bench: Bench, baseline: Columns, reason: str) -> None:
    """Without ids, rows that need not be the same are not paired."""
    left = bench.store(bench.table({"label": list("aab"), "prediction": list("aab")}))
    right = bench.store(bench.table(baseline))
    joined = bench.join(left, right)

    assert joined.joint is None
    assert joined.pairing.method == "unpaired"
    assert reason in joined.pairing.reason


def test_join__with_clusters_and_scores(bench: Bench) -> None:
    """More columns in the side files do not disturb the counts."""
    candidate = random_columns(100, seed=1) | {"who": [1, 2] * 50, "score_0": [0.5] * 100, "score_1": [0.25] * 100}
    baseline = random_columns(99, seed=1) | {"who": [1, 2, 3] * 33}
    left, right = (bench.store(bench.table(side, cluster="who")) for side in (candidate, baseline))
    joined = bench.join(left, right)

    assert left.predictions.scores == ("0", "1")
    check(joined, candidate, baseline)


def test_join__only_this_change_has_ids(bench: Bench) -> None:
    """The side without ids is named."""
    left = bench.store(bench.table({"id": [1], "label": ["a"], "prediction": ["a"]}))
    right = bench.store(bench.table({"label": ["a"], "prediction": ["a"]}))

    assert bench.join(left, right).pairing.reason == "the rows of this change have ids, those of the baseline have none"


@pytest.mark.parametrize("side", ["candidate", "baseline"])
def test_join__rows_not_kept(bench: Bench, side: str) -> None:
    """One side without rows: unpaired, and which side."""
    columns = random_columns(50, seed=1)
    left = bench.store(bench.table(columns), keep_rows=side != "candidate")
    right = bench.store(bench.table(columns), keep_rows=side != "baseline")
    joined = bench.join(left, right)

    assert joined.joint is None
    assert joined.pairing.same_test_set
    assert ("this change" if side == "candidate" else "the baseline") in joined.pairing.reason
    assert own_cells(joined.candidate) == counted(columns["label"], columns["prediction"])


def test_join__label_set_is_of_the_joined_rows(bench: Bench) -> None:
    """Labels of the joined rows first, in natural order; stray predictions after them."""
    candidate: Columns = {"id": [1, 2, 3], "label": [10, 9, 2], "prediction": [11, 9, 1]}
    baseline: Columns = {"id": [1, 2, 4], "label": [10, 9, 7], "prediction": [10, 100, 7]}
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.joint is not None
    assert joined.joint.classes == ("9", "10", "11", "100")
    assert joined.joint.n_labels == 2
    assert joined.candidate.classes == ("2", "7", "9", "10", "1", "11", "100")
    assert joined.candidate.n_labels == 4
    check(joined, candidate, baseline)


def test_join__candidate_has_labels_that_the_baseline_never_saw(bench: Bench) -> None:
    """New rows with a new class are no obstacle."""
    candidate: Columns = {"id": [1, 2, 3], "label": ["a", "b", "new"], "prediction": ["a", "new", "new"]}
    baseline: Columns = {"id": [1, 2], "label": ["a", "b"], "prediction": ["b", "b"]}
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.joint is not None
    assert joined.joint.classes == ("a", "b", "new")
    assert joined.joint.n_labels == 2
    check(joined, candidate, baseline)


def test_join__upcast_on_one_side(bench: Bench) -> None:
    """Integers on one side and floats on the other are the same test set."""
    candidate: Columns = {"id": [1, 2, 3], "label": [1, 2, 2], "prediction": [1, 2, 1]}
    baseline: Columns = {"id": [3.0, 1.0, 2.0], "label": [2.0, 1.0, 2.0], "prediction": [2.0, 2.0, 2.0]}
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.pairing.same_test_set
    assert joined.joint is not None
    assert joint_cells(joined.joint) == Counter({("1", "2", "1"): 1, ("2", "2", "2"): 1, ("2", "2", "1"): 1})


def test_join__types_differ(bench: Bench) -> None:
    """Text labels on one side, numbers on the other: every label changed."""
    candidate: Columns = {"id": [1, 2], "label": ["cat", "dog"], "prediction": ["cat", "dog"]}
    baseline: Columns = {"id": [1, 2], "label": [0, 1], "prediction": [0, 1]}
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    assert joined.joint is None
    assert joined.pairing.changed_labels == 2
    assert joined.candidate.classes == ("0", "1", "cat", "dog")


def test_join__hostile_text(bench: Bench) -> None:
    """Labels and slice values come through both sides unharmed."""
    ids = list(range(len(HOSTILE)))
    candidate: Columns = {"id": ids, "label": HOSTILE, "prediction": HOSTILE, "part": HOSTILE}
    baseline: Columns = {"id": ids, "label": HOSTILE, "prediction": HOSTILE[::-1], "part": HOSTILE}
    joined = bench.join(
        bench.store(bench.table(candidate, slices=("part",))),
        bench.store(bench.table(baseline, slices=("part",), suffix=".csv")),
    )

    check(joined, candidate, baseline)
    assert sliced_cells(joined, "part") == expected_joint(candidate, baseline, "part")


def test_join__missing_slice_values(bench: Bench) -> None:
    """Rows without a value form a slice of their own."""
    columns: Columns = {"id": [1, 2, 3], "label": list("aab"), "prediction": list("aba"), "part": ["n", None, None]}
    joined = bench.join(bench.store(bench.table(columns, slices=("part",))), bench.store(bench.table(columns)))

    assert joined.slices[0].values == ("(missing)", "n")
    assert sliced_cells(joined, "part") == Counter(
        {("n", "a", "a", "a"): 1, ("(missing)", "a", "b", "b"): 1, ("(missing)", "b", "a", "a"): 1}
    )


def test_join__thousand_classes(bench: Bench) -> None:
    """A thousand classes on both sides are counted exactly."""
    candidate = random_columns(60_000, seed=1, classes=1000)
    baseline = random_columns(60_000, seed=2, classes=1000)
    joined = bench.join(bench.store(bench.table(candidate)), bench.store(bench.table(baseline)))

    check(joined, candidate, baseline)
    assert joined.joint is not None
    assert joined.joint.n_labels == 1000


def test_join__is_deterministic(bench: Bench) -> None:
    """The same sides give the same value twice, and the same whatever the order of the original rows."""
    candidate, baseline = random_columns(3000, seed=1), random_columns(3000, seed=2)
    order = np.random.default_rng(3).permutation(3000)
    shuffled = {name: [values[index] for index in order] for name, values in candidate.items()}
    right = bench.store(bench.table(baseline))
    results = [bench.join(bench.store(bench.table(side)), right) for side in (candidate, candidate, shuffled)]

    first = msgspec.structs.asdict(results[0])
    for other in map(msgspec.structs.asdict, results[1:]):
        assert other["broken"] == first["broken"]
        assert other["fixed"] == first["fixed"]
        np.testing.assert_array_equal(other["joint"].n, first["joint"].n)
        np.testing.assert_array_equal(other["joint"].candidate, first["joint"].candidate)


SIDE = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["a", "b", "c"]), st.sampled_from(["a", "b", "c", "d"])),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row[0],
)


@settings(max_examples=40, deadline=None)
@given(SIDE, SIDE, st.sampled_from([".csv", ".parquet", ".jsonl"]))
def test_join__random_tables(left: list[tuple[int, str, str]], right: list[tuple[int, str, str]], suffix: str) -> None:
    """Any two tables, with any overlap and any changed labels, are counted as dictionaries count them."""
    candidate: Columns = {name: [row[i] for row in left] for i, name in enumerate(("id", "label", "prediction"))}
    baseline: Columns = {name: [row[i] for row in right] for i, name in enumerate(("id", "label", "prediction"))}
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory))
        joined = bench.join(
            bench.store(bench.table(candidate, suffix=suffix)), bench.store(bench.table(baseline, suffix=suffix))
        )
    expected = expected_joint(candidate, baseline)
    common = rows_of(candidate).keys() & rows_of(baseline).keys()

    assert joined.pairing.common_rows == len(common)
    assert joined.pairing.changed_labels == len(common) - expected.total()
    assert (joined.joint is None) == (not expected)
    if joined.joint is not None:
        check(joined, candidate, baseline)


def test_alone__own_counts(bench: Bench) -> None:
    """Without a baseline there is one side, and no joint counts."""
    columns = random_columns(100, seed=1)
    joined = bench.engine.alone(bench.store(bench.table(columns, slices=("region",))))

    assert joined.joint is None
    assert joined.pairing.method == "unpaired"
    assert joined.pairing.reason == "there is no baseline"
    assert (joined.pairing.candidate_rows, joined.pairing.baseline_rows) == (100, 0)
    assert own_cells(joined.candidate) == counted(columns["label"], columns["prediction"])
    assert len(joined.baseline.n) == 0


def test_alone__forged_counts(bench: Bench) -> None:
    """Counts that do not add up are refused here too."""
    stored = bench.store(bench.table(random_columns(10, seed=1)))
    forged = msgspec.structs.replace(stored.predictions, rows=11)
    with pytest.raises(InputError, match="do not add up"):
        bench.engine.alone(msgspec.structs.replace(stored, predictions=forged))
