"""`steelyard.totals.scores`: all metrics of scores from one pass, equal to scikit-learn's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
    top_k_accuracy_score,
)

from steelyard.model.counts import ScoreArray
from steelyard.model.totals import ScoreTotals
from steelyard.totals import several_classes
from steelyard.totals.plan import Room, ScorePlan
from steelyard.totals.scores import ScoreSums
from steelyard.totals.shelf import MemoryShelf

POSITIVE_ALONE = ScorePlan(classes=("no", "yes"), positive=1, columns=(None, 0))
NEGATIVE_ALONE = ScorePlan(classes=("no", "yes"), positive=1, columns=(0, None))
ROOMY = Room(shelf=MemoryShelf(), memory=1 << 30)
BOTH = ScorePlan(classes=("no", "yes"), positive=1, columns=(1, 0))


def added(
    plan: ScorePlan,
    label: NDArray[np.int64],
    columns: Sequence[ScoreArray],
    *,
    binned: bool = False,
    memory: int = 1 << 30,
    batch: int = 37,
) -> ScoreTotals:
    """The totals of these rows, some at a time."""
    sums = ScoreSums(plan, Room(shelf=MemoryShelf(), memory=memory, binned=binned))
    for start in range(0, max(len(label), 1), batch):
        here = slice(start, start + batch)
        sums.add(label[here], [one[here] for one in columns])
    return sums.totals(np.bincount(label, minlength=len(plan.classes)).tolist())


@settings(deadline=None)
@given(
    plan=st.sampled_from([POSITIVE_ALONE, NEGATIVE_ALONE, BOTH]),
    binned=st.booleans(),
    rows=st.integers(2, 200),
    ties=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_two_classes__equal_scikit_learn(plan: ScorePlan, rows: int, seed: int, *, binned: bool, ties: bool) -> None:
    """Whichever columns there are; ranks of bins within their bounds, losses exact all the same."""
    rng = np.random.default_rng(seed)
    score = (rng.integers(0, 9, rows) / 8 if ties else rng.random(rows)).astype(np.float32)
    label = rng.integers(0, 2, rows)
    label[:2] = [0, 1]
    columns = {POSITIVE_ALONE: [score], NEGATIVE_ALONE: [1 - score], BOTH: [score, 1 - score]}[plan]
    found = added(plan, label, columns, binned=binned)
    ranking = found.rankings["yes"]
    slack = (ranking.roc_auc_bound, ranking.average_precision_bound) if binned else (0.0, 0.0)

    assert (found.missing, found.outside, found.off) == (0, 0, 0)
    assert abs(ranking.roc_auc - roc_auc_score(label, score)) <= slack[0] + 1e-12
    assert abs(ranking.average_precision - average_precision_score(label, score)) <= slack[1] + 1e-12
    assert found.log_loss is not None
    assert found.brier is not None
    exact = score.astype(np.float64)
    clipped = np.clip(exact, 2.0**-23, 1 - 2.0**-23)
    assert found.log_loss.mean == pytest.approx(log_loss(label, clipped), rel=1e-5, abs=1e-6)
    assert found.brier.mean == pytest.approx(brier_score_loss(label, exact), abs=1e-6)
    assert found.clipped == int(((label == 1) & (score == 0)).sum() + ((label == 0) & (score == 1)).sum())
    assert sum(cell.n for cell in found.calibration) == rows
    assert sum(cell.hits for cell in found.calibration) == label.sum()
    assert sum(cell.n * cell.score for cell in found.calibration) == pytest.approx(exact.sum(), abs=1e-3 * rows)


@settings(deadline=None)
@given(
    classes=st.integers(3, 6),
    rows=st.integers(8, 120),
    ties=st.booleans(),
    block=st.sampled_from([5, 1 << 16]),
    seed=st.integers(0, 10**6),
)
def test_several_classes__equal_scikit_learn(classes: int, rows: int, block: int, seed: int, *, ties: bool) -> None:
    """One-vs-rest areas, log loss, Brier score, top-k accuracy, and how often the most probable class is right."""
    rng = np.random.default_rng(seed)
    raw = rng.integers(1, 4, (rows, classes)) if ties else rng.dirichlet(np.ones(classes), rows)
    score = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
    label = np.concatenate([np.arange(classes), rng.integers(0, classes, rows - classes)])
    plan = ScorePlan(classes=tuple("abcdef"[:classes]), positive=None, columns=tuple(range(classes))[::-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(several_classes, "_BLOCK", block)
        found = added(plan, label, list(score.T[::-1]))
    areas = [roc_auc_score(label == code, score[:, code]) for code in range(classes)]
    exact = score.astype(np.float64)

    assert found.positive is None
    assert [found.rankings[name].roc_auc for name in plan.classes] == pytest.approx(areas, abs=1e-12)
    assert found.log_loss is not None
    assert found.log_loss.mean == pytest.approx(log_loss(label, score), rel=1e-5, abs=1e-6)
    assert found.brier is not None
    assert found.brier.mean == pytest.approx(((exact - np.eye(classes)[label]) ** 2).sum(axis=1).mean(), abs=1e-9)
    for k in range(1, classes):
        expected = top_k_accuracy_score(label, score, k=k, labels=np.arange(classes))
        assert sum(found.ahead[:k]) / rows == pytest.approx(expected)
    assert sum(cell.hits for cell in found.calibration) == int((score.argmax(axis=1) == label).sum())
    assert sum(cell.n for cell in found.calibration) == rows


def test_several_classes__binned() -> None:
    """Bins rank every class within their bounds."""
    rng = np.random.default_rng(0)
    score = rng.dirichlet(np.ones(3), 500).astype(np.float32)
    label = rng.integers(0, 3, 500)
    plan = ScorePlan(classes=("a", "b", "c"), positive=None, columns=(0, 1, 2))
    found = added(plan, label, list(score.T), binned=True)

    for code, name in enumerate(plan.classes):
        ranking = found.rankings[name]
        assert abs(ranking.roc_auc - roc_auc_score(label == code, score[:, code])) <= ranking.roc_auc_bound + 1e-12


def test_several_classes__too_little_memory() -> None:
    """Beyond the memory, which even the first rows take, classes are not ranked; all else is there."""
    rng = np.random.default_rng(0)
    score = rng.dirichlet(np.ones(3), 500).astype(np.float32)
    plan = ScorePlan(classes=("a", "b", "c"), positive=None, columns=(0, 1, 2))
    found = added(plan, rng.integers(0, 3, 500), list(score.T), memory=5_000)

    assert found.rankings == {}
    assert found.log_loss is not None
    assert found.calibration


@pytest.mark.parametrize("plan", [POSITIVE_ALONE, BOTH])
def test_scores_outside(plan: ScorePlan) -> None:
    """Logits rank the rows, also where the first ones looked like probabilities; they have no losses."""
    rng = np.random.default_rng(0)
    score = np.concatenate([rng.random(60), rng.normal(0, 3, 60)]).astype(np.float32)
    label = rng.integers(0, 2, 120)
    found = added(plan, label, [score, 1 - score][: len(plan.columns) - plan.columns.count(None)])

    assert found.outside == int(((score < 0) | (score > 1)).sum())
    assert found.rankings["yes"].roc_auc == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert (found.log_loss, found.brier, found.calibration) == (None, None, ())


def test_scores_that_do_not_sum_to_1() -> None:
    """Rows are ranked, nothing is said of probabilities, and rounding to two digits is told from nonsense."""
    score = np.array([0.2, 0.4, 0.8], np.float32)
    sums = ScoreSums(BOTH, Room(shelf=MemoryShelf(), memory=1 << 30))
    sums.add(np.array([0, 1, 1]), [score, np.array([0.8, 0.605, 0.9], np.float32)])
    found = sums.totals([1, 2])

    assert (found.off, sums.faults.far_off) == (2, 1)
    assert found.rankings["yes"].roc_auc == 1.0
    assert found.log_loss is None


def test_labels_of_one_byte() -> None:
    """Codes may be as small as those of the labels that occur, though there are scores for more classes."""
    rng = np.random.default_rng(0)
    plan = ScorePlan(classes=tuple(map(str, range(300))), positive=None, columns=tuple(range(300)))
    label = np.concatenate([np.arange(200), rng.integers(0, 200, 100)])
    columns = list(rng.random((300, 300), dtype=np.float32) / 150)
    wide, narrow = ScoreSums(plan, ROOMY), ScoreSums(plan, ROOMY)
    wide.add(label, columns)
    narrow.add(label.astype(np.uint8), columns)
    support = np.bincount(label, minlength=300).tolist()

    assert narrow.totals(support) == wide.totals(support)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("classes", [2, 3])
def test_missing_scores(classes: int, bad: float) -> None:
    """One score that is none leaves nothing but how many rows lack one, by column and in all."""
    plan = BOTH if classes == 2 else ScorePlan(classes=("a", "b", "c"), positive=None, columns=(0, 1, 2))
    columns = [np.full(50, 1 / classes, np.float32) for _ in range(classes)]
    columns[0][[3, 44]] = bad
    columns[1][44] = -bad  # infinite ones of both signs in a row
    sums = ScoreSums(plan, Room(shelf=MemoryShelf(), memory=1 << 30))
    for start in (0, 25):
        sums.add(np.arange(25) % classes, [one[start : start + 25] for one in columns])
    found = sums.totals([1] * classes)
    counted = sums.faults.absent if np.isnan(bad) else sums.faults.strange

    assert found.missing == 2
    assert counted.tolist()[:2] == [2, 1]
    assert (found.rankings, found.log_loss, found.calibration) == ({}, None, ())


def test_one_class() -> None:
    """Where all rows have one label nothing is ranked, and losses are those of the rows."""
    found = added(POSITIVE_ALONE, np.ones(40, np.int64), [np.full(40, 0.25, np.float32)])

    assert found.rankings == {}
    assert found.log_loss is not None
    assert found.log_loss.mean == pytest.approx(np.log(4))
