"""`steelyard.stats.intervals.carriers`: how few rows a spread rests on."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.carriers import carriers, few_carry
from steelyard.stats.intervals.design import Design
from steelyard.stats.intervals.tails import CLUSTERS, tails


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


def bad(clusters: int) -> FloatArray:
    """400 clusters of which so many lie far out, as `Sampling.pulls` has them."""
    pulled = np.random.default_rng(1).normal(size=400)
    pulled[:clusters] -= 40.0
    centred: FloatArray = pulled - pulled.mean()
    return centred


@pytest.mark.parametrize(("clusters", "found"), [(1, "1.5"), (4, "4.5")])
def test_fewer_than_five_clusters_carry_no_interval(clusters: int, found: str) -> None:
    """They count as about as many equal ones, however many the others are."""
    assert few_carry([bad(clusters)]) == f"too few clusters carry it: they count as {found} equal ones, 5 needed"


def test_a_few_more_carry_one_with_a_caveat() -> None:
    """Eight of 400 that make most of the variance are a skewed sample; clusters that are alike are none."""
    assert few_carry([bad(8)]) == ""
    (said,) = tails([bad(8)], what=CLUSTERS)
    assert said.startswith("skewed: 400 clusters are few at a skewness of −")
    assert (few_carry([bad(0)]), tails([bad(0)], what=CLUSTERS)) == ("", ())


def test_a_hundredth_of_the_clusters_may_make_most_of_the_variance() -> None:
    """On both ends: they carry an interval, which says so."""
    pulled = np.random.default_rng(2).normal(size=1000)
    pulled[:10] = np.tile([20.0, -20.0], 5)
    assert few_carry([pulled]) == ""
    assert tails([pulled], what=CLUSTERS) == (
        "heavy tail: 1% of the clusters make 80% of the variance, the interval may be too narrow",
    )


def test_of_two_samples_the_worse_one_decides() -> None:
    """Either side may rest on a few clusters; a sample with too few clusters to look at says nothing."""
    assert few_carry([bad(0), bad(1)]) == few_carry([bad(1)])
    assert few_carry([np.zeros(0), bad(0)]) == few_carry([np.zeros(0)]) == few_carry([]) == ""
    assert tails([np.zeros(0)], what=CLUSTERS) == ()
