"""Tests of what is right within slices, against counts made with dictionaries."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from steelyard.engines.duckdb.session import Resources
from steelyard.engines.interface import StoredSet
from steelyard.model.counts import Joined
from tests.unit.engines.tables import Bench

ROWS = 300


def table(seed: int, *, drop: int = 0) -> dict[str, list[Any]]:
    """Rows whose label, slice, cluster and weight depend on the id alone; some have no value of the slice."""
    fixed, own = np.random.default_rng(7), np.random.default_rng(seed)
    region = np.array(["EU", "US", "(missing)", ""])[fixed.integers(0, 4, ROWS)]
    columns: dict[str, Any] = {
        "id": np.arange(ROWS),
        "label": fixed.integers(0, 2, ROWS),
        "region": [value or None for value in region.tolist()],
        "who": fixed.integers(0, 20, ROWS),
        "part": np.array(["n", "s"])[fixed.integers(0, 2, ROWS)],
        "w": fixed.integers(1, 9, ROWS) / 8,
        "prediction": own.integers(0, 3, ROWS),
    }
    return {name: list(values[drop:]) for name, values in columns.items()}


def side(bench: Bench, *seeds: int, drop: int = 0, **design: str) -> StoredSet:
    """A side with these trainings."""
    sets = [bench.ingest(bench.table(table(seed, drop=drop), slices=("region",), **design)) for seed in seeds]
    files = tuple(one.predictions for one in sets[1:] if one.predictions is not None)
    return StoredSet(predictions=structs.replace(sets[0], repeats=files), directory=bench.side)


def found(joined: Joined) -> dict[tuple[Any, ...], list[float]]:
    """n, Σw and Σw² by value and what is right."""
    (sliced,) = joined.slices
    right = sliced.outcomes
    assert right is not None
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for index in range(len(right.n)):
        theirs = () if right.baseline is None else tuple(right.baseline[index].tolist())
        one = sums[sliced.values[right.value[index]], tuple(right.candidate[index].tolist()), theirs]
        one[0] += int(right.n[index])
        one[1] += float(right.weight[index]) if right.weight is not None else 0.0
        one[2] += float(right.weight_squared[index]) if right.weight_squared is not None else 0.0
    return dict(sums)


def expected(ours: tuple[int, ...], theirs: tuple[int, ...], *, drop: int = 0) -> dict[tuple[Any, ...], list[float]]:
    """The same with dictionaries."""
    first, columns = table(1), {seed: table(seed)["prediction"] for seed in (*ours, *theirs)}
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for row in range(drop, ROWS):
        right = [tuple(columns[seed][row] == first["label"][row] for seed in seeds) for seeds in (ours, theirs)]
        one = sums[first["region"][row] or "((missing))", right[0], right[1]]
        one[0] += 1
        one[1] += first["w"][row]
        one[2] += first["w"][row] ** 2
    return {key: [int(n), w, w2] for key, (n, w, w2) in sums.items()}


@pytest.mark.parametrize("drop", [0, 40])
def test_outcomes__of_weighted_rows_in_clusters(bench: Bench, drop: int) -> None:
    """Sums by value, cluster and what both sides have right; with and without a join."""
    joined = bench.join(
        side(bench, 1, cluster="who", weight="w", stratum="part"), side(bench, 2, drop=drop, cluster="who")
    )
    wanted = expected((1,), (2,), drop=drop)
    got = found(joined)

    assert got == wanted
    right = joined.slices[0].outcomes
    assert right is not None
    assert right.cluster is not None
    assert len(np.unique(right.cluster)) == 20
    assert int(right.n.sum()) == ROWS - drop


def test_outcomes__of_trainings(bench: Bench) -> None:
    """A column for each training of either side."""
    joined = bench.join(side(bench, 1, 2, 3), side(bench, 4, 5))
    right = joined.slices[0].outcomes
    assert right is not None
    assert (right.candidate.shape[1], right.weight, right.cluster) == (3, None, None)
    got, wanted = found(joined), expected((1, 2, 3), (4, 5))

    assert {key: n for key, (n, _, _) in got.items() if key[0] == "EU"} == {
        key: n for key, (n, _, _) in wanted.items() if key[0] == "EU"
    }


def test_outcomes__of_the_candidate_alone(bench: Bench) -> None:
    """Nothing is said of a baseline."""
    right = bench.engine.alone(side(bench, 1, cluster="who")).slices[0].outcomes

    assert right is not None
    assert right.baseline is None
    assert int(right.n.sum()) == ROWS


def test_outcomes__none_where_counts_tell(bench: Bench) -> None:
    """Equal, independent rows need no more than counts, and within a slice strata do not matter."""
    alike = bench.join(side(bench, 1), side(bench, 2))
    stratified = bench.join(side(bench, 1, stratum="part"), side(bench, 2, stratum="part"))

    assert alike.slices[0].outcomes is None
    assert stratified.slices[0].outcomes is None


def test_outcomes__too_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound there are none, and a note says so."""
    sides = side(bench, 1, cluster="who"), side(bench, 2, cluster="who")
    monkeypatch.setattr(Resources, "arrays", 1000)
    joined = bench.join(*sides)

    assert joined.slices[0].outcomes is None
    assert any(
        note.startswith("slice column 'region' is not judged") or "is not judged" in note for note in joined.notes
    )
