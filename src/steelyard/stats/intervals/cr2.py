"""
The cluster-robust variance of a mean: CR2 with Satterthwaite degrees of freedom.

The bias-reduced linearisation, under the working model that rows are independent and equally noisy (R. M. Bell & D. F.
McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage samples", Survey Methodology 28
(2002), 169-181; J. E. Pustejovsky & E. Tipton, "Small-sample methods for cluster-robust variance estimation and
hypothesis testing in fixed effects models", Journal of Business & Economic Statistics 36 (2018), 672-683). For a mean,
the matrix (I - H)_i (I - H)_i' of a cluster is the identity plus a matrix in the span of its rows' ones and weights, so
its inverse root needs 2 × 2 matrices alone, and everything is a sum over clusters (`_Leverage`, `_satterthwaite`).
"""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.units import Units


def variance(psi: FloatArray, units: Units) -> tuple[float, float]:
    """CR2's variance of the mean whose influence values are given, and its Satterthwaite degrees of freedom."""
    residual = psi - units.stratum_means(psi)[units.stratum]
    leverage = _leverage(units)
    score = leverage.alpha * units.by_cluster(units.count * residual)
    score += leverage.beta * units.by_cluster(units.weight * residual)
    return float((score * score).sum()) / units.total_weight**2, _satterthwaite(units, leverage)


class _Leverage(Value, frozen=True, kw_only=True):
    """
    By cluster: v = A w, the adjusted weights of its rows, as α·1 + β·w; A is the inverse root of (I-H)(I-H)'.

    With W and Q the sums of w and w² over the stratum, (I-H)(I-H)' = I + U C U' where U = [1, w] and
    C = [[Q/W², -1/W], [-1/W, 0]]. It maps U to U (I + C G), G = U'U; so A U = U (I + C G)^(-1/2).
    """

    alpha: FloatArray
    beta: FloatArray
    of_one: FloatArray
    """1'v."""
    of_weight: FloatArray
    """w'v."""


def _leverage(units: Units) -> _Leverage:
    weight, square = units.of_stratum_of_cluster(units.weight), units.of_stratum_of_cluster(units.weight_squared)
    rows, sum_w, sum_w2 = (units.by_cluster(one) for one in (units.count, units.weight, units.weight_squared))
    over, ratio = 1.0 / weight, square / weight**2
    # M = I + C G, and the second column of M^(-1/2) by M^(1/2) = (M + √det I) / √(trace + 2 √det).
    m11, m12 = 1.0 + ratio * rows - over * sum_w, ratio * sum_w - over * sum_w2
    m21, m22 = -over * rows, 1.0 - over * sum_w
    root = np.sqrt(np.maximum(m11 * m22 - m12 * m21, 1e-300))
    scale = np.sqrt(np.maximum(m11 + m22 + 2.0 * root, 1e-300))
    alpha, beta = -m12 / (scale * root), (m11 + root) / (scale * root)
    return _Leverage(
        alpha=alpha,
        beta=beta,
        of_one=alpha * rows + beta * sum_w,
        of_weight=alpha * sum_w + beta * sum_w2,
    )


def _satterthwaite(units: Units, leverage: _Leverage) -> float:
    """
    (tr P)² / tr P², where P holds the covariances of the clusters' scores under the working model.

    P_ii = Σw² of the cluster. For two clusters of a stratum, P_ij = -(t_i s_j + s_i t_j) / W + s_i s_j Q / W² with
    s = 1'v and t = w'v; the sum of its squares over all pairs needs sums over clusters alone.
    """
    s, t = leverage.of_one, leverage.of_weight
    ss, tt, st = (units.clusters_by_stratum(one) for one in (s * s, t * t, s * t))
    weight, square = units.by_stratum(units.weight), units.by_stratum(units.weight_squared)
    kappa = square / weight**2
    pairs = (2.0 * tt * ss + 2.0 * st * st) / weight**2 + (kappa * ss) ** 2 - 4.0 * kappa / weight * st * ss
    over, ratio = (values[units.stratum_of_cluster] for values in (1.0 / weight, kappa))
    itself = units.clusters_by_stratum((ratio * s * s - 2.0 * over * s * t) ** 2)
    variances = units.by_cluster(units.weight_squared)
    total = float((variances**2).sum() + np.maximum(pairs - itself, 0.0).sum())
    return float(variances.sum()) ** 2 / total
