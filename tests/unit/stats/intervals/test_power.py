"""`steelyard.stats.intervals.power`: what a test set can detect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from steelyard.model.counts import IntArray
from steelyard.stats.intervals import power, tango


def detectable(discordant: int, rows: int, *, level: float = 0.95) -> float:
    """The smallest difference of one test set."""
    return float(power.detectable_paired(np.array([discordant]), np.array([rows]), level=level)[0])


def true_power(difference: float, share: float, rows: int, *, level: float = 0.95) -> float:
    """
    How likely the score test rejects, over every number of discordant rows and of those that change for the better.

    Args:
        difference: The true one.
        share: True share of discordant rows; at least `difference`.
        rows: Of the test set.
        level: Of the interval.
    """
    z = stats.norm.ppf(0.5 + level / 2)
    low, high = stats.binom.interval(1 - 1e-9, rows, share)
    discordant = np.arange(max(low, 1), high + 1)
    better = (share + difference) / (2 * share)
    reach = z * np.sqrt(discordant)
    rejected = stats.binom.sf(np.ceil((discordant + reach) / 2 - 1e-9) - 1, discordant, better)
    rejected += stats.binom.cdf(np.floor((discordant - reach) / 2 + 1e-9), discordant, better)
    return float((stats.binom.pmf(discordant, rows, share) * rejected).sum())


@pytest.mark.parametrize(("share", "rows"), [(0.1, 1000), (0.4, 500), (0.05, 20_000)])
def test_detectable_paired__solves_miettinen(share: float, rows: int) -> None:
    """Miettinen's sample size for the difference that is found is the number of rows."""
    d = detectable(round(share * rows), rows)
    z_alpha, z_beta = stats.norm.ppf([0.975, 0.8])
    true = share - d**2 * (3 + share) / (4 * share)
    needed = (z_alpha * np.sqrt(share) + z_beta * np.sqrt(true)) ** 2 / d**2

    assert needed == pytest.approx(rows, rel=1e-6)


@pytest.mark.parametrize("level", [0.95, 0.975, 0.99, 0.9985])
@pytest.mark.parametrize("rows", [20, 50, 200, 1000])
def test_detectable_paired__is_detected_four_times_in_five(rows: int, level: float) -> None:
    """Of any number of discordant rows, none to four in five; counted, not simulated."""
    for discordant in (*range(16), 20, 30, 40, 60, 100, 200, 400, 800):
        if discordant <= 0.8 * rows:
            d = detectable(discordant, rows, level=level)
            assert 0.76 < true_power(d, max(discordant / rows, d), rows, level=level) < 0.84


@pytest.mark.parametrize("rows", [4, 6, 10])
def test_detectable_paired__a_handful_of_rows(rows: int) -> None:
    """With few rows and few of them discordant the answer is exact; where most are discordant, it is not far off."""
    for discordant in range(rows):
        d = detectable(discordant, rows)
        assert true_power(d, max(discordant / rows, d), rows) == pytest.approx(0.8, abs=1e-6 if discordant < 4 else 0.1)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_detectable_paired__too_few_rows_for_the_test(rows: int) -> None:
    """Three rows that all change are p = 0.08: nothing is detected, not even a difference of 1."""
    assert true_power(1.0, 1.0, rows) == 0.0
    assert np.isnan(detectable(rows, rows))
    assert np.isnan(power.detectable_mean(np.array([0, 1]), np.array([rows, 1]), np.full(2, 0.5), level=0.999))


def test_detectable_paired__without_disagreement() -> None:
    """No discordant row does not mean that anything is detected: four rows must still change."""
    assert stats.binom.sf(3, 1000, detectable(0, 1000)) == pytest.approx(0.8)
    assert np.isnan(detectable(0, 0))


def test_detectable_paired__grows_with_the_level() -> None:
    """A stricter level detects less; elementwise on arrays."""
    discordant: IntArray = np.array([10, 100])
    rows: IntArray = np.array([1000, 1000])

    assert (
        power.detectable_paired(discordant, rows, level=0.99) > power.detectable_paired(discordant, rows, level=0.95)
    ).all()


def test_detectable_normal() -> None:
    """2.8 standard errors at 95%."""
    assert power.detectable_normal(0.01, level=0.95) == pytest.approx(0.0280, abs=5e-5)


@pytest.mark.parametrize(("share", "difference"), [(0.1, 0.02), (0.4, -0.05), (0.02, 0.02), (0.0, 0.01)])
def test_rows_needed_paired__inverts_what_is_detected(share: float, difference: float) -> None:
    """With so many rows, at that share of discordant ones, exactly this difference is detected."""
    rows = power.rows_needed_paired(share, difference, level=0.95)
    whole = np.array([round(rows)])

    found = power.detectable_paired(np.round(share * whole).astype(np.int64), whole, level=0.95)
    assert found[0] == pytest.approx(abs(difference), rel=0.02)  # whole rows


