"""`steelyard.stats.ranking.resampled`: drawing cells is drawing rows within the classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from steelyard.stats.ranking.resampled import resample
from tests.unit.stats.score_tables import correlated


def test_resample__is_the_bootstrap_over_rows() -> None:
    """Means and spreads of both sides and of their difference are those of scikit-learn on drawn rows, with ties."""
    rng = np.random.default_rng(4)
    label, ours, theirs = correlated(120, positives=30, areas=(0.85, 0.75), shared=0.5, rng=rng)
    ours = np.round(ours * 2) / np.float32(2)
    cells = resample([ours, theirs], label, wanted=3999)
    by_row = []
    for _ in range(400):
        rows = np.concatenate([rng.choice(np.flatnonzero(label == which), (label == which).sum()) for which in (0, 1)])
        by_row.append(
            [
                of(label[rows], score[rows])
                for of in (roc_auc_score, average_precision_score)
                for score in (ours, theirs)
            ]
        )
    drawn = np.array(by_row).T
    found = np.array([side.roc_auc for side in cells] + [side.average_precision for side in cells])

    for values, expected in zip(
        [*found, found[0] - found[1], found[2] - found[3]],
        [*drawn, drawn[0] - drawn[1], drawn[2] - drawn[3]],
        strict=True,
    ):
        spread = float(expected.std(ddof=1))
        assert float(values.mean()) == pytest.approx(float(expected.mean()), abs=4.0 * spread / 400**0.5)
        assert float(values.std(ddof=1)) == pytest.approx(spread, rel=0.14)


def test_resample__order_of_the_rows_has_no_part() -> None:
    """The same rows in another order give the same draws; another purpose gives others."""
    rng = np.random.default_rng(0)
    label, ours, theirs = correlated(60, positives=20, areas=(0.8, 0.7), shared=0.5, rng=rng)
    order = rng.permutation(60)
    first = resample([ours, theirs], label, wanted=999)
    again = resample([ours[order], theirs[order]], label[order], wanted=999)
    other = resample([ours, theirs], label, wanted=999, purpose="another")

    assert np.array_equal(first[1].roc_auc, again[1].roc_auc)
    assert np.array_equal(first[0].average_precision, again[0].average_precision)
    assert not np.array_equal(first[0].roc_auc, other[0].roc_auc)


def test_resample__few_positives_are_cheap_and_many_rows_get_fewer_draws() -> None:
    """200,000 negatives beside 20 positives are few cells; a hundred thousand cells give no draws at all."""
    rng = np.random.default_rng(0)
    label, ours, theirs = correlated(200_000, positives=20, areas=(0.8, 0.7), shared=0.5, rng=rng)
    assert len(resample([ours, theirs], label, wanted=9999)[0].roc_auc) == 9999

    label, ours, theirs = correlated(150_000, positives=50_000, areas=(0.8, 0.7), shared=0.5, rng=rng)
    assert len(resample([ours, theirs], label, wanted=9999)[0].roc_auc) == 0
