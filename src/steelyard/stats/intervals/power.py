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

_MOST = 1e300
"""Rows that are looked for at most: what is computed with more of them is no number."""


def detectable_paired(discordant: IntArray, rows: IntArray, *, level: float) -> FloatArray:
    """
    For a difference of paired proportions, at the observed share of discordant rows; elementwise.

    Solves O. S. Miettinen's equation ("The matched pairs design in the case of all-or-none responses", Biometrics 24
    (1968), 339-352), n d² = (z_α/2 √ψ + z_β √(ψ - d² (3 + ψ) / 4ψ))², for d, which heeds that the number of discordant
    rows is random, too. A difference cannot exceed the share of discordant rows ψ: with few of them the answer is what
    would be seen if all of them changed in one direction. How many they are is then binomial, and the score test
    rejects from z² of them on.

    Returns:
        NaN where there are fewer rows than the test needs: even if all of them changed nothing would be detected.
    """
    n = np.asarray(rows, np.float64)
    least = _one_way(n, level=level)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.asarray(discordant, np.float64) / n
        z_alpha, z_beta = critical(level), quantile(POWER)
        # Squared, the equation is quadratic in d; the larger root is the one of √n d > z_α/2 √ψ.
        curve = z_beta * z_beta * (3.0 + share) / (4.0 * share)
        root = np.sqrt(np.maximum(share * (n * z_beta * z_beta + curve * (z_beta * z_beta - z_alpha * z_alpha)), 0.0))
        found = (z_alpha * np.sqrt(n * share) + root) / (n + curve)
    # Without discordant rows there is no solution; fmin leaves their share, 0.
    return np.where(np.isnan(least), np.nan, np.maximum(least, np.fmin(found, share)))


def detectable_mean(discordant: IntArray, rows: IntArray, weights: FloatArray, *, level: float) -> float:
    """
    For a weighted mean of differences of paired proportions, those of disjoint rows: all of them differ by as much.

    That difference exceeds what the interval reaches below it, the root of the squared reaches of the parts (MOVER),
    by z_β standard deviations. No difference is detected that is larger than the disagreement of any part would allow:
    ψ is then taken as large.

    Returns:
        NaN where not even a difference of 1 is detected.
    """
    n, low, high = np.asarray(rows, np.float64), 0.0, 1.0
    share = discordant / n
    if _needed(share, n, weights, high, level=level) > high:
        return math.nan
    for _ in range(_HALVINGS):
        d = (low + high) / 2.0
        low, high = (low, d) if d >= _needed(share, n, weights, d, level=level) else (d, high)
    return high


def rows_needed_mean(
    discordant: IntArray, rows: IntArray, weights: FloatArray, *, difference: float, level: float
) -> float:
    """
    Factor by which the rows of all parts must grow for `detectable_mean` to be this difference; not 0, at most 1.

    Infinite where so many rows are beyond what numbers hold.
    """
    d, n = min(abs(difference), 1.0), np.asarray(rows, np.float64)
    share, most = discordant / n, _MOST / float(n.max())
    low, high = 0.0, 1.0
    while _needed(share, n * high, weights, d, level=level) > d:
        low, high = high, 2.0 * high
        if high > most:
            return math.inf
    for _ in range(_HALVINGS):
        factor = (low + high) / 2.0
        lacking = _needed(share, n * factor, weights, d, level=level) > d
        low, high = (factor, high) if lacking else (low, factor)
    return high


def _needed(share: FloatArray, n: FloatArray, weights: FloatArray, d: float, *, level: float) -> float:
    """The smallest mean difference that is detected in four of five, where all parts differ by d."""
    psi = np.maximum(share, d)
    reach = _reach(psi, n, d, critical(level))
    deviation = np.sqrt((weights**2 * (psi - d * d) / n).sum())
    return float(np.sqrt((weights**2 * reach**2).sum())) + quantile(POWER) * float(deviation)


