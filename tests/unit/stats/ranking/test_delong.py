"""`steelyard.stats.ranking.delong`: areas equal scikit-learn's, covariances DeLong's and Obuchowski's own formulas."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from steelyard.model.counts import FloatArray, ScoreArray
from steelyard.stats.intervals.design import Design
from steelyard.stats.ranking import delong
from steelyard.stats.ranking.delong import Pull
from tests.unit.stats.score_tables import one_side
from tests.unit.stats.spreads import mean_spread

OVARIAN = """
3.0 5.8 10 0   3.2 6.3  5 1   3.9 6.8  3 1   2.8 4.8  6 0   3.2 5.8  3 1   0.9 4.0  5 0   2.5 5.7  8 0   1.6 5.6  5 1
3.8 5.7  5 1   3.7 6.7  6 1   3.2 5.4  4 1   3.8 6.6  6 1   4.1 6.6  5 1   3.6 5.7  5 1   4.3 7.0  4 1   3.6 6.7  4 0
2.3 4.4  6 1   4.2 7.6  4 0   4.0 6.6  6 0   3.5 5.8  6 1   3.8 6.8  7 1   3.0 4.7  8 0   4.5 7.4  5 1   3.7 7.4  5 1
3.1 6.6  6 1   4.1 8.2  6 1   4.3 7.0  5 1   4.3 6.5  4 1   3.2 5.1  5 1   2.6 4.7  6 1   3.3 6.8  6 0   1.7 4.0  7 0
3.7 6.1  5 1   3.3 6.3  7 1   4.2 7.7  6 1   3.5 6.2  5 1   2.9 5.7  9 0   2.1 4.8  7 1   2.8 6.2  8 0   4.0 7.0  7 1
3.3 5.7  6 1   3.7 6.9  5 1   3.6 6.6  5 1
"""
"""Albumin, total protein, K-G score and outcome of the patients of DeLong et al. (1988) without a missing test, as
listed in "Comparing Receiver Operating Characteristic Curves", SAS/STAT user's guide, PROC LOGISTIC."""


def error(pull: Pull, positive: NDArray[np.bool_]) -> float:
    """DeLong's standard error: the classes are strata."""
    return mean_spread(pull.psi, Design(stratum=positive.astype(np.int64))).standard_error


def naive(positive: NDArray[np.bool_], *scores: ScoreArray) -> tuple[FloatArray, FloatArray]:
    """Areas and their covariance matrix by DeLong's formulas, over all pairs of a positive and a negative."""
    wins = [(s[positive][:, None] > s[~positive]) + 0.5 * (s[positive][:, None] == s[~positive]) for s in scores]
    of_positives, of_negatives = (np.atleast_2d(np.cov([w.mean(axis=axis) for w in wins])) for axis in (1, 0))
    covariance = of_positives / positive.sum() + of_negatives / (~positive).sum()
    return np.array([w.mean() for w in wins]), covariance


@pytest.mark.parametrize(
    ("column", "area", "standard_error"), [(0, 0.7366, 0.0927), (1, 0.6478, 0.1000), (2, 0.7258, 0.1028)]
)
def test_roc_auc__areas_of_delongs_patients(column: int, area: float, standard_error: float) -> None:
    """
    Areas and standard errors as DeLong's formulas give them over all pairs of patients, to 4 digits.

    The K-G score falls with the chance of a good outcome, so it counts from 10 down.
    """
    table = np.array(OVARIAN.split(), np.float32).reshape(-1, 4)
    score = 10 - table[:, 2] if column == 2 else table[:, column]
    found = delong.roc_auc(score, table[:, 3] == 1)

    assert found.value == pytest.approx(area, abs=5e-5)
    assert error(found, table[:, 3] == 1) == pytest.approx(standard_error, abs=5e-5)


