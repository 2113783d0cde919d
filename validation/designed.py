"""Coverage where rows are not alike: clusters, weights, strata."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, Joined
from validation import joins, tool
from validation.confusion import BINARY
from validation.coverage import Coverage, Truth, of_truth
from validation.population import Models, Population

EASY = Models(shares=(0.7, 0.3), baseline=(0.95, 0.9), candidate=(0.97, 0.9), together=0.5)
HARD = Models(shares=(0.4, 0.6), baseline=(0.6, 0.5), candidate=(0.6, 0.56), together=0.5)
"""Two kinds of patients: rows of one patient are alike in how hard they are, and in their labels."""

ODD = Models(shares=(0.5, 0.5), baseline=(0.9, 0.8), candidate=(0.6, 0.5), together=0.2)
"""Patients on whom the candidate is far worse."""


STEADY = Models(shares=(0.5, 0.5), baseline=(0.6,), candidate=(0.6,), together=0.99)
LOST = Models(shares=(0.5, 0.5), baseline=(0.6,), candidate=(0.1,))
"""Patients on whom the two models are alike, and those that the candidate gets wrong: if few are such patients,
most of the difference and of its variance is theirs."""


class ClusteredRows(NamedTuple):
    """Of each row, `(rows,)`."""

    cell: IntArray
    cluster: IntArray


class Clusters(Value, frozen=True, kw_only=True):
    """Clusters of a kind each; sizes may depend on the kind."""

    kinds: tuple[Models, ...]
    shares: tuple[float, ...]
    """Of the clusters that are of each kind."""
    sizes: tuple[tuple[int, int], ...]
    """Smallest and largest size by kind, spread evenly on a logarithmic scale."""
    clusters: int

    def populations(self) -> tuple[Population, ...]:
        """Each kind's cells, all with the same cells in the same order."""
        return tuple(models.population() for models in self.kinds)

    def truth(self, metrics: tuple[str, ...]) -> Truth:
        """Of the rows of all clusters together: each kind counts by its share times its mean size."""
        rows = np.array([share * _sizes(*size).mean() for share, size in zip(self.shares, self.sizes, strict=True)])
        whole = mixed(self.populations(), rows / rows.sum())
        return {metric: whole.truth(metric) for metric in metrics}

    def sample(self, rng: np.random.Generator) -> Joined:
        """The rows of new clusters."""
        drawn = self.rows(rng)
        return joins.designed(self.populations()[0], drawn.cell, cluster=drawn.cluster)

    def rows(self, rng: np.random.Generator) -> ClusteredRows:
        """The cell and the cluster of each row of new clusters."""
        populations = self.populations()
        kind = rng.choice(len(self.kinds), size=self.clusters, p=self.shares)
        cells = []
        for one in kind:
            size = int(rng.choice(_sizes(*self.sizes[one])))
            cells.append(rng.choice(len(populations[one].chances), size=size, p=populations[one].chances))
        cluster = np.repeat(np.arange(self.clusters), [len(one) for one in cells])
        return ClusteredRows(cell=np.concatenate(cells), cluster=cluster)


def _sizes(smallest: int, largest: int) -> IntArray:
    """The sizes that a cluster may have, each as likely as the others."""
    return np.unique(np.rint(np.geomspace(smallest, largest, 9)).astype(np.int64))


def mixed(populations: tuple[Population, ...], shares: FloatArray) -> Population:
    """One population out of several with the same cells."""
    first = populations[0]
    for other in populations[1:]:
        same = (first.label, first.baseline, first.candidate), (other.label, other.baseline, other.candidate)
        if not all(np.array_equal(ours, theirs) for ours, theirs in zip(*same, strict=True)):
            raise ValueError("the populations have different cells")
    chances = sum(share * one.chances for share, one in zip(shares, populations, strict=True))
    return Population(
        label=first.label,
        baseline=first.baseline,
        candidate=first.candidate,
        chances=np.asarray(chances),
        n_labels=first.n_labels,
        n_classes=first.n_classes,
    )


class Sliced(Value, frozen=True, kw_only=True):
    """Clusters with a slice column: a value belongs to whole clusters, or is drawn for each row."""

    clusters: Clusters
    shares: tuple[float, ...] = (0.7, 0.2, 0.1)
    """Of the clusters, or rows, that have each value."""
    whole: bool = True

    def truth(self) -> Truth:
        """Slices are drawn without regard to anything else: each has the accuracy of all rows."""
        whole = self.clusters.truth(("accuracy",))["accuracy"]
        return {f"accuracy[v{code:03d}]": whole for code in range(len(self.shares))}

    def sample(self, rng: np.random.Generator) -> Joined:
        """The rows of new clusters."""
        drawn = self.clusters.rows(rng)
        size = self.clusters.clusters if self.whole else len(drawn.cell)
        value = rng.choice(len(self.shares), size=size, p=self.shares)
        if self.whole:
            value = value[drawn.cluster]
        population = self.clusters.populations()[0]
        column = joins.sliced_rows(
            "site", population, drawn.cell, value, cluster=drawn.cluster, values=len(self.shares)
        )
        return joins.with_slices(joins.designed(population, drawn.cell, cluster=drawn.cluster), column)


