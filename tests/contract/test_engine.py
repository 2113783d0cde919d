"""What every engine does with every kind of predictions, from every format; a new engine is one more parameter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import Engine, StoredSet, Table
from steelyard.model import codec
from steelyard.model.counts import Joined
from steelyard.model.evaluation import PredictionSet
from tests.unit.engines.tables import Columns, write

ENGINES = {"duckdb": DuckDBEngine}
SUFFIXES = (".csv", ".parquet", ".jsonl")
ROWS = 120


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine."""
    made: Engine = ENGINES[request.param]()
    return made


def columns(kind: str, seed: int, suffix: str) -> dict[str, list[Any]]:
    """Rows of one kind; all but the model's output depends on the id alone."""
    fixed, own = np.random.default_rng(1), np.random.default_rng(seed)
    score = own.random(ROWS)
    base: dict[str, list[Any]] = {
        "id": [f"row {index}" for index in range(ROWS)],
        "who": [f"p{index // 3}" for index in range(ROWS)],
        "part": [f"s{index % 2}" for index in range(ROWS)],
        "w": (fixed.random(ROWS) + 0.5).tolist(),
        "age": (fixed.random(ROWS) * 50).tolist(),
        "grade": own.integers(1, 6, ROWS).tolist(),
    }
    target = fixed.normal(size=ROWS)
    if kind == "classification":
        return base | {
            "label": np.array(["no", "yes"])[(target > 0).astype(int)].tolist(),
            "prediction": np.array(["no", "yes"])[(score > 0.5).astype(int)].tolist(),
            "score_no": (1 - score).tolist(),
            "score_yes": score.tolist(),
        }
    if kind == "regression":
        return base | {"label": target.tolist(), "prediction": (target + score).tolist()}
    if kind == "multilabel":
        return base | {"label": _sets(fixed, suffix), "prediction": _sets(own, suffix)}
    return base


def _sets(generator: np.random.Generator, suffix: str) -> list[Any]:
    sets = [[name for name in "cab" if generator.random() < 0.5] for _ in range(ROWS)]
    return [json.dumps(one) for one in sets] if suffix == ".csv" else sets


def side(engine: Engine, directory: Path, kind: str, *, seed: int, suffix: str) -> StoredSet:
    """One side with everything that a table may have."""
    path = write(directory / f"{kind}-{seed}{suffix}", columns(kind, seed, suffix))
    table = Table(
        path=path,
        shown=path.name,
        cluster="who",
        stratum="part",
        weight="w",
        slices=("age",),
        measures=("grade",),
        show=("age",),
    )
    into = directory / "side files"
    return StoredSet(predictions=engine.ingest(table, into=into, keep_rows=True), directory=into, original=table)


