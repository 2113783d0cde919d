"""Both sides' scores where only what they add up to is known."""

from __future__ import annotations

import math

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray
from steelyard.model.totals import Moments, ScoreTotals
from steelyard.stats.counts import tally
from steelyard.stats.counts.tally import Tally
from steelyard.stats.intervals.carriers import FEWEST_CARRIERS
from steelyard.stats.intervals.design import Design, Spread
from steelyard.stats.intervals.tails import skewed
from steelyard.stats.numbers.contrast import MeanContrast, OneSide, welch
from steelyard.stats.scores.scored import no_probabilities, unranked
from steelyard.stats.wording import few_disagreements, no_interval
from steelyard.stats.wording import rows as of_rows


class TotalledSide(Value, frozen=True, kw_only=True):
    """One side; a `LabelledSide`."""

    totals: ScoreTotals

    @property
    def classes(self) -> tuple[str, ...]:
        """See `LabelledSide.classes`."""
        return self.totals.classes

    @property
    def support(self) -> IntArray:
        """See `LabelledSide.support`."""
        return np.array(self.totals.support, dtype=np.int64)

    @property
    def effective(self) -> FloatArray:
        """See `LabelledSide.effective`: all rows are alike."""
        return np.array(self.totals.support, dtype=np.float64)

    @property
    def design(self) -> Design:
        """See `LabelledSide.design`: all rows are alike."""
        return Design()


class TotalledSides(Value, frozen=True, kw_only=True):
    """Two independent samples, or the candidate alone; `LabelledSides`."""

    candidate: TotalledSide
    baseline: TotalledSide | None
    has_baseline: bool

    @property
    def known(self) -> tuple[TotalledSide, ...]:
        """See `LabelledSides.known`."""
        return (self.candidate,) if self.baseline is None else (self.candidate, self.baseline)

    @property
    def rows(self) -> int:
        """See `LabelledSides.rows`: those of the smaller side."""
        return min(sum(side.totals.support) for side in self.known)

    @property
    def undefined(self) -> str:
        """See `LabelledSides.undefined`."""
        if self.has_baseline and self.baseline is None:
            return "undefined: the baseline has no scores"
        reasons = (unranked(side.support, missing=side.totals.missing) for side in self.known)
        return next((reason for reason in reasons if reason), "")

    @property
    def improbable(self) -> str:
        """Why there are no losses; empty: there are."""
        reasons = (no_probabilities(outside=side.totals.outside, off=side.totals.off) for side in self.known)
        return self.undefined or next((reason for reason in reasons if reason), "")


def loss(
    name: str, sides: TotalledSides, moments: tuple[Moments, ...], *, most: float, fewest: int, withheld: str
) -> MeanContrast:
    """
    The contrast of the mean of a loss.

    Args:
        name: The metric's.
        sides: With probabilities.
        moments: Of each side.
        most: The largest loss.
        fewest: Rows below which a side's own value has no interval.
        withheld: Why nothing may have an interval.
    """
    few = "" if sides.rows >= fewest else no_interval(of_rows(sides.rows), fewest)
    owns = [OneSide(value=one.mean, spread=None if withheld or few else _spread(one)) for one in moments]
    spreads = [_spread(one) for one in moments]
    unfit = withheld or (_lopsided(moments) if len(moments) > 1 else few) or max(one.unfit for one in spreads)
    return MeanContrast(
        name=name,
        ours=owns[0],
        theirs=owns[1] if len(owns) > 1 else None,
        spread=spreads[0] if len(spreads) == 1 else welch(*spreads),
        rows=sides.rows,
        method="t" if len(owns) == 1 else "Welch t",
        unfit=unfit,
        caveats=() if unfit and few else next((said for one in moments if (said := _skewed(one))), ()),
        span=(0.0, most),
    )


def top_k(sides: TotalledSides, k: int) -> Tally:
    """How many rows of each side have their label among the k classes with the highest scores."""
    counts = [
        np.array([[sum(side.totals.support)], [sum(side.totals.ahead[:k])]], dtype=np.int64) for side in sides.known
    ]
    if len(counts) == 1:
        return tally.alone(counts[0][1], counts[0][0])
    (rows, right), (baseline_rows, baseline_right) = counts
    return Tally(rows=rows, right=right, baseline_rows=baseline_rows, baseline_right=baseline_right)


def _spread(moments: Moments) -> Spread:
    """The standard error of the mean."""
    n = moments.n
    error = math.sqrt(moments.squares / (n - 1.0) / n) if n > 1 else 0.0
    return Spread(
        standard_error=error,
        degrees_of_freedom=n - 1.0,
        unfit="" if error > 0.0 else "no spread: every row says the same",
    )


def _lopsided(moments: tuple[Moments, ...]) -> str:
    """
    Why a few rows decide so much that there is no interval; empty: they do not.

    Σu² / max u² rows as far out as the farthest one would give the same spread, which is never more than `carriers`.
    """
    resting = min(one.squares / _farthest(one) ** 2 if one.squares > 0.0 else 0.0 for one in moments)
    if resting >= FEWEST_CARRIERS:
        return ""
    return few_disagreements(resting, FEWEST_CARRIERS)


def _skewed(moments: Moments) -> tuple[str, ...]:
    """The caveat where even the largest skewness that these rows may have is not harmless."""
    spread = math.sqrt(moments.squares / moments.n)
    return skewed(moments.n, _farthest(moments) / spread) if spread > 0.0 else ()


def _farthest(moments: Moments) -> float:
    """How far from the mean a row is at most."""
    return max(moments.most - moments.mean, moments.mean - moments.least)
