"""Heavy tails and skewness: when a few rows decide, and a t interval lies wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from steelyard.model.counts import FloatArray
from steelyard.text import rounded

CLUSTERS = "clusters"
"""What `tails` calls them."""

_HEAVY = 0.5
"""Share of the variance that 1% of the rows may make."""

_FEWEST = 100
"""Rows below which there is no hundredth to look at."""


def tails(pulled: Sequence[FloatArray], *, what: str = "rows") -> tuple[str, ...]:
    """
    Caveats where a t interval may be too narrow, since a few rows (or clusters: `what`) decide.

    Two diagnostics of the influence values that the interval rests on: the share of their squares in the top 1% of the
    rows, and Cochran's rule that n should exceed 25 times the squared skewness ("Sampling techniques", 2.15).
    """
    for psi in pulled:
        if said := heavy(psi, what=what) or skewed(len(psi), _skewness(psi), what=what):
            return said
    return ()


def heavy(psi: FloatArray, *, what: str = "rows") -> tuple[str, ...]:
    """The caveat where 1% of the rows make more than half of the variance: what others would make is a guess."""
    share = _share_of_largest(psi)
    if share <= _HEAVY:
        return ()
    return (f"heavy tail: 1% of the {what} make {share:.0%} of the variance, the interval may be too narrow",)


def skewed(number: int, skewness: float, *, what: str = "rows") -> tuple[str, ...]:
    """The caveat where Cochran's rule does not hold."""
    if number >= 25.0 * skewness**2:
        return ()
    few = f"{number:,} {what} are few at a skewness of {rounded(skewness, digits=2)}"
    return (f"skewed: {few}, the interval may be too narrow",)


def too_few_to_show(number: int, skewness: float, *, what: str = "rows") -> tuple[str, ...]:
    """
    The caveat where Cochran's rule would not hold at a skewness that is presumed, whatever a sample shows.

    It names no number of rows but that which is needed, so that it reads the same of all that lack them.
    """
    needed = round(25.0 * skewness**2)
    if number >= needed:
        return ()
    return (f"fewer than {needed} {what}: the rare large ones may be missing here, and the interval be too narrow",)


def unskewed(t: float, skewness: float) -> float:
    """
    The point of a studentised mean's distribution that has the probability of `t` in Student's.

    The inverse of the monotone transformation T + aT²/3 + a²T³/27 + a/6 that takes the skewness out (P. Hall, "On the
    removal of skewness by transformation", Journal of the Royal Statistical Society B 54 (1992), 221-228).

    Args:
        t: A quantile of Student's distribution.
        skewness: a, of the mean itself: that of the rows / √n. It lies between -1 and 1.
    """
    if abs(skewness) < 1e-8:
        return t
    return 3.0 * (math.cbrt(1.0 + skewness * (t - skewness / 6.0)) - 1.0) / skewness


def _share_of_largest(psi: FloatArray) -> float:
    """Share of the squares about the mean in the largest 1% of the rows; 0 where there is nothing to see."""
    squares = _centred(psi) ** 2
    total, top = float(squares.sum()), len(psi) // 100
    if len(psi) < _FEWEST or not total > 0.0:
        return 0.0
    return float(np.partition(squares, len(psi) - top)[len(psi) - top :].sum()) / total


def _skewness(psi: FloatArray) -> float:
    centred = _centred(psi)
    squares = centred * centred
    total = float(squares.sum())
    return float((squares * centred).mean()) / (total / len(psi)) ** 1.5 if total > 0.0 else 0.0


def _centred(psi: FloatArray) -> FloatArray:
    """About the mean, in units of the largest, so that nothing overflows; 0 where that cannot be."""
    size = float(np.abs(psi).max(initial=0.0))
    if not 0.0 < size < math.inf:
        return np.zeros(len(psi))
    scaled = psi / size
    centred: FloatArray = scaled - scaled.mean()
    return centred
