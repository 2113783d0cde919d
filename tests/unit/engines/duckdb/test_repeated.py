"""Tests of several trainings on either side."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from msgspec import structs

from steelyard.engines.duckdb.pairing import ONE_SIDED
from steelyard.engines.duckdb.session import Resources
from steelyard.engines.interface import StoredSet
from steelyard.errors import InputError
from steelyard.model.counts import RepeatedCounts
from tests.unit.engines.duckdb.test_keys import hashed
from tests.unit.engines.duckdb.test_stored import keep
from tests.unit.engines.tables import Bench

ROWS = 400


def training(seed: int, *, first: int = 0) -> dict[str, list[Any]]:
    """The predictions of one training; the rows before `first` are absent."""
    labels = np.random.default_rng(3).integers(0, 3, ROWS)
    predicted = np.random.default_rng(seed).integers(0, 5, ROWS)
    columns = {"id": np.arange(ROWS), "label": labels, "prediction": predicted}
    return {name: values[first:].tolist() for name, values in columns.items()}


def trained(bench: Bench, *seeds: int, first: int = 0) -> StoredSet:
    """A side with these trainings."""
    sets = [bench.ingest(bench.table(training(seed, first=first))) for seed in seeds]
    files = tuple(one.predictions for one in sets[1:] if one.predictions is not None)
    return StoredSet(predictions=structs.replace(sets[0], repeats=files), directory=bench.side)


def cells(counts: RepeatedCounts | None) -> Counter[tuple[str, ...]]:
    """The cells as text; that they are unique and sorted is checked."""
    assert counts is not None
    codes = np.column_stack([counts.label, counts.candidate, counts.baseline]).tolist()
    assert codes == sorted(codes)
    assert len({tuple(cell) for cell in codes}) == len(codes)
    return Counter(
        {tuple(counts.classes[code] for code in cell): n for cell, n in zip(codes, counts.n.tolist(), strict=True)}
    )


@pytest.mark.parametrize("first", [0, 30])
def test_repeats__counts_of_all_trainings(bench: Bench, first: int) -> None:
    """The cells of all trainings are what dictionaries count, with and without a join."""
    joined = bench.join(trained(bench, 1, 2, 3), trained(bench, 4, 5, first=first))
    columns = [training(1)["label"], *(training(seed)["prediction"] for seed in (1, 2, 3, 4, 5))]

    assert cells(joined.repeats) == Counter(tuple(map(str, row)) for row in list(zip(*columns, strict=True))[first:])
    assert joined.repeats is not None
    assert joined.repeats.candidate.shape[1] == 3
    assert joined.repeats.classes[: joined.repeats.n_labels] == ("0", "1", "2")


def test_repeats__only_where_both_sides_have_several(bench: Bench) -> None:
    """One training on either side says nothing of training, and a note says that others take no part."""
    joined = bench.join(trained(bench, 1, 2), trained(bench, 3))

    assert joined.repeats is None
    assert ONE_SIDED in joined.notes
    assert ONE_SIDED not in bench.join(trained(bench, 1), trained(bench, 3)).notes


def test_repeats__of_the_candidate_alone(bench: Bench) -> None:
    """Without a baseline there is none to have fewer trainings."""
    repeats = bench.engine.alone(trained(bench, 1, 2, 3)).repeats
    assert repeats is not None
    columns = [training(1)["label"], *(training(seed)["prediction"] for seed in (1, 2, 3))]

    assert repeats.baseline.shape[1] == 0
    assert cells(repeats) == Counter(tuple(map(str, row)) for row in zip(*columns, strict=True))


def test_repeats__not_of_unpaired_sides(bench: Bench) -> None:
    """Trainings on other rows are not compared: neither their counts nor their rows."""
    columns = [{**training(seed), "bleu": [0.5] * ROWS} for seed in (1, 2, 3, 4)]
    for moved in columns[2:]:
        moved["id"] = [row + 10_000 for row in moved["id"]]
    sets = [bench.ingest(bench.table(one, measures=("bleu",))) for one in columns]
    sides = [
        StoredSet(
            predictions=structs.replace(first, repeats=(second.predictions,) if second.predictions else ()),
            directory=bench.side,
        )
        for first, second in (sets[:2], sets[2:])
    ]
    joined = bench.join(sides[0], sides[1])

    assert joined.pairing.method == "unpaired"
    assert joined.repeats is None
    assert joined.rows is not None
    assert joined.rows.candidate.further == ()


def test_repeats__too_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound there are none, and a note says so."""
    monkeypatch.setattr(Resources, "arrays", 1000)
    joined = bench.join(trained(bench, 1, 2), trained(bench, 3, 4))

    assert joined.repeats is None
    assert any("too many to compare" in note for note in joined.notes)


