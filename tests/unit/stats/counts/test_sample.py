"""`steelyard.stats.counts.sample`: from what an engine counted to cells over one label set."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from sklearn.metrics import f1_score

from steelyard.model.counts import IntArray, Joined, JointCounts
from steelyard.model.evaluation import MISSING_PREDICTION
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.sample import Side, ordinal_positions, sample_of, sample_of_one
from tests.unit.stats import build


def test_sample_of__label_nobody_has_leaves_the_label_set() -> None:
    """A label that occurs only among rows that the other side lacks is no label of the paired comparison."""
    whole = build.paired(["a", "b", "c"], ["a", "b", "c"], ["a", "c", "c"])
    assert whole.joint is not None
    joint = whole.joint
    kept = joint.label != 1
    common = JointCounts(
        classes=joint.classes,
        n_labels=3,
        label=joint.label[kept],
        baseline=joint.baseline[kept],
        candidate=joint.candidate[kept],
        n=joint.n[kept],
    )
    joined = Joined(pairing=whole.pairing, joint=common, candidate=whole.candidate, baseline=whole.baseline)

    made = sample_of(joined, positive=None)

    assert made.classes == ("a", "c", "b")
    assert made.n_labels == 2
    assert made.rows == 2


def test_sample_of__cells_in_one_order() -> None:
    """However the engine sorts its cells, the sample is the same: the draws follow it."""
    label, baseline, candidate = build.simulated(1, rows=200, classes=4, right=(0.7, 0.8))
    one = build.paired(label, baseline, candidate)
    assert one.joint is not None
    order = np.random.default_rng(0).permutation(len(one.joint.n))
    shuffled = JointCounts(
        classes=one.joint.classes,
        n_labels=one.joint.n_labels,
        label=one.joint.label[order],
        baseline=one.joint.baseline[order],
        candidate=one.joint.candidate[order],
        n=one.joint.n[order],
    )
    other = Joined(pairing=one.pairing, joint=shuffled, candidate=one.candidate, baseline=one.baseline)

    ours, theirs = sample_of(one, positive=None).candidate, sample_of(other, positive=None).candidate

    assert np.array_equal(ours.label, theirs.label)
    assert np.array_equal(ours.prediction, theirs.prediction)
    assert np.array_equal(ours.n, theirs.n)


def test_sample_of__unpaired_and_alone() -> None:
    """Two independent sides keep their own rows; a candidate alone has no baseline; the label set is common."""
    two = sample_of(build.unpaired((["a", "b"], ["a", "x"]), (["a", "c"], ["a", "c"])), positive=None)
    alone = sample_of(build.alone(["a", "b"], ["a", "a"]), positive="b")

    assert two.baseline is not None
    assert not two.paired
    assert (two.classes, two.n_labels) == (("a", "b", "c", "x"), 3)
    assert two.candidate.support.tolist() == [1, 1, 0]
    assert two.baseline.right.tolist() == [1, 0, 1]
    assert alone.baseline is None
    assert alone.positive == 1


@pytest.mark.parametrize(("labels", "positive", "expected"), [("ab", "b", 1), ("ab", "x", None), ("abc", "b", None)])
def test_positive__only_where_binary(labels: str, positive: str, expected: int | None) -> None:
    """The positive label means something only among two labels that rows have."""
    assert (
        sample_of_one(
            build.alone(list(labels), list(labels)).candidate, positive=positive, kind="classification"
        ).positive
        == expected
    )


@pytest.mark.parametrize("ordered", [True, False])
def test_adder__adds_up_by_group(*, ordered: bool) -> None:
    """Labels, predictions and hits of every table, also of labels that no cell has, whatever the order of the cells."""
    rng = np.random.default_rng(1)
    label: IntArray = np.sort(rng.integers(4, size=50)) if ordered else rng.integers(4, size=50)
    prediction: IntArray = rng.integers(6, size=50)
    weights = rng.integers(100, size=(7, 50)).astype(np.float64)
    side = Side(label=label, prediction=prediction, n=np.ones(50, np.int64), n_labels=5, n_classes=7)
    sums = side.adder()(weights)

    for k in range(7):
        assert np.array_equal(sums.predicted[:, k], weights[:, prediction == k].sum(axis=1))
    for k in range(5):
        assert np.array_equal(sums.true[:, k], weights[:, label == k].sum(axis=1))
        assert np.array_equal(sums.hits[:, k], weights[:, (label == k) & (prediction == k)].sum(axis=1))
    assert not sums.true[:, 4].any()
    assert np.array_equal(side.observed().predicted[0], np.bincount(prediction, minlength=7))


def test_sums__of_weights() -> None:
    """The cells' numbers may be sums of weights: nothing of them is cut off."""
    label, prediction, n = np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0.5, 0.25, 1.75])
    side = Side(label=label, prediction=prediction, n=n, n_labels=2, n_classes=2)
    sums = side.observed()

    assert (sums.true.tolist(), sums.predicted.tolist(), sums.hits.tolist()) == (
        [[0.75, 1.75]],
        [[0.5, 2.0]],
        [[0.5, 1.75]],
    )


