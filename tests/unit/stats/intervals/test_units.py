"""Clusters and strata of entries: strata that share clusters are one, and then each cluster lies in one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from steelyard.model.counts import IntArray
from steelyard.stats.intervals.units import units_of, whole_strata

Entries = list[tuple[int, int]]


def codes(entries: Entries) -> tuple[IntArray, IntArray]:
    """The cluster and the stratum of each entry."""
    cluster, stratum = np.array(entries, np.int64).reshape(-1, 2).T
    return cluster, stratum


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-3, 25)), max_size=80))
def test_whole_strata_are_the_connected_components_of_clusters_and_strata(entries: Entries) -> None:
    """As scipy's of the bipartite graph with an edge for each entry."""
    cluster, stratum = codes(entries)
    found, crossed = whole_strata(cluster, stratum)

    names, place = np.unique(stratum, return_inverse=True)
    size = 31 + len(names)
    _, component = connected_components(coo_array((np.ones(len(cluster)), (cluster, 31 + place)), shape=(size, size)))
    assert len(set(zip(component[cluster].tolist(), found.tolist(), strict=True))) == len(np.unique(found))
    assert len(np.unique(component[cluster])) == len(np.unique(found)) == found.max(initial=-1) + 1
    of_strata = np.bincount(component[31:], minlength=size)
    assert crossed == of_strata[of_strata > 1].sum()


def test_strata_that_share_no_cluster_stay_as_they_are() -> None:
    """Only those that are connected are merged, if by way of a third; the order of the others is kept."""
    cluster, stratum = codes([(1, 50), (2, 10), (2, 30), (3, 30), (3, 40), (4, 20), (5, 20), (6, 50)])
    found, crossed = whole_strata(cluster, stratum)

    assert found.tolist() == [2, 0, 0, 0, 0, 1, 1, 2]
    assert crossed == 3


def test_strata_of_whole_clusters_are_left_alone() -> None:
    """Nothing is merged, and nothing is said to be."""
    cluster = np.arange(60) // 3
    found, crossed = whole_strata(cluster, 7 * (cluster % 4))

    assert found.tolist() == (cluster % 4).tolist()
    assert crossed == 0


@pytest.mark.parametrize("links", [np.arange(999), np.random.default_rng(1).permutation(999)])
def test_a_long_chain_of_strata_is_one(links: IntArray) -> None:
    """A thousand strata, each of which shares one cluster with the next, in whatever order they are met."""
    cluster = np.repeat(links, 2)
    found, crossed = whole_strata(cluster, cluster + np.tile([0, 1], 999))

    assert not found.any()
    assert crossed == 1000


def test_units_of_clusters_in_several_strata_are_those_of_the_clusters_alone() -> None:
    """Twelve clusters, all in both strata: twelve units in one stratum."""
    cluster, stratum = np.repeat(np.arange(12), 6), np.tile([3, 8], 36)
    found = units_of(cluster, stratum, None, None, None, entries=72)
    alone = units_of(cluster, None, None, None, None, entries=72)

    assert (found.strata, found.crossed, found.lonely) == (1, 2, 0)
    assert found.cluster.tolist() == alone.cluster.tolist() == cluster.tolist()
    assert found.stratum_of_cluster.tolist() == alone.stratum_of_cluster.tolist() == [0] * 12
    assert (alone.strata, alone.crossed) == (1, 0)


def test_each_cluster_lies_in_one_stratum() -> None:
    """Where some strata share clusters; one of a single cluster that is left is taken together, too."""
    cluster = np.array([0, 0, 1, 1, 2, 3, 4, 4, 5, 5])
    stratum = np.array([0, 1, 0, 1, 2, 2, 3, 3, 4, 5])
    found = units_of(cluster, stratum, None, None, None, entries=10)

    assert found.stratum.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert found.stratum_of_cluster.tolist() == [0, 0, 1, 1, 2, 2]
    assert (found.strata, found.crossed, found.lonely) == (3, 4, 2)
