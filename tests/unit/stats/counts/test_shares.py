"""`steelyard.stats.counts.shares`: what score intervals say of a share of rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec import structs

from steelyard.stats.counts.shares import ShareContrast
from steelyard.stats.counts.tally import of_rows
from steelyard.stats.intervals import tango


def made(*, paired: bool) -> ShareContrast:
    """6 rows fixed and 16 broken of 161."""
    ours, theirs = np.zeros(161, np.bool_), np.zeros(161, np.bool_)
    ours[:106], theirs[6:122] = True, True
    return ShareContrast(name="accuracy", tally=of_rows(ours, theirs, paired=paired), has_baseline=True)


def test_tango() -> None:
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


def test_unpaired_is_newcombe() -> None:
    """Two samples have no fixed rows; the interval is wider than the paired one."""
    one, other = made(paired=False).interval(alpha=0.05, level=0.95), made(paired=True).interval(alpha=0.05, level=0.95)

    assert one is not None
    assert other is not None
    assert one.method == "Newcombe hybrid score"
    assert one.high - one.low > other.high - other.low


def test_withheld_and_alone() -> None:
    """Without a baseline there is no difference; where intervals are withheld, not even of the value."""
    right = np.array([True, False, True])
    one = ShareContrast(name="accuracy", tally=of_rows(right, None, paired=False), has_baseline=False)
    assert one.baseline(level=0.95) is None
    assert one.interval(alpha=0.05, level=0.95) is None
    assert one.p_value() is None
    assert one.detectable(alpha=0.05) is None
    assert one.rows_needed(0.1, alpha=0.05) is None
    assert one.draws() is None
    withheld = structs.replace(one, unfit="because")
    assert withheld.candidate(level=0.95).interval is None
    assert withheld.candidate(level=0.95).value == pytest.approx(2 / 3)
    assert withheld.unfit == "because"


@pytest.mark.parametrize("difference", [0.0, math.nan, math.inf])
def test_rows_needed__of_no_difference(difference: float) -> None:
    """No number of rows finds it."""
    assert made(paired=True).rows_needed(difference, alpha=0.05) is None


def test_undefined_and_withheld__nothing_is_compared() -> None:
    """A reason for there being no value, or no interval, stands for all that is said of the difference."""
    for changed in ({"undefined": "no rows"}, {"unfit": "because"}):
        one = structs.replace(made(paired=True), **changed)
        assert one.interval(alpha=0.05, level=0.95) is None
        assert one.p_value() is one.detectable(alpha=0.05) is one.rows_needed(0.1, alpha=0.05) is None
