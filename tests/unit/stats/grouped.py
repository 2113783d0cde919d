"""Builders of counts that are split by cluster, stratum and weight."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.model.counts import Counts, FloatArray, Groups, IntArray, Joined, JointCounts
from tests.unit.stats import build


def with_groups(
    joined: Joined,
    rows: tuple[build.Labels, ...],
    *,
    cluster: IntArray | None = None,
    stratum: IntArray | None = None,
    weight: FloatArray | None = None,
) -> Joined:
    """Counts with the groups of these rows: (label, baseline, candidate) where paired, else (label, prediction)."""
    groups = groups_of(joined.joint or joined.candidate, rows, cluster=cluster, stratum=stratum, weight=weight)
    return structs.replace(joined, groups=groups)


def groups_of(
    table: JointCounts | Counts,
    rows: tuple[build.Labels, ...],
    *,
    cluster: IntArray | None = None,
    stratum: IntArray | None = None,
    weight: FloatArray | None = None,
) -> Groups:
    """The groups of these rows: (label, baseline, candidate) for joint counts, (label, prediction) for one model's."""
    columns = (
        (table.label, table.baseline, table.candidate)
        if isinstance(table, JointCounts)
        else (table.label, table.prediction)
    )
    places = {cell: index for index, cell in enumerate(zip(*(one.tolist() for one in columns), strict=True))}
    codes = zip(*(build.codes(one, table.classes).tolist() for one in rows), strict=True)
    cell = np.array([places[row] for row in codes], np.int64)
    zeros = np.zeros(len(cell), np.int64)
    keys = np.stack([zeros if stratum is None else stratum, zeros if cluster is None else cluster, cell])
    entries, code, n = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    return Groups(
        cell=entries[2],
        n=n,
        cluster=None if cluster is None else entries[1],
        stratum=None if stratum is None else entries[0],
        weight=None if weight is None else np.bincount(code, weight).astype(np.float64),
        weight_squared=None if weight is None else np.bincount(code, weight**2).astype(np.float64),
    )
