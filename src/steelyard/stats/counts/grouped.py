"""Cells of counts that are split by cluster, stratum and weight: the sums of metrics, and how far they may be off."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from msgspec import structs

from steelyard.model.counts import BoolArray, Counts, FloatArray, Groups, IntArray, JointCounts, RepeatedCounts
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.influence import influence
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.intervals.design import FEW_EFFECTIVE, Sampling, Spread, design_of_groups, effective_number
from steelyard.stats.numerics.incidence import Incidence


class Grouped:
    """
    One table of cells with its groups: both sides where they are paired, else one of them; all of their trainings.

    Attributes:
        sides: Views of the cells; their `n` is Σw where rows have weights.
        cell: The cell of each entry of the groups.
        mass: Rows, or Σw, of each entry.
    """

    def __init__(self, groups: Groups, sides: Sequence[Side], place: IntArray) -> None:
        self.groups = groups
        self.cell = place[groups.cell]
        self.mass = groups.n.astype(np.float64) if groups.weight is None else groups.weight
        n = np.bincount(self.cell, self.mass, len(sides[0].n) if sides else 0)
        self.sides = tuple(structs.replace(side, n=n) for side in sides)
        self.design = design_of_groups(groups)

    @cached_property
    def sampling(self) -> Sampling:
        """What the groups say of the spread of a mean."""
        return Sampling.of(self.design, entries=len(self.cell), count=self.groups.n)

    def pull(self, metric: Metric, side: Side) -> FloatArray:
        """By how much a row of each cell pulls a side's metric, `(cells,)`: it errs as the mean of these does."""
        return influence(metric, side) * float(side.n.sum())

    def spread(self, psi: FloatArray, *, within: BoolArray | None = None) -> Spread:
        """
        How far an estimate may be off, from the pull of each cell.

        Args:
            psi: The pull, `(cells,)`.
            within: The cells that the estimate is about (a truth value each), where the others have no pull by its
                definition. Then clusters count as far as they lie in these, and strata do not (see `groups.sliced`).
        """
        sampling, values = self._sampled(psi, within)
        return sampling.spread(values)

    def pulls(self, psi: FloatArray, *, within: BoolArray | None = None) -> FloatArray:
        """What each of many clusters has added to the estimate's error (`Sampling.pulls`); empty without clusters."""
        if self.design.cluster is None:
            return np.zeros(0)
        sampling, values = self._sampled(psi, within)
        return sampling.pulls(values)

    def _sampled(self, psi: FloatArray, within: BoolArray | None) -> tuple[Sampling, FloatArray]:
        """The sampling that an estimate rests on, and the pull of each of its entries."""
        if within is None or (self.design.cluster is None and self.design.weight is None):
            return self.sampling, psi[self.cell]
        inside = within[self.cell]
        part = structs.replace(self.design.take(inside), stratum=None)
        sampling = Sampling.of(part, entries=int(inside.sum()), count=self.groups.n[inside])
        share = float(self.mass[inside].sum()) / float(self.mass.sum())
        return sampling, psi[self.cell][inside] * share

    @cached_property
    def cluster(self) -> IntArray:
        """The cluster of each entry, as a code without gaps; empty without clusters."""
        cluster = self.design.cluster
        if cluster is None:
            return np.zeros(0, np.int64)
        codes: IntArray = np.unique(cluster, return_inverse=True)[1].astype(np.int64)
        return codes

    @cached_property
    def clusters(self) -> int:
        """How many clusters there are; 0 without."""
        return int(self.cluster.max(initial=-1)) + 1

    def clusters_in(self, cells: IntArray) -> int:
        """Clusters with a row in these cells (a truth value each)."""
        return len(np.unique(self.cluster[cells[self.cell]]))

    def effective_rows(self, cells: IntArray) -> float:
        """What the rows in these cells (a truth value each) count as: (Σw)² / Σw²; without weights their number."""
        mine = cells[self.cell]
        squares = self.groups.weight_squared
        if self.groups.weight is None or squares is None:
            return float(self.groups.n[mine].sum())
        total = float(squares[mine].sum())
        return float(self.mass[mine].sum()) ** 2 / total if total > 0.0 else 0.0

    @cached_property
    def effective_of_labels(self) -> FloatArray:
        """Effective clusters of the rows with each label, `(K,)`; empty without clusters."""
        if not self.clusters:
            return np.zeros(0)
        labels = self.sides[0].incidences()[0]
        entry, group = _expand(self.cell, labels)
        return np.array(
            [
                effective_number(self.cluster[entry[mine]], weight=self.mass[entry[mine]])
                for mine in _by_group(group, labels.groups)
            ]
        )

    @cached_property
    def many_clusters(self) -> bool:
        """Enough effective clusters to resample them, and no strata to do it within."""
        effective = self.sampling.effective
        return effective is not None and effective >= FEW_EFFECTIVE and not self._stratified

    @property
    def _stratified(self) -> bool:
        """There are strata, and they are not all one because clusters lie in several."""
        units = self.sampling.units
        return self.groups.stratum is not None and not (units is not None and units.crossed and units.strata == 1)

    def sums_of_clusters(self, side: Side) -> Sums:
        """The sums of each cluster, `(clusters, ...)`."""
        parts = [self._of_clusters(incidence) for incidence in side.incidences()]
        quantities = side.quantities()
        totals = np.stack(
            [np.bincount(self.cluster, self.mass * one[self.cell], self.clusters) for one in quantities.T], axis=1
        ).astype(np.float64)
        return Sums(
            true=parts[0], predicted=parts[1], hits=parts[2], totals=totals, overlapping=side.members is not None
        )

    def _of_clusters(self, incidence: Incidence) -> FloatArray:
        entry, group = _expand(self.cell, incidence)
        flat = np.bincount(
            self.cluster[entry] * incidence.groups + group, self.mass[entry], self.clusters * incidence.groups
        )
        return flat.reshape(self.clusters, incidence.groups).astype(np.float64)


