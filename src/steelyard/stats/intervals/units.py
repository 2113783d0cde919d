"""Entries of a sample, sorted into clusters and strata, and what is added up over them."""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray


class Units(Value, frozen=True, kw_only=True):
    """
    Entries with their cluster and stratum as codes without gaps.

    Each cluster lies in one stratum: those that share a cluster are one. Without clusters each row stands for itself.
    """

    count: FloatArray
    """Rows, `(entries,)`."""
    weight: FloatArray
    """Σw, `(entries,)`; the rows where there are no weights."""
    weight_squared: FloatArray
    """Σw², `(entries,)`."""
    weighted: bool
    stratum: IntArray
    """`(entries,)`."""
    strata: int
    cluster: IntArray
    """`(entries,)`; empty without clusters."""
    stratum_of_cluster: IntArray
    """`(clusters,)`; empty without clusters."""
    lonely: int
    """Strata that had a single cluster (row), and were put together with others."""
    crossed: int
    """Strata that were put together because they share clusters."""

    @property
    def total_rows(self) -> int:
        """All rows."""
        return int(self.count.sum())

    @property
    def total_weight(self) -> float:
        """Σw over all rows."""
        return float(self.weight.sum())

    @property
    def effective_rows(self) -> float:
        """(Σw)² / Σw²: equal rows that the weighted ones count as (L. Kish, "Survey sampling", Wiley 1965)."""
        return self.total_weight**2 / float(self.weight_squared.sum())

    def by_stratum(self, values: FloatArray) -> FloatArray:
        """Sums of values of entries, `(strata,)`."""
        return _sums(self.stratum, values, self.strata)

    def by_cluster(self, values: FloatArray) -> FloatArray:
        """Sums of values of entries, `(clusters,)`."""
        return _sums(self.cluster, values, len(self.stratum_of_cluster))

    def clusters_by_stratum(self, values: FloatArray) -> FloatArray:
        """Sums of values of clusters, `(strata,)`."""
        return _sums(self.stratum_of_cluster, values, self.strata)

    def of_stratum_of_cluster(self, values: FloatArray) -> FloatArray:
        """The sum of values of entries over the stratum that each cluster lies in, `(clusters,)`."""
        return self.by_stratum(values)[self.stratum_of_cluster]

    def stratum_means(self, values: FloatArray) -> FloatArray:
        """Weighted means of values of entries, `(strata,)`."""
        return self.by_stratum(self.weight * values) / self.by_stratum(self.weight)


def units_of(
    cluster: IntArray | None,
    stratum: IntArray | None,
    weight: FloatArray | None,
    weight_squared: FloatArray | None,
    count: IntArray | None,
    *,
    entries: int,
) -> Units:
    """
    Sort entries into clusters and strata; see `design.Design` for the arguments.

    Strata only help where whole clusters were drawn within them; those that share clusters are one (`whole_strata`).
    The variance within a stratum of one unit cannot be seen. Such strata are taken together ("collapsed", Cochran
    1977, 5A.12), a single one with the stratum that has the fewest units, which can only make the variance larger.
    """
    rows = np.ones(entries) if count is None else count.astype(np.float64)
    weights = rows if weight is None else weight.astype(np.float64)
    squares = weight_squared
    if squares is None:
        squares = rows if weight is None else weights * weights / np.maximum(rows, 1.0)
    strata, crossed = np.zeros(entries, np.int64), 0
    if stratum is not None:
        strata, crossed = (_codes(stratum), 0) if cluster is None else whole_strata(cluster, stratum)
    clusters, of_cluster = np.zeros(0, np.int64), np.zeros(0, np.int64)
    if cluster is not None:
        clusters = _codes(cluster)
        of_cluster = np.zeros(int(clusters.max(initial=-1)) + 1, np.int64)
        of_cluster[clusters] = strata
    rows_or_clusters = (strata, rows) if cluster is None else (of_cluster, np.ones(len(of_cluster)))
    merged, lonely = _collapsed(_sums(*rows_or_clusters, int(strata.max(initial=-1)) + 1))
    return Units(
        count=rows,
        weight=weights,
        weight_squared=squares,
        weighted=weight is not None,
        stratum=merged[strata],
        strata=int(merged.max(initial=-1)) + 1,
        cluster=clusters,
        stratum_of_cluster=merged[of_cluster],
        lonely=lonely,
        crossed=crossed,
    )


def whole_strata(cluster: IntArray, stratum: IntArray) -> tuple[IntArray, int]:
    """
    The finest strata that hold whole clusters: those that share a cluster, if only by way of others, are one.

    Args:
        cluster: Of each entry, `(entries,)`.
        stratum: Likewise.

    Returns:
        The new stratum of each entry as a code without gaps, and how many strata were put together with others.
    """
    strata, clusters = _codes(stratum), _codes(cluster)
    size = int(strata.max(initial=-1)) + 1
    owner, part = np.divmod(np.unique(clusters * size + strata), size) if size else (clusters, strata)
    shared = owner[1:] == owner[:-1]
    least = _least_connected(part[:-1][shared], part[1:][shared], size)
    crossed = int((np.bincount(least, minlength=size)[least] > 1).sum())
    return _codes(least[strata]), crossed


def _least_connected(one: IntArray, other: IntArray, size: int) -> IntArray:
    """The least number that each of 0 … size - 1 is connected with, itself among them, where `one` touches `other`."""
    least = np.arange(size)
    while ((ends := least[one]) != (others := least[other])).any():
        np.minimum.at(least, np.maximum(ends, others), np.minimum(ends, others))
        while not np.array_equal(least, further := least[least]):
            least = further
    return least


def _sums(code: IntArray, values: FloatArray, size: int) -> FloatArray:
    return np.bincount(code, values, size).astype(np.float64, copy=False)


def _codes(values: IntArray) -> IntArray:
    """Codes from 0 on without gaps, in the order of the values."""
    codes: IntArray = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return codes


def _collapsed(sizes: FloatArray) -> tuple[IntArray, int]:
    """The new code of each stratum, and how many were lonely (none where there is but one stratum)."""
    lonely = sizes < 2.0
    if len(sizes) < 2 or not lonely.any():
        return np.arange(len(sizes)), 0
    target = np.arange(len(sizes))
    if lonely.sum() > 1:
        target[lonely] = int(np.flatnonzero(lonely)[0])
    else:
        target[lonely] = int(np.argmin(np.where(lonely, np.inf, sizes)))
    return _codes(target), int(lonely.sum())
