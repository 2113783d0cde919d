"""`steelyard.stats.intervals.lumps`: when a few clusters carry a difference."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.lumps import few_carry, lumps


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
    (said,) = lumps([bad(8)])
    assert said.startswith("skewed: 400 clusters are few at a skewness of −")
    assert (few_carry([bad(0)]), lumps([bad(0)])) == ("", ())


def test_a_hundredth_of_the_clusters_may_make_most_of_the_variance() -> None:
    """On both ends: they carry an interval, which says so."""
    pulled = np.random.default_rng(2).normal(size=1000)
    pulled[:10] = np.tile([20.0, -20.0], 5)
    assert few_carry([pulled]) == ""
    assert lumps([pulled]) == (
        "heavy tail: 1% of the clusters make 80% of the variance, the interval may be too narrow",
    )


def test_of_two_samples_the_worse_one_decides() -> None:
    """Either side may rest on a few clusters; a sample with too few clusters to look at says nothing."""
    assert few_carry([bad(0), bad(1)]) == few_carry([bad(1)])
    assert few_carry([np.zeros(0), bad(0)]) == few_carry([np.zeros(0)]) == few_carry([]) == ""
    assert lumps([np.zeros(0)]) == ()
