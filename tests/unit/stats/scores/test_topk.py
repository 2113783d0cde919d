"""`steelyard.stats.scores.topk`: scikit-learn's top-k accuracy, and Tango's interval around its difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from steelyard.stats.scores.topk import hits, k_of, ties
from tests.unit.stats.score_tables import one_side


@given(seed=st.integers(0, 10**6), classes=st.integers(3, 7), k=st.integers(1, 6), grid=st.sampled_from([2, 5, 10**6]))
def test_hits__equal_scikit_learn(seed: int, classes: int, k: int, grid: int) -> None:
    """With ties: of classes with one score the later one comes first."""
    rng = np.random.default_rng(seed)
    label = np.append(np.arange(classes), rng.integers(classes, size=30))
    scores = rng.integers(0, grid, size=(len(label), classes)).astype(np.float32)
    k = min(k, classes - 1)

    assert hits(one_side(label, scores), k).right.mean() == pytest.approx(top_k_accuracy_score(label, scores, k=k))


@given(seed=st.integers(0, 10**6), classes=st.integers(3, 7), k=st.integers(1, 6), grid=st.sampled_from([2, 5, 10**6]))
def test_hits__tied_where_another_order_of_the_classes_says_otherwise(
    seed: int, classes: int, k: int, grid: int
) -> None:
    """A row whose label comes last among the classes is right, and wrong if it comes first."""
    rng = np.random.default_rng(seed)
    label = rng.integers(classes, size=30)
    scores = rng.integers(0, grid, size=(30, classes)).astype(np.float32)
    others = np.array([np.delete(one, code) for one, code in zip(scores, label, strict=True)])
    own = scores[np.arange(30), label][:, None]
    best = hits(one_side(np.full(30, classes - 1), np.hstack([others, own])), k).right
    worst = hits(one_side(np.zeros(30), np.hstack([own, others])), k).right

    assert hits(one_side(label, scores), k).tied.tolist() == (best & ~worst).tolist()


def test_ties__each_row_once_where_they_are_the_same() -> None:
    """Of paired sides and of trainings; rows of two samples are different ones."""
    one, other = np.array([True, True, False]), np.array([False, True, False])
    none = np.zeros(3, np.bool_)

    (said,) = ties([[one], [other]], 2, paired=True)
    assert said.startswith(
        "in 2 rows the label's score is tied across place 2: the order of the classes' names decides"
    )
    assert ties([[one], [other]], 2, paired=False)[0].startswith("in 3 rows ")
    assert ties([[none, other]], 1, paired=False)[0].startswith("in 1 row ")
    assert ties([[none], [none]], 2, paired=True) == ()


@pytest.mark.parametrize(
    ("name", "k"), [("top_3_accuracy", 3), ("top_0_accuracy", None), ("top_3", None), ("top_10_accuracy", 10)]
)
def test_k_of(name: str, k: int | None) -> None:
    """The number in the name, from 1 on."""
    assert k_of(name) == k
