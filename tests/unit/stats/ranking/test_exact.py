"""`steelyard.stats.ranking.exact`: the exact values and errors of many rows, in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from steelyard.stats.ranking import exact


@given(seed=st.integers(0, 10**6), rows=st.integers(4, 80), block=st.sampled_from([1, 7, 1000]))
def test_exact_ranking__equals_scikit_learn(seed: int, rows: int, block: int) -> None:
    """Values are scikit-learn's, however many rows are handed over at a time."""
    rng = np.random.default_rng(seed)
    label = rng.random(rows) < 0.5
    label[:2] = [True, False]
    score = rng.normal(size=rows).round(1).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_BLOCK", block)
        found = exact.exact_ranking(label, score)

    assert found is not None
    assert found.roc_auc == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert found.average_precision == pytest.approx(average_precision_score(label, score), abs=1e-12)


@pytest.mark.parametrize("label", [[], [1], [0, 0], [1, 1]])
def test_exact_ranking__one_class(label: list[int]) -> None:
    """Without both classes there is none, and no exception."""
    scores = np.linspace(0, 1, len(label), dtype=np.float32)

    assert exact.exact_ranking(np.array(label, np.bool_), scores) is None


def test_exact_ranking__memory() -> None:
    """Beside the scores, 2 million rows need less than 3 bytes each, and 32 MB for what is looked at together."""
    rng = np.random.default_rng(0)
    score = rng.random(2_000_000, dtype=np.float32)
    label = rng.random(2_000_000, dtype=np.float32) < score
    tracemalloc.start()
    try:
        found = exact.exact_ranking(label, score)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found is not None
    assert found.roc_auc == pytest.approx(5 / 6, abs=0.002)
    assert peak < 3 * len(score) + 32e6