@pytest.mark.parametrize(
    ("column", "difference", "standard_error", "chi_square"),
    [(0, 0.0108, 0.0953, 0.0127), (1, -0.0780, 0.1046, 0.5554)],
)
def test_roc_auc__differences_of_delongs_patients(
    column: int, difference: float, standard_error: float, chi_square: float
) -> None:
    """Albumin and total protein against the K-G score: estimate, standard error, Wald's chi-square, to 4 digits."""
    table = np.array(OVARIAN.split(), np.float32).reshape(-1, 4)
    positive = table[:, 3] == 1
    ours, theirs = delong.roc_auc(table[:, column], positive), delong.roc_auc(10 - table[:, 2], positive)
    spread = error(Pull(value=0.0, psi=ours.psi - theirs.psi), positive)

    assert ours.value - theirs.value == pytest.approx(difference, abs=5e-5)
    assert spread == pytest.approx(standard_error, abs=5e-5)
    assert ((ours.value - theirs.value) / spread) ** 2 == pytest.approx(chi_square, abs=5e-5)


def with_ties(seed: int, rows: int, *, grid: int) -> tuple[NDArray[np.bool_], ScoreArray, ScoreArray]:
    """Labels with two rows of each class at least, and two columns of scores on a grid (0: none), some below 0."""
    rng = np.random.default_rng(seed)
    label = rng.random(rows) < rng.uniform(0.1, 0.9)
    label[:4] = [True, False, True, False]
    scores = rng.normal(size=(2, rows)) + label
    if grid:
        scores = np.round(scores * grid) / grid
    return label, scores[0].astype(np.float32), scores[1].astype(np.float32)


cases = st.tuples(st.integers(0, 10**6), st.integers(4, 60), st.sampled_from([0, 1, 3]))


@given(case=cases)
def test_roc_auc__equals_scikit_learn(case: tuple[int, int, int]) -> None:
    """With ties and negative scores, without weights and with them."""
    label, score, _ = with_ties(case[0], case[1], grid=case[2])
    weight = np.random.default_rng(case[0]).uniform(0.1, 3.0, len(label))

    assert delong.roc_auc(score, label).value == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    weighted = roc_auc_score(label, score, sample_weight=weight)
    assert delong.roc_auc(score, label, weight).value == pytest.approx(weighted, abs=1e-12)


@given(case=cases)
def test_roc_auc__covariance_is_delongs(case: tuple[int, int, int]) -> None:
    """The spreads of both areas and of their difference are those of the O(mn) definition."""
    label, ours, theirs = with_ties(case[0], case[1], grid=case[2])
    areas, covariance = naive(label, ours, theirs)
    pulls = [delong.roc_auc(score, label) for score in (ours, theirs)]
    difference = Pull(value=0.0, psi=pulls[0].psi - pulls[1].psi)

    assert [pull.value for pull in pulls] == pytest.approx(list(areas), abs=1e-12)
    expected = [covariance[0, 0], covariance[1, 1], covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]]
    found = [error(pull, label) ** 2 for pull in (*pulls, difference)]
    assert found == pytest.approx(expected, abs=1e-12)


def test_roc_auc__zero_has_no_sign() -> None:
    """-0 and 0 are tied, as numbers are."""
    assert delong.roc_auc(np.array([0.0, -0.0], np.float32), np.array([True, False])).value == 0.5


def test_roc_auc__constant_scores() -> None:
    """Ties everywhere: one half, and no row pulls."""
    found = delong.roc_auc(np.full(6, 0.3, np.float32), np.array([1, 0, 1, 0, 0, 0], np.bool_))

    assert found.value == 0.5
    assert not found.psi.any()


@given(seed=st.integers(0, 10**6), weighted=st.booleans())
def test_psi__is_the_derivative_in_a_rows_weight(seed: int, weighted: bool) -> None:
    """What a little more weight of a row does to each area is ψ over all weight; ψ sums to 0 under the weights."""
    rng = np.random.default_rng(seed)
    label = np.append(np.arange(3), rng.integers(3, size=20))
    scores = rng.dirichlet(np.ones(3), len(label)).round(2)
    weight = rng.uniform(0.5, 2.0, len(label)) if weighted else np.ones(len(label))
    row, step = int(rng.integers(len(label))), 1e-6
    heavier = weight.copy()
    heavier[row] += step
    for area in (delong.one_vs_rest, delong.one_vs_one):
        before = area(one_side(label, scores, design=Design(weight=weight)))
        after = area(one_side(label, scores, design=Design(weight=heavier)))
        assert (after.value - before.value) / step * weight.sum() == pytest.approx(before.psi[row], abs=1e-3)
        assert float(weight @ before.psi) == pytest.approx(0.0, abs=1e-9)


