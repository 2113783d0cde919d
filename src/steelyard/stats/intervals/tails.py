"""Heavy tails: when a few rows decide, and a t interval is too narrow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from steelyard.model.counts import FloatArray


def tails(pulled: Sequence[FloatArray]) -> tuple[str, ...]:
    """
    Caveats where a t interval may be too narrow, since a few rows decide.

    Two diagnostics of the influence values that the interval rests on: the share of their squares in the top 1% of the
    rows, and Cochran's rule that n should exceed 25 times the squared skewness ("Sampling techniques", 2.15).
    """
    for psi in pulled:
        size = float(np.abs(psi).max(initial=0.0))
        if not 0.0 < size < math.inf:
            continue
        centred = psi / size
        centred -= centred.mean()
        squares = centred * centred
        total, rows = float(squares.sum()), len(psi)
        top = max(1, rows // 100)
        share = float(np.partition(squares, rows - top)[rows - top :].sum()) / total if total > 0.0 else 0.0
        if rows >= 200 and share > 0.5:
            return (f"heavy tail: 1% of the rows make {share:.0%} of the variance, the interval may be too narrow",)
        skewness = float((squares * centred).mean()) / (total / rows) ** 1.5 if total > 0.0 else 0.0
        if said := skewed(rows, skewness):
            return said
    return ()


def skewed(rows: int, skewness: float) -> tuple[str, ...]:
    """The caveat where Cochran's rule does not hold."""
    if rows >= 25.0 * skewness**2:
        return ()
    return (f"skewed: {rows:,} rows are few at a skewness of {skewness:.2g}, the interval may be too narrow",)
