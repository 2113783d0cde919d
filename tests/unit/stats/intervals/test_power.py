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


@pytest.mark.parametrize(("share", "rows"), [(0.1, 1000), (0.4, 500), (0.05, 20_000)])
def test_detectable_paired__solves_connor(share: float, rows: int) -> None:
    """Connor's sample size for the difference that is found is the number of rows."""
    d = detectable(round(share * rows), rows)
    z_alpha, z_beta = stats.norm.ppf([0.975, 0.8])
    needed = (z_alpha * np.sqrt(share) + z_beta * np.sqrt(share - d**2)) ** 2 / d**2

    assert needed == pytest.approx(rows, rel=1e-6)


@pytest.mark.parametrize(("share", "rows"), [(0.1, 1000), (0.3, 400)])
def test_detectable_paired__is_detected_four_times_in_five(share: float, rows: int) -> None:
    """Simulated at that difference, the score test rejects with about 80% probability."""
    d = detectable(round(share * rows), rows)
    drawn = np.random.default_rng(1).multinomial(rows, [(share + d) / 2, (share - d) / 2, 1 - share], size=20_000)
    rejected = tango.p_value(drawn[:, 0], drawn[:, 1]) < 0.05

    assert rejected.mean() == pytest.approx(0.8, abs=0.02)


def test_detectable_paired__without_disagreement() -> None:
    """No discordant row does not mean that anything is detected: a few rows must still change."""
    assert 4 / 1000 < detectable(0, 1000) < 10 / 1000
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


def test_rows_needed_paired__connor_by_hand() -> None:
    """(1.96 √0.2 + 0.8416 √(0.2 - 0.01))² / 0.01 = 154.6 rows for 0.1 at a fifth of discordant rows."""
    assert power.rows_needed_paired(0.2, 0.1, level=0.95) == pytest.approx(154.6, abs=0.1)


def test_rows_needed_paired__impossible_difference() -> None:
    """A difference of proportions beyond 1 counts as 1: nothing is raised for it."""
    assert power.rows_needed_paired(0.1, 7.0, level=0.95) == power.rows_needed_paired(0.1, 1.0, level=0.95)


def test_rows_needed_paired__simulated() -> None:
    """The score test finds that difference in four of five sets of that size."""
    rows = round(power.rows_needed_paired(0.15, 0.04, level=0.95))
    drawn = np.random.default_rng(2).multinomial(rows, [0.095, 0.055, 0.85], size=20_000)

    assert (tango.p_value(drawn[:, 0], drawn[:, 1]) < 0.05).mean() == pytest.approx(0.8, abs=0.02)


def test_detectable_mean__of_one_part_is_connors() -> None:
    """One part is the plain formula, however few rows of it are discordant; parts of one size share the rows."""
    one = np.ones(1)
    for discordant in (0, 3, 40):
        found = power.detectable_mean(np.array([discordant]), np.array([400]), one, level=0.95)
        plain = power.detectable_paired(np.array([discordant]), np.array([400]), level=0.95)
        assert found == pytest.approx(float(plain[0]))

    halves = power.detectable_mean(np.array([20, 20]), np.array([200, 200]), np.full(2, 0.5), level=0.95)
    assert halves == pytest.approx(power.detectable_mean(np.array([40]), np.array([400]), one, level=0.95))


def test_rows_needed_mean__inverts() -> None:
    """No more rows are needed for what is detected already, and Connor's rows for one part."""
    counted, rows, weights = np.array([20, 9]), np.array([300, 60]), np.full(2, 0.5)
    detected = power.detectable_mean(counted, rows, weights, level=0.95)

    assert power.rows_needed_mean(counted, rows, weights, difference=-detected, level=0.95) == pytest.approx(1.0)
    one = power.rows_needed_mean(counted[:1], rows[:1], np.ones(1), difference=0.02, level=0.95)
    assert 300 * one == pytest.approx(power.rows_needed_paired(20 / 300, 0.02, level=0.95))
