"""The standard error of an estimate, straight from its influence values."""

from __future__ import annotations

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.intervals.design import Design, Sampling, Spread


def mean_spread(psi: FloatArray, design: Design, *, count: IntArray | None = None) -> Spread:
    """Of entries with this design, that stand for `count` rows each."""
    return Sampling.of(design, entries=len(psi), count=count).spread(psi)