def test_of_cells__is_the_transpose_of_the_sums() -> None:
    """A weighted sum of the sums is the sum over the cells of what each row adds, also for quantities."""
    rng = np.random.default_rng(2)
    label, baseline, candidate = build.simulated(1, rows=300, classes=4, right=(0.7, 0.8))
    side = sample_of(build.paired(label, baseline, candidate), positive=None).candidate
    sums = side.observed()
    parts = {name: rng.normal(size=getattr(sums, name).shape) for name in ("true", "predicted", "hits", "totals")}
    expected = sum(float((getattr(sums, name) * weights).sum()) for name, weights in parts.items())

    assert side.n @ side.of_cells(structs.replace(sums, **parts)) == pytest.approx(expected)


NONE = float("nan")


@pytest.mark.parametrize(
    ("classes", "n_labels", "places"),
    [
        (["1", "2", "10"], 3, [0, 1, 2]),
        (["1", "10", "2"], 3, [0, 1, 2]),  # text that looks like numbers
        (["1", "11", "2"], 2, [0, 1, 0.1]),
        (["2", "10", "1e3", "-1", "9", "10.5"], 2, [0, 1, NONE, NONE, 0.875, NONE]),
        (["10", "1", "2"], 2, [0, 1, NONE]),  # a configured order: where would 2 be?
        (["low", "medium", "high"], 3, [0, 1, 2]),
        (["bad", "good", "average", "3"], 2, [0, 1, NONE, NONE]),
        (["1", "2", "nan", "inf"], 2, [0, 1, NONE, NONE]),
        (["2", "10", "", "6", "n/a", MISSING_PREDICTION], 2, [0, 1, NONE, 0.5, NONE, NONE]),
        (["only", "other"], 1, [0, NONE]),
        (["3", "2", "4"], 1, [0, NONE, NONE]),
    ],
)
def test_ordinal_positions__labels_keep_their_places(classes: list[str], n_labels: int, places: list[float]) -> None:
    """Between numbers, numbers lie where they lie between them; what is no label has no place otherwise."""
    assert ordinal_positions(classes, n_labels=n_labels) == pytest.approx(np.array(places), nan_ok=True)


def test_weighted_kappa__is_of_one_side() -> None:
    """What the other side predicts does not change it, whatever that is."""
    label = ["1", "2", "3", "4"] * 50
    candidate = ["1", "2", "4", "4"] * 50
    values = set()
    for stray in ("1", "2.5", "none", "99"):
        sample = sample_of(build.paired(label, [stray, *label[1:]], candidate), positive=None)
        metric = available(sample)["cohen_kappa_quadratic"]
        values.add(float(metric.value(sample.candidate.observed())[0]))

    assert len(values) == 1


def test_quantities__without_a_place_as_far_as_labels_can_be() -> None:
    """A missing prediction is as far from the first label as from the last one and from those between."""
    label, prediction = ["a", "b", "c", "d", "a"], [*[MISSING_PREDICTION] * 4, "c"]
    side = sample_of(build.alone(label, prediction), positive=None).candidate

    assert side.quantities().tolist() == [[2, 4], [3, 9], [3, 9], [3, 9], [3, 9]]
    assert side.observed().totals == pytest.approx(np.array([[14.0, 40.0]]))


def test_weighted_kappa__labels_that_the_configuration_demands() -> None:
    """A grade that no row has keeps its place, for a prediction of it and for what is farthest."""
    label, prediction = ["a", "a", "c", "c"], ["a", "b", "c", MISSING_PREDICTION]
    classes = ("a", "b", "c", MISSING_PREDICTION)
    counts = build.counts(*(build.codes(side, classes) for side in (label, prediction)), classes=classes, n_labels=3)
    joined = structs.replace(build.alone(label, prediction), candidate=counts)
    plain, demanded = (sample_of(joined, positive=None, labels=labels) for labels in ((), ("a", "b", "c")))
    alone, of_three = (
        float(available(sample)["cohen_kappa_linear"].value(sample.candidate.observed())[0])
        for sample in (plain, demanded)
    )

    # Of a and c, b and what is missing are as far as can be; by chance one of the two others is the wrong one.
    assert alone == pytest.approx(1 - (2 / 4) / (1 / 2))
    assert of_three == pytest.approx(1 - ((1 + 2) / 4) / ((1 + 1 + 1) / 3))


def test_sample_of__labels_that_the_configuration_demands() -> None:
    """A label without rows counts in averages where the configuration names it, as scikit-learn's `labels=` does."""
    joined = build.alone(["a", "b", "a"], ["a", "b", "c"])
    plain, demanded = (sample_of(joined, positive=None, labels=labels) for labels in ((), ("a", "b", "c")))

    assert (plain.labels, demanded.labels) == (("a", "b"), ("a", "b", "c"))
    expected = f1_score(["a", "b", "a"], ["a", "b", "c"], labels=["a", "b", "c"], average="macro", zero_division=0)
    assert available(demanded)["f1_macro"].value(demanded.candidate.observed())[0] == pytest.approx(expected)
