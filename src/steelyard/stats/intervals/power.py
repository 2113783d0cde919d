"""
The smallest difference that a test set detects with 80% probability.

It depends on the rows, on the level in force and on how often the models disagree: never on the observed difference
("post-hoc power" says nothing that the p-value does not; Hoenig & Heisey, The American Statistician 55 (2001), 19-24).
"""

from __future__ import annotations

import math

import numpy as np

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.numerics.normal import critical, quantile

POWER = 0.80

_HALVINGS = 60


def detectable_paired(discordant: IntArray, rows: IntArray, *, level: float) -> FloatArray:
    """
    For a difference of paired proportions, at the observed share of discordant rows; elementwise, NaN without rows.

    Solves R. J. Connor's equation ("Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43 (1987), 207-211), n d² = (z_α/2 √ψ + z_β √(ψ - d²))², for d. A difference cannot exceed the share of
    discordant rows ψ, so where the solution would, ψ is taken as large as the difference: with few or no discordant
    rows the answer is what would be seen if all of them changed in one direction.
    """
    n = np.asarray(rows, np.float64)
    known = n > 0
    safe = np.where(known, n, 1.0)
    share = np.asarray(discordant, np.float64) / safe
    z_alpha, z_beta = critical(level), quantile(POWER)
    low, high = np.zeros(safe.shape), np.ones(safe.shape)
    for _ in range(_HALVINGS):
        d = (low + high) / 2.0
        psi = np.maximum(share, d)
        needed = z_alpha * np.sqrt(psi) + z_beta * np.sqrt(psi - d * d)
        enough = d * np.sqrt(safe) >= needed
        low, high = np.where(enough, low, d), np.where(enough, d, high)
    return np.where(known, high, np.nan)


def detectable_mean(discordant: IntArray, rows: IntArray, weights: FloatArray, *, level: float) -> float:
    """
    For a weighted mean of differences of paired proportions, those of disjoint rows: all of them differ by as much.

    Connor's equation with the variances of the parts added up. Of one part it is `detectable_paired`, and likewise no
    difference is detected that is larger than the disagreement of any part would allow: ψ is then taken as large.
    """
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        d = (low + high) / 2.0
        low, high = (low, d) if d >= _needed(discordant, rows, weights, d, level=level) else (d, high)
    return high


def rows_needed_mean(
    discordant: IntArray, rows: IntArray, weights: FloatArray, *, difference: float, level: float
) -> float:
    """Factor by which the rows of all parts must grow for `detectable_mean` to be this difference; not 0, at most 1."""
    d = min(abs(difference), 1.0)
    return (_needed(discordant, rows, weights, d, level=level) / d) ** 2


def _needed(discordant: IntArray, rows: IntArray, weights: FloatArray, d: float, *, level: float) -> float:
    """The right side of Connor's equation, over n."""
    psi = np.maximum(discordant / rows, d)
    null, true = (float(np.sqrt((weights**2 * spread / rows).sum())) for spread in (psi, psi - d * d))
    return critical(level) * null + quantile(POWER) * true


def rows_needed_paired(share: float, difference: float, *, level: float) -> float:
    """
    Rows with which a true difference of paired proportions is detected, by Connor's equation solved for n.

    Args:
        share: Of discordant rows; taken as at least `difference`.
        difference: Not 0; one beyond 1, which no proportions have, counts as 1.
        level: Of the interval.
    """
    d = min(abs(difference), 1.0)
    psi = max(share, d)
    root = critical(level) * math.sqrt(psi) + quantile(POWER) * math.sqrt(psi - d * d)
    return (root / d) ** 2


def detectable_normal(standard_error: float, *, level: float) -> float:
    """For an estimate that is roughly normal with this standard error."""
    return (critical(level) + quantile(POWER)) * standard_error
