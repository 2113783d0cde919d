"""`steelyard.stats.scores.topk`: scikit-learn's top-k accuracy, and Tango's interval around its difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from steelyard.stats.intervals import tango
from steelyard.stats.scores.topk import TopK, counted, hits, k_of, ties
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


def made(*, paired: bool) -> TopK:
    """6 rows fixed and 16 broken of 161."""
    ours, theirs = np.zeros(161, np.bool_), np.zeros(161, np.bool_)
    ours[:106], theirs[6:122] = True, True
    return TopK(name="top_3_accuracy", counted=counted(ours, theirs, paired=paired), has_baseline=True)


def test_top_k__tango() -> None:
    """The interval is Tango's, the p-value its McNemar test's."""
    one = made(paired=True)
    found = one.interval(alpha=0.05, level=0.95)
    low, high = tango.interval(np.array([6]), np.array([16]), np.array([161]), level=0.95)

    assert found is not None
    assert (found.low, found.high, found.method) == (low[0], high[0], tango.METHOD)
    assert one.p_value() == pytest.approx(0.033006, abs=5e-7)
    assert one.candidate(level=0.95).value == pytest.approx(106 / 161)
    needed, detected = one.rows_needed(-0.1, alpha=0.05), one.detectable(alpha=0.05)
    assert needed is not None
    assert detected is not None
    assert (needed > 161) == (detected > 0.1)


def test_top_k__unpaired_is_newcombe() -> None:
    """Two samples have no fixed rows; the interval is wider than the paired one."""
    one, other = made(paired=False).interval(alpha=0.05, level=0.95), made(paired=True).interval(alpha=0.05, level=0.95)

    assert one is not None
    assert other is not None
    assert one.method == "Newcombe hybrid score"
    assert one.high - one.low > other.high - other.low


def test_top_k__withheld_and_alone() -> None:
    """Without a baseline there is no difference; where intervals are withheld, not even of the value."""
    right = np.array([True, False, True])
    one = TopK(name="top_2_accuracy", counted=counted(right, None, paired=False), has_baseline=False)
    assert one.baseline(level=0.95) is None
    assert one.interval(alpha=0.05, level=0.95) is None
    assert one.p_value() is None
    assert one.detectable(alpha=0.05) is None
    assert one.rows_needed(0.1, alpha=0.05) is None
    assert one.draws() is None
    withheld = TopK(name="top_2_accuracy", counted=one.counted, has_baseline=False, withheld="because")
    assert withheld.candidate(level=0.95).interval is None
    assert withheld.candidate(level=0.95).value == pytest.approx(2 / 3)
    assert withheld.unfit == "because"