KINDS = ("classification", "multilabel", "regression", "measures")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", KINDS)
def test_engine__every_kind(engine: Engine, tmp_path: Path, kind: str, suffix: str) -> None:
    """The kind is recognised, survives JSON, and the two sides are paired by id with all that they have."""
    candidate, baseline = (side(engine, tmp_path, kind, seed=seed, suffix=suffix) for seed in (1, 2))
    again = codec.decode(codec.encode(candidate.predictions), PredictionSet, source="it")
    joined = engine.join(candidate=msgspec.structs.replace(candidate, predictions=again), baseline=baseline)
    classes = kind in {"classification", "multilabel"}

    assert again == candidate.predictions
    assert candidate.predictions.kind == kind
    assert (joined.pairing.method, joined.pairing.common_rows, joined.pairing.same_test_set) == ("id", ROWS, True)
    assert (joined.joint is not None) == (joined.groups is not None) == bool(joined.slices) == classes
    assert joined.rows is not None
    assert joined.rows.measures == ("grade",)
    assert joined.rows.baseline is not None
    assert joined.rows.weight is not None
    assert joined.rows.cluster is not None
    assert joined.rows.stratum is not None
    crossed = set(zip(joined.rows.cluster.tolist(), joined.rows.stratum.tolist(), strict=True))
    assert crossed == {(code, part) for code in range(ROWS // 3) for part in range(2)}
    assert (joined.rows.candidate.scores is not None) == (kind == "classification")
    assert (joined.rows.candidate.prediction is not None) == (kind == "regression")
    assert bool(joined.rows.slices) == (not classes)
    for one in joined.rows.slices:
        assert len(one.code) == ROWS
        assert set(one.code.tolist()) == set(range(len(one.values)))
    assert all(row.shown for row in joined.broken)


@pytest.mark.parametrize("kind", KINDS)
def test_engine__same_set_from_every_format(engine: Engine, tmp_path: Path, kind: str) -> None:
    """CSV, Parquet and JSON Lines of the same rows give the same side files."""
    sets = [side(engine, tmp_path, kind, seed=1, suffix=suffix).predictions for suffix in SUFFIXES]

    assert len({(one.testset, one.predictions, one.fingerprint, one.counts, one.notes) for one in sets}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_engine__alone(engine: Engine, tmp_path: Path, kind: str) -> None:
    """Without a baseline there is the candidate's side of all of it; slices hold its own counts on both sides."""
    joined = engine.alone(side(engine, tmp_path, kind, seed=1, suffix=".parquet"))

    assert joined.joint is None
    assert joined.rows is not None
    assert joined.rows.baseline is None
    assert (joined.groups is not None) == bool(joined.slices) == (kind in {"classification", "multilabel"})
    for sliced in joined.slices:
        assert sliced.joint.n.sum() == ROWS
        np.testing.assert_array_equal(sliced.joint.baseline, sliced.joint.candidate)
    if joined.groups is not None:
        np.testing.assert_array_equal(np.bincount(joined.groups.cell, joined.groups.n), joined.candidate.n)


@pytest.mark.parametrize("kind", KINDS)
def test_engine__another_kind_is_never_compared(engine: Engine, tmp_path: Path, kind: str) -> None:
    """A baseline of another kind leaves the candidate alone, with the reason."""
    other = KINDS[KINDS.index(kind) - 1]
    joined: Joined = engine.join(
        candidate=side(engine, tmp_path, kind, seed=1, suffix=".parquet"),
        baseline=side(engine, tmp_path, other, seed=2, suffix=".parquet"),
    )

    assert joined.joint is None
    assert joined.pairing.method == "unpaired"
    assert joined.pairing.reason == (
        f"the predictions of this change are of the kind {kind}, those of the baseline {other}"
    )
    assert joined.baseline.n.sum() == 0
    assert (joined.baseline_rows, joined.baseline_groups) == (None, None)


def test_engine__labels_of_different_types(engine: Engine, tmp_path: Path) -> None:
    """Labels that are numbers here and text there are compared as text, and that is said."""
    stored = []
    for name, labels in (("ours", [1, 2, 1]), ("theirs", ["1", "2", "x"])):
        rows: Columns = {"id": [1, 2, 3], "label": labels, "prediction": labels}
        path = write(tmp_path / f"{name}.csv", rows)
        predictions = engine.ingest(Table(path=path, shown=name), into=tmp_path, keep_rows=True)
        stored.append(StoredSet(predictions=predictions, directory=tmp_path))
    joined = engine.join(candidate=stored[0], baseline=stored[1])

    assert joined.pairing.changed_labels == 1
    assert joined.notes == (
        'labels are integer in this change ("1", "2"), text in the baseline ("1", "2", "x"): they are compared as text',
    )


def test_engine__measures_without_ids(engine: Engine, tmp_path: Path) -> None:
    """Rows that nothing identifies are not put side by side."""
    path = write(tmp_path / "m.csv", {"reward": [0.5, 0.25]})
    predictions = engine.ingest(Table(path=path, shown="m"), into=tmp_path, keep_rows=True)
    stored = StoredSet(predictions=predictions, directory=tmp_path)
    joined = engine.join(candidate=stored, baseline=stored)

    assert joined.pairing.reason == "the rows have no ids, and no labels that would show that they are the same"
    assert joined.rows is not None
    assert joined.baseline_rows is not None


def test_engine__configured_labels(engine: Engine, tmp_path: Path) -> None:
    """The configured label set is that of the counts, in its order, also of labels without rows."""
    rows: Columns = {"id": [1, 2, 3], "label": ["b", "a", "b"], "prediction": ["a", "a", "z"]}
    table = Table(path=write(tmp_path / "p.csv", rows), shown="p", labels=("b", "unseen", "a"))
    stored = StoredSet(predictions=engine.ingest(table, into=tmp_path, keep_rows=True), directory=tmp_path)
    joint = engine.join(candidate=stored, baseline=stored).joint

    assert joint is not None
    assert joint.classes == engine.alone(stored).candidate.classes == ("b", "unseen", "a", "z")
    assert joint.n_labels == 3


@pytest.mark.parametrize(("suffix", "said"), [(".parquet", True), (".jsonl", True), (".csv", False)])
@pytest.mark.parametrize("numbers", [[0, 1, 1], [False, True, True]])
def test_engine__labels_that_one_side_holds_as_text(
    engine: Engine, tmp_path: Path, suffix: str, *, said: bool, numbers: list[int | bool]
) -> None:
    """Labels that are numbers or truth values here, and the same as text there, are equal, and that is said."""
    stored = []
    for name, labels in (("ours", [str(one) for one in numbers]), ("theirs", numbers)):
        rows: Columns = {"id": [1, 2, 3], "label": labels, "prediction": labels}
        path = write(tmp_path / f"{name}{suffix}", rows)
        predictions = engine.ingest(Table(path=path, shown=name), into=tmp_path, keep_rows=True)
        stored.append(StoredSet(predictions=predictions, directory=tmp_path))
    joined = engine.join(candidate=stored[0], baseline=stored[1])
    same = engine.join(candidate=stored[0], baseline=stored[0])

    kind = stored[1].predictions.label_type
    assert joined.pairing.changed_labels == 0
    assert same.notes == ()
    assert any(note.startswith("labels are text in this change") for note in joined.notes) == said
    assert any(f", {kind} in the baseline" in note for note in joined.notes) == said
