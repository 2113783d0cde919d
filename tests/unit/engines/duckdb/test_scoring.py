"""Tests of sums of scores whose rows are not kept: in passing over a file, and over loaded rows."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from steelyard.engines.duckdb import DuckDBEngine, passing
from steelyard.engines.duckdb.session import Resources
from steelyard.errors import InputError
from steelyard.model.evaluation import PredictionSet
from steelyard.model.totals import ScoreTotals
from tests.unit.engines.tables import Bench, Columns

SUFFIXES = (".csv", ".parquet", ".jsonl")
PASSED = DuckDBEngine(max_file_bytes=0)
"""Not even one row fits, so rows only pass by."""


def binary(rows: int, *, seed: int = 0, ids: bool = True, spelled: tuple[Any, Any] = (0, 1)) -> dict[str, list[Any]]:
    """Labels, predictions and one score."""
    rng = np.random.default_rng(seed)
    score = rng.random(rows).astype(np.float32)
    label = (rng.random(rows) < score).astype(int)
    label[:2] = [0, 1]
    columns: dict[str, list[Any]] = {"id": list(range(rows))} if ids else {}
    columns["label"] = [spelled[code] for code in label.tolist()]
    columns["prediction"] = [spelled[code] for code in (score > 0.5).astype(int).tolist()]
    return columns | {"score": score.tolist()}


def several(rows: int, *, seed: int = 0) -> dict[str, list[Any]]:
    """Three classes with a score each."""
    rng = np.random.default_rng(seed)
    score = rng.dirichlet(np.ones(3), rows).astype(np.float32)
    names = np.array(["cat", "dog", "owl"])
    label = np.concatenate([np.arange(3), rng.integers(0, 3, rows - 3)])
    columns: dict[str, list[Any]] = {
        "id": list(range(rows)),
        "label": names[label].tolist(),
        "prediction": names[score.argmax(axis=1)].tolist(),
    }
    return columns | {f"score_{name}": score[:, code].tolist() for code, name in enumerate(names.tolist())}


def totals(bench: Bench, columns: Columns, *, suffix: str = ".parquet") -> ScoreTotals:
    """What the scores of a new file add up to, its rows not kept."""
    made = PASSED.ingest(bench.table(columns, suffix=suffix), into=bench.side, keep_rows=True)
    assert made.testset is None
    assert made.score_totals is not None
    return made.score_totals


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("spelled", [(0, 1), ("no", "yes"), (False, True), (0.0, 1.5)])
@settings(max_examples=3, deadline=None)
@given(rows=st.integers(2, 300), seed=st.integers(0, 99))
def test_passing__two_classes(suffix: str, spelled: tuple[Any, Any], rows: int, seed: int) -> None:
    """Whatever the format and the labels, the values are scikit-learn's of the file's columns."""
    columns = binary(rows, seed=seed, spelled=spelled)
    with tempfile.TemporaryDirectory() as name:
        found = totals(Bench(Path(name)), columns, suffix=suffix)
    label = np.array([value == spelled[1] for value in columns["label"]])
    score = np.array(columns["score"], dtype=np.float32)
    (ranking,) = found.rankings.values()

    assert list(found.rankings) == [found.positive] == [found.classes[1]]
    assert ranking.roc_auc == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert ranking.average_precision == pytest.approx(average_precision_score(label, score), abs=1e-12)
    assert found.log_loss is not None
    assert found.log_loss.mean == pytest.approx(log_loss(label, score), rel=1e-5)
    assert found.support == (int((~label).sum()), int(label.sum()))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_passing__several_classes(bench: Bench, suffix: str) -> None:
    """A class has the score column that its name says, in whatever order the columns are."""
    columns = several(200)
    turned = {name: columns[name] for name in [*list(columns)[:3], "score_owl", "score_cat", "score_dog"]}
    found = totals(bench, turned, suffix=suffix)

    assert list(found.rankings) == ["cat", "dog", "owl"]
    for name, ranking in found.rankings.items():
        hit = [label == name for label in columns["label"]]
        assert ranking.roc_auc == pytest.approx(roc_auc_score(hit, columns[f"score_{name}"]), abs=1e-12)


def test_passing__is_what_loaded_rows_give(bench: Bench) -> None:
    """Rows that are loaded and then not kept give the same sums as rows that pass by."""
    for columns in (binary(500), several(300)):
        loaded = DuckDBEngine(max_file_bytes=2_200).ingest(bench.table(columns), into=bench.side, keep_rows=True)

        assert loaded.testset is None
        assert loaded.score_totals == totals(bench, columns)
        assert any("scores are not kept, only what they add up to" in note for note in loaded.notes)


def test_loaded__kept_without_scores(bench: Bench) -> None:
    """Where only the scores do not fit, rows are kept and scores added up; not where rows are unequal."""
    columns = several(3_000) | {"who": [index // 3 for index in range(3_000)]}
    engine = DuckDBEngine(max_file_bytes=30_000)
    kept = engine.ingest(bench.table(columns), into=bench.side, keep_rows=True)
    unequal = engine.ingest(bench.table(columns, cluster="who"), into=bench.side, keep_rows=True)

    assert kept.testset is not None
    assert kept.scores == ()
    assert kept.score_totals == totals(bench, columns)
    assert unequal.score_totals is None


def test_passing__rare_class_behind_the_first_rows(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label that the first rows do not show is a class all the same, and no row is added up twice."""
    monkeypatch.setattr(passing, "_FIRST_ROWS", 10)
    columns: dict[str, list[Any]] = {"label": ["a", "b"] * 50 + ["c"], "prediction": ["a"] * 101}
    columns |= {f"score_{name}": [1 / 3] * 101 for name in "abc"}
    found = totals(bench, columns, suffix=".csv")

    assert found.support == (50, 50, 1)
    assert found.rankings["c"].roc_auc == 0.5


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("spelled", [(0, 1), ("no", "yes")])
def test_passing__rows_sorted_by_label(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, suffix: str, spelled: tuple[Any, Any]
) -> None:
    """Where the first rows show one label, so that nobody knows yet what the score is about, scores are added up."""
    monkeypatch.setattr(passing, "_FIRST_ROWS", 10)
    columns = binary(100, spelled=spelled)
    order = sorted(range(100), key=lambda row: str(columns["label"][row]))
    found = totals(bench, {name: [values[row] for row in order] for name, values in columns.items()}, suffix=suffix)

    assert found.rankings == totals(bench, columns).rankings


