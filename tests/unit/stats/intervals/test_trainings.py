"""Components of variance over rows and trainings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from steelyard.model.comparison import SAME_VALUE
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.design import Design, Sampling, Spread
from steelyard.stats.intervals.trainings import (
    OUT_OF_RANGE,
    Trained,
    caveats,
    few_trainings,
    fixed_variance,
    method,
    over_trainings,
    with_luck,
)
from steelyard.stats.numerics import student
from tests.unit.stats.spreads import mean_spread


def side(values: list[float], *, together: float = 0.0) -> Trained:
    """A side with these values."""
    return Trained(values=np.array(values), psi=np.zeros(0), together=together)


def crossed(rng: np.random.Generator, *, rows: int, times: int, training: float, both: float) -> FloatArray:
    """Numbers of rows (standard deviation 1) and trainings, and of both together."""
    of_rows, of_trainings = rng.normal(size=(rows, 1)), training * rng.normal(size=times)
    made: FloatArray = of_rows + of_trainings + both * rng.normal(size=(rows, times))
    return made


def trained(table: FloatArray, sampling: Sampling) -> Trained:
    """The mean of a table of rows and trainings."""
    values = table.mean(axis=0)
    return over_trainings(values.tolist(), list((table - values).T), sampling.spread)


def test_variances_add_up_with_degrees_of_freedom_at_upper_limits() -> None:
    """Rows, this side's trainings, the other's: each with its own; Satterthwaite's of the 90% limits."""
    rows = Spread(standard_error=0.1, degrees_of_freedom=119.0)
    sides = [side([0.7, 0.8, 0.75]), side([0.6, 0.9])]
    parts = [(0.01, 119.0), (0.05**2 / 3.0, 2.0), (0.045 / 2.0, 1.0)]
    found = with_luck(rows, sides)
    total = sum(variance for variance, _ in parts)

    assert found.standard_error**2 == pytest.approx(total)
    upper = [(variance * df / stats.chi2.ppf(0.1, df), df) for variance, df in parts]
    expected = sum(limit for limit, _ in upper) ** 2 / sum(limit**2 / df for limit, df in upper)
    assert found.degrees_of_freedom == pytest.approx(expected, rel=1e-4)
    assert fixed_variance(sides) == pytest.approx(total - 0.01)


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize(
    ("times", "luck"),
    [((2, 20), (25.0, 0.1)), ((2, 2), (5.0, 0.0)), ((2, 5), (5.0, 5.0)), ((3, 20), (25.0, 1.0)), ((5, 5), (1.0, 1.0))],
)
def test_unequal_luck_and_counts_are_covered(times: tuple[int, int], luck: tuple[float, float], level: float) -> None:
    """
    However the sides differ in luck (its variance of the mean, in that of the rows) and in the number of trainings.

    Given the estimates of the variances, the chance to cover is a normal probability: only these are drawn.
    """
    rng = np.random.default_rng(5)
    true = math.sqrt(2.0 * (1.0 + sum(luck)))
    covered = []
    for _ in range(1500):
        drawn = [variance * rng.chisquare(k - 1) / (k - 1) for variance, k in zip(luck, times, strict=True)]
        sides = [side(_values(k, k * variance)) for k, variance in zip(times, drawn, strict=True)]
        found = with_luck(Spread(standard_error=1.0, degrees_of_freedom=299.0), sides)
        reach = student.critical(level, degrees_of_freedom=found.degrees_of_freedom) * found.standard_error
        covered.append(special.erf(reach / true))

    assert np.mean(covered) > 1.0 - (1.0 - level) * 1.6


def _values(count: int, variance: float) -> list[float]:
    """So many values with exactly this variance."""
    shape = np.arange(count) - (count - 1) / 2.0
    made: list[float] = (shape * math.sqrt(variance / shape.var(ddof=1))).tolist()
    return made


def test_many_trainings__satterthwaites_degrees_of_freedom() -> None:
    """What is known well has its upper limit next to it: the interval of many trainings is hardly wider."""
    sides = [side(_values(200, 1.0)), side(_values(200, 1.0))]
    found = with_luck(Spread(standard_error=0.1, degrees_of_freedom=9_999.0), sides)
    plain = 0.02**2 / (2 * 0.005**2 / 199 + 0.01**2 / 9_999)

    assert 0.9 * plain < found.degrees_of_freedom <= plain