DESIGN = {"cluster": "who", "stratum": "part", "weight": "w"}


def with_design(bench: Bench, *seeds: int) -> StoredSet:
    """A side with these trainings on rows with clusters, strata and weights."""
    fixed = np.random.default_rng(7)
    design = {
        "who": fixed.integers(0, 50, ROWS).tolist(),
        "part": np.array(["n", "s"])[fixed.integers(0, 2, ROWS)].tolist(),
        "w": (fixed.integers(1, 9, ROWS) / 8).tolist(),
    }
    sets = [bench.ingest(bench.table({**training(seed), **design}, **DESIGN)) for seed in seeds]
    files = tuple(one.predictions for one in sets[1:] if one.predictions is not None)
    return StoredSet(predictions=structs.replace(sets[0], repeats=files), directory=bench.side)


def test_repeats__groups_of_all_trainings(bench: Bench) -> None:
    """The cells are split by stratum, cluster and weight: n, Σw and Σw² are what dictionaries add up."""
    joined = bench.join(with_design(bench, 1, 2, 3), with_design(bench, 4, 5))
    repeats = joined.repeats
    assert repeats is not None
    assert repeats.groups is not None
    groups, fixed = repeats.groups, np.random.default_rng(7)
    who, part = fixed.integers(0, 50, ROWS), fixed.integers(0, 2, ROWS)
    weight = fixed.integers(1, 9, ROWS) / 8
    columns = [training(1)["label"], *(training(seed)["prediction"] for seed in (1, 2, 3, 4, 5))]
    expected: Counter[tuple[Any, ...]] = Counter()
    squares: Counter[tuple[Any, ...]] = Counter()
    for row in range(ROWS):
        key = (int(part[row]), *(str(column[row]) for column in columns))
        expected[key] += float(weight[row])  # type: ignore[assignment]  # sums of weights are not whole
        squares[key] += float(weight[row] ** 2)  # type: ignore[assignment]  # likewise
    codes = np.column_stack([repeats.label, repeats.candidate, repeats.baseline])[groups.cell]
    assert groups.stratum is not None
    assert groups.weight is not None
    assert groups.weight_squared is not None
    assert groups.cluster is not None
    found: Counter[tuple[Any, ...]] = Counter()
    found_squares: Counter[tuple[Any, ...]] = Counter()
    for stratum, cell, w, w2 in zip(
        groups.stratum.tolist(), codes.tolist(), groups.weight.tolist(), groups.weight_squared.tolist(), strict=True
    ):
        found[(stratum, *(repeats.classes[code] for code in cell))] += w
        found_squares[(stratum, *(repeats.classes[code] for code in cell))] += w2

    assert found == pytest.approx(expected)
    assert found_squares == pytest.approx(squares)
    assert len(np.unique(groups.cluster)) == len(np.unique(who)) == groups.cluster.max() + 1
    assert np.bincount(groups.cell, groups.n, len(repeats.n)).tolist() == repeats.n.tolist()


