"""Tests of several trainings on either side."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from msgspec import structs

from steelyard.engines.duckdb import repeated
from steelyard.engines.interface import StoredSet
from steelyard.errors import InputError
from steelyard.model.counts import RepeatedCounts
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
    """One training on either side says nothing of training."""
    assert bench.join(trained(bench, 1, 2), trained(bench, 3)).repeats is None


def test_repeats__too_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound there are none, and a note says so."""
    monkeypatch.setattr(repeated, "MAX_ARRAY_BYTES", 1000)
    joined = bench.join(trained(bench, 1, 2), trained(bench, 3, 4))

    assert joined.repeats is None
    assert any("too many to compare" in note for note in joined.notes)


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