def test_what_rows_and_trainings_make_together_is_counted_once() -> None:
    """It is in the rows' part and in the trainings': on average over many tables the variance of the mean comes out."""
    rng = np.random.default_rng(1)
    sampling = Sampling.of(Design(), entries=40)
    variances, means = [], []
    for _ in range(3000):
        one = trained(crossed(rng, rows=40, times=5, training=0.1, both=1.5), sampling)
        variances.append(sampling.spread(one.psi).standard_error ** 2 + one.luck - one.together)
        means.append(one.value)
    truth = 1.0 / 40 + 0.1**2 / 5 + 1.5**2 / 200

    assert np.var(means) == pytest.approx(truth, rel=0.08)
    assert np.mean(variances) == pytest.approx(truth, rel=0.03)


def test_together_is_the_mean_square_of_the_interaction() -> None:
    """As in the analysis of variance of a two-way layout without replication, for rows that are alike."""
    table = crossed(np.random.default_rng(2), rows=30, times=4, training=0.3, both=1.0)
    residual = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean()
    expected = float((residual**2).sum()) / (29 * 3) / (30 * 4)

    assert trained(table, Sampling.of(Design(), entries=30)).together == pytest.approx(expected)


def test_never_below_rows_or_trainings_alone() -> None:
    """By chance, what is taken off may be more than what is there twice."""
    rows = Spread(standard_error=0.1, degrees_of_freedom=99.0)
    found = with_luck(rows, [side([0.7, 0.72], together=1.0)])

    assert found.standard_error == pytest.approx(0.1)
    assert 0.0 < found.degrees_of_freedom <= 99.0
    assert fixed_variance([side([0.7, 0.72], together=1.0)]) == 0.0


def test_one_training_adds_nothing() -> None:
    """Its influence values are what they are, and nothing is computed of them."""

    def never(psi: FloatArray) -> Spread:
        raise AssertionError(psi)

    psi = np.array([1.0, -1.0])
    one = over_trainings([0.5], [psi], never)
    rows = Spread(standard_error=0.1, degrees_of_freedom=9.0)

    assert one.psi is psi
    assert (one.value, one.count, one.luck, one.together) == (0.5, 1, 0.0, 0.0)
    assert with_luck(rows, [one, one]) == rows
    assert fixed_variance([one, one]) == 0.0
    assert method("paired t", [one, one]) == "paired t"
    assert few_trainings(one) == ""


def test_rows_without_spread_have_none_to_add() -> None:
    """The trainings alone are then what is known, or nothing is."""
    none = mean_spread(np.zeros(5), Design())
    found = with_luck(none, [side([0.5, 0.7])])

    assert (found.standard_error, found.degrees_of_freedom) == pytest.approx((0.1, 1.0))
    assert found.unfit == ""
    assert with_luck(none, [side([0.5, 0.5])]).unfit.startswith("no spread")


def test_what_forbids_an_interval_of_the_rows_forbids_this_one() -> None:
    """Too few clusters stay too few, however many trainings there are."""
    design = Design(cluster=np.repeat([0, 1], 10))
    rows = mean_spread(np.random.default_rng(3).normal(size=20), design)

    assert with_luck(rows, [side([0.5, 0.7])]).unfit.startswith("too few clusters")


def test_an_undefined_training_leaves_no_value() -> None:
    """NaN in one of them, or without a derivative: nothing but NaN comes out, and no exception."""
    sampling = Sampling.of(Design(), entries=3)
    one = over_trainings([0.5, math.nan], [np.zeros(3), np.full(3, np.nan)], sampling.spread)

    assert math.isnan(one.value)
    assert one.together == 0.0


def test_words() -> None:
    """What is printed of trainings, and when a side's own value has no interval."""
    alike = side([0.1, 0.1, 0.1])

    assert caveats([side([0.1, 0.2]), alike]) == (SAME_VALUE,)
    assert caveats([side([0.1, 0.2]), side([0.1])]) == ()
    assert method("DeLong", [side([0.1, 0.2]), alike]) == "DeLong over 2 and 3 trainings"
    assert few_trainings(alike) == f"no interval: {alike.count} trainings, 5 needed"
    assert few_trainings(side([0.1, 0.2, 0.3, 0.4, 0.5])) == ""


@pytest.mark.parametrize("size", [1e-200, 1e-80, 1e80, 1e200])
def test_squares_that_are_no_numbers(size: float) -> None:
    """Components of variance that no number holds are not 0: nothing is said of the luck of training, but why."""
    table = crossed(np.random.default_rng(0), rows=50, times=3, training=1.0, both=0.5) * size
    sampling = Sampling.of(Design(), entries=50)
    one = trained(table, sampling)
    found = with_luck(sampling.spread(one.psi), [one])

    assert found.unfit == OUT_OF_RANGE
