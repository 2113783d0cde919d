"""
Accuracy within each slice value, where rows have clusters or weights, or sides were trained several times.

Each value is a comparison of its own, of exactly its rows: the mean difference in what is right, with the variance of
`design` for the clusters and weights within it, and the luck of training of `trainings`. Strata take no part: how many
of a slice's rows lie in each stratum is not fixed when rows are drawn within strata, and so the variance between the
strata counts (W. G. Cochran, "Sampling techniques", 3rd ed., Wiley 1977, 5A.14, on domains).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import BoolArray, FloatArray, IntArray, Outcomes, SlicedCounts
from steelyard.stats.counts.guards import FEWEST
from steelyard.stats.intervals import trainings
from steelyard.stats.intervals.design import Design, Sampling
from steelyard.stats.intervals.trainings import Trained, few_trainings, over_trainings
from steelyard.stats.numbers.contrast import MeanContrast, method, unseen_clusters_matter
from steelyard.stats.numbers.estimates import Estimates
from steelyard.stats.wording import NO_RARER_UNITS, few_clusters_differ, few_rows_differ


def contrasts(column: SlicedCounts, *, withheld: str) -> tuple[MeanContrast, ...]:
    """
    Accuracy in each value of a slice column that has `outcomes`.

    Args:
        column: The slice column.
        withheld: Why nothing may have an interval.
    """
    outcomes = column.outcomes
    if outcomes is None:
        return ()
    starts = np.searchsorted(outcomes.value, np.arange(len(column.values) + 1))
    return tuple(_contrast(_part(outcomes, slice(*ends)), withheld=withheld) for ends in pairwise(starts.tolist()))


class _Part(Value, frozen=True, kw_only=True):
    """The rows of one value."""

    sampling: Sampling
    design: Design
    n: IntArray
    mass: FloatArray
    """Rows, or Σw, of each entry."""
    squares: FloatArray
    """Rows, or Σw²."""
    sides: tuple[BoolArray, ...]
    """Whether each training has an entry's rows right, `(entries, trainings)`: the candidate's, the baseline's."""

    def trained(self, right: BoolArray) -> Trained:
        """Accuracy of one side."""
        hits = right.astype(np.float64)
        total = float(self.mass.sum())
        values = self.mass @ hits / total if total > 0.0 else np.full(hits.shape[1], np.nan)
        return over_trainings(values.tolist(), list((hits - values).T), self.sampling.spread)

    def effective(self, where: BoolArray) -> float:
        """What the rows of these entries count as: (Σw)² / Σw²."""
        squares = float(self.squares[where].sum())
        return float(self.mass[where].sum()) ** 2 / squares if squares > 0.0 else 0.0

    def clusters(self, where: BoolArray | None = None) -> int:
        """Clusters with a row in these entries; 0 without clusters."""
        cluster = self.design.cluster
        return 0 if cluster is None else len(np.unique(cluster if where is None else cluster[where]))


def _part(outcomes: Outcomes, inside: slice) -> _Part:
    def taken(values: FloatArray | None) -> FloatArray | None:
        return None if values is None else values[inside]

    n = outcomes.n[inside]
    weight, squared = taken(outcomes.weight), taken(outcomes.weight_squared)
    design = Design(
        cluster=None if outcomes.cluster is None else outcomes.cluster[inside],
        weight=weight,
        weight_squared=squared,
    )
    rows = n.astype(np.float64)
    return _Part(
        sampling=Sampling.of(design, entries=len(n), count=n),
        design=design,
        n=n,
        mass=rows if weight is None else weight,
        squares=rows if squared is None else squared,
        sides=tuple(one[inside] for one in (outcomes.candidate, outcomes.baseline) if one is not None),
    )


def _contrast(part: _Part, *, withheld: str) -> MeanContrast:
    sides = [part.trained(right) for right in part.sides]
    paired = len(sides) > 1
    found = Estimates.of(sides, [part.sampling], difference=sides[0].psi - sides[1].psi if paired else None)
    judged = found.judged(
        withheld=withheld,
        refused=part.sampling.unfit or (_sparse(part) if paired else few_trainings(sides[0])),
        own=[_few_of_a_kind(part, right) for right in part.sides],
    )
    return MeanContrast(
        name="accuracy",
        ours=judged.ours,
        theirs=judged.theirs(),
        spread=found.spread,
        rows=int(part.n.sum()),
        method=trainings.method(method(part.design, paired=paired, alone=not paired), sides),
        undefined="" if len(part.n) else "no rows",
        unfit=judged.unfit,
        caveats=judged.caveats((*found.spread.caveats, *trainings.caveats(sides)), found.decided),
        span=(0.0, 1.0),
        presumes=NO_RARER_UNITS if unseen_clusters_matter(found.spread, (0.0, 1.0)) else (),
        fixed_variance=found.fixed_variance,
    )


def _sparse(part: _Part) -> str:
    """Why too few rows, or clusters, differ between the two sides; empty: enough do."""
    ours, theirs = (right.mean(axis=1) for right in part.sides)
    differ = ours != theirs
    found = part.effective(differ)
    if found < FEWEST:
        return few_rows_differ(found, FEWEST)
    return few_clusters_differ(part.clusters(differ), min(FEWEST, part.clusters()))


def _few_of_a_kind(part: _Part, right: BoolArray) -> str:
    """Why one side's accuracy has no interval, as too few rows are right, or wrong; empty: there are enough."""
    share = right.mean(axis=1)
    fewest = min(float(part.n @ share), float(part.n @ (1.0 - share)))
    return f"too few rows are right, or wrong: {fewest:g}, {FEWEST} needed" if fewest < FEWEST else ""