@given(seed=st.integers(0, 10**6), classes=st.integers(3, 6))
def test_several_classes__equal_scikit_learn(seed: int, classes: int) -> None:
    """Macro one-vs-rest and one-vs-one, with ties."""
    rng = np.random.default_rng(seed)
    label = np.append(np.arange(classes), rng.integers(classes, size=40))
    counts = rng.multinomial(8, np.ones(classes) / classes, size=len(label))
    scores = (counts / 8).astype(np.float64)
    side = one_side(label, scores)

    for name, area in (("ovr", delong.one_vs_rest), ("ovo", delong.one_vs_one)):
        expected = roc_auc_score(label, scores, multi_class=name, average="macro")
        assert area(side).value == pytest.approx(expected, abs=1e-12)


def test_several_classes__labels_without_rows_take_no_part() -> None:
    """A class of the set that no row has is left out of the mean."""
    rng = np.random.default_rng(5)
    label = rng.integers(2, size=50) * 2
    scores = rng.dirichlet(np.ones(3), 50).astype(np.float32)
    pairs = [roc_auc_score(label == a, scores[:, a]) for a, _ in [*combinations((0, 2), 2), (2, 0)]]

    assert delong.one_vs_rest(one_side(label, scores)).value == pytest.approx(np.mean(pairs))
    assert delong.one_vs_one(one_side(label, scores)).value == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("area", [delong.one_vs_rest, delong.one_vs_one])
def test_several_classes__spread_is_the_bootstraps(area: object) -> None:
    """The standard error from ψ is that of areas over rows drawn within their classes, within 8 %."""
    assert area in (delong.one_vs_rest, delong.one_vs_one)
    statistic = delong.one_vs_rest if area is delong.one_vs_rest else delong.one_vs_one
    rng = np.random.default_rng(11)
    label = np.repeat([0, 1, 2], [60, 90, 150])
    scores = rng.dirichlet(np.ones(3), 300) + 0.4 * np.eye(3)[label]
    found = mean_spread(statistic(one_side(label, scores)).psi, Design(stratum=label)).standard_error
    drawn = []
    for _ in range(400):
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(label == code), int((label == code).sum())) for code in range(3)]
        )
        drawn.append(statistic(one_side(label[rows], scores[rows])).value)

    assert found == pytest.approx(float(np.std(drawn, ddof=1)), rel=0.08)


def obuchowski(positive: NDArray[np.bool_], score: ScoreArray, cluster: NDArray[np.int64]) -> float:
    """The variance of an area by Obuchowski (1997), equations for one modality."""
    wins = (score[positive][:, None] > score[~positive]) + 0.5 * (score[positive][:, None] == score[~positive])
    area, placed = wins.mean(), np.zeros(len(score))
    placed[positive], placed[~positive] = wins.mean(axis=1), wins.mean(axis=0)
    total = int(cluster.max()) + 1
    hits = np.bincount(cluster[positive], placed[positive] - area, total)
    rest = np.bincount(cluster[~positive], placed[~positive] - area, total)
    with_hits, with_rest = (len(np.unique(cluster[where])) for where in (positive, ~positive))
    m, n = positive.sum(), (~positive).sum()
    of_hits = with_hits / (with_hits - 1) * (hits @ hits) / m**2
    of_rest = with_rest / (with_rest - 1) * (rest @ rest) / n**2
    return float(of_hits + of_rest + 2 * total / (total - 1) * (hits @ rest) / (m * n))


def test_clusters__obuchowski() -> None:
    """With 200 clusters the spread from ψ is Obuchowski's within 1 %, and far from DeLong's for independent rows."""
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(200), 5)
    own = rng.normal(size=200)[cluster]
    label = rng.random(1000) < 1 / (1 + np.exp(-2 * rng.normal(size=200)[cluster]))
    score = (label + 1.5 * own + rng.normal(size=1000)).astype(np.float32)
    pull = delong.roc_auc(score, label)
    clustered = mean_spread(pull.psi, Design(cluster=cluster)).standard_error

    assert clustered == pytest.approx(obuchowski(label, score, cluster) ** 0.5, rel=0.01)
    assert clustered > 1.3 * error(pull, label)
