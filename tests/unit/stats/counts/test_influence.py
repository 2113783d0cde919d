"""`steelyard.stats.counts.influence`: derivatives of metrics in the rows, and the variances that they give."""

from __future__ import annotations

import json
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from msgspec import structs
from numpy.typing import NDArray
from statsmodels.stats.inter_rater import cohens_kappa

from steelyard.model.evaluation import MISSING_PREDICTION
from steelyard.stats.counts import influence as module
from steelyard.stats.counts import sample as samples
from steelyard.stats.counts.influence import influence, spread
from steelyard.stats.counts.metrics import Metric, available
from steelyard.stats.counts.sample import Side, sample_of, sample_of_one
from tests.unit.stats import build


def side_of(matrix: NDArray[np.int64]) -> Side:
    """The cells of a confusion matrix."""
    label, prediction = np.nonzero(matrix)
    k, c = matrix.shape
    return Side(label=label, prediction=prediction, n=matrix[label, prediction], n_labels=k, n_classes=c)


def metric(name: str) -> Metric:
    """A metric of two labels, the second one positive."""
    return available(sample_of_one(build.alone(["a", "b"], ["a", "b"]).candidate, positive="b", kind="classification"))[
        name
    ]


matrices = hnp.arrays(np.int64, (2, 2), elements=st.integers(1, 400))
wide = hnp.arrays(np.int64, (4, 5), elements=st.sampled_from([0, 1, 3, 20, 900])).filter(
    lambda m: bool((m.sum(axis=1) > 0).all())
)


@given(matrix=matrices)
def test_accuracy__analytic(matrix: NDArray[np.int64]) -> None:
    """(right - accuracy) / rows."""
    side = side_of(matrix)
    total = matrix.sum()
    expected = ((side.label == side.prediction) - np.trace(matrix) / total) / total

    assert influence(metric("accuracy"), side) == pytest.approx(expected, abs=1e-6 / total)


@given(matrix=matrices)
def test_f1__analytic(matrix: NDArray[np.int64]) -> None:
    """F1 = 2 TP / (2 TP + FP + FN): (2 [TP] - F1 ([true] + [predicted])) / (true + predicted)."""
    side = side_of(matrix)
    size = matrix[1].sum() + matrix[:, 1].sum()
    f1 = 2 * matrix[1, 1] / size
    expected = (2 * (side.label & side.prediction) - f1 * (side.label + side.prediction)) / size

    assert influence(metric("f1"), side) == pytest.approx(expected, abs=1e-6 / size)


@given(matrix=matrices)
def test_matthews_corrcoef__analytic(matrix: NDArray[np.int64]) -> None:
    """The derivatives of (TP TN - FP FN) / sqrt(the product of the four margins), by the quotient rule."""
    tn, fp, fn, tp = (float(value) for value in matrix.ravel())
    margins = tp + fp, tp + fn, tn + fp, tn + fn
    size = np.sqrt(np.prod(margins))
    value = (tp * tn - fp * fn) / size
    p, t, f, n = (value / (2 * margin) for margin in margins)
    expected = [tp / size - f - n, -fn / size - p - f, -fp / size - t - n, tn / size - p - t]

    assert influence(metric("matthews_corrcoef"), side_of(matrix)) == pytest.approx(expected, abs=1e-6)


def test_matthews_corrcoef__rare_class_in_a_hundred_million() -> None:
    """A step that is small for the common class is not taken at the rare one's expense."""
    matrix = np.array([[99_999_950, 20], [10, 20]])
    tn, fp, fn, tp = (float(value) for value in matrix.ravel())
    size = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    value = (tp * tn - fp * fn) / size
    expected = tn / size - value / (2 * (tp + fp)) - value / (2 * (tp + fn))

    assert influence(metric("matthews_corrcoef"), side_of(matrix))[3] == pytest.approx(expected, rel=1e-5)


@given(matrix=hnp.arrays(np.int64, (3, 3), elements=st.integers(1, 400)))
def test_cohen_kappa__published_standard_error(matrix: NDArray[np.int64]) -> None:
    """Σ n ψ² is the variance of Fleiss, Cohen & Everitt (1969), as statsmodels computes it."""
    psi = influence(metric("cohen_kappa"), side_of(matrix))
    expected = cohens_kappa(matrix).var_kappa

    assert (matrix.ravel() * psi**2).sum() == pytest.approx(expected, rel=1e-5)


@given(matrix=wide)
def test_influence__sums_to_zero(matrix: NDArray[np.int64]) -> None:
    """Twice all rows change nothing, with absent and stray predictions, for every metric."""
    sample = sample_of_one(build.alone(list("abcd"), list("abce")).candidate, positive=None, kind="classification")
    side = side_of(matrix)

    for one in available(sample).values():
        psi = influence(one, side)
        if np.isfinite(psi).all():
            assert (side.n * psi).sum() == pytest.approx(0.0, abs=1e-9)


