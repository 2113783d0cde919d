"""
Moments of numbers that pass by, some at a time.

Central sums of two parts give those of both (P. Pébay, "Formulas for robust, one-pass parallel computation of
covariances and arbitrary-order statistical moments", Sandia report SAND2008-6212, 2008), so that nothing is lost where
the numbers differ little from each other.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from steelyard.model.counts import FloatArray, IntArray
from steelyard.model.totals import Moments

NONE: Final = Moments(n=0, mean=0.0, second=0.0, third=0.0, fourth=0.0)
"""Of no rows."""


def moments(values: FloatArray, n: IntArray | None = None) -> Moments:
    """
    The moments of some numbers.

    Args:
        values: Finite.
        n: How many rows have each; None: one.
    """
    rows = float(len(values) if n is None else n.sum())
    if not rows:
        return NONE
    # Around one of them, so that no digits are lost where they are close to each other.
    centre = float(values[len(values) // 2])
    apart = values - centre
    squares = apart * apart
    weight = None if n is None else n.astype(np.float64)
    weighted = squares if weight is None else squares * weight
    first = float(apart.sum() if weight is None else dot(apart, weight)) / rows
    second, third, fourth = float(weighted.sum()), dot(weighted, apart), dot(weighted, squares)
    return Moments(
        n=int(rows),
        mean=centre + first,
        second=max(second - rows * first**2, 0.0),
        third=third - 3.0 * first * second + 2.0 * rows * first**3,
        fourth=max(fourth - 4.0 * first * third + 6.0 * first**2 * second - 3.0 * rows * first**4, 0.0),
    )


def dot(one: FloatArray, other: FloatArray) -> float:
    """Σ one · other, without the threads of a matrix product, which would take longer to start than a block takes."""
    return float(np.einsum("i,i->", one, other))


def merged(one: Moments, other: Moments) -> Moments:
    """The moments of both together."""
    if not one.n or not other.n:
        return other if not one.n else one
    a, b = float(one.n), float(other.n)
    n, apart = a + b, other.mean - one.mean
    step = apart / n
    return Moments(
        n=one.n + other.n,
        mean=one.mean + b * step,
        second=one.second + other.second + apart * step * a * b,
        third=one.third
        + other.third
        + apart * step * step * a * b * (a - b)
        + 3.0 * step * (a * other.second - b * one.second),
        fourth=one.fourth
        + other.fourth
        + apart * step**3 * a * b * (a * a - a * b + b * b)
        + 6.0 * step * step * (a * a * other.second + b * b * one.second)
        + 4.0 * step * (a * other.third - b * one.third),
    )
