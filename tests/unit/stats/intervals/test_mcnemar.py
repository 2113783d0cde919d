"""`steelyard.stats.intervals.mcnemar`: tests of paired proportions in small samples; why the score test is reported."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import gammaln, xlogy
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.intervals import tango
from tests.unit.stats import mcnemar


def p_values(fixed: int, broken: int) -> tuple[float, float]:
    """Exact and mid-p."""
    one, other = np.array([fixed]), np.array([broken])
    return float(mcnemar.exact(one, other)[0]), float(mcnemar.mid_p(one, other)[0])


@pytest.mark.parametrize(
    ("fixed", "broken", "expected"),
    [
        # Fagerland, Lydersen & Laake (2013): airway hyper-responsiveness before and after stem cell transplantation
        # (Bentur et al. 2009), complete response before and after therapy (Cavo et al. 2012).
        (1, 7, (0.0703, 0.0391)),
        (6, 16, (0.0525, 0.0347)),
    ],
)
def test_p_values__published_examples(fixed: int, broken: int, expected: tuple[float, float]) -> None:
    """Four digits of the paper."""
    assert p_values(fixed, broken) == pytest.approx(expected, abs=5e-5)


@given(fixed=st.integers(0, 300), broken=st.integers(0, 300))
def test_p_values__equal_statsmodels_and_scipy(fixed: int, broken: int) -> None:
    """The exact test is the binomial test; mid-p takes off the chance of the table, half of it where both are equal."""
    expected = statsmodels_mcnemar([[0, fixed], [broken, 0]], exact=True).pvalue if fixed + broken else 1.0
    chance = stats.binom.pmf(fixed, fixed + broken, 0.5)
    mid = expected - (chance if fixed != broken else chance / 2) if fixed + broken else 1.0

    assert p_values(fixed, broken) == pytest.approx((expected, mid), rel=1e-9)


def test_p_values__hundred_million_rows() -> None:
    """Large tables are quick, and the normal limit is reached."""
    fixed, broken = 50_010_000, 49_990_000
    normal = float(2 * stats.norm.sf((fixed - broken) / np.sqrt(fixed + broken)))

    assert p_values(fixed, broken) == pytest.approx((normal, normal), rel=1e-3)
    assert p_values(100_000_000, 0) == (0.0, 0.0)


def tables(rows: int) -> tuple[IntArray, IntArray]:
    """All pairs of fixed and broken rows of so many."""
    fixed, broken = (axis.ravel() for axis in np.mgrid[0 : rows + 1, 0 : rows + 1])
    possible = fixed + broken <= rows
    return fixed[possible], broken[possible]


def chances(fixed: IntArray, broken: IntArray, rows: int, *, p: tuple[float, float]) -> FloatArray:
    """The chance of each table; `scipy.stats.multinomial` row by row is slower."""
    rest = rows - fixed - broken
    ways = gammaln(rows + 1) - gammaln(fixed + 1) - gammaln(broken + 1) - gammaln(rest + 1)
    logs: FloatArray = ways + xlogy(fixed, p[0]) + xlogy(broken, p[1]) + xlogy(rest, 1 - p[0] - p[1])
    return np.exp(logs)


SHARES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4)


@pytest.mark.parametrize(
    ("rows", "least", "mean"), [(20, 0.947, 0.987), (50, 0.937, 0.972), (100, 0.933, 0.965), (200, 0.933, 0.958)]
)
def test_score_interval__exact_coverage_as_documented(rows: int, least: float, mean: float) -> None:
    """Over all tables: the least and the mean coverage of Tango's interval are those that the module states."""
    fixed, broken = tables(rows)
    low, high = tango.interval(fixed, broken, np.full_like(fixed, rows), level=0.95)
    found = []
    for share in SHARES:
        for skew in (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
            p = share * (1 + skew) / 2, share * (1 - skew) / 2
            covered = (low <= p[0] - p[1] + 1e-12) & (p[0] - p[1] <= high + 1e-12)
            found.append(chances(fixed, broken, rows, p=p)[covered].sum())

    assert min(found) == pytest.approx(least, abs=0.001)
    assert np.mean(found) == pytest.approx(mean, abs=0.0015)


@pytest.mark.parametrize(
    ("rows", "p", "least"),
    [
        (20, (0.2092064, 0.1223718), 0.9404),
        (50, (0.1142567, 0.0018418), 0.9326),
        (100, (0.0037512, 0.0589550), 0.9295),
        (200, (0.0281647, 0.0043154), 0.9284),
    ],
)
def test_score_interval__least_coverage_that_a_search_found(rows: int, p: tuple[float, float], least: float) -> None:
    """Over all tables, at the worst pairs of probabilities that are known: never below the documented 92.8%."""
    fixed, broken = tables(rows)
    low, high = tango.interval(fixed, broken, np.full_like(fixed, rows), level=0.95)
    covered = (low <= p[0] - p[1]) & (p[0] - p[1] <= high)

    assert chances(fixed, broken, rows, p=p)[covered].sum() == pytest.approx(least, abs=0.002)


@pytest.mark.parametrize("rows", [20, 50, 100])
def test_error_of_the_first_kind__exact_enumeration(rows: int) -> None:
    """At 5%: exact and mid-p err in at most 5%, score in at most 5.3%, and mid-p is closer to 5% than exact is."""
    fixed, broken = tables(rows)
    tests = {"exact": mcnemar.exact(fixed, broken), "mid": mcnemar.mid_p(fixed, broken)}
    tests["score"] = tango.p_value(fixed, broken)
    errors = {
        name: [chances(fixed, broken, rows, p=(share / 2, share / 2))[p < 0.05].sum() for share in SHARES]
        for name, p in tests.items()
    }

    assert max(errors["exact"]) <= 0.05
    assert max(errors["mid"]) <= 0.05
    assert max(errors["score"]) <= 0.053
    assert np.mean(errors["exact"]) < np.mean(errors["mid"]) < np.mean(errors["score"])
