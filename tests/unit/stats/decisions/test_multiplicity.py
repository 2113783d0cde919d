"""`steelyard.stats.decisions.multiplicity`: simultaneous intervals and false-discovery control."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from steelyard.model.counts import FloatArray
from steelyard.stats.decisions.multiplicity import Discoveries, Joint

INDEPENDENT = Discoveries(q=0.05)


def normal_draws(*, metrics: int, correlation: float, draws: int = 9_999) -> FloatArray:
    """Correlated normal draws."""
    covariance = np.full((metrics, metrics), correlation) + (1 - correlation) * np.eye(metrics)
    return np.random.default_rng(1).multivariate_normal(np.zeros(metrics), covariance, size=draws)


def test_alpha_of_each__one_metric_is_the_plain_percentile() -> None:
    """A family of one shares nothing."""
    assert Joint.of(normal_draws(metrics=1, correlation=0)).alpha_of_each(0.05, metrics=1) == pytest.approx(0.05)


@pytest.mark.parametrize("metrics", [2, 5])
def test_alpha_of_each__independent_metrics(metrics: int) -> None:
    """For independent metrics the exact answer is Šidák's."""
    found = Joint.of(normal_draws(metrics=metrics, correlation=0)).alpha_of_each(0.05, metrics=metrics)

    assert found == pytest.approx(1 - 0.95 ** (1 / metrics), rel=0.12)


def test_alpha_of_each__equal_metrics_share_nothing() -> None:
    """Metrics that move together are one question; correlated ones lie between."""
    one = normal_draws(metrics=1, correlation=0)
    same = Joint.of(np.repeat(one, 4, axis=1)).alpha_of_each(0.05, metrics=4)
    strong = Joint.of(normal_draws(metrics=4, correlation=0.9)).alpha_of_each(0.05, metrics=4)

    assert same == pytest.approx(0.05)
    assert 0.0125 < strong < 0.05


def test_alpha_of_each__holds_together() -> None:
    """The intervals at that error hold jointly in 95% of the draws themselves."""
    draws = normal_draws(metrics=3, correlation=0.5)
    each = Joint.of(draws).alpha_of_each(0.05, metrics=3)
    k = round(each * (len(draws) + 1) / 2)
    ordered = np.sort(draws, axis=0)
    inside = (draws >= ordered[k - 1]) & (draws <= ordered[-k])

    assert inside.all(axis=1).mean() == pytest.approx(0.95, abs=0.001)


def test_alpha_of_each__never_below_bonferroni() -> None:
    """Draws that are mostly ties cannot push the error to 0."""
    draws = np.zeros((999, 2))
    draws[:60, 0] = 1.0

    assert Joint.of(draws).alpha_of_each(0.05, metrics=2) >= 0.025


def test_tells__needs_draws_beyond() -> None:
    """Of 999 draws 49 lie beyond intervals at 95%, 9 beyond those at 99%: too few to share an error by."""
    joint = Joint.of(normal_draws(metrics=2, correlation=0, draws=999))

    assert joint.tells(0.05)
    assert not joint.tells(0.01)


@given(p_value=st.floats(0, 1), seed=st.integers(0, 5), metrics=st.integers(2, 5))
def test_adjusted__agrees_with_the_interval(p_value: float, seed: int, metrics: int) -> None:
    """The adjusted p-value is at most alpha exactly where the plain one is within this metric's share."""
    draws = np.random.default_rng(seed).normal(size=(999, metrics))
    joint = Joint.of(draws)
    each = joint.alpha_of_each(0.05, metrics=metrics)
    if abs(p_value - each) > 2.0 / 1000:
        assert (joint.adjusted(p_value, metrics=metrics) <= 0.05) == (p_value < each)


