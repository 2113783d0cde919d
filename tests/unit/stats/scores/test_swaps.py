"""`steelyard.stats.scores.swaps`: the randomisation test of calibration errors."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.stats.intervals.design import Design
from steelyard.stats.scores import swaps
from steelyard.stats.scores.calibration import ece, forecasts
from steelyard.stats.scores.swaps import swap_test
from tests.unit.stats.score_tables import calibrated, one_side


def worse(
    scores: np.ndarray[tuple[int], np.dtype[np.float64]], power: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Scores that are too extreme."""
    return scores**power / (scores**power + (1 - scores) ** power)


def test_swap_test__small_sets_are_enumerated() -> None:
    """The p-value is the share of all 2^10 exchanges that differ at least as much, up to Monte Carlo error."""
    rng = np.random.default_rng(0)
    label, ours, theirs = rng.integers(2, size=10), rng.random(10).round(1), rng.random(10).round(1)
    edges = np.unique(
        np.partition(np.append(ours, theirs).astype(np.float32), np.arange(1, 15) * 20 // 15)[
            np.arange(1, 15) * 20 // 15
        ]
    )

    def error(scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        place = np.searchsorted(edges, scores.astype(np.float32), side="right")
        return float(np.abs(np.bincount(place, scores - label)).sum())

    observed = abs(error(ours) - error(theirs))
    every = [(code >> np.arange(10)) & 1 == 1 for code in range(1024)]
    differences = [abs(error(np.where(s, theirs, ours)) - error(np.where(s, ours, theirs))) for s in every]
    exact = float(np.mean(np.array(differences) >= observed - 1e-6))

    assert swap_test(one_side(label, ours), one_side(label, theirs), draws=9999) == pytest.approx(exact, abs=0.02)


def test_swap_test__identical_scores() -> None:
    """Nothing differs: p is 1."""
    label, scores = calibrated(50, np.random.default_rng(0))
    assert swap_test(one_side(label, scores), one_side(label, scores), draws=999) == 1.0


def test_swap_test__finds_overconfidence() -> None:
    """Scores that are much too extreme differ from calibrated ones."""
    label, scores = calibrated(1000, np.random.default_rng(1))
    assert swap_test(one_side(label, worse(scores, 3.0)), one_side(label, scores), draws=999) == 0.001


def test_swap_test__rejects_no_more_than_it_says() -> None:
    """Exchangeable models: p is at most 0.1 in about a tenth of 200 test sets."""
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        label, scores = calibrated(150, rng)
        noisy = [np.clip(scores + rng.normal(0, 0.1, 150), 0, 1) for _ in range(2)]
        found.append(swap_test(one_side(label, noisy[0]), one_side(label, noisy[1]), draws=199))

    assert 6 <= np.sum(np.array(found) <= 0.1) <= 36


def test_swap_test__clusters_are_exchanged_whole() -> None:
    """A difference that rests on one cluster of many alike rows convinces the rows, but not the clusters."""
    rng = np.random.default_rng(2)
    label, scores = calibrated(400, rng)
    ours = scores.copy()
    ours[:250] = worse(scores[:250], 6.0)
    cluster = np.where(np.arange(400) < 250, 0, np.arange(400))
    whole = [one_side(label, one, design=Design(cluster=cluster)) for one in (ours, scores)]

    assert swap_test(one_side(label, ours), one_side(label, scores), draws=999) < 0.05
    assert swap_test(whole[0], whole[1], draws=999) > 0.3


@pytest.mark.parametrize("clustered", [False, True])
def test_swap_test__limit_agrees_with_exchanges(monkeypatch: pytest.MonkeyPatch, clustered: bool) -> None:
    """Beyond 20,000 rows or clusters sums are drawn from their normal limit: the same p as by exchanges."""
    rng = np.random.default_rng(3)
    label, scores = calibrated(4000, rng)
    theirs = np.clip(scores + rng.normal(0, 0.08, 4000), 0, 1)
    design = Design(cluster=rng.integers(1500, size=4000)) if clustered else Design()
    sides = [one_side(label, one, design=design) for one in (scores, theirs)]
    one_by_one = swap_test(sides[0], sides[1], draws=4999)
    monkeypatch.setattr(swaps, "_EXACT", 700)

    assert swap_test(sides[0], sides[1], draws=4999) == pytest.approx(one_by_one, abs=0.03)


def test_swap_test__order_of_the_rows_has_no_part() -> None:
    """The same rows in another order give the same p."""
    rng = np.random.default_rng(4)
    label, scores = calibrated(300, rng)
    theirs, order = np.clip(scores + rng.normal(0, 0.1, 300), 0, 1), rng.permutation(300)
    first = swap_test(one_side(label, scores), one_side(label, theirs), draws=999)

    assert swap_test(one_side(label[order], scores[order]), one_side(label[order], theirs[order]), draws=999) == first


def test_swap_test__is_no_test_of_calibration() -> None:
    """Of two calibrated models the blunt one's error is called larger far too often: it judges nothing."""
    called_larger = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        sharp = 1.0 / (1.0 + np.exp(-2.5 * rng.normal(size=500)))
        label = (rng.random(500) < sharp).astype(np.int64)
        blunt = one_side(label, 0.5 + 1e-4 * rng.normal(size=500))
        errors = [ece(forecasts(side)) for side in (blunt, one_side(label, sharp))]
        called_larger += errors[0] > errors[1] and swap_test(blunt, one_side(label, sharp), draws=199) < 0.05
    assert called_larger >= 8
