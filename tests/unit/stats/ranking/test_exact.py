"""`steelyard.stats.ranking.exact`: the exact values and errors of many rows, in bounded memory."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from steelyard.stats.intervals.design import Design, mean_spread
from steelyard.stats.ranking import exact
from steelyard.stats.ranking.delong import roc_auc
from steelyard.stats.ranking.precision_recall import average_precision


@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(4, 80),
    kind=st.sampled_from(["spread", "tied", "constant", "outside"]),
    block=st.sampled_from([1, 2, 7, 1000]),
)
def test_exact_ranking__equals_scikit_learn_whatever_the_block(seed: int, rows: int, kind: str, block: int) -> None:
    """Values are scikit-learn's, errors those of the influence values; ties across blocks and scores outside 0 … 1."""
    rng = np.random.default_rng(seed)
    label = rng.random(rows) < 0.5
    label[:4] = [True, False, True, False]
    score = {
        "spread": rng.random(rows),
        "tied": rng.integers(0, 4, rows) / 3,
        "constant": np.zeros(rows),
        "outside": rng.normal(size=rows).round(1),
    }[kind].astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_BLOCK", block)
        found = exact.exact_ranking(label, score)
    classes = Design(stratum=label.astype(np.int64))

    assert found.roc_auc == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert found.average_precision == pytest.approx(average_precision_score(label, score), abs=1e-12)
    area, precision = (mean_spread(of(score, label).psi, classes) for of in (roc_auc, average_precision))
    assert found.roc_auc_error == pytest.approx(area.standard_error, abs=1e-9)
    assert found.average_precision_error == pytest.approx(precision.standard_error, abs=1e-9)


@pytest.mark.parametrize("label", [[], [1], [0, 0], [1, 1]])
def test_exact_auc__one_class(label: list[int]) -> None:
    """Without both classes there is no area, and no exception."""
    scores = np.linspace(0, 1, len(label), dtype=np.float32)

    assert math.isnan(exact.exact_auc(np.array(label, np.bool_), scores))


def test_exact_auc__memory() -> None:
    """Beside the scores, 2 million rows need 4 bytes each and less than 8 MB for a block."""
    rng = np.random.default_rng(0)
    score = rng.random(2_000_000, dtype=np.float32)
    label = rng.random(2_000_000, dtype=np.float32) < score
    tracemalloc.start()
    try:
        found = exact.exact_auc(label, score)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == pytest.approx(5 / 6, abs=0.002)
    assert peak < 4 * len(score) + 8e6