def test_rows_needed_paired__miettinen_by_hand() -> None:
    """(1.96 √0.2 + 0.8416 √(0.2 - 0.04))² / 0.01 = 147.2 rows for 0.1 at a fifth of discordant rows."""
    assert power.rows_needed_paired(0.2, 0.1, level=0.95) == pytest.approx(147.2, abs=0.1)


def test_rows_needed_paired__all_in_one_direction() -> None:
    """Rows of which four or more change with 80% probability, where no more are discordant than change."""
    rows = power.rows_needed_paired(0.01, 0.05, level=0.95)

    assert stats.binom.sf(3, np.floor(rows), 0.05) <= 0.8 <= stats.binom.sf(3, np.ceil(rows), 0.05)
    assert power.rows_needed_paired(0.0, 1.0, level=0.95) == pytest.approx(4.0)


def test_rows_needed_paired__impossible_difference() -> None:
    """A difference of proportions beyond 1 counts as 1: nothing is raised for it."""
    assert power.rows_needed_paired(0.1, 7.0, level=0.95) == power.rows_needed_paired(0.1, 1.0, level=0.95)


def test_rows_needed_paired__simulated() -> None:
    """The score test finds that difference in four of five sets of that size."""
    rows = round(power.rows_needed_paired(0.15, 0.04, level=0.95))
    drawn = np.random.default_rng(2).multinomial(rows, [0.095, 0.055, 0.85], size=20_000)

    assert (tango.p_value(drawn[:, 0], drawn[:, 1]) < 0.05).mean() == pytest.approx(0.8, abs=0.02)


def test_detectable_mean__of_one_part() -> None:
    """One part is nearly the plain formula, with few discordant rows within a fifth; parts of one size share rows."""
    one = np.ones(1)
    for discordant, off in ((0, 0.2), (3, 0.2), (40, 0.02)):
        found = power.detectable_mean(np.array([discordant]), np.array([400]), one, level=0.95)
        plain = power.detectable_paired(np.array([discordant]), np.array([400]), level=0.95)
        assert found == pytest.approx(float(plain[0]), rel=off)

    halves = power.detectable_mean(np.array([200, 200]), np.array([2000, 2000]), np.full(2, 0.5), level=0.95)
    whole = power.detectable_mean(np.array([400]), np.array([4000]), one, level=0.95)
    assert halves == pytest.approx(whole, rel=0.01)


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize(
    ("rows", "discordant"),
    [
        ([200, 200], [0, 0]),
        ([400, 50], [0, 0]),
        ([400, 50], [40, 5]),
        ([100] * 5, [3] * 5),
        ([20] * 10, [2] * 10),
        ([10] * 50, [0] * 50),
        ([1000, 1000, 1000], [100, 30, 10]),
    ],
)
def test_detectable_mean__is_detected_four_times_in_five(rows: list[int], discordant: list[int], level: float) -> None:
    """Simulated at that difference in every part, the interval of the mean leaves out 0 with about 80% probability."""
    n, weights, rng = np.array(rows), np.full(len(rows), 1 / len(rows)), np.random.default_rng(1)
    d = power.detectable_mean(np.array(discordant), n, weights, level=level)
    psi = np.maximum(np.array(discordant) / n, d)
    mean, squared = np.zeros(4000), np.zeros(4000)
    for part, share, weight in zip(n, psi, weights, strict=True):
        drawn = rng.multinomial(part, [(share + d) / 2, (share - d) / 2, 1 - share], size=4000)
        kinds, kind = np.unique(drawn, axis=0, return_inverse=True)
        low, _ = tango.interval(kinds[:, 0], kinds[:, 1], np.full(len(kinds), part), level=level)
        difference = (drawn[:, 0] - drawn[:, 1]) / part
        mean += weight * difference
        squared += (weight * (difference - low[kind.ravel()])) ** 2

    assert 0.76 < (mean > np.sqrt(squared)).mean() < 0.9


def test_rows_needed_mean__inverts() -> None:
    """No more rows are needed for what is detected already, and the same rows for one part."""
    counted, rows, weights = np.array([20, 9]), np.array([300, 60]), np.full(2, 0.5)
    detected = power.detectable_mean(counted, rows, weights, level=0.95)

    assert power.rows_needed_mean(counted, rows, weights, difference=-detected, level=0.95) == pytest.approx(1.0)
    one = power.rows_needed_mean(np.array([100]), np.array([1000]), np.ones(1), difference=0.02, level=0.95)
    assert 1000 * one == pytest.approx(power.rows_needed_paired(0.1, 0.02, level=0.95), rel=0.02)
