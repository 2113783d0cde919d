"""`steelyard.stats.counts.tally`: right and wrong rows of many groups at once."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.stats.counts import tally
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.counts.tally import Tally, alone, estimates
from tests.unit.stats import build

PAIRED = Tally(
    rows=np.array([100, 50]),
    right=np.array([90, 20]),
    baseline_rows=np.array([100, 50]),
    baseline_right=np.array([80, 25]),
    fixed=np.array([15, 0]),
    broken=np.array([5, 5]),
)
APART = Tally(
    rows=PAIRED.rows, right=PAIRED.right, baseline_rows=PAIRED.baseline_rows, baseline_right=PAIRED.baseline_right
)


@pytest.mark.parametrize("counted", [PAIRED, APART])
def test_take__groups_are_independent(counted: Tally) -> None:
    """What is said of one group does not depend on the others."""
    low, high = counted.bounds(level=0.9)
    p_values, detectable = counted.p_values(), counted.detectable(level=0.9)
    for index in range(2):
        one = counted.take(np.array([index]))
        assert one.bounds(level=0.9) == (low[index], high[index])
        assert one.p_values() == [p_values[index]]
        assert one.detectable(level=0.9) == [detectable[index]]


def test_method__pairing_decides() -> None:
    """Pairs of rows have Tango's interval, independent samples Newcombe's, which is wider here."""
    ours, theirs = PAIRED.interval(alpha=0.05, level=0.95), APART.interval(alpha=0.05, level=0.95)

    assert (ours.method, theirs.method) == ("Tango score", "Newcombe hybrid score")
    assert theirs.high - theirs.low > ours.high - ours.low


def test_estimates__none_without_rows() -> None:
    """A group without rows has no value; without a level there is no interval."""
    counted = alone(np.array([1, 0]), np.array([2, 0]))
    one, none = estimates(counted.candidate, level=0.95)

    assert one.value == 0.5
    assert one.interval is not None
    assert (none.value, none.interval) == (None, None)
    assert estimates(counted.candidate, level=None)[0].interval is None


def test_detectable__says_nothing_without_spread() -> None:
    """Independent samples that are all right have no estimated error: no difference is claimed to be detected."""
    all_right = Tally(
        rows=np.array([60]), right=np.array([60]), baseline_rows=np.array([60]), baseline_right=np.array([60])
    )

    assert np.isnan(all_right.detectable(level=0.95)).all()


def test_of_labels__a_row_with_two_labels_is_a_row_of_each() -> None:
    """Sets of labels: rows, right rows, fixed and broken ones of each single label, counted by hand."""
    label = ['["a","b"]'] * 6 + ['["b"]'] * 4
    baseline = ['["a"]'] * 6 + ['["b"]'] * 3 + ["[]"]
    candidate = ['["a","b"]'] * 4 + ['["b"]'] * 2 + ['["b"]'] * 2 + ["[]"] * 2
    sample = sample_of(build.paired(label, baseline, candidate), positive=None, kind="multilabel")
    counted = tally.of_labels(sample.candidate, sample.baseline, paired=True)

    assert sample.labels == ("a", "b")
    assert counted.rows.tolist() == [6, 10]
    assert counted.right.tolist() == [4, 8]
    assert counted.baseline_right.tolist() == [6, 3]
    assert counted.fixed is not None
    assert counted.broken is not None
    assert (counted.fixed.tolist(), counted.broken.tolist()) == ([0, 6], [2, 1])
    assert tally.of_labels(sample.candidate, None, paired=False).right.tolist() == [4, 8]
