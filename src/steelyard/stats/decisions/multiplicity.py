"""
Several questions at once: simultaneous intervals for gated metrics, false-discovery control for classes and slices.

Simultaneous intervals are max-T over the same draws (P. H. Westfall & S. S. Young, "Resampling-based multiple testing",
1993; J. P. Romano & M. Wolf, Econometrica 73 (2005), 1237-1282), on the scale of ranks, so that skewed metrics keep
percentile intervals (M. Mandel & R. A. Betensky, Computational Statistics & Data Analysis 52 (2008), 2158-2165). With
one metric it is the ordinary percentile interval. False discoveries: Y. Benjamini & Y. Hochberg, JRSS B 57 (1995),
289-300; Y. Benjamini & D. Yekutieli, Annals of Statistics 29 (2001), 1165-1188.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray

FEWEST_BEYOND = 20
"""Draws that must lie beyond joint intervals for their number to tell how much error these have."""


class Joint(Value, frozen=True, kw_only=True):
    """How extreme each draw is in its most extreme metric: the smaller tail count, at least 1, sorted ascending."""

    depth: IntArray
    """`(draws,)`."""

    @classmethod
    def of(cls, differences: FloatArray) -> Joint:
        """From the draws of several metrics' differences, `(draws, metrics)`."""
        draws = differences.shape[0]
        depth = np.full(draws, draws, dtype=np.int64)
        for column in differences.T:
            ordered = np.sort(column)
            below = np.searchsorted(ordered, column, side="right")
            above = draws - np.searchsorted(ordered, column, side="left")
            depth = np.minimum(depth, np.minimum(below, above))
        return cls(depth=np.sort(depth))

    def tells(self, alpha: float) -> bool:
        """Whether the draws are many enough for intervals that have this error together."""
        return int(alpha * len(self.depth) + 1e-9) >= FEWEST_BEYOND

    def alpha_of_each(self, alpha: float, *, metrics: int) -> float:
        """
        The error that each interval may have so that all of them together have at most `alpha`.

        With k the largest number for which at most a share `alpha` of the draws is, in some metric, below its k-th
        smallest or above its k-th largest value, the intervals between those two hold together; alone, each has an
        error of 2k / (draws + 1). Never below Bonferroni's share, which always suffices. For an `alpha` that `tells`.
        """
        draws = len(self.depth)
        k = int(self.depth[min(int(alpha * draws + 1e-9), draws - 1)])
        return min(alpha, max(2.0 * k / (draws + 1), alpha / metrics))

    def adjusted(self, p_value: float, *, metrics: int) -> float:
        """
        The single-step p-value: the chance that some metric of the family is as extreme as this p-value says.

        Never below the p-value itself, which may come from another method than the draws: an interval whose error is
        the whole of it must agree.
        """
        draws = len(self.depth)
        reached = int(np.searchsorted(self.depth, int(p_value * (draws + 1) / 2.0 + 1e-9), side="right"))
        return max(p_value, min(1.0, metrics * p_value, max(reached, FEWEST_BEYOND) / draws))


class Discoveries(Value, frozen=True, kw_only=True):
    """Control of the false discovery rate: which procedure, and the share of false ones among the flagged."""

    q: float
    dependent: bool = False
    """Valid under any dependence of the tests (Benjamini & Yekutieli 2001); otherwise for independent or positively
    dependent ones (Benjamini & Hochberg 1995)."""

    @property
    def procedure(self) -> str:
        """Its name, as the report prints it."""
        return "Benjamini–Yekutieli" if self.dependent else "Benjamini–Hochberg"

    def adjusted(self, p_values: FloatArray) -> FloatArray:
        """Adjusted p-values: flagged where they are at most `q`."""
        m = len(p_values)
        order = np.argsort(p_values, kind="stable")
        scaled = p_values[order] * m * self._penalty(m) / np.arange(1, m + 1)
        adjusted = np.empty(m)
        adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
        return adjusted

    def level(self, adjusted: FloatArray) -> float:
        """
        The level of intervals of which, among the flagged, a share of at most `q` misses its value.

        1 - q R / m with R flagged of m (Benjamini & Yekutieli, JASA 100 (2005), 71-81); none flagged counts as one. An
        interval that inverts the test excludes 0 at this level exactly where the adjusted p-value is below `q`.
        """
        return self._stated(int((adjusted <= self.q).sum()), len(adjusted))

    def level_beyond(self, tests: IntArray, beyond: Callable[[IntArray, float], IntArray]) -> float:
        """
        The level of intervals that lie beyond a margin exactly for the flagged, where there are no p-values at it.

        Benjamini-Hochberg by inversion: flagged are the R tests whose intervals at level 1 - q R / m lie wholly beyond,
        with the largest R for which there are as many.

        Args:
            tests: All of them, by any numbers.
            beyond: Which of some tests have their interval at a level wholly beyond the margin.
        """
        m = len(tests)
        found = tests
        while len(found) and len(kept := beyond(found, self._stated(len(found), m))) < len(found):
            found = kept
        return self._stated(len(found), m)

    def _stated(self, flagged: int, m: int) -> float:
        """None flagged counts as one."""
        return 1.0 - self.q * max(flagged, 1) / (max(m, 1) * self._penalty(m))

    def _penalty(self, m: int) -> float:
        return float((1.0 / np.arange(1, m + 1)).sum()) if self.dependent and m > 0 else 1.0
