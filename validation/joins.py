"""Simulated counts and rows as the `Joined` that an engine hands to the statistics."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.model.counts import (
    Counts,
    FloatArray,
    Groups,
    IntArray,
    Joined,
    JointCounts,
    Outcomes,
    Pairing,
    SlicedCounts,
)
from validation.population import Population


def pairing(rows: int) -> Pairing:
    """All rows of one test set, by id."""
    return Pairing(method="id", candidate_rows=rows, baseline_rows=rows, common_rows=rows, same_test_set=True)


def joint(population: Population, n: IntArray) -> JointCounts:
    """The cells that have rows."""
    used = n > 0
    return JointCounts(
        classes=population.classes,
        n_labels=population.n_labels,
        label=population.label[used],
        baseline=population.baseline[used],
        candidate=population.candidate[used],
        n=n[used],
    )


def side(population: Population, prediction: IntArray, n: IntArray) -> Counts:
    """One model's own counts."""
    codes, index = np.unique(population.label * population.n_classes + prediction, return_inverse=True)
    rows = np.bincount(index, n, len(codes)).astype(np.int64)
    label, said = np.divmod(codes, population.n_classes)
    used = rows > 0
    return Counts(
        classes=population.classes,
        n_labels=population.n_labels,
        label=label[used],
        prediction=said[used],
        n=rows[used],
    )


def paired(population: Population, n: IntArray) -> Joined:
    """Two models on the same rows."""
    return Joined(
        pairing=pairing(int(n.sum())),
        joint=joint(population, n),
        candidate=side(population, population.candidate, n),
        baseline=side(population, population.baseline, n),
    )


def alone(joined: Joined) -> Joined:
    """The candidate of paired rows, without a baseline."""
    rows = joined.rows
    return Joined(
        pairing=Pairing(
            method="unpaired", candidate_rows=joined.pairing.candidate_rows, baseline_rows=0, common_rows=0
        ),
        joint=None,
        candidate=joined.candidate,
        baseline=no_counts(),
        rows=None if rows is None else structs.replace(rows, baseline=None),
    )


def no_counts() -> Counts:
    """Of a set without classes."""
    none = np.zeros(0, dtype=np.int64)
    return Counts(classes=(), n_labels=0, label=none, prediction=none, n=none)


def unpaired(population: Population, ours: IntArray, theirs: IntArray) -> Joined:
    """Two models on rows of their own, of one test set whose rows were not kept for the baseline."""
    rows = int(ours.sum()), int(theirs.sum())
    return Joined(
        pairing=Pairing(
            method="unpaired",
            candidate_rows=rows[0],
            baseline_rows=rows[1],
            common_rows=0,
            same_test_set=True,
            reason="the baseline's rows were not kept",
        ),
        joint=None,
        candidate=side(population, population.candidate, ours),
        baseline=side(population, population.baseline, theirs),
    )


def sliced(name: str, populations: tuple[Population, ...], n: tuple[IntArray, ...]) -> SlicedCounts:
    """One slice column: value i holds the rows `n[i]` of `populations[i]`, all with the same classes."""
    parts = [joint(population, rows) for population, rows in zip(populations, n, strict=True)]
    value = np.repeat(np.arange(len(parts)), [len(part.n) for part in parts])
    return SlicedCounts(
        name=name,
        values=tuple(f"v{index:03d}" for index in range(len(parts))),
        value=value,
        joint=JointCounts(
            classes=parts[0].classes,
            n_labels=parts[0].n_labels,
            label=np.concatenate([part.label for part in parts]),
            baseline=np.concatenate([part.baseline for part in parts]),
            candidate=np.concatenate([part.candidate for part in parts]),
            n=np.concatenate([part.n for part in parts]),
        ),
    )


def designed(
    population: Population,
    cell: IntArray,
    *,
    cluster: IntArray | None = None,
    stratum: IntArray | None = None,
    weight: FloatArray | None = None,
) -> Joined:
    """
    Rows that are not alike.

    Args:
        population: The cells.
        cell: The cell of each row, `(rows,)`.
        cluster: Its cluster.
        stratum: Its stratum.
        weight: Its weight.
    """
    n = np.bincount(cell, minlength=len(population.chances)).astype(np.int64)
    made = paired(population, n)
    compact = np.cumsum(n > 0) - 1
    none = np.zeros_like(cell)
    keys = np.stack([none if stratum is None else stratum, none if cluster is None else cluster, compact[cell]])
    entries, index = np.unique(keys, axis=1, return_inverse=True)
    index = index.reshape(-1)
    count = entries.shape[1]
    groups = Groups(
        cell=entries[2],
        n=np.bincount(index, minlength=count).astype(np.int64),
        cluster=None if cluster is None else entries[1],
        stratum=None if stratum is None else entries[0],
        weight=None if weight is None else np.bincount(index, weight, count).astype(np.float64),
        weight_squared=None if weight is None else np.bincount(index, weight * weight, count).astype(np.float64),
    )
    return Joined(
        pairing=made.pairing, joint=made.joint, candidate=made.candidate, baseline=made.baseline, groups=groups
    )


def sliced_rows(
    name: str, population: Population, cell: IntArray, value: IntArray, *, cluster: IntArray, values: int
) -> SlicedCounts:
    """
    One slice column of rows in clusters.

    Args:
        name: The column's.
        population: The cells.
        cell: The cell of each row, `(rows,)`.
        value: The code of its slice value.
        cluster: Its cluster.
        values: How many there are.
    """
    size = len(population.chances)
    parts = [np.bincount(cell[value == code], minlength=size).astype(np.int64) for code in range(values)]
    made = sliced(name, (population,) * values, tuple(parts))
    right = [side == population.label for side in (population.candidate, population.baseline)]
    keys = np.stack([value, cluster, *(one[cell].astype(np.int64) for one in right)])
    entries, n = np.unique(keys, axis=1, return_counts=True)
    outcomes = Outcomes(
        value=entries[0],
        cluster=entries[1],
        candidate=entries[2][:, None] == 1,
        baseline=entries[3][:, None] == 1,
        n=n.astype(np.int64),
    )
    return structs.replace(made, outcomes=outcomes)


def with_slices(joined: Joined, *slices: SlicedCounts) -> Joined:
    """The same with slice columns."""
    return structs.replace(joined, slices=slices)
