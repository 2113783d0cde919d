"""`steelyard.stats.intervals.carriers`: how few rows a spread rests on."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.stats.intervals.carriers import carriers
from steelyard.stats.intervals.design import Design


def test_carriers__counts_equal_disagreements() -> None:
    """7 rows that differ by one, as many up as down nearly, count as about 7, however many rows agree."""
    psi = np.zeros(1000)
    psi[:7] = [1, -1, 1, -1, 1, -1, 1]

    assert carriers(psi, Design()) == pytest.approx(7.0, rel=0.01)


def test_carriers__one_row_far_out_counts_as_one() -> None:
    """A heavy tail leaves the others without a say."""
    psi = np.random.default_rng(0).normal(size=500)
    psi[0] = 1000.0

    assert carriers(psi, Design()) < 1.1


def test_carriers__weights_and_clusters() -> None:
    """Rows without weight do not count; rows of one cluster count as one."""
    psi = np.tile([1.0, -1.0], 20)
    assert carriers(psi, Design()) == pytest.approx(40.0)
    assert carriers(psi, Design(weight=np.repeat([1.0, 0.0], 20))) == pytest.approx(20.0)
    assert carriers(np.repeat([1.0, -1.0], 20), Design(cluster=np.arange(40) // 4)) == pytest.approx(10.0)


@pytest.mark.parametrize("psi", [np.zeros(5), np.full(5, 0.1)])
def test_carriers__without_spread(psi: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """Equal values carry nothing, rounding apart."""
    assert carriers(psi, Design()) == 0.0
    assert carriers(psi, Design(weight=np.zeros(5))) == 0.0
