"""Populations and the samples of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from validation import joins
from validation.designed import Clusters, Weighted
from validation.population import Models
from validation.scored import Marks, Scores, Targets
from validation.seeds import Trainings


def test_truth__is_the_metric_of_the_right_shares() -> None:
    """Accuracies by class and the correlation of being right come out as they were asked for."""
    population = Models(shares=(0.7, 0.3), baseline=(0.9, 0.6), candidate=(0.8, 0.7), together=0.4).population()

    assert population.chances.sum() == pytest.approx(1.0)
    assert population.truth("accuracy") == pytest.approx((0.7 * 0.8 + 0.3 * 0.7, 0.7 * 0.9 + 0.3 * 0.6))
    assert population.truth("recall") == pytest.approx((0.7, 0.6))
    both = population.chances[(population.label == 0) & (population.baseline == 0) & (population.candidate == 0)].sum()
    assert both / 0.7 == pytest.approx(0.72 + 0.4 * (0.8 - 0.72))


@pytest.mark.parametrize("metric", ["f1_macro", "balanced_accuracy", "matthews_corrcoef", "precision_weighted"])
def test_truth__is_what_a_huge_sample_shows(metric: str) -> None:
    """The exact truth is the limit of samples, stray predictions included."""
    population = Models(classes=4, shares=(0.4, 0.3, 0.2, 0.1), candidate=(0.85, 0.7), stray=0.2).population()
    n = population.sample(np.random.default_rng(1), 4_000_000)

    label, said = np.repeat(population.label, n // 40), np.repeat(population.candidate, n // 40)
    options = {"labels": np.arange(4), "zero_division": 0}
    found = {
        "f1_macro": lambda: metrics.f1_score(label, said, average="macro", **options),
        "balanced_accuracy": lambda: metrics.recall_score(label, said, average="macro", **options),
        "matthews_corrcoef": lambda: metrics.matthews_corrcoef(label, said),
        "precision_weighted": lambda: metrics.precision_score(label, said, average="weighted", **options),
    }[metric]()
    assert population.truth(metric)[0] == pytest.approx(found, abs=0.005)


def test_designed__groups_add_up_to_the_cells() -> None:
    """Rows of the groups are the rows of the cells, cluster by cluster; weights come with their squares."""
    population = Models().population()
    rng = np.random.default_rng(2)
    cell = rng.integers(8, size=300)
    cluster, weight = rng.integers(20, size=300), rng.random(300)

    made = joins.designed(population, cell, cluster=cluster, weight=weight)

    assert made.joint is not None
    assert made.groups is not None
    assert made.groups.cluster is not None
    assert made.groups.weight is not None
    assert made.groups.weight_squared is not None
    assert np.bincount(made.groups.cell, made.groups.n).tolist() == made.joint.n.tolist()
    assert np.bincount(made.groups.cluster, made.groups.n).tolist() == np.bincount(cluster).tolist()
    assert made.groups.weight.sum() == pytest.approx(weight.sum())
    assert made.groups.weight_squared.sum() == pytest.approx((weight**2).sum())
    assert made.groups.stratum is None


def test_clusters__truth_counts_kinds_by_their_rows() -> None:
    """Where the hard clusters are larger, the truth is that of the rows, not that of the clusters."""
    kinds = Models(candidate=(0.9,)), Models(candidate=(0.5,))
    made = Clusters(kinds=kinds, shares=(0.5, 0.5), sizes=((10, 10), (30, 30)), clusters=4_000)

    joined = made.sample(np.random.default_rng(3))

    assert made.truth(("accuracy",))["accuracy"][0] == pytest.approx(0.25 * 0.9 + 0.75 * 0.5)
    assert joined.joint is not None
    right = joined.joint.n[joined.joint.candidate == joined.joint.label].sum() / joined.joint.n.sum()
    assert right == pytest.approx(0.6, abs=0.01)


def test_weighted__truth_is_what_the_weights_restore() -> None:
    """The weighted share of right rows comes near the truth."""
    made = Weighted(rows=200_000)
    joined = made.sample(np.random.default_rng(4))

    assert joined.joint is not None
    assert joined.groups is not None
    assert joined.groups.weight is not None
    right = (joined.joint.candidate == joined.joint.label)[joined.groups.cell]
    found = joined.groups.weight[right].sum() / joined.groups.weight.sum()
    assert made.truth(("accuracy",))["accuracy"][0] == pytest.approx(found, abs=0.005)


def test_scores__truth_is_what_a_huge_sample_shows() -> None:
    """The integrals agree with scikit-learn on many rows."""
    made = Scores(rows=400_000, positive=0.2, candidate=1.9)
    rows = made.sample(np.random.default_rng(5)).rows

    assert rows is not None
    assert rows.candidate.scores is not None
    score, truth = rows.candidate.scores[:, 1], made.truth()
    assert truth["roc_auc"][0] == pytest.approx(metrics.roc_auc_score(rows.label, score), abs=0.003)
    assert truth["average_precision"][0] == pytest.approx(metrics.average_precision_score(rows.label, score), abs=0.005)
    assert truth["log_loss"][0] == pytest.approx(metrics.log_loss(rows.label, score.astype(float)), abs=0.005)
    assert truth["brier_score"][0] == pytest.approx(metrics.brier_score_loss(rows.label, score), abs=0.002)


@pytest.mark.parametrize("tails", [None, 6])
def test_targets__truth_is_what_a_huge_sample_shows(tails: int | None) -> None:
    """The closed forms agree with scikit-learn on many rows."""
    made = Targets(rows=400_000, candidate=0.7, tails=tails)
    rows = made.sample(np.random.default_rng(6)).rows

    assert rows is not None
    truth, said = made.truth(), rows.candidate.prediction
    assert truth["mae"][0] == pytest.approx(metrics.mean_absolute_error(rows.label, said), rel=0.01)
    assert truth["rmse"][0] == pytest.approx(metrics.root_mean_squared_error(rows.label, said), rel=0.01)
    assert truth["r2"][0] == pytest.approx(metrics.r2_score(rows.label, said), abs=0.005)
    assert truth["median_absolute_error"][0] == pytest.approx(metrics.median_absolute_error(rows.label, said), rel=0.01)


@pytest.mark.parametrize("skew", [False, True])
def test_marks__truth_is_the_mean(skew: bool) -> None:
    """The mean mark of many rows is the truth, on both sides."""
    made = Marks(rows=400_000, per_cluster=2, skew=skew, gain=0.05)
    rows = made.sample(np.random.default_rng(7)).rows

    assert rows is not None
    assert rows.baseline is not None
    assert rows.candidate.measures is not None
    assert rows.baseline.measures is not None
    found = rows.candidate.measures.mean(), rows.baseline.measures.mean()
    assert made.truth()["reward"] == pytest.approx(found, rel=0.02)


def test_trainings__expected_accuracy_and_luck() -> None:
    """Over many trainings the accuracy has the asked mean and spreads by more than the rows explain."""
    made = Trainings(rows=4_000, times=400, candidate=0.82, luck=0.03)
    repeats = made.sample(np.random.default_rng(8)).repeats

    assert repeats is not None
    accuracy = ((repeats.candidate == repeats.label[:, None]) * repeats.n[:, None]).sum(axis=0) / 4_000
    assert accuracy.mean() == pytest.approx(0.82, abs=0.005)
    assert accuracy.std() == pytest.approx(0.03, abs=0.005)