@pytest.mark.parametrize("values", [[0.1, None, 0.3, 0.9], [0.1, math.nan, 0.3, 0.9], [0.1, math.inf, 0.3, 0.9]])
@pytest.mark.parametrize("mode", ["fail", "wrong"])
def test_passing__missing_scores_are_told_as_for_kept_rows(bench: Bench, values: list[Any], mode: str) -> None:
    """The same error, or the same note, as where rows are loaded."""
    columns: Columns = {"label": [0, 1, 0, 1], "prediction": [0, 1, 1, 1], "score": values}
    said = []
    for engine in (DuckDBEngine(), PASSED):
        try:
            made = engine.ingest(bench.table(columns, on_missing_row=mode), into=bench.side, keep_rows=True)
            said.append([note for note in made.notes if "no number" in note])
        except InputError as error:
            said.append([str(error).partition(":")[2]])

    assert said[0] == said[1]
    assert said[0]


def test_passing__missing_scores_leave_no_sums(bench: Bench) -> None:
    """Where only sums are made, a row without a score is not left out of them, and that is said."""
    columns: Columns = {"label": [0, 1, 0, 1], "prediction": [0, 1, 1, 1], "score": [0.1, None, 0.3, 0.9]}
    made = PASSED.ingest(bench.table(columns, on_missing_row="wrong"), into=bench.side, keep_rows=True)

    assert any("1 row without all scores cannot be left out of sums" in note for note in made.notes)
    assert made.score_totals is not None
    assert made.score_totals.rankings == {}


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"score": [0.1, 2.0, 0.3, 0.9]}, "1 of 4 rows have a score outside 0 … 1"),
        ({"score_0": [0.5] * 4, "score_1": [0.5, 0.6, 0.5, 0.5]}, "the scores of 1 of 4 rows do not sum to 1"),
        ({"score": [0.1, 0.2, 0.3, 0.9], "p_cat": [0.5] * 4, "p_dog": [0.5] * 4}, "belong to no class"),
    ],
)
def test_passing__notes_are_those_of_kept_rows(bench: Bench, columns: Columns, says: str) -> None:
    """Scores that are no probabilities, or of no class, are noted in the same words."""
    table = {"label": [0, 1, 0, 1], "prediction": [0, 1, 1, 1], **columns}
    for engine in (DuckDBEngine(), PASSED):
        made = engine.ingest(bench.table(table), into=bench.side, keep_rows=True)
        assert any(says in note for note in made.notes), made.notes


