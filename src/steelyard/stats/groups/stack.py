"""Contrasts of many groups as arrays: what `groups` asks of a tally of counts, for metrics that are no plain counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.contrast import Contrast
from steelyard.stats.counts.tally import Tally


class Stack(Value, frozen=True, kw_only=True):
    """One contrast a group."""

    contrasts: tuple[Contrast, ...]
    rows: IntArray
    """Of each group, on the candidate's side."""
    smaller: IntArray
    """Of each group, on the side that has fewer."""
    fixed: IntArray | None = None
    broken: IntArray | None = None

    @classmethod
    def of(cls, contrasts: Sequence[Contrast], *, rows: IntArray, counted: Tally | None = None) -> Stack:
        """From contrasts, the rows that each is about on both sides, and what was counted of them besides."""
        if counted is None:
            return cls(contrasts=tuple(contrasts), rows=rows, smaller=rows)
        return cls(
            contrasts=tuple(contrasts),
            rows=rows,
            smaller=counted.smaller,
            fixed=counted.fixed,
            broken=counted.broken,
        )

    @property
    def method(self) -> str:
        """As the first group with an interval names it."""
        intervals = (one.interval(alpha=0.05, level=0.95) for one in self.contrasts if not self._reason(one))
        return next((interval.method for interval in intervals if interval is not None), "")

    def estimates(self, *, level: float | None) -> tuple[Estimate, ...]:
        """The candidate's values."""
        return tuple(_bare(one.candidate(level=level or 0.95), level) for one in self.contrasts)

    def baseline_estimates(self, *, level: float | None) -> tuple[Estimate, ...]:
        """The baseline's values."""
        found = (one.baseline(level=level or 0.95) for one in self.contrasts)
        return tuple(_bare(one if one is not None else Estimate(value=None), level) for one in found)

    def unfit(self, index: int) -> str:
        """Why a group has no interval."""
        return self._reason(self.contrasts[index])

    def caveats(self, index: int) -> tuple[str, ...]:
        """What must be known to read a group's interval."""
        return self.contrasts[index].caveats

    def presumes(self, index: int) -> tuple[str, ...]:
        """See `Contrast.presumes`."""
        return self.contrasts[index].presumes

    def p_values(self) -> FloatArray:
        """NaN where a group has none."""
        found = [None if self._reason(one) else one.p_value() for one in self.contrasts]
        return np.array([np.nan if p is None else p for p in found], dtype=np.float64)

    def bounds(self, *, level: float) -> tuple[FloatArray, FloatArray]:
        """NaN where a group has none."""
        pairs = np.full((2, len(self.contrasts)), np.nan)
        for index, one in enumerate(self.contrasts):
            interval = None if self._reason(one) else one.interval(alpha=1.0 - level, level=level)
            if interval is not None:
                pairs[:, index] = interval.low, interval.high
        return pairs[0], pairs[1]

    def detectable(self, *, level: float) -> FloatArray:
        """NaN where it is not known."""
        found = [None if self._reason(one) else one.detectable(alpha=1.0 - level) for one in self.contrasts]
        return np.array([np.nan if value is None else value for value in found], dtype=np.float64)

    def take(self, indices: IntArray) -> Stack:
        """Only these groups."""
        return Stack(
            contrasts=tuple(self.contrasts[index] for index in indices),
            rows=self.rows[indices],
            smaller=self.smaller[indices],
            fixed=None if self.fixed is None else self.fixed[indices],
            broken=None if self.broken is None else self.broken[indices],
        )

    def _reason(self, one: Contrast) -> str:
        return one.undefined or one.unfit


def _bare(estimate: Estimate, level: float | None) -> Estimate:
    return estimate if level is not None else structs.replace(estimate, interval=None)
