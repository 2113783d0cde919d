"""Tests of groups and rows of cells, against counts made with dictionaries and numpy."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engines.duckdb.session import Resources
from steelyard.engines.interface import StoredSet
from steelyard.errors import InputError
from steelyard.model.cells import Cells
from steelyard.model.counts import Counts, Groups, Joined, JointCounts
from tests.unit.engines.duckdb.test_stored import file_of, forge, replaced
from tests.unit.engines.tables import Bench

Entry = tuple[int, float, float]
DESIGN = {"cluster": "who", "stratum": "part", "weight": "w"}


def table(rows: int, *, seed: int, drop: int = 0) -> dict[str, list[Any]]:
    """Rows whose label, cluster, stratum and weight depend on the id alone; `drop` of them lack."""
    fixed, own = np.random.default_rng(7), np.random.default_rng(seed)
    columns = {
        "id": np.arange(rows),
        "label": fixed.integers(0, 3, rows),
        "who": fixed.integers(0, max(rows // 4, 1), rows),
        "part": np.array(["north", "south", "east"])[fixed.integers(0, 3, rows)],
        "w": fixed.integers(1, 9, rows) / 8,
        "prediction": own.integers(0, 4, rows),
    }
    order = own.permutation(rows)[drop:]
    return {name: values[order].tolist() for name, values in columns.items()}


def cells_of(counts: JointCounts | Counts) -> list[tuple[str, ...]]:
    """The cells as text."""
    codes = (
        (counts.label, counts.baseline, counts.candidate)
        if isinstance(counts, JointCounts)
        else (counts.label, counts.prediction)
    )
    return [tuple(counts.classes[code] for code in cell) for cell in zip(*(one.tolist() for one in codes), strict=True)]


def entries(groups: Groups, counts: JointCounts | Counts) -> dict[tuple[Any, ...], Entry]:
    """Groups as (stratum, cluster, cell): n, Σw, Σw²; that they are sorted and unique is checked."""
    nothing = np.zeros(len(groups.n), dtype=np.int64)
    stratum = groups.stratum if groups.stratum is not None else nothing
    cluster = groups.cluster if groups.cluster is not None else nothing
    weight = groups.weight if groups.weight is not None else nothing.astype(float)
    squared = groups.weight_squared if groups.weight_squared is not None else nothing.astype(float)
    keys = list(zip(stratum.tolist(), cluster.tolist(), groups.cell.tolist(), strict=True))
    assert keys == sorted(set(keys))
    cells = cells_of(counts)
    return {
        (s, c, cells[cell]): (n, w, w2)
        for (s, c, cell), n, w, w2 in zip(keys, groups.n.tolist(), weight.tolist(), squared.tolist(), strict=True)
    }


def expected(rows: dict[int, tuple[str, ...]], side: dict[str, list[Any]]) -> list[tuple[Any, ...]]:
    """What dictionaries count, without the codes of clusters: (stratum, cell, n, Σw, Σw²) of each group, sorted."""
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for index, row in enumerate(side["id"]):
        if row in rows:
            one = sums[side["part"][index], side["who"][index], rows[row]]
            one[0] += 1
            one[1] += side["w"][index]
            one[2] += side["w"][index] ** 2
    strata = sorted({key[0] for key in sums})
    return sorted((strata.index(part), cell, *values) for (part, _, cell), values in sums.items())


def found(groups: Groups | None, counts: JointCounts | Counts) -> list[tuple[Any, ...]]:
    """The same of groups of the engine."""
    assert groups is not None
    return sorted((stratum, cell, *values) for (stratum, _, cell), values in entries(groups, counts).items())


def joint_rows(candidate: dict[str, list[Any]], baseline: dict[str, list[Any]]) -> dict[int, tuple[str, ...]]:
    """The cell of each row that both sides have."""
    old = dict(zip(baseline["id"], baseline["prediction"], strict=True))
    columns = zip(candidate["id"], candidate["label"], candidate["prediction"], strict=True)
    return {row: (str(label), str(old[row]), str(new)) for row, label, new in columns if row in old}


def own_rows(side: dict[str, list[Any]]) -> dict[int, tuple[str, ...]]:
    """The cell of each row of one side."""
    columns = zip(side["id"], side["label"], side["prediction"], strict=True)
    return {row: (str(label), str(prediction)) for row, label, prediction in columns}


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 60), st.integers(0, 10**6), st.sampled_from([0, 1]), st.sampled_from([".csv", ".parquet"]))
def test_groups__random_tables(rows: int, seed: int, drop: int, suffix: str) -> None:
    """Any two sides, paired with and without a join: n, Σw and Σw² are what dictionaries count."""
    candidate, baseline = table(rows, seed=seed), table(rows, seed=seed + 1, drop=drop)
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory))
        left = bench.store(bench.table(candidate, suffix=suffix, **DESIGN))
        joined = bench.join(left, bench.store(bench.table(baseline, suffix=suffix)))
        alone = bench.engine.alone(left)
    assert joined.joint is not None

    assert found(joined.groups, joined.joint) == expected(joint_rows(candidate, baseline), candidate)
    assert found(alone.groups, alone.candidate) == expected(own_rows(candidate), candidate)
    assert joined.baseline_groups is None


def test_groups__unpaired(bench: Bench) -> None:
    """Test sets without a common row: each side has the groups of its own cells."""
    candidate, baseline = table(60, seed=1), table(50, seed=2)
    baseline["id"] = [row + 1000 for row in baseline["id"]]
    joined = bench.join(bench.store(bench.table(candidate, **DESIGN)), bench.store(bench.table(baseline, **DESIGN)))

    assert joined.joint is None
    assert found(joined.groups, joined.candidate) == expected(own_rows(candidate), candidate)
    assert found(joined.baseline_groups, joined.baseline) == expected(own_rows(baseline), baseline)


def test_groups__clusters_in_several_strata_have_one_code(bench: Bench) -> None:
    """Ten patients, each in two strata: ten codes, each found in both."""
    columns = table(80, seed=1)
    columns["who"] = [row % 10 for row in columns["id"]]
    columns["part"] = [f"device {row // 10 % 2}" for row in columns["id"]]
    stored = bench.store(bench.table(columns, **DESIGN))
    for groups in (bench.join(stored, stored).groups, bench.engine.alone(stored).groups):
        assert groups is not None
        assert groups.cluster is not None
        assert groups.stratum is not None
        found = set(zip(groups.cluster.tolist(), groups.stratum.tolist(), strict=True))
        assert found == {(code, stratum) for code in range(10) for stratum in range(2)}


def test_groups__none_where_all_rows_are_alike(bench: Bench) -> None:
    """Without cluster, stratum and weight there is nothing to group by."""
    stored = bench.store(bench.table(table(40, seed=1)))

    assert bench.join(stored, stored).groups is None


@pytest.mark.parametrize("design", [{"cluster": "who"}, {"stratum": "part"}, {"weight": "w"}])
def test_groups__one_column(bench: Bench, design: dict[str, str]) -> None:
    """What the test set does not have is None; the rows are all there."""
    stored = bench.store(bench.table(table(200, seed=1), **design))
    groups = bench.join(stored, stored).groups

    assert groups is not None
    assert (groups.cluster is not None) == ("cluster" in design)
    assert (groups.stratum is not None) == ("stratum" in design)
    assert (groups.weight is not None) == (groups.weight_squared is not None) == ("weight" in design)
    assert groups.n.sum() == 200


def arrays(joined: Joined) -> list[bytes]:
    """All numbers of the groups."""
    assert joined.groups is not None
    return [value.tobytes() for value in msgspec.structs.astuple(joined.groups) if value is not None]


def test_groups__same_bytes_whatever_the_order(bench: Bench) -> None:
    """Sums of awkward weights do not depend on the order of the rows, nor on the threads."""
    columns = table(20_000, seed=1)
    columns["w"] = np.random.default_rng(5).lognormal(0, 3, 20_000).tolist()
    order = np.random.default_rng(6).permutation(20_000)
    shuffled = {name: [values[index] for index in order] for name, values in columns.items()}
    results = [bench.engine.alone(bench.store(bench.table(one, **DESIGN))) for one in (columns, shuffled, columns)]

    assert arrays(results[0]) == arrays(results[1]) == arrays(results[2])
    assert results[0].groups is not None
    assert results[0].groups.weight is not None
    assert results[0].groups.weight.sum() == pytest.approx(sum(columns["w"]), rel=1e-12)


def test_groups__too_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound there are no groups, and a note says so."""
    stored = bench.store(bench.table(table(200, seed=1), **DESIGN))
    monkeypatch.setattr(Resources, "arrays", 1000)
    joined = bench.join(stored, stored)

    assert joined.groups is None
    assert any("too many to weigh" in note for note in joined.notes)


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("weight", pa.array([0.0] * 200), "weights that are no positive numbers"),
        ("weight", pa.array([float("nan")] * 200), "weights that are no positive numbers"),
        ("weight", pa.array([None] * 200, pa.float64()), "weights that are no positive numbers"),
        ("weight", pa.array([1] * 200), "columns"),
        ("stratum", pa.array([f"s{index}" for index in range(1002)][:200] * 1), ""),
        ("stratum", pa.array([None] * 200, pa.string()), "missing, overlong or too many strata"),
        ("stratum", pa.array(["x" * 2000] * 200), "missing, overlong or too many strata"),
        ("cluster", pa.array([None] * 200, pa.uint64()), "missing clusters"),
        ("cluster", pa.array(["a"] * 200), "columns"),
    ],
)
def test_design_of__forged(bench: Bench, column: str, values: pa.Array, says: str) -> None:
    """Values that no engine of ours writes are refused; odd but valid ones give numbers."""
    stored = bench.store(bench.table(table(200, seed=1), **DESIGN))
    forged: StoredSet = forge(stored, kind="testset", table=replaced(file_of(stored, "testset"), **{column: values}))
    if not says:
        assert bench.engine.alone(forged).groups is not None
        return
    with pytest.raises(InputError, match=says) as error:
        bench.engine.alone(forged)
    assert error.value.hint


def test_groups__labels_that_were_not_counted(bench: Bench) -> None:
    """A file whose rows are not those of the Evaluation's counts is refused."""
    stored = bench.store(bench.table(table(200, seed=1), **DESIGN))
    label = pa.array(["0"] * 200)
    forged = forge(stored, kind="testset", table=replaced(file_of(stored, "testset"), label=label))
    known = forged.predictions.counts
    label, prediction = next(cell[:2] for cell in known if cell[0] != "0")
    counts = Cells.of([(label, prediction, known.rows)])
    with pytest.raises(InputError):
        bench.engine.alone(
            msgspec.structs.replace(forged, predictions=msgspec.structs.replace(forged.predictions, counts=counts))
        )