def place_of_cells(table: JointCounts | Counts | RepeatedCounts, sample: Sample, sides: Sequence[Side]) -> IntArray:
    """
    Where each cell of an engine's table is among a sample's cells; -1 for those that the sample does not have.

    Args:
        table: The cells as the engine made them, with codes of its own classes.
        sample: Made of this table, perhaps among others.
        sides: Those that view the table: both where paired, all trainings where there are several.
    """
    index = {name: code for code, name in enumerate(sample.classes)}
    code = np.array([index[name] for name in table.classes], dtype=np.int64)
    theirs = [code[one] for one in (table.label, *_predictions(table))]
    ours = [sides[0].label, *(side.prediction for side in sides)]
    key = np.zeros(len(table.n) + len(sides[0].n), np.int64)
    for one, other in zip(theirs, ours, strict=True):
        key = np.unique(key * len(sample.classes) + np.concatenate([one, other]), return_inverse=True)[1]
    found = np.full(int(key.max(initial=-1)) + 1, -1, np.int64)
    found[key[len(table.n) :]] = np.arange(len(sides[0].n))
    place: IntArray = found[key[: len(table.n)]]
    return place


def _predictions(table: JointCounts | Counts | RepeatedCounts) -> tuple[IntArray, ...]:
    match table:
        case JointCounts():
            return table.candidate, table.baseline
        case RepeatedCounts():
            return (*table.candidate.T, *table.baseline.T)
        case _:
            return (table.prediction,)


def _expand(cell: IntArray, incidence: Incidence) -> tuple[IntArray, IntArray]:
    """Every (entry, group) where the entry's cell counts in the group."""
    order = np.argsort(incidence.cell, kind="stable")
    counted = np.bincount(incidence.cell, minlength=incidence.cells)
    start = np.cumsum(counted) - counted
    each = counted[cell]
    entry = np.repeat(np.arange(len(cell)), each)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(each) - each, each)
    return entry, incidence.group[order[start[cell[entry]] + within]]


def _by_group(group: IntArray, groups: int) -> list[IntArray]:
    """The places of each group."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.cumsum(np.bincount(group, minlength=groups))[:-1])
