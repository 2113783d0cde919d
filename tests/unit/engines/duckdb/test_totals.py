"""Tests of what the scores of both sides add up to, where not both sides' rows are at hand."""

from __future__ import annotations

import msgspec
import pytest

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.duckdb.session import Resources
from steelyard.engines.interface import StoredSet
from steelyard.errors import InputError
from steelyard.model.totals import ScoreTotals
from tests.unit.engines.duckdb.test_scoring import PASSED, binary, several
from tests.unit.engines.tables import Bench, Columns


def passed(bench: Bench, columns: Columns) -> StoredSet:
    """A set whose rows are not kept."""
    made = PASSED.ingest(bench.table(columns), into=bench.side, keep_rows=True)
    return StoredSet(predictions=made, directory=bench.side)


def renamed(negative: str, positive: str) -> Columns:
    """Two classes with these names, each with a score."""
    columns = binary(50, spelled=(negative, positive))
    score = columns.pop("score")
    return columns | {f"score_{negative}": [1.0 - one for one in score], f"score_{positive}": score}


def losses(found: ScoreTotals) -> tuple[float, float]:
    """The means of both losses."""
    assert found.log_loss is not None
    assert found.brier is not None
    return found.log_loss.mean, found.brier.mean


def test_join__neither_side_has_rows(bench: Bench) -> None:
    """Each side's sums are handed on as its Evaluation carries them."""
    ours, theirs = passed(bench, binary(200, seed=1)), passed(bench, binary(300, seed=2))
    joined = bench.join(ours, theirs)

    assert joined.score_totals == ours.predictions.score_totals
    assert joined.baseline_score_totals == theirs.predictions.score_totals
    assert bench.engine.alone(ours).score_totals == ours.predictions.score_totals


@pytest.mark.parametrize("table", [binary, several])
def test_join__one_side_has_rows(bench: Bench, table: object) -> None:
    """The rows that are at hand are added up, to what they would have given in passing."""
    columns = binary(200) if table is binary else several(200)
    kept, lost = bench.store(bench.table(columns)), passed(bench, columns)
    expected = lost.predictions.score_totals

    assert expected is not None
    for one, other in ((kept, lost), (lost, kept)):
        joined = bench.join(one, other)
        for found in (joined.score_totals, joined.baseline_score_totals):
            assert found is not None
            assert (found.rankings, found.calibration) == (expected.rankings, expected.calibration)
            # Losses are added up in another order.
            assert losses(found) == pytest.approx(losses(expected), rel=1e-12)


def test_join__both_sides_have_rows(bench: Bench) -> None:
    """Rows say more than sums: none are made."""
    stored = bench.store(bench.table(binary(100)))
    joined = bench.join(stored, stored)

    assert joined.rows is not None
    assert (joined.score_totals, joined.baseline_score_totals) == (None, None)
    assert bench.engine.alone(stored).score_totals is None


def test_join__rows_too_many_for_the_memory(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that do not fit the memory are still added up."""
    ours, theirs = (bench.store(bench.table(binary(100, seed=seed))) for seed in (1, 2))
    monkeypatch.setattr(Resources, "arrays", 100)
    joined = bench.join(ours, theirs)

    assert joined.rows is None
    assert joined.joint is not None
    assert isinstance(joined.score_totals, ScoreTotals)
    assert isinstance(joined.baseline_score_totals, ScoreTotals)


def test_join__no_scores(bench: Bench) -> None:
    """Of rows without scores, and of weighted ones, there are no sums."""
    plain = bench.store(bench.table({"label": ["a", "b"], "prediction": ["a", "a"]}))
    weighted = bench.store(bench.table(binary(20) | {"w": [2.0] * 20}, weight="w"))
    lost = passed(bench, binary(20))

    assert bench.join(plain, plain).score_totals is None
    assert bench.join(weighted, lost).score_totals is None


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [
        (renamed("cat", "dog"), several(50), 'only one side has rows or scores of "owl"'),
        (several(50), renamed("cat", "dog"), 'only one side has rows or scores of "owl"'),
        (renamed("cat", "dog"), renamed("dog", "owl"), 'only one side has rows or scores of "cat", "owl"'),
        (several(50), several(50) | {"score_fox": [0.0] * 50}, 'only one side has rows or scores of "fox"'),
    ],
)
def test_join__of_other_classes(bench: Bench, ours: Columns, theirs: Columns, says: str) -> None:
    """Metrics of two classes are never held against those of three, nor against those of other classes."""
    joined = bench.join(passed(bench, ours), passed(bench, theirs))

    assert joined.score_totals is not None
    assert joined.baseline_score_totals is None
    assert f"scores are not compared: {says}" in joined.notes


def test_join__about_the_other_class(bench: Bench) -> None:
    """Sums about one positive class are not held against those about the other, whether rows are at hand or not."""
    columns = binary(100)
    said = 'scores are not compared: they are about "1", those of the baseline about "0"'
    for engine in (PASSED, bench.engine):
        ours, theirs = (
            StoredSet(
                predictions=engine.ingest(bench.table(columns, positive=name), into=side, keep_rows=True),
                directory=side,
            )
            for name, side in (("1", bench.directory / "ours"), ("0", bench.directory / "theirs"))
        )
        joined = bench.join(ours, theirs)

        assert joined.baseline_score_totals is None
        assert said in joined.notes


def test_join__a_side_with_one_label(bench: Bench) -> None:
    """Where one side lacks the negative class both sides' sums are there; metrics are undefined for that reason."""
    columns = {name.replace("score", "score_1"): column for name, column in binary(50).items()}
    ours, theirs = passed(bench, columns), passed(bench, columns | {"label": [1] * 50})
    joined = bench.join(ours, theirs)

    assert joined.baseline_score_totals is not None
    assert joined.baseline_score_totals.classes == ("1",)
    assert not any("scores are not compared" in note for note in joined.notes)


def test_join__forged(bench: Bench) -> None:
    """Sums from a store are checked before use."""
    honest = passed(bench, binary(50))
    totals = honest.predictions.score_totals
    assert totals is not None
    forged = msgspec.structs.replace(totals, support=(1, 49))
    with pytest.raises(InputError, match="do not add up"):
        DuckDBEngine().join(
            candidate=honest,
            baseline=StoredSet(
                predictions=msgspec.structs.replace(honest.predictions, score_totals=forged), directory=bench.side
            ),
        )
