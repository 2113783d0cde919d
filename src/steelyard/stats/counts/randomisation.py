"""
The randomisation test: how often swapping the two models' predictions within rows moves a metric as far as observed.

If the two models are exchangeable, each row's two predictions are as likely to have come the other way round, so that
swapping each with probability one half gives the distribution of the difference ("approximate randomisation": A. Yeh,
"More accurate tests for the statistical significance of result differences", COLING 2000, 947-953). Of the rows with
label y on which one side says a and the other b, a number that is Binomial(n_yab + n_yba, ½) gets the one order: a draw
costs as much as there are cells, however many rows. For accuracy it is McNemar's exact test.

The test is exact in finite samples, but its null hypothesis is stronger than "no difference": that the models are
*exchangeable*, row by row, in everything the metric sees. Two models of equal F1, one precise and one sensitive, are
not. So a small p says that the models differ, and that chance alone seldom moves the metric so far; it has no interval,
and no verdict is read off it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.numerics import multinomial

Adder: TypeAlias = Callable[[FloatArray], Sums]

_FEW = 8
"""Up to so many rows of a pair are swapped by looking up the number of ones in a random byte."""

_ONES = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint8)

_CHUNK_NUMBERS = 1_000_000

_TIE = 1e-9
"""Differences that are nearer to each other than this, relative to the metric's unit, are equal but for rounding."""


def randomisation_p(metric: Metric, sample: Sample, draws: int = 9_999) -> float | None:
    """
    The two-sided p-value of "the models are exchangeable", (1 + as extreme draws) / (1 + draws).

    None where rows are not paired or a side has no value. Tables with very many cells get fewer draws; a swapped table
    without a value counts as extreme. The draws are seeded from the cells: all metrics of a sample share them.
    """
    if sample.baseline is None or not sample.paired or not len(sample.candidate.n):
        return None
    swaps = _Swaps.of(sample, sample.candidate, sample.baseline)
    observed = float(swaps.differences(metric, swaps.observed[None, :])[0])
    count = swaps.affordable(draws)
    if not np.isfinite(observed) or count == 0:
        return None
    if not len(swaps.rows):
        return 1.0
    seed = multinomial.seed(swaps.rows, swaps.one.label, swaps.one.prediction, swaps.other.prediction, f"swap={count}")
    rng = np.random.Generator(np.random.PCG64(seed))
    extreme = 0
    for drawn in swaps.draw(count, rng):
        moved = np.abs(swaps.differences(metric, drawn))
        extreme += int((~(moved < abs(observed) - _TIE)).sum())
    return (1 + extreme) / (1 + count)


class _Swaps(Value, frozen=True, kw_only=True):
    """
    The pairs of cells that swapping exchanges: rows of one label with the same two predictions, in either order.

    `one` and `other` have a cell for each pair, with either of its two predictions.
    """

    one: Side
    other: Side
    rows: IntArray
    """Of each pair, in both orders."""
    observed: FloatArray
    """Those on which the candidate's prediction is `one`'s."""
    base: tuple[Sums, Sums]
    """Of the candidate and the baseline, over the rows on which the two agree."""
    adders: tuple[Adder, Adder]
    """Of `one` and `other`."""

    @classmethod
    def of(cls, sample: Sample, candidate: Side, baseline: Side) -> _Swaps:
        """The pairs of a paired sample."""
        least = np.minimum(candidate.prediction, baseline.prediction)
        most = np.maximum(candidate.prediction, baseline.prediction)
        moves = least != most
        kinds, which = np.unique(
            np.stack([candidate.label[moves], least[moves], most[moves]]), axis=1, return_inverse=True
        )
        which = which.ravel()
        in_order = (candidate.prediction == least)[moves]
        n = candidate.n[moves]
        rows = np.bincount(which, n, kinds.shape[1]).astype(np.int64)
        still = candidate.n * ~moves
        one, other = (_side(sample, candidate, kinds[0], prediction) for prediction in kinds[1:])
        return cls(
            one=one,
            other=other,
            adders=(one.adder(), other.adder()),
            rows=rows,
            observed=np.bincount(which[in_order], n[in_order], kinds.shape[1]).astype(np.float64),
            base=(structs.replace(candidate, n=still).observed(), structs.replace(baseline, n=still).observed()),
        )

    def affordable(self, wanted: int) -> int:
        """How many draws the time allows; see `multinomial.affordable_draws`."""
        many = int((self.rows > _FEW).sum())
        cost = 70.0 * many + 80.0 * len(self.rows) + 500.0 * self.one.n_classes
        return multinomial.within_budget(cost, wanted=wanted)

    def draw(self, count: int, rng: np.random.Generator) -> Iterator[FloatArray]:
        """Rows of each pair that are in the one order, `(some draws, pairs)` at a time."""
        size = max(1, _CHUNK_NUMBERS // (len(self.rows) + 6 * self.one.n_classes))
        few, many = np.flatnonzero(self.rows <= _FEW), np.flatnonzero(self.rows > _FEW)
        mask = ((1 << self.rows[few]) - 1).astype(np.uint8)
        for start in range(0, count, size):
            tables = min(size, count - start)
            drawn = np.empty((tables, len(self.rows)))
            drawn[:, many] = rng.binomial(self.rows[many], 0.5, size=(tables, len(many)))
            drawn[:, few] = _ONES[rng.integers(256, size=(tables, len(few)), dtype=np.uint8) & mask]
            yield drawn

    def differences(self, metric: Metric, drawn: FloatArray) -> FloatArray:
        """The metric's difference when so many rows of each pair are in the one order, `(draws,)`."""
        one, other = self.adders
        rest = self.rows - drawn
        first = _sum(self.base[0], one(drawn), other(rest))
        second = _sum(self.base[1], one(rest), other(drawn))
        return metric.value(first) - metric.value(second)


def _side(sample: Sample, like: Side, label: IntArray, prediction: IntArray) -> Side:
    members = None if sample.sets is None else sample.sets.of_cells(label, prediction)
    return structs.replace(like, label=label, prediction=prediction, n=np.ones(len(label), np.int64), members=members)


def _sum(*parts: Sums) -> Sums:
    """Sums of disjoint rows together."""
    totals = [part.totals for part in parts if part.totals is not None]
    return structs.replace(
        parts[0],
        true=sum((part.true for part in parts[1:]), parts[0].true),
        predicted=sum((part.predicted for part in parts[1:]), parts[0].predicted),
        hits=sum((part.hits for part in parts[1:]), parts[0].hits),
        totals=sum(totals[1:], totals[0]) if totals else None,
    )