class Weighted(Value, frozen=True, kw_only=True):
    """Rows of two kinds, one of which was sampled too rarely and is weighted up for it."""

    kinds: tuple[Models, Models] = (EASY, HARD)
    sampled: tuple[float, float] = (0.8, 0.2)
    weights: tuple[float, float] = (0.5, 4.0)
    rows: int = 1_000
    strata: bool = False
    """The kinds are strata: each has a fixed number of rows."""
    weighted: bool = True

    def truth(self, metrics: tuple[str, ...]) -> Truth:
        """Of the population that the weights restore; without weights, of the mixture as it is sampled."""
        rows = np.array(self.sampled) * (np.array(self.weights) if self.weighted else 1.0)
        whole = mixed(tuple(one.population() for one in self.kinds), rows / rows.sum())
        return {metric: whole.truth(metric) for metric in metrics}

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        populations = [one.population() for one in self.kinds]
        fixed = np.repeat([0, 1], np.rint(np.array(self.sampled) * self.rows).astype(np.int64))
        kind = fixed if self.strata else rng.choice(2, size=self.rows, p=self.sampled)
        cell = np.empty(len(kind), dtype=np.int64)
        for index, one in enumerate(populations):
            cell[kind == index] = rng.choice(len(one.chances), size=int((kind == index).sum()), p=one.chances)
        return joins.designed(
            populations[0],
            cell,
            stratum=kind if self.strata else None,
            weight=np.array(self.weights)[kind] if self.weighted else None,
        )


def studies() -> list[Coverage]:
    """Equal and unequal clusters, many and few; weights; strata."""
    both, even = (EASY, HARD), (0.6, 0.4)
    equal = ((20, 20), (20, 20))
    return [
        _clusters(
            "clusters-200-equal",
            "200 clusters of 20 rows",
            Clusters(kinds=both, shares=even, sizes=equal, clusters=200),
        ),
        _clusters(
            "clusters-60-equal", "60 clusters of 20 rows", Clusters(kinds=both, shares=even, sizes=equal, clusters=60)
        ),
        _clusters(
            "clusters-20-equal", "20 clusters of 20 rows", Clusters(kinds=both, shares=even, sizes=equal, clusters=20)
        ),
        _clusters(
            "clusters-100-unequal",
            "100 clusters of 5 to 100 rows, the hard ones larger",
            Clusters(kinds=both, shares=even, sizes=((5, 30), (10, 100)), clusters=100),
        ),
        _clusters(
            "clusters-30-unequal",
            "30 clusters of 3 to 150 rows",
            Clusters(kinds=both, shares=even, sizes=((3, 100), (3, 150)), clusters=30),
        ),
        _clusters(
            "clusters-80-odd",
            "80 clusters of 10 to 40 rows, one in ten far worse",
            Clusters(kinds=(EASY, HARD, ODD), shares=(0.5, 0.4, 0.1), sizes=((10, 40),) * 3, clusters=80),
        ),
        _clusters(
            "clusters-500-lost",
            "500 clusters of 10 rows, one in fifty lost",
            Clusters(kinds=(STEADY, LOST), shares=(0.98, 0.02), sizes=((10, 10),) * 2, clusters=500),
            metrics=("accuracy",),
        ),
        _clusters(
            "clusters-8", "8 clusters of 50 rows", Clusters(kinds=both, shares=even, sizes=((50, 50),) * 2, clusters=8)
        ),
        _clusters(
            "clusters-3",
            "3 clusters of 200 rows",
            Clusters(kinds=both, shares=even, sizes=((200, 200),) * 2, clusters=3),
        ),
        _sliced(
            "slices-clusters",
            "150 clusters of 5 to 40 rows, slices of whole clusters",
            Sliced(clusters=Clusters(kinds=both, shares=even, sizes=((5, 30), (10, 40)), clusters=150)),
        ),
        _sliced(
            "slices-rows",
            "60 clusters of 20 rows, slices of single rows",
            Sliced(clusters=Clusters(kinds=both, shares=even, sizes=equal, clusters=60), whole=False),
        ),
        _weighted("weights", "1,000 rows, weights 0.5 and 4", Weighted()),
        _weighted(
            "weights-few", "200 rows, weights 0.2 and 10", Weighted(rows=200, weights=(0.2, 10.0), sampled=(0.9, 0.1))
        ),
        _weighted("strata", "1,000 rows in two strata", Weighted(strata=True, weighted=False)),
        _weighted("strata-weights", "500 rows in two strata, weighted", Weighted(strata=True, rows=500)),
    ]


def _clusters(name: str, about: str, made: Clusters, *, metrics: tuple[str, ...] = BINARY) -> Coverage:
    return of_truth(
        name, about, made.sample, made.truth(metrics), tool.prediction_set(positive="c001", cluster="patient")
    )


def _sliced(name: str, about: str, made: Sliced) -> Coverage:
    predictions = tool.prediction_set(positive="c001", cluster="patient")
    return of_truth(name, about, made.sample, made.truth(), predictions)


def _weighted(name: str, about: str, made: Weighted) -> Coverage:
    predictions = tool.prediction_set(
        positive="c001", weight="weight" if made.weighted else None, stratum="site" if made.strata else None
    )
    return of_truth(name, about, made.sample, made.truth(BINARY), predictions)
