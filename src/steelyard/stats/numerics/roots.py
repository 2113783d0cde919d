"""
Roots of many functions at once, by Chandrupatla's method.

Source: T. R. Chandrupatla, "A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function
without using derivatives", Advances in Engineering Software 28 (1997), 145-149. It bisects where it must and
interpolates by an inverse quadratic where that is safe: a dozen evaluations where bisection takes sixty.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steelyard.model.counts import FloatArray

_MOST_STEPS = 64
_RELATIVE, _ABSOLUTE = 4.6e-16, 1e-16
_LIMIT = 1e3
"""Values beyond it say no more than their sign: interpolation through an infinite one would not move."""


def falling_roots(function: Callable[[FloatArray], FloatArray], *, left: FloatArray, right: FloatArray) -> FloatArray:
    """
    Where each of falling functions crosses 0 between `left` and `right`.

    Args:
        function: From one argument for each, `(n,)`, to one value for each; infinite values are fine.
        left: Where each bracket begins.
        right: Where it ends.

    Returns:
        `(n,)`; the end of the bracket that is nearer to 0 where a function does not cross it.
    """

    def bounded(x: FloatArray) -> FloatArray:
        return np.clip(function(x), -_LIMIT, _LIMIT)

    new, old = right.copy(), left.copy()
    at_new, at_old = bounded(new), bounded(old)
    crossing = np.sign(at_new) != np.sign(at_old)
    step = np.full(new.shape, 0.5)
    for _ in range(_MOST_STEPS):
        x = new + step * (old - new)
        value = bounded(x)
        same = np.sign(value) == np.sign(at_new)
        third, at_third = np.where(same, new, old), np.where(same, at_new, at_old)
        old, at_old = np.where(same, old, new), np.where(same, at_old, at_new)
        new, at_new = x, value
        closest = np.where(np.abs(at_new) < np.abs(at_old), new, old)
        width = np.abs(old - new)
        least = np.divide(_RELATIVE * np.abs(closest) + _ABSOLUTE, width, out=np.ones_like(width), where=width > 0.0)
        done = (least > 0.5) | (at_new == 0.0) | ~crossing
        if done.all():
            break
        step = _step((new, old, third), (at_new, at_old, at_third), least)
        step = np.where(done, 0.0, step)
    closest = np.where(np.abs(at_new) < np.abs(at_old), new, old)
    above = bounded(left) < 0.0
    return np.where(crossing, closest, np.where(above, left, right))


def _step(
    points: tuple[FloatArray, FloatArray, FloatArray],
    values: tuple[FloatArray, FloatArray, FloatArray],
    least: FloatArray,
) -> FloatArray:
    """How far to go from the newest point to the other end: by the inverse quadratic where it is safe, else half."""
    a, b, c = points
    fa, fb, fc = values
    with np.errstate(all="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        safe = (phi * phi < xi) & ((1.0 - phi) ** 2 < 1.0 - xi) & np.isfinite(quadratic)
    return np.clip(np.where(safe, quadratic, 0.5), least, 1.0 - least)