def _reach(share: FloatArray, n: FloatArray, d: float, z: float) -> FloatArray:
    """
    How far Tango's lower limit lies below an estimate d at this share of discordant rows.

    Where these are few among many, his two equations become one for the reach U in rows, U³ - z² (m + z²) U + z⁴ D = 0,
    with m discordant rows and D more of one kind than of the other; it is about z √m where m is large. A limit below 0
    is then drawn in so far that it is -z² / (n + z²), exactly, where all rows agree.
    """
    squared = z * z * (n * share + z * z)
    cosine = np.maximum(-1.5 * z**4 * n * d / squared * np.sqrt(3.0 / squared), -1.0)
    below = n * d - 2.0 * np.sqrt(squared / 3.0) * np.cos(np.arccos(cosine) / 3.0)
    found: FloatArray = d - below / (n + np.clip(-below, 0.0, z * z))
    return found


def rows_needed_paired(share: float, difference: float, *, level: float) -> float:
    """
    Rows with which `detectable_paired` is this difference; infinite where they are beyond what numbers hold.

    Args:
        share: Of discordant rows; taken as at least `difference`.
        difference: Not 0; one beyond 1, which no proportions have, counts as 1.
        level: Of the interval.
    """
    d = min(abs(difference), 1.0)
    one_way = _rows_one_way(d, level=level)
    if share <= d:
        return one_way
    true = share - d * d * (3.0 + share) / (4.0 * share)
    root = critical(level) * math.sqrt(share) + quantile(POWER) * math.sqrt(true)
    return max(one_way, rows_by_root(1.0, root, difference=d))


def _fewest(level: float) -> int:
    """Rows that must change, all in one direction, for the score test to reject: its z is their root."""
    return math.ceil(critical(level) ** 2)


def _one_way(n: FloatArray, *, level: float) -> FloatArray:
    """The chance of a row to change with which enough of n rows do, with 80% probability; NaN of too few rows."""
    fewest = _fewest(level)
    low, high = np.zeros(n.shape), np.ones(n.shape)
    for _ in range(_HALVINGS):
        chance = (low + high) / 2.0
        enough = _fewer(fewest, np.maximum(n, fewest), chance) <= 1.0 - POWER
        low, high = np.where(enough, low, chance), np.where(enough, chance, high)
    return np.where(n >= fewest, high, np.nan)


def _rows_one_way(chance: float, *, level: float) -> float:
    """The rows of which enough change with 80% probability; between whole numbers the binomial is interpolated."""
    fewest = _fewest(level)
    low, high = float(fewest), fewest + 1.0

    def lacking(rows: float) -> bool:
        return float(_fewer(fewest, np.array([rows]), np.array([chance]))[0]) > 1.0 - POWER

    while lacking(high):
        low, high = high, 2.0 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if lacking(middle) else (low, middle)
    return high


def _fewer(count: int, n: FloatArray, chance: FloatArray) -> FloatArray:
    """The binomial probability of fewer than `count` of n; by its terms, for n that need not be whole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = chance / (1.0 - chance)
        term = np.exp(n * np.log1p(-chance))
        total = np.zeros(term.shape)
        for events in range(count):
            total = total + term
            term = term * odds * (n - events) / (events + 1.0)
    return np.where(chance < 1.0, total, 0.0)


def detectable_normal(standard_error: float, *, level: float) -> float:
    """For an estimate that is roughly normal with this standard error."""
    return (critical(level) + quantile(POWER)) * standard_error


def rows_by_root(rows: float, detectable: float | None, *, difference: float) -> float:
    """
    Rows with which this difference is detected where `rows` detect another and the error falls with their root.

    Infinite where they are beyond what numbers hold; NaN where nothing is detected.
    """
    ratio = math.nan if detectable is None else detectable / abs(difference)
    return rows * (ratio * ratio)


def whole_rows(rows: float) -> int | None:
    """So many rows, a part of one counted as one; None where that is no number, or beyond what numbers hold."""
    return math.ceil(rows) if math.isfinite(rows) else None