def test_influence__is_what_leaving_a_row_out_does() -> None:
    """The jackknife: without one row of a cell the value moves by -ψ, up to terms of second order."""
    label, _, candidate = build.simulated(2, rows=20_000, classes=4, right=(0.7, 0.8))
    sample = sample_of(build.alone(label, candidate), positive=None)
    side = sample.candidate

    for one in available(sample).values():
        value = one.value(side.observed())[0]
        psi = influence(one, side)
        for cell in range(len(side.n)):
            fewer = structs.replace(side, n=side.n - (np.arange(len(side.n)) == cell))
            left_out = value - one.value(fewer.observed())[0]
            assert left_out == pytest.approx(psi[cell], rel=0.01, abs=1e-8)


def test_influence__weights() -> None:
    """Cells of weights: a tenth of the weight everywhere leaves the value and makes each unit count ten times."""
    side = side_of(np.array([[50, 7, 3], [4, 80, 6], [0, 5, 30]]))
    whole = influence(metric("cohen_kappa"), side)
    tenth = influence(metric("cohen_kappa"), structs.replace(side, n=side.n / 10.0))

    assert tenth == pytest.approx(10 * whole, rel=1e-6)


def test_influence__thousand_classes() -> None:
    """In bounded memory, and still equal to moving the cell's own count."""
    k = 1_000
    rng = np.random.default_rng(0)
    label = rng.integers(k, size=100_000)
    prediction = np.where(rng.random(len(label)) < 0.8, label, rng.integers(k, size=len(label)))
    pairs, n = np.unique(label * k + prediction, return_counts=True)
    side = Side(label=pairs // k, prediction=pairs % k, n=n, n_labels=k, n_classes=k)
    one = metric("f1_macro")
    tracemalloc.start()
    psi = influence(one, side)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 40e6
    for cell in (0, 17, len(n) - 1):
        more, less = (
            one.value(structs.replace(side, n=side.n + step * (np.arange(len(n)) == cell)).observed())[0]
            for step in (0.01, -0.01)
        )
        assert psi[cell] == pytest.approx((more - less) / 0.02, rel=1e-4)


@pytest.mark.parametrize("name", ["cohen_kappa_linear", "cohen_kappa_quadratic"])
@pytest.mark.parametrize("grades", ["1234", "abcd"])
def test_influence__predictions_without_a_place(name: str, grades: str) -> None:
    """Equal to moving the cell's own count, also in the cells of what is not answered and of what is no grade."""
    rng = np.random.default_rng(3)
    label = [grades[code] for code in rng.integers(4, size=600)]
    answers = [*grades, "n/a", "2.5", MISSING_PREDICTION]
    prediction = [one if rng.random() < 0.6 else answers[rng.integers(7)] for one in label]
    sample = sample_of(build.alone(label, prediction), positive=None)
    side, one = sample.candidate, available(sample)[name]
    psi = influence(one, side)

    assert len(side.n) == 28
    for cell in range(len(side.n)):
        more, less = (
            one.value(structs.replace(side, n=side.n + step * (np.arange(len(side.n)) == cell)).observed())[0]
            for step in (0.01, -0.01)
        )
        assert psi[cell] == pytest.approx((more - less) / 0.02, rel=1e-4, abs=1e-8)


def test_influence__no_cells() -> None:
    """A side without rows has no cells to speak of."""
    empty = side_of(np.zeros((2, 2), dtype=np.int64))

    assert influence(metric("accuracy"), empty).shape == (0,)


@pytest.mark.parametrize("name", ["f1_macro", "matthews_corrcoef", "cohen_kappa_linear", "precision_weighted"])
def test_classes_with_equal_sums_are_moved_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 30 classes with the same counts each row pulls as if it were moved alone; ordered classes are never alike."""
    monkeypatch.setattr(module, "_FEW", 0)
    rng = np.random.default_rng(1)
    size = 30
    label = np.repeat(np.arange(size), 3)
    prediction = np.where(np.tile([True, True, False], size), label, (label + 1 + np.arange(3 * size) % 3) % size)
    n = np.tile([6, 4, 2], size)
    order = rng.permutation(len(n))
    side = Side(label=label[order], prediction=prediction[order], n=n[order], n_labels=size, n_classes=size)
    names = [f"c{code:02d}" for code in range(size)]
    found = available(sample_of_one(build.alone(names, names).candidate, positive=None, kind="classification"))[name]
    psi = influence(found, side)

    def value(cell: int, step: float) -> float:
        moved = side.n.astype(np.float64)
        moved[cell] += step
        return float(found.value(structs.replace(side, n=moved).observed())[0])

    cells = range(0, len(n), 7)
    expected = [(value(cell, 1e-4) - value(cell, -1e-4)) / 2e-4 for cell in cells]
    assert psi[list(cells)] == pytest.approx(np.array(expected), abs=1e-8)


def test_too_many_unlike_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit nothing is differentiated, and nothing takes long; equal classes do not count."""
    size = 40
    codes = np.arange(size)
    unlike = Side(label=codes, prediction=codes, n=codes + 1, n_labels=size, n_classes=size)
    alike = structs.replace(unlike, n=np.full(size, 5))
    monkeypatch.setattr(module, "_MOST_NUMBERS", 500)
    monkeypatch.setattr(module, "_FEW", 0)
    one = metric("f1_micro")
    assert not module.affordable(one, unlike)
    assert module.affordable(one, alike)
    assert np.isnan(influence(one, unlike)).all()
    assert np.isnan(spread(one, unlike).variance)
    assert np.isfinite(influence(one, alike)).all()
    for name in ("f1_macro", "f1_weighted", "matthews_corrcoef", "cohen_kappa"):
        assert module.affordable(metric(name), unlike)


@given(matrix=wide)
def test_quick_derivatives__as_if_each_sum_were_moved(matrix: NDArray[np.int64]) -> None:
    """Means over labels are differentiated in all labels at once, others in closed form; some predictions are stray."""
    sample = sample_of_one(build.alone(list("abcd"), list("abce")).candidate, positive=None, kind="classification")
    side = side_of(matrix)
    quick = [one for one in available(sample).values() if one.mean_of is not None or one.slopes is not None]

    means = {f"{stem}_{average}" for stem in ("f1", "precision", "jaccard") for average in ("macro", "weighted")}
    assert {one.name for one in quick} == means | {"matthews_corrcoef", "cohen_kappa"}
    for one in quick:
        found, moved = influence(one, side), structs.replace(one, mean_of=None, slopes=None)
        assert found == pytest.approx(influence(moved, structs.replace(side)), rel=1e-5, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("average", ["macro", "weighted"])
@pytest.mark.parametrize("stem", ["f1", "precision", "recall", "jaccard"])
def test_mean_of_labels__of_sets(stem: str, average: str) -> None:
    """The same where rows have several labels, or none."""
    name = f"{stem}_{average}"
    rng = np.random.default_rng(5)
    true, predicted = ([json.dumps([one for one in "abcd" if rng.random() < 0.4]) for _ in range(300)] for _ in "tp")
    sample = sample_of(build.alone(true, predicted), positive=None, kind="multilabel")
    side, one = sample.candidate, available(sample)[name]

    assert one.mean_of is not None
    expected = influence(structs.replace(one, mean_of=None), structs.replace(side))
    assert influence(one, side) == pytest.approx(expected, rel=1e-5, abs=1e-9)


@given(matrix=wide)
def test_spread__is_that_of_the_influence(matrix: NDArray[np.int64]) -> None:
    """Σ n ψ² and the largest |ψ|; NaN where the value has no derivative."""
    sample = sample_of_one(build.alone(list("abcd"), list("abce")).candidate, positive=None, kind="classification")
    side = side_of(matrix)

    for one in available(sample).values():
        psi, found = influence(one, side), spread(one, side)
        assert np.isfinite(found.variance) == np.isfinite(psi).all()
        if np.isfinite(psi).all():
            assert found.variance == pytest.approx((side.n * psi**2).sum(), rel=1e-9, abs=1e-24)
            assert found.largest == pytest.approx(np.abs(psi).max(), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", ["f1_macro", "f1_weighted"])
def test_mean_of_labels__that_nobody_has(name: str) -> None:
    """Where all sets are empty there is no mean; where rows have no label, none of theirs moves it. No warning."""
    nothing = sample_of(build.alone(["[]"] * 20, ["[]"] * 20), positive=None, kind="multilabel")
    here, there = ['["a"]'] * 20, ["[]"] * 20
    joined = build.unpaired((here, here), (there, here))
    sample = sample_of(joined, positive=None, kind="multilabel")
    assert sample.baseline is not None

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not influence(available(nothing)[name], nothing.candidate).any()
        assert np.isfinite(influence(available(sample)[name], sample.baseline)).all()


@pytest.mark.parametrize("name", ["f1_macro", "matthews_corrcoef", "cohen_kappa_quadratic"])
def test_spread__of_cells_that_are_looked_at_in_parts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are looked at at a time, it is that of all of them."""
    label, _, candidate = build.simulated(3, rows=4_000, classes=6, right=(0.7, 0.8))
    sample = sample_of(build.alone(label, candidate), positive=None)
    whole = spread(available(sample)[name], sample.candidate)
    monkeypatch.setattr(samples, "_AT_A_TIME", 7)
    parts = spread(available(sample)[name], structs.replace(sample.candidate))

    assert len(sample.candidate.n) > 30
    assert parts == pytest.approx(whole, rel=1e-12)
