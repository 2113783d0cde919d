"""Views of all trainings on one table of cells."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.counts import RepeatedCounts
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.counts.views import views_of
from tests.unit.stats import build
from tests.unit.stats.grouped import with_groups
from tests.unit.stats.trainings import repeated


def test_views__every_training_sees_the_same_cells() -> None:
    """In one order, whatever the engine's, with each training's own predictions and all rows."""
    rng = np.random.default_rng(1)
    label = rng.integers(2, size=200)
    ours, theirs = (np.where(rng.random((200, k)) < 0.8, label[:, None], 1 - label[:, None]) for k in (3, 2))
    joined = repeated(label, ours, theirs)
    views = views_of(joined, sample_of(joined, positive="c1"))
    assert (len(views.candidate), len(views.baseline), len(views.tables), len(views.pairs)) == (3, 2, 1, 2)
    assert views.sample.positive == 1
    for side, predictions in ((views.candidate, ours), (views.baseline, theirs)):
        for view, prediction in zip(side, predictions.T, strict=True):
            right = view.counted.label == view.counted.prediction
            assert view.counted.n[right].sum() == (prediction == label).sum()
            assert np.array_equal(view.counted.label, views.candidate[0].counted.label)
    assert views.pairs[1].candidate is views.candidate[1].counted
    assert views.pairs[1].baseline is views.baseline[1].counted


def test_views__a_stray_prediction_of_a_later_training_is_a_class_of_all() -> None:
    """Metrics that ask for a class's place in the order know it, too."""
    repeats = RepeatedCounts(
        classes=("1", "3", "2"),
        n_labels=2,
        label=np.array([0, 1]),
        candidate=np.array([[0, 2], [1, 1]]),
        baseline=np.array([[0, 0], [1, 0]]),
        n=np.array([5, 3]),
    )
    joined = build.paired(["1", "3"], ["1", "3"], ["1", "3"])
    with_repeats = structs.replace(joined, repeats=repeats)
    views = views_of(with_repeats, sample_of(with_repeats, positive=None))
    kappa = available(views.sample)["cohen_kappa_linear"]
    values = [float(kappa.value(view.side.observed())[0]) for view in views.candidate]
    assert views.sample.classes == ("1", "3", "2")
    assert values[0] == pytest.approx(1.0)
    assert values[1] < 1.0


def test_views__a_label_that_only_the_configuration_knows_stays() -> None:
    """The label set is that of the whole comparison."""
    label = np.array([0, 0, 1, 1])
    joined = repeated(label, np.stack([label] * 2, axis=1), np.stack([label] * 2, axis=1), classes=3)
    views = views_of(joined, sample_of(joined, positive=None, labels=("c2",)))
    assert views.sample.labels == sample_of(joined, positive=None, labels=("c2",)).labels


def test_views__the_candidate_alone() -> None:
    """Its trainings are views of one table; there is no baseline, and nothing is paired."""
    label = np.arange(40) % 2
    ours = np.stack([label, 1 - label, label], axis=1)
    paired = repeated(label, ours, ours[:, :2])
    assert paired.repeats is not None
    alone = structs.replace(
        build.alone(["c0", "c1"] * 20, ["c0", "c1"] * 20),
        repeats=structs.replace(paired.repeats, baseline=np.zeros((len(paired.repeats.n), 0), np.int64)),
    )
    views = views_of(alone, sample_of(alone, positive="c1"))
    assert (len(views.candidate), views.baseline, len(views.pairs), views.sample.paired) == (3, (), 3, False)
    row = build.row(build.compared(alone, None, positive="c1"), "accuracy")
    assert row.candidate.value == pytest.approx(2 / 3)
    assert row.baseline is None


def test_views__one_training_of_weighted_rows() -> None:
    """`counted` has the rows, `side` their weights."""
    rows = build.simulated(1, rows=60, classes=2, right=(0.7, 0.8))
    weight = np.random.default_rng(2).uniform(0.5, 2.0, 60)
    joined = with_groups(build.paired(*rows), rows, weight=weight)
    views = views_of(joined, sample_of(joined, positive=None))
    (view,) = views.candidate
    assert view.counted.n.sum() == 60
    assert view.side.n.sum() == pytest.approx(weight.sum())
    assert views.pairs[0].candidate is view.counted
