"""`steelyard.totals.binned`: how far bins may lead astray is computed, and holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from steelyard.model.counts import ScoreArray
from steelyard.model.totals import Ranking
from steelyard.totals import binned
from steelyard.totals.binned import BINS, BinnedDistribution, BinnedRankSums
from steelyard.totals.distribution import Mask
from tests.unit.totals.test_distribution import KINDS, scores


def ranked(score: ScoreArray, hit: Mask) -> Ranking | None:
    """The ranking of bins."""
    made = BinnedDistribution()
    for start in range(0, len(score), 70):
        made.add(score[start : start + 70], hit[start : start + 70])
    sums = BinnedRankSums(positives=made.hits, negatives=made.rows - made.hits)
    for some in made.walk():
        sums.add(some)
    return sums.ranking()


@settings(deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    rows=st.integers(2, 300),
    seed=st.integers(0, 10**6),
    shift=st.sampled_from([11, 16, 20]),
    counted=st.sampled_from([100, 1 << 20]),
)
def test_ranking__is_within_its_bounds(kind: str, rows: int, seed: int, shift: int, counted: int) -> None:
    """However coarse the bins, scikit-learn's value is no farther from theirs than the bounds say."""
    rng = np.random.default_rng(seed)
    score = scores(kind, rows, rng)
    hit = rng.random(rows) < 0.4
    hit[:2] = [True, False]
    with pytest.MonkeyPatch.context() as patch:
        # Coarser bins with the same number of places for them.
        patch.setattr(binned, "_SHIFT", shift)
        patch.setattr(binned, "_COUNTED", counted)
        found = ranked(score, hit)

    assert found is not None
    assert found.bins == BINS
    assert abs(found.roc_auc - roc_auc_score(hit, score)) <= found.roc_auc_bound + 1e-12
    assert abs(found.average_precision - average_precision_score(hit, score)) <= (found.average_precision_bound + 1e-12)


def test_bound__is_near_what_happens() -> None:
    """With all scores within few bins the bound says that nothing is known; spread out, it is small."""
    rng = np.random.default_rng(0)
    hit = rng.random(1000) < 0.5
    apart = ranked(rng.random(1000).astype(np.float32), hit)
    alike = ranked(np.full(1000, 0.5, np.float32), hit)

    assert apart is not None
    assert alike is not None
    assert apart.roc_auc_bound < 1e-4
    assert alike.roc_auc_bound == pytest.approx(0.5)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=60))
def test_bins__are_in_the_order_of_the_scores(values: list[float]) -> None:
    """A greater score is never in a lower bin, whether inside or outside of 0 … 1, and 0 and -0 share one."""
    score = np.sort(np.array([*values, 0.0, -0.0, 0.5, 1.0], dtype=np.float32))
    bins = binned._bin(score)

    assert (np.diff(bins) >= 0).all()
    assert bins.min() >= 0
    assert bins.max() < BINS
    assert len(set(bins[score == 0.0].tolist())) == 1


@given(st.floats(0, 1, width=32))
def test_middles__are_close_to_the_scores(value: float) -> None:
    """A bin's middle is within a ten-thousandth of its scores, and relatively as close to the nearer end."""
    score = np.array([value], dtype=np.float32)
    middle = float(binned._middles(binned._bin(score))[0])
    near = min(value, 1.0 - value)

    assert abs(middle - value) <= max(near * 2**-12, 1e-38)


@pytest.mark.parametrize("down", [False, True])
def test_walk__way_down(*, down: bool) -> None:
    """The bins pass by in either order."""
    made = BinnedDistribution()
    made.add(np.array([0.9, 0.1, 0.5], np.float32), np.array([True, False, True]))
    (some,) = made.walk(down=down)

    assert some.score.tolist() == pytest.approx([0.9, 0.5, 0.1][:: 1 if down else -1], abs=1e-4)
    assert some.hits.tolist() == [1, 1, 0][:: 1 if down else -1]


def test_walk__nothing() -> None:
    """Without rows nothing passes by."""
    assert list(BinnedDistribution().walk()) == []
