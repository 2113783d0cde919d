"""`steelyard.stats.intervals.tango`: the interval, the test that it inverts, and what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.intervals import tango


def one(value: int) -> IntArray:
    """An array of one number."""
    return np.array([value])


def interval(fixed: int, broken: int, rows: int, *, level: float = 0.95) -> tuple[float, float]:
    """The interval of one table."""
    low, high = tango.interval(one(fixed), one(broken), one(rows), level=level)
    return float(low[0]), float(high[0])


def p_at(fixed: int, broken: int, rows: int, *, difference: float) -> float:
    """The two-sided p-value of one hypothesis."""
    z = tango.statistic(one(fixed), one(broken), one(rows), difference=np.array([difference]))
    return float(2 * stats.norm.sf(abs(z[0])))


@pytest.mark.parametrize(
    ("fixed", "broken", "rows", "level", "expected"),
    [
        # Complete response before and after therapy (Cavo et al. 2012) in Fagerland, Lydersen & Laake, "Statistical
        # Analysis of Contingency Tables" (2017), chapter 8, as computed by its R package contingencytables.
        (6, 16, 161, 0.95, (-0.1240, -0.0054)),
        # Published results of R's PropCIs::scoreci.mp, whose source is Tango (1998).
        (28, 25, 618, 0.90, (-0.0148, 0.0247)),
        (60, 20, 1000, 0.95, (0.0231, 0.0584)),
    ],
)
def test_interval__published_examples(
    fixed: int, broken: int, rows: int, level: float, expected: tuple[float, float]
) -> None:
    """Four digits of other implementations' results."""
    assert interval(fixed, broken, rows, level=level) == pytest.approx(expected, abs=5e-5)


def test_worked_example__approval_in_two_surveys() -> None:
    """
    Agresti, "Categorical Data Analysis" (1990), page 350: of 1,600 people 86 began to approve and 150 ceased to.

    McNemar's statistic is 17.36 there, and Wald's 95% interval of the difference -0.040 ± 0.019.
    """
    z = tango.statistic(one(86), one(150), one(1600), difference=np.zeros(1))

    assert float(z[0]) ** 2 == pytest.approx(17.36, abs=5e-3)
    assert float(tango.p_value(one(86), one(150))[0]) == pytest.approx(stats.chi2.sf(17.36, 1), rel=5e-3)
    assert interval(86, 150, 1600) == pytest.approx((-0.059, -0.021), abs=5e-4)


def test_interval__no_disagreement_has_the_closed_form() -> None:
    """Without discordant rows the bounds are ±z²/(n + z²): never zero width."""
    z2 = stats.norm.ppf(0.975) ** 2

    assert interval(0, 0, 100) == pytest.approx((-z2 / (100 + z2), z2 / (100 + z2)))


@pytest.mark.parametrize(("fixed", "broken", "expected"), [(50, 0, 1.0), (0, 50, -1.0)])
def test_interval__all_rows_discordant_one_way(fixed: int, broken: int, expected: float) -> None:
    """The interval ends at the edge, without a warning."""
    assert expected in interval(fixed, broken, 50)


def test_interval__no_rows() -> None:
    """Nothing is known without rows."""
    assert interval(0, 0, 0) == (-1.0, 1.0)


def test_p_value__mcnemar_without_correction() -> None:
    """P = 0.033006 for 6 against 16 discordant pairs (Cavo et al. 2012, as above); 1 without any."""
    assert tango.p_value(one(6), one(16))[0] == pytest.approx(0.033006, abs=5e-7)
    assert tango.p_value(one(0), one(0))[0] == 1.0


tables = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 400)).map(
    lambda t: (t[0], t[1], t[0] + t[1] + t[2])
)


@given(table=tables, level=st.sampled_from([0.8, 0.95, 0.999]))
def test_interval__is_where_the_test_rejects(table: tuple[int, int, int], level: float) -> None:
    """By definition: at each bound the p-value of that difference is alpha, and the estimate is inside."""
    low, high = interval(*table, level=level)
    estimate = (table[0] - table[1]) / table[2]

    assert low < estimate < high
    assert p_at(*table, difference=low) == pytest.approx(1 - level, rel=1e-6)
    assert p_at(*table, difference=high) == pytest.approx(1 - level, rel=1e-6)


@given(table=tables, level=st.sampled_from([0.8, 0.95, 0.999]))
def test_p_value__never_disagrees_with_the_interval(table: tuple[int, int, int], level: float) -> None:
    """The interval excludes 0 exactly where p is below alpha."""
    low, high = interval(*table, level=level)
    p = float(tango.p_value(one(table[0]), one(table[1]))[0])

    assert (p < 1 - level) == (low > 0 or high < 0)


@given(table=tables)
def test_interval__swapping_sides_negates(table: tuple[int, int, int]) -> None:
    """Candidate against baseline is minus baseline against candidate."""
    fixed, broken, rows = table
    low, high = interval(fixed, broken, rows)

    assert interval(broken, fixed, rows) == pytest.approx((-high, -low), abs=1e-12)


def test_interval__hundred_million_rows() -> None:
    """Large tables lose no precision: the interval is then the normal one."""
    n, fixed, broken = 100_000_000, 1_010_000, 1_000_000
    low, high = interval(fixed, broken, n)
    error = 1.959964 * np.sqrt(fixed + broken) / n

    assert (low, high) == pytest.approx((1e-4 - error, 1e-4 + error), rel=1e-4)


def trinomial(rows: int, fixed: float, broken: float) -> tuple[IntArray, IntArray, FloatArray]:
    """All tables of `rows` rows with their probabilities."""
    f, b = (axis.ravel() for axis in np.mgrid[0 : rows + 1, 0 : rows + 1])
    possible = f + b <= rows
    f, b = f[possible], b[possible]
    chance = stats.multinomial.pmf(np.stack([f, b, rows - f - b], axis=1), rows, [fixed, broken, 1 - fixed - broken])
    return f, b, chance


@pytest.mark.parametrize("rows", [20, 50, 100])
@pytest.mark.parametrize(("fixed", "broken"), [(0.01, 0.01), (0.05, 0.02), (0.1, 0.1), (0.3, 0.1), (0.02, 0.0)])
def test_interval__exact_coverage(rows: int, fixed: float, broken: float) -> None:
    """Summed over all possible tables, the 95% interval holds the truth at least 93.5% of the time."""
    f, b, chance = trinomial(rows, fixed, broken)
    low, high = tango.interval(f, b, np.full_like(f, rows), level=0.95)
    covered = (low <= fixed - broken) & (fixed - broken <= high)

    assert chance[covered].sum() >= 0.935


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_p_value__exact_error_of_the_first_kind(share: float) -> None:
    """Under "no difference" the test rejects in at most 6.5% of all possible tables."""
    f, b, chance = trinomial(100, share / 2, share / 2)

    assert chance[tango.p_value(f, b) < 0.05].sum() <= 0.065
