"""Differences of rows that rounding takes away beside far larger values."""

from __future__ import annotations

import numpy as np

from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.design import Sampling
from steelyard.stats.numbers.columns import Observed, Score, Sides

HIDDEN = "no spread: beside the largest values the rows differ by no more than rounding"

_ROUNDING = 1e-12
"""A spread below this share of the influence values is rounding."""

_MOST = 64
"""How often the largest values are left out to see what is beside them."""


def hidden(score: Score, sides: Sides) -> bool:
    """
    Whether paired rows whose differences have no spread have one where the rows with the largest values are left out.

    One value of 1e150 moves a mean so far that a number has no digit left for the others.
    """
    candidate, baseline = sides.candidate, sides.baseline
    for _ in range(_MOST):
        if baseline is None or np.array_equal(candidate.mean, baseline.mean):
            return False
        ours, theirs = _pulls(score, candidate), _pulls(score, baseline)
        size = _largest(ours, theirs)
        found = Sampling.of(candidate.design, entries=len(size)).spread(ours - theirs)
        if found.standard_error > _ROUNDING * float(size.max(initial=0.0)):
            return True
        if not size.any():
            # Rounding may take the influence of all rows, as where the share that is explained is 0.
            size = _largest(*(one for one in (candidate.mean, baseline.mean, candidate.target) if one is not None))
        ordinary = np.flatnonzero(size < size.max(initial=0.0) / 2.0)
        candidate, baseline = candidate.take(ordinary), baseline.take(ordinary)
    return False


def _largest(*columns: FloatArray) -> FloatArray:
    """The largest size of each row."""
    sizes: FloatArray = np.max(np.abs(columns), axis=0)
    return sizes


def _pulls(score: Score, side: Observed) -> FloatArray:
    """The influence values, averaged over the trainings."""
    pulls: FloatArray = np.mean([score(one).psi for one in side.trainings], axis=0)
    return pulls
