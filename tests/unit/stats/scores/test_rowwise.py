"""`steelyard.stats.scores.rowwise`: means of rows, and metrics without a value."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.stats.intervals.design import Design
from steelyard.stats.numbers.columns import Observed
from steelyard.stats.scores.rowwise import mean, undefined
from tests.unit.stats.score_tables import two_sides


def test_mean__weights() -> None:
    """The weighted mean; what pulls it sums to 0 under the weights."""
    value, weight = np.array([1.0, 2.0, 6.0]), np.array([1.0, 2.0, 1.0])
    found = mean(Observed(value=value, design=Design(weight=weight)))

    assert found.value == pytest.approx(np.average(value, weights=weight))
    assert float(weight @ found.psi) == pytest.approx(0.0)


def test_undefined__says_why() -> None:
    """No value on either side, no interval, and the reason: the given one, else what is wrong with the scores."""
    sides = two_sides([1, 1], [0.5, 0.5], [0.5, 0.5])
    for found, reason in (
        (undefined("log_loss", sides), "undefined: all rows have one label"),
        (undefined("log_loss", sides, reason="because"), "because"),
    ):
        assert found.undefined == found.unfit == reason
        assert found.candidate(level=0.95).value is None
        assert found.interval(alpha=0.05, level=0.95) is None