def test_repeats__none_where_their_groups_are_too_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings whose rows cannot be told apart by cluster are not compared as if all rows were alike."""
    sides = with_design(bench, 1, 2), with_design(bench, 3, 4)
    monkeypatch.setattr(Resources, "arrays", 38_000)
    joined = bench.join(*sides)

    assert joined.repeats is None
    assert any("too many to weigh" in note for note in joined.notes)


@pytest.mark.parametrize("regression", [False, True])
@pytest.mark.parametrize("first", [0, 30])
def test_rows__of_all_trainings(bench: Bench, regression: bool, first: int) -> None:
    """Scores, predicted numbers and measures of every training, in one order of the rows, with and without a join."""

    def table(seed: int, first: int = 0) -> dict[str, list[Any]]:
        own = np.random.default_rng(seed)
        columns: dict[str, Any] = {
            "id": np.arange(ROWS),
            "label": np.arange(ROWS) / 7 + 0.1 if regression else np.arange(ROWS) % 2,
            "prediction": own.normal(size=ROWS) if regression else np.arange(ROWS) % 2,
            "bleu": own.random(ROWS),
        }
        if not regression:
            columns["score_1"] = own.random(ROWS).astype(np.float32)
        return {name: values[first:].tolist() for name, values in columns.items()}

    def side(*seeds: int, first: int = 0) -> StoredSet:
        sets = [bench.ingest(bench.table(table(seed, first), measures=("bleu",))) for seed in seeds]
        files = tuple(one.predictions for one in sets[1:] if one.predictions is not None)
        return StoredSet(predictions=structs.replace(sets[0], repeats=files), directory=bench.side)

    rows = bench.join(side(1, 2, 3), side(4, 5, first=first)).rows
    assert rows is not None
    assert rows.baseline is not None
    order = [row for row in sorted(range(ROWS), key=lambda row: hashed(str(row))) if row >= first]
    for seeds, found in (((1, 2, 3), rows.candidate.trainings), ((4, 5), rows.baseline.trainings)):
        assert len(found) == len(seeds)
        for seed, one in zip(seeds, found, strict=True):
            assert one.measures is not None
            assert one.measures[:, 0].tolist() == [table(seed)["bleu"][row] for row in order]
            values = one.prediction if regression else one.scores
            assert values is not None
            expected = table(seed)["prediction" if regression else "score_1"]
            assert values.ravel().tolist() == pytest.approx([expected[row] for row in order])


def test_rows__further_trainings_of_one_side_alone_are_not_read(bench: Bench) -> None:
    """One training on the other side says nothing of training."""
    columns = {**training(1), "bleu": [0.5] * ROWS}
    sets = [bench.ingest(bench.table(columns | {"bleu": [value] * ROWS}, measures=("bleu",))) for value in (0.1, 0.2)]
    assert sets[1].predictions is not None
    several = StoredSet(predictions=structs.replace(sets[0], repeats=(sets[1].predictions,)), directory=bench.side)
    rows = bench.join(several, StoredSet(predictions=sets[0], directory=bench.side)).rows

    assert rows is not None
    assert rows.candidate.further == ()


@pytest.mark.parametrize(
    "values", [[None] * ROWS, ["x" * 20_000] * ROWS, ["0"] * (ROWS - 1), [1] * ROWS, [["a"]] * ROWS]
)
def test_repeats__forged(bench: Bench, values: list[Any]) -> None:
    """A further training's file is checked like the first one's."""
    side = trained(bench, 1, 2)
    kind = pa.string() if values[0] is None else None
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table({"prediction": pa.array(values, kind)}), sink)
    file = keep(side.directory, sink.getvalue().to_pybytes(), "pred")
    forged = msgspec.structs.replace(side, predictions=msgspec.structs.replace(side.predictions, repeats=(file,)))
    with pytest.raises(InputError) as error:
        bench.join(forged, trained(bench, 3, 4))

    assert error.value.hint
