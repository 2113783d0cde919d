"""`steelyard.stats.counts.reach`: how many rows a spread rests on, in units of the one that moves the metric most."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from msgspec import structs
from numpy.typing import NDArray

from steelyard.model.counts import FloatArray
from steelyard.stats.counts import reach
from steelyard.stats.counts.metrics import Metric, available
from steelyard.stats.counts.sample import Sample, Side, sample_of
from tests.unit.stats import build

CLASSES = "abcd"
"""The last one is never a label."""

NAMES = (
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "precision_weighted",
    "matthews_corrcoef",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
)

joint = hnp.arrays(np.int64, (3, 4, 4), elements=st.sampled_from([0, 1, 2, 30])).filter(
    lambda n: bool((n.sum(axis=(1, 2)) > 0).all())
)


def sample_with(n: NDArray[np.int64]) -> Sample:
    """The sample of these joint counts, by label, prediction of the baseline, and that of the candidate."""
    rows = [cell for cell in product(range(3), range(4), range(4)) for _ in range(n[cell])]
    label, baseline, candidate = ([CLASSES[code] for code in column] for column in zip(*rows, strict=True))
    return sample_of(build.paired(label, baseline, candidate), positive=None)


def value(metric: Metric, side: Side, label: int, prediction: int, rows: float) -> float:
    """The metric with so many more rows of one kind."""
    counts = np.concatenate([side.n.astype(np.float64), [rows]])
    more = Side(
        label=np.append(side.label, label),
        prediction=np.append(side.prediction, prediction),
        n=counts,
        n_labels=side.n_labels,
        n_classes=side.n_classes,
        position=side.position,
    )
    return float(metric.value(more.adder()(counts[None, :]))[0])


def derivative(metric: Metric, side: Side, label: int, prediction: int) -> float:
    """By the share of such rows, by differences."""
    step = 1e-5 * float(side.n.sum())
    up, down = (value(metric, side, label, prediction, rows) for rows in (step, -step))
    return (up - down) / (2.0 * step)


def influences(metric: Metric, side: Side) -> FloatArray:
    """What a row of any kind that could be does to the value, `(labels, classes)`."""
    return np.array(
        [
            [derivative(metric, side, label, prediction) for prediction in range(side.n_classes)]
            for label in range(side.n_labels)
        ]
    )


@settings(max_examples=40)
@given(n=joint, name=st.sampled_from(NAMES))
def test_rows__of_one_side(n: NDArray[np.int64], name: str) -> None:
    """Σ n (ψ / u)², u the most that any row could do, by trying all of them."""
    sample = sample_with(n)
    metric, side = available(sample)[name], sample.candidate
    every = influences(metric, side)
    most = float(np.abs(every).max())
    assume(np.isfinite(every).all() and most > 1e-6 / side.n.sum())
    expected = float((side.n * (every[side.label, side.prediction] / most) ** 2).sum())

    assert reach.rows(metric, side) == pytest.approx(expected, rel=1e-3)


@settings(max_examples=40)
@given(n=joint, name=st.sampled_from(NAMES))
def test_disagreements__of_two_sides(n: NDArray[np.int64], name: str) -> None:
    """The same of the rows' differences; the most is what one row's two predictions could do on either side."""
    sample = sample_with(n)
    metric, ours, theirs = available(sample)[name], sample.candidate, sample.baseline
    assert theirs is not None
    both = [influences(metric, side) for side in (ours, theirs)]
    assume(all(np.isfinite(one).all() for one in both))
    differ = ours.prediction != theirs.prediction
    moved = (both[0][ours.label, ours.prediction] - both[1][theirs.label, theirs.prediction]) * differ
    unit = max(*(float(np.ptp(one, axis=1).max()) for one in both), float(np.abs(moved).max(initial=0.0)))
    assume(unit > 1e-6 / ours.n.sum())
    expected = float((ours.n * (moved / unit) ** 2).sum())

    assert reach.disagreements(metric, ours, theirs, where=differ) == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_rows__of_accuracy_are_those_that_are_rare() -> None:
    """Of 1,000 rows, 10 of which are wrong, an error moves accuracy 99 times as far as a row that is right."""
    sample = sample_of(build.paired(["a", "b"] * 500, ["a"] * 1_000, ["b"] * 10 + ["a", "b"] * 495), positive=None)
    metric = available(sample)["accuracy"]
    wrong = int(sample.candidate.n[sample.candidate.label != sample.candidate.prediction].sum())

    assert wrong == 5
    assert reach.rows(metric, sample.candidate) == pytest.approx(wrong + 995 * (wrong / 995) ** 2, rel=1e-6)


def test_disagreements__labels_that_nobody_uses() -> None:
    """A grade of the configuration that no row has and nobody predicts makes no disagreement count for less."""
    label, baseline, candidate = build.simulated(3, rows=600, classes=3, right=(0.7, 0.6))
    joined = build.paired(label, baseline, candidate)
    assert joined.joint is not None
    names = (*(f"b{code}" for code in range(8)), *joined.joint.classes)
    wider = structs.replace(
        joined.joint,
        classes=names,
        n_labels=len(names),
        label=joined.joint.label + 8,
        baseline=joined.joint.baseline + 8,
        candidate=joined.joint.candidate + 8,
    )
    plain = sample_of(joined, positive=None)
    demanded = sample_of(structs.replace(joined, joint=wider), positive=None, labels=names)
    found = []
    for sample in (plain, demanded):
        assert sample.baseline is not None
        differ = sample.candidate.prediction != sample.baseline.prediction
        metric = available(sample)["cohen_kappa_quadratic"]
        found.append(reach.disagreements(metric, sample.candidate, sample.baseline, where=differ))

    assert (plain.n_labels, demanded.n_labels) == (3, 11)
    assert found[0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize("rows", [1, 7, 300, 301, 777, 1_000])
def test_rows__of_one_class_that_is_always_right(rows: int) -> None:
    """No row can move a value where there is nothing else to say: what rounding leaves is not taken for movement."""
    sample = sample_of(build.alone(["a"] * rows, ["a"] * rows), positive=None)
    side = sample.candidate

    for one in available(sample).values():
        assert reach.rows(one, side) == 0.0, one.name
