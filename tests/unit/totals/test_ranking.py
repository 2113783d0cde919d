"""`steelyard.totals.ranking`: scikit-learn's values and the errors of influence values, from distinct scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from steelyard.model.counts import ScoreArray
from steelyard.model.totals import Ranking
from steelyard.stats.intervals.design import Design
from steelyard.stats.ranking.delong import roc_auc
from steelyard.stats.ranking.precision_recall import average_precision
from steelyard.totals.distribution import Mask, Scores
from steelyard.totals.ranking import RankSums
from tests.unit.stats.spreads import mean_spread


def ranked(hit: Mask, score: ScoreArray, *, block: int) -> Ranking | None:
    """The ranking, some distinct scores at a time."""
    distinct, place = np.unique(score, return_inverse=True)
    hits, rest = (np.bincount(place[one], minlength=len(distinct)).astype(np.int64) for one in (hit, ~hit))
    sums = RankSums(positives=int(hit.sum()), negatives=int((~hit).sum()))
    for start in range(0, len(distinct), block):
        here = slice(start, start + block)
        sums.add(Scores(score=distinct[here], hits=hits[here], rest=rest[here]))
    return sums.ranking()


@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(4, 80),
    kind=st.sampled_from(["spread", "tied", "constant", "outside"]),
    block=st.sampled_from([1, 2, 7, 1000]),
)
def test_rank_sums__equal_scikit_learn_whatever_the_block(seed: int, rows: int, kind: str, block: int) -> None:
    """Values are scikit-learn's, errors those of the influence values; ties, and scores outside 0 … 1."""
    rng = np.random.default_rng(seed)
    label = rng.random(rows) < 0.5
    label[:4] = [True, False, True, False]
    score = {
        "spread": rng.random(rows),
        "tied": rng.integers(0, 4, rows) / 3,
        "constant": np.zeros(rows),
        "outside": rng.normal(size=rows).round(1),
    }[kind].astype(np.float32)
    found = ranked(label, score, block=block)
    classes = Design(stratum=label.astype(np.int64))

    assert found is not None
    assert (found.positives, found.negatives, found.bins) == (label.sum(), rows - label.sum(), 0)
    assert found.roc_auc == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert found.average_precision == pytest.approx(average_precision_score(label, score), abs=1e-12)
    area, precision = (mean_spread(of(score, label).psi, classes) for of in (roc_auc, average_precision))
    assert found.roc_auc_error == pytest.approx(area.standard_error, abs=1e-9)
    assert found.average_precision_error == pytest.approx(precision.standard_error, abs=1e-9)


@pytest.mark.parametrize("label", [[], [1], [0, 0], [1, 1]])
def test_ranking__one_class(label: list[int]) -> None:
    """Without both outcomes there is none, and no exception."""
    score = np.linspace(0, 1, len(label), dtype=np.float32)

    assert ranked(np.array(label, np.bool_), score, block=9) is None


def test_ranking__a_single_row_of_a_class() -> None:
    """There is a value, and nothing says how far it may be off."""
    found = ranked(np.array([True, False, False]), np.array([0.5, 0.2, 0.9], np.float32), block=9)

    assert found is not None
    assert found.roc_auc == 0.5
    assert (found.roc_auc_error, found.average_precision_error) == (None, None)


def test_ranking__no_more_than_perfect() -> None:
    """Rounding makes no area above 1 of more pairs of rows than a double can count."""
    rng = np.random.default_rng(0)
    nothing = np.zeros(5, dtype=np.int64)
    for hits, rest in rng.integers(10**8, size=(100, 2, 5)):
        sums = RankSums(positives=int(hits.sum()), negatives=int(rest.sum()))
        score = np.linspace(0.0, 1.0, 10, dtype=np.float32)
        sums.add(Scores(score=score, hits=np.append(nothing, hits), rest=np.append(rest, nothing)))
        found = sums.ranking()

        assert found is not None
        assert found.roc_auc == pytest.approx(1.0, abs=1e-12)
        assert found.roc_auc <= 1.0
