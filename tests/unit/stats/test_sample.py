"""`steelyard.stats.sample`: from what an engine counted to cells over one label set."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.counts import IntArray, Joined, JointCounts
from steelyard.stats import sample as module
from steelyard.stats.sample import Side, sample_of, sample_of_one
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
    assert sample_of_one(build.alone(list(labels), list(labels)).candidate, positive=positive).positive == expected


def test_adder__both_ways_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding up by matrix and by sorting gives the same whole numbers."""
    rng = np.random.default_rng(1)
    label: IntArray = rng.integers(4, size=50)
    prediction: IntArray = rng.integers(6, size=50)
    weights = rng.integers(100, size=(7, 50)).astype(np.float64)
    side = Side(label=label, prediction=prediction, n=np.ones(50, np.int64), n_labels=5, n_classes=7)
    dense = side.adder()(weights)
    monkeypatch.setattr(module, "_DENSE", 0)
    sparse = side.adder()(weights)

    assert np.array_equal(dense.true, sparse.true)
    assert np.array_equal(dense.predicted, sparse.predicted)
    assert np.array_equal(dense.hits, sparse.hits)
    assert not dense.true[:, 4].any()
    assert np.array_equal(side.observed().predicted[0], np.bincount(prediction, minlength=7))
