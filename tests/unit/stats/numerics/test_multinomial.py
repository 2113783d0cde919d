"""`steelyard.stats.numerics.multinomial`: draws that are exactly those of the row bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.numerics import multinomial


def draw(n: IntArray, *, draws: int, seed: int = 1) -> FloatArray:
    """All draws in one array."""
    return np.concatenate(list(multinomial.chunks(n, draws=draws, width=10, rng=np.random.default_rng(seed))))


@pytest.mark.parametrize(
    "cells", [[5], [9], [1, 2, 3], [600, 700], [100, 200], [1, 8, 9, 500, 501, 3, 40], [10] * 20 + [2]]
)
def test_chunks__moments_of_a_multinomial(cells: list[int]) -> None:
    """Every draw has all rows; means and covariances are the multinomial's, across rare and common cells."""
    n = np.array(cells)
    drawn = draw(n, draws=40_000)
    total, p = n.sum(), n / n.sum()
    covariance = total * (np.diag(p) - np.outer(p, p))
    error = 5.0 / np.sqrt(len(drawn))

    assert (drawn.sum(axis=1) == total).all()
    assert np.abs(drawn.mean(axis=0) - n).max() <= error * np.sqrt(np.diag(covariance)).max() + 1e-12
    found = np.cov(drawn.T).reshape(len(n), len(n))
    assert np.abs(found - covariance).max() <= 3 * error * max(np.diag(covariance).max(), 1e-12)


def test_chunks__each_cell_is_binomial() -> None:
    """Whichever way a cell is drawn, its rows are a binomial draw, tails included."""
    n = np.array([5, 12, 30, 490, 700])
    drawn = draw(n, draws=100_000)

    for index, rows in enumerate(n):
        law = stats.binom(n.sum(), rows / n.sum())
        low, high = int(law.ppf(0.001)), int(law.ppf(0.999))
        seen = np.bincount(np.clip(drawn[:, index].astype(int), low, high) - low, minlength=high - low + 1)
        chances = law.pmf(np.arange(low, high + 1))
        chances[0], chances[-1] = law.cdf(low), law.sf(high - 1)
        assert stats.chisquare(seen, chances / chances.sum() * len(drawn)).pvalue > 0.001


def test_chunks__memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws come in chunks, and the chunks add up to what was asked."""
    monkeypatch.setattr(multinomial, "_CHUNK_BYTES", 10_000)
    n = np.array([3, 20, 1, 50])
    chunks = list(multinomial.chunks(n, draws=100, width=10, rng=np.random.default_rng(0)))

    assert len(chunks) > 2
    assert sum(len(chunk) for chunk in chunks) == 100


def test_chunks__same_seed_same_draws() -> None:
    """The draws are a function of the counts and the seed."""
    n = np.array([3, 20, 1, 50])

    assert np.array_equal(draw(n, draws=50), draw(n, draws=50))
    assert not np.array_equal(draw(n, draws=50), draw(n, draws=50, seed=2))


def test_seed__of_counts_and_words() -> None:
    """It depends on every number and on where one array ends and the next begins, not on the arrays' type."""
    one = multinomial.seed(np.array([1, 2]), np.array([3]), "draws=9")

    assert one == multinomial.seed(np.array([1, 2], dtype=np.int32), np.array([3], dtype=np.int16), "draws=9")
    assert one != multinomial.seed(np.array([1]), np.array([2, 3]), "draws=9")
    assert one != multinomial.seed(np.array([1, 2]), np.array([3]), "draws=8")
    assert 0 <= one < 2**128


def test_affordable_draws__fewer_for_huge_tables() -> None:
    """Usual tables get what is wanted; very large ones a number whose percentiles are order statistics; then none."""

    def afforded(cells: int, rows: int) -> int:
        return multinomial.affordable_draws(np.full(cells, rows), n_classes=10, wanted=9_999)

    assert afforded(1_000, 1_000) == 9_999
    assert afforded(15_000, 4) in {3_999, 4_999}
    assert afforded(1_000_000, 50) == 0
    assert multinomial.affordable_draws(np.array([5]), n_classes=2, wanted=1_234) == 1_234
