"""Regression metrics: values equal scikit-learn's, influence values the metric's own change."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.design import Design
from steelyard.stats.numbers import regression
from steelyard.stats.numbers.columns import Observed

THEIRS: dict[str, Callable[..., float]] = {
    "mae": metrics.mean_absolute_error,
    "mse": metrics.mean_squared_error,
    "rmse": metrics.root_mean_squared_error,
    "r2": metrics.r2_score,
    "explained_variance": metrics.explained_variance_score,
    "mape": metrics.mean_absolute_percentage_error,
    "pinball_0.9": lambda y, p, **more: metrics.mean_pinball_loss(y, p, alpha=0.9, **more),
    "pinball_0.05": lambda y, p, **more: metrics.mean_pinball_loss(y, p, alpha=0.05, **more),
}


def score(name: str, y: FloatArray, p: FloatArray, weight: FloatArray | None = None) -> tuple[float, FloatArray]:
    """A metric's value and influence values."""
    metric = regression.smooth(name)
    assert metric is not None
    found = metric.score(Observed(value=p, target=y, design=Design(weight=weight)))
    assert found.value is not None, found.undefined
    return found.value, found.psi


def rows(seed: int, n: int = 40) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Targets, some of them 0, predictions and weights."""
    rng = np.random.default_rng(seed)
    y = np.round(3.0 * rng.normal(size=n))
    return y, y + rng.normal(size=n) + 0.3, rng.uniform(0.1, 3.0, n)


@given(st.sampled_from(sorted(THEIRS)), st.integers(0, 2**32), st.booleans())
def test_values_are_scikit_learns(name: str, seed: int, weighted: bool) -> None:
    """With and without weights, for targets of 0, too."""
    y, p, weight = rows(seed)
    expected = THEIRS[name](y, p, sample_weight=weight if weighted else None)
    assert score(name, y, p, weight if weighted else None)[0] == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0]), min_size=1, max_size=12), st.integers(0, 2**32))
def test_medians_are_scikit_learns(errors: list[float], seed: int) -> None:
    """Odd and even numbers of rows, ties, and weights that split the rows in halves."""
    values = np.array(errors)
    weight = np.random.default_rng(seed).integers(1, 4, len(errors)).astype(np.float64)
    zeros = np.zeros(len(errors))
    assert regression.weighted_median(values, None) == metrics.median_absolute_error(zeros, values)
    expected = metrics.median_absolute_error(zeros, values, sample_weight=weight)
    assert regression.weighted_median(values, weight) == expected


@given(st.sampled_from([*regression.SMOOTH, "pinball_0.3"]), st.integers(0, 2**32), st.booleans())
def test_influence_values_are_the_change_by_one_row_more(name: str, seed: int, weighted: bool) -> None:
    """A row whose weight grows by ε moves the value by ε ψ / Σw; all together do not move it."""
    y, p, weight = rows(seed)
    y = np.where(y == 0.0, 1.0, y)
    weight = weight if weighted else np.ones(len(y))
    value, psi = score(name, y, p, weight)
    assert float(weight @ psi) == pytest.approx(0.0, abs=1e-8 * len(y) * max(1.0, float(np.abs(psi).max())))
    step = 1e-6
    for row in (0, 7):
        moved = weight.copy()
        moved[row] += step
        change = (score(name, y, p, moved)[0] - value) / step * weight.sum()
        assert change == pytest.approx(float(psi[row]), rel=1e-3, abs=1e-4 * max(1.0, float(np.abs(psi).max())))


def test_smape_is_from_0_to_2() -> None:
    """Twice the error over the sum of the sizes: 0 where both are 0, 2 where one is."""
    y, p = np.array([0.0, 0.0, 2.0, -1.0]), np.array([0.0, 5.0, 1.0, 1.0])
    assert score("smape", y, p)[0] == pytest.approx((0.0 + 2.0 + 2.0 / 3.0 + 2.0) / 4.0)


@pytest.mark.parametrize("name", ["r2", "explained_variance"])
def test_a_constant_target_has_no_explained_share(name: str) -> None:
    """Nothing varies, so that nothing can be explained; scikit-learn says 0 or 1 by convention."""
    metric = regression.smooth(name)
    assert metric is not None
    found = metric.score(Observed(value=np.arange(5.0), target=np.full(5, 0.1)))
    assert found.value is None
    assert found.undefined == "undefined: the target is constant"


@pytest.mark.parametrize("name", ["r2", "explained_variance"])
def test_targets_far_from_0_are_not_constant(name: str) -> None:
    """Targets about 1e15 explain what the same ones about 0 do; those a spacing or two apart are rounding, and said."""
    y, p, weight = rows(31, n=200)
    metric = regression.smooth(name)
    assert metric is not None
    far, guessed = 1e15 + y, 1e15 + p
    value, psi = score(name, far, guessed, weight)
    expected, pulls = score(name, far - 1e15, guessed - 1e15, weight)

    assert value == pytest.approx(expected)
    np.testing.assert_allclose(psi, pulls, rtol=1e-9, atol=1e-9)
    close = metric.score(Observed(value=guessed, target=1e16 + y))
    assert (close.value, close.undefined) == (None, "undefined: the targets differ by no more than rounding")


@pytest.mark.parametrize("name", [*regression.SMOOTH, "pinball_0.3"])
@pytest.mark.parametrize("size", [0.0, 1e200, 1.7e308])
def test_odd_numbers_give_a_value_or_a_reason(name: str, size: float) -> None:
    """No rows, and numbers whose squares overflow: never NaN, never a warning."""
    metric = regression.smooth(name)
    assert metric is not None
    y = np.array([size, -size, size])
    for rows_ in (y[:0], y):
        found = metric.score(Observed(value=-rows_, target=rows_))
        assert (found.value is None) == bool(found.undefined)
        assert found.value is None or math.isfinite(found.value)


@pytest.mark.parametrize("name", ["pinball_0", "pinball_1.5", "pinball_0.0", "pinball_0.5\n", "pinball_x", "mae ", ""])
def test_names_that_are_no_metric(name: str) -> None:
    """A quantile lies between 0 and 1."""
    assert regression.smooth(name) is None


def test_perfect_predictions_have_no_error_and_no_influence() -> None:
    """The root of 0 has no derivative; the influence values are 0 all the same."""
    y = np.arange(5.0)
    for name in ("rmse", "mae", "mse", "mape", "smape"):
        value, psi = score(name, y, y)
        assert value == 0.0
        assert not psi.any()


@pytest.mark.parametrize("power", [-200, -160, -80, 100, 150])
@pytest.mark.parametrize("name", ["rmse", "r2", "explained_variance", "mae"])
def test_values_of_any_size(name: str, power: int) -> None:
    """Numbers whose squares are none give the same, in their own unit, as numbers of usual size."""
    y, p, weight = rows(3)
    size = 10.0**power
    expected, pulled = score(name, y, p, weight)
    value, psi = score(name, y * size, p * size, weight)
    unit = 1.0 if name in {"r2", "explained_variance"} else size

    assert value == pytest.approx(expected * unit, rel=1e-9)
    assert psi / unit == pytest.approx(pulled, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("power", "reason"), [(-200, regression.TOO_SMALL), (-150, regression.TOO_SMALL), (160, regression.TOO_LARGE)]
)
def test_squares_that_are_no_numbers(power: int, reason: str) -> None:
    """A mean square that no number holds is not 0, but undefined."""
    y, p, _ = rows(3)
    metric = regression.smooth("mse")
    assert metric is not None
    found = metric.score(Observed(value=p * 10.0**power, target=y * 10.0**power))

    assert (found.value, found.undefined) == (None, reason)
    assert metric.score(Observed(value=y, target=y)).value == 0.0


def test_mean_score__weights() -> None:
    """The weighted mean; what pulls it sums to 0 under the weights."""
    value, weight = np.array([1.0, 2.0, 6.0]), np.array([1.0, 2.0, 1.0])
    found = regression.mean_score(Observed(value=value, design=Design(weight=weight)))

    assert found.value == pytest.approx(np.average(value, weights=weight))
    assert float(weight @ found.psi) == pytest.approx(0.0)