def test_passing__not_every_class_has_a_score(bench: Bench) -> None:
    """Then nothing is added up, and the note says that scores are not read."""
    columns = several(50)
    del columns["score_owl"]
    made = PASSED.ingest(bench.table(columns), into=bench.side, keep_rows=True)

    assert made.score_totals is None
    assert any("scores are not read" in note for note in made.notes)


def test_passing__rows_with_weights(bench: Bench) -> None:
    """Sums of rows that count differently would be wrong: none are made."""
    columns = binary(50) | {"w": [1.5] * 50}
    made = PASSED.ingest(bench.table(columns, weight="w"), into=bench.side, keep_rows=True)

    assert made.testset is None
    assert made.score_totals is None


@pytest.mark.parametrize("engine", [PASSED, DuckDBEngine()])
def test_passing__only_counts_may_leave(bench: Bench, engine: DuckDBEngine) -> None:
    """Where only counts by label and prediction may leave the job, no sums of scores are made, of few rows or many."""
    made = engine.ingest(bench.table(binary(300)), into=bench.side, keep_rows=False)

    assert sum("scores are not read" in note for note in made.notes) == 1
    assert made.score_totals is None
    assert made.rows == made.counts.rows == 300


def test_resources__binned(bench: Bench) -> None:
    """Bins are used on request, and by how much they may be off is noted."""
    engine = DuckDBEngine(max_file_bytes=0, resources=Resources(binned=True))
    columns = binary(300)
    made = engine.ingest(bench.table(columns), into=bench.side, keep_rows=True)
    assert made.score_totals is not None
    ranking = made.score_totals.rankings["1"]

    assert ranking.bins > 1_000_000
    assert 0.0 < ranking.average_precision_bound < 1e-3
    assert abs(ranking.roc_auc - roc_auc_score(columns["label"], columns["score"])) <= ranking.roc_auc_bound
    assert any("bins of scores, as configured: they may be off by as much as" in note for note in made.notes)


def test_resources__little_memory(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores of two classes go to the disk and are ranked exactly; several are not ranked, and that is said."""
    monkeypatch.setattr(Resources, "scores", 1_000)
    monkeypatch.setattr("steelyard.totals.distribution._ROWS", 100)
    two, three = binary(1_000), several(1_000)
    found = totals(bench, two)
    made: PredictionSet = PASSED.ingest(bench.table(three), into=bench.side, keep_rows=True)

    assert found.rankings["1"].roc_auc == pytest.approx(roc_auc_score(two["label"], two["score"]), abs=1e-12)
    assert made.score_totals is not None
    assert made.score_totals.rankings == {}
    assert made.score_totals.log_loss is not None
    assert any("one-vs-rest ROC AUC is not computed" in note for note in made.notes)


@pytest.mark.parametrize("streams", [False, True])
def test_passing__counts_are_the_same_with_scores(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, *, streams: bool
) -> None:
    """Labels and predictions are counted alike whether scores pass by beside them or not."""
    monkeypatch.setattr(passing, "_GROUPED", 0 if streams else 1 << 20)
    columns = binary(400)
    plain = {name: values for name, values in columns.items() if name != "score"}
    found = [PASSED.ingest(bench.table(one), into=bench.side, keep_rows=True) for one in (columns, plain)]

    assert found[0].counts == found[1].counts
    assert found[0].fingerprint == found[1].fingerprint


def test_passing__several_classes_of_which_one_occurs(bench: Bench) -> None:
    """Where all rows have one label, that and not the memory is why classes are not ranked."""
    made = PASSED.ingest(bench.table(several(50) | {"label": ["cat"] * 50}), into=bench.side, keep_rows=True)

    assert made.score_totals is not None
    assert made.score_totals.rankings == {}
    assert not any("memory" in note for note in made.notes)