def test_adjusted__independent_metrics() -> None:
    """For independent metrics it is Šidák's, and never above Bonferroni's."""
    joint = Joint.of(normal_draws(metrics=3, correlation=0))

    assert joint.adjusted(0.1, metrics=3) == pytest.approx(1 - 0.9**3, rel=0.1)
    assert joint.adjusted(1e-9, metrics=3) == pytest.approx(3e-9)
    assert joint.adjusted(1.0, metrics=3) == 1.0


def test_adjusted__never_below_the_p_value_itself() -> None:
    """One metric told twice is one metric: what the draws say of it is not put in the place of its own test."""
    column = np.random.default_rng(3).normal(0.1, 1.0, 9_999)
    joint = Joint.of(np.column_stack([column, -column]))

    for p_value in (0.001, 0.0502, 0.3, 0.99):
        assert joint.adjusted(p_value, metrics=2) >= p_value


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_benjamini_hochberg__equals_statsmodels(p_values: list[float]) -> None:
    """The adjusted p-values are statsmodels'."""
    expected = multipletests(p_values, method="fdr_bh")[1]

    assert INDEPENDENT.adjusted(np.array(p_values)) == pytest.approx(expected)


@given(p_values=st.lists(st.floats(1e-6, 1), min_size=1, max_size=40))
def test_fcr_level__flagged_exactly_where_the_interval_excludes_zero(p_values: list[float]) -> None:
    """At the level that is stated, p is outside exactly for the flagged."""
    p = np.array(p_values)
    adjusted = INDEPENDENT.adjusted(p)
    alpha = 1 - INDEPENDENT.level(adjusted)

    clear = np.abs(p - alpha) > 1e-9
    assert ((p < alpha) == (adjusted <= 0.05))[clear].all()


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_dependent__equals_statsmodels(p_values: list[float]) -> None:
    """Under any dependence they are Benjamini and Yekutieli's, and the level agrees with them as well."""
    found = Discoveries(q=0.05, dependent=True)
    p = np.array(p_values)
    adjusted = found.adjusted(p)

    assert adjusted == pytest.approx(multipletests(p_values, method="fdr_by")[1])
    alpha = 1 - found.level(adjusted)
    clear = np.abs(p - alpha) > 1e-9
    assert ((p < alpha) == (adjusted <= 0.05))[clear].all()


def test_fcr_level__by_hand() -> None:
    """None flagged counts as one; three of ten flagged state 98.5% intervals; an empty family states q."""
    assert INDEPENDENT.level(np.ones(10)) == pytest.approx(0.995)
    assert INDEPENDENT.level(np.array([0.01] * 3 + [0.9] * 7)) == pytest.approx(0.985)
    assert INDEPENDENT.level(np.zeros(0)) == pytest.approx(0.95)


def test_benjamini_hochberg__false_discoveries_are_rare() -> None:
    """With 15 true effects among 50, the share of false ones among the flagged averages below 5%."""
    rng = np.random.default_rng(3)
    shares = []
    for _ in range(400):
        z = rng.normal(size=50)
        z[:15] += 3.5
        flagged = INDEPENDENT.adjusted(2 * stats.norm.sf(np.abs(z))) <= 0.05
        shares.append(flagged[15:].sum() / max(flagged.sum(), 1))

    assert float(np.mean(shares)) <= 0.05


@given(st.lists(st.floats(0.0, 0.2), min_size=1, max_size=30), st.booleans())
def test_level_beyond__is_the_step_up_procedure(p_values: list[float], dependent: bool) -> None:
    """Intervals that lie beyond exactly where a p-value is below their error flag what those p-values flag."""
    p = np.array(p_values)
    found = Discoveries(q=0.05, dependent=dependent)

    level = found.level_beyond(np.arange(len(p)), lambda some, level: some[p[some] <= 1.0 - level])

    assert level == pytest.approx(found.level(found.adjusted(p)))


def test_level_beyond__nothing_to_test() -> None:
    """Without any test the level is the plain one."""
    assert INDEPENDENT.level_beyond(np.arange(0), lambda some, _: some) == 0.95
