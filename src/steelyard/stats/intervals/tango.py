"""
Tango's score interval for a difference of paired proportions, and the score test that it inverts.

Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
design", Statistics in Medicine 17 (1998), 891-908. Among `rows` pairs, `fixed` are right on the candidate's side alone
and `broken` on the baseline's alone; the difference is candidate - baseline = (fixed - broken) / rows.

At a difference of 0 the statistic is McNemar's without continuity correction, (fixed - broken) / sqrt(fixed + broken),
so `p_value` is below alpha exactly when the interval at level 1 - alpha excludes 0. All functions work elementwise on
arrays of one shape and are valid with few or no discordant pairs: the interval never has zero width.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.numerics.normal import critical, two_sided_p
from steelyard.stats.numerics.roots import falling_roots

METHOD = "Tango score"


def statistic(fixed: IntArray, broken: IntArray, rows: IntArray, *, difference: FloatArray) -> FloatArray:
    """
    The score statistic of the hypothesis that the true difference is `difference`, strictly between -1 and 1.

    It is asymptotically standard normal, falls as `difference` grows, and uses the maximum-likelihood estimate of the
    "broken" probability under the hypothesis (Tango's equation for q21).
    """
    gain, loss, n = (np.asarray(value, dtype=np.float64) for value in (fixed, broken, rows))
    b = -gain - loss + (2.0 * n - gain + loss) * difference
    c = -loss * difference * (1.0 - difference)
    root = np.sqrt(np.maximum(b * b - 8.0 * n * c, 0.0))
    # Two forms of the same root of 2n q² + b q + c = 0: each is free of cancellation for its sign of b.
    total = b + root
    stable = np.divide(-2.0 * c, total, out=np.zeros_like(total), where=total > 0.0)
    q = np.where(b > 0.0, stable, (root - b) / (4.0 * n))
    q = np.maximum(q, np.maximum(0.0, -difference))
    variance = n * (2.0 * q + difference * (1.0 - difference))
    distance = gain - loss - n * difference
    scaled = np.divide(distance, np.sqrt(variance), out=np.zeros_like(distance), where=variance > 0.0)
    return np.where((variance <= 0.0) & (distance != 0.0), np.copysign(np.inf, distance), scaled)


def interval(fixed: IntArray, broken: IntArray, rows: IntArray, *, level: float) -> tuple[FloatArray, FloatArray]:
    """
    The bounds of the score interval: where the statistic reaches the two-sided critical value of `level`.

    Without any row the interval is (-1, 1).
    """
    return interval_at(fixed, broken, rows, z=critical(level))


def interval_at(fixed: IntArray, broken: IntArray, rows: IntArray, *, z: float) -> tuple[FloatArray, FloatArray]:
    """The bounds of `interval` at a critical value; its level may be too close to 1 to be written."""
    gain, loss, n = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value)) for value in (fixed, broken, rows)))
    known = n > 0
    safe = np.where(known, n, 1)
    estimate = (gain - loss) / safe
    ends = np.ones(estimate.shape)
    both = [np.concatenate([one, one]) for one in (gain, loss, safe)]
    target = np.repeat([z, -z], len(gain))
    found = falling_roots(
        lambda difference: statistic(*both, difference=difference) - target,
        left=np.concatenate([-ends, estimate]),
        right=np.concatenate([estimate, ends]),
    )
    low, high = np.split(found, 2)
    return np.where(known, low, -1.0), np.where(known, high, 1.0)


def p_value(fixed: IntArray, broken: IntArray) -> FloatArray:
    """The two-sided p-value of "no difference"; 1 where no pair is discordant."""
    gain, loss = np.atleast_1d(np.asarray(fixed, np.float64)), np.atleast_1d(np.asarray(broken, np.float64))
    discordant = gain + loss
    z = np.divide(gain - loss, np.sqrt(discordant), out=np.zeros_like(gain), where=discordant > 0)
    return two_sided_p(z)
