"""
Mean and spread of numbers that pass by, some at a time.

Sums of squares around the means of two parts give that around the mean of both (T. F. Chan, G. H. Golub & R. J.
LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", COMPSTAT 1982, 30-41), so that
nothing is lost where the numbers differ little from each other.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from steelyard.model.counts import FloatArray, IntArray
from steelyard.model.totals import Moments

NONE: Final = Moments(n=0, mean=0.0, squares=0.0, least=math.inf, most=-math.inf)
"""Of no rows."""


def moments(values: FloatArray, n: IntArray | None = None) -> Moments:
    """
    The moments of some numbers.

    Args:
        values: Finite; in order, upwards or downwards, where `n` is given.
        n: How many rows have each; None: one.
    """
    rows = float(len(values) if n is None else n.sum())
    if not rows:
        return NONE
    # Around one of them, so that no digits are lost where they are close to each other.
    centre = float(values[len(values) // 2])
    apart = values - centre
    weight = np.ones(len(values)) if n is None else n.astype(np.float64)
    first = dot(apart, weight) / rows
    found = values
    if n is not None:
        # The ends of those that some rows have, which costs a fraction of leaving the others out.
        occurs = n > 0
        found = values[[occurs.argmax(), len(n) - 1 - occurs[::-1].argmax()]]
    return Moments(
        n=int(rows),
        mean=centre + first,
        squares=max(dot(apart * apart, weight) - rows * first**2, 0.0),
        least=float(found.min()),
        most=float(found.max()),
    )


def dot(one: FloatArray, other: FloatArray) -> float:
    """Σ one · other, without the threads of a matrix product, which would take longer to start than a block takes."""
    return float(np.einsum("i,i->", one, other))


def merged(one: Moments, other: Moments) -> Moments:
    """The moments of both together."""
    if not one.n or not other.n:
        return other if not one.n else one
    n, apart = float(one.n + other.n), other.mean - one.mean
    return Moments(
        n=one.n + other.n,
        mean=one.mean + apart * other.n / n,
        squares=one.squares + other.squares + apart**2 * one.n * other.n / n,
        least=min(one.least, other.least),
        most=max(one.most, other.most),
    )
