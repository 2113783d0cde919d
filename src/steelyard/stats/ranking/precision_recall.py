"""
Average precision, and how far each row pulls it.

scikit-learn's step definition, `average_precision_score`: the mean over the positive rows of the precision at their
score, rows of one score taken together: Σ (R_k - R_k-1) P_k over the distinct scores from the highest down.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.counts import FloatArray, ScoreArray
from steelyard.stats.ranking.delong import Pull, ordered
from steelyard.stats.scores.scored import Mask


def average_precision(score: ScoreArray, positive: Mask, weight: FloatArray | None = None) -> Pull:
    """
    Of one column of finite scores; some positive row must have weight.

    ψ is the derivative in a row's weight. With T and F the positives and the rest at or above a group of scores and p
    its positives, AP = Σ p T / (T + F) / P; a positive moves its own precision and that of all groups at or below it,
    another row the latter alone. ψ includes the share of positives, which average precision depends on.
    """
    used = np.ones(len(score)) if weight is None else weight
    order = ordered(score)
    hits = order.by_group(np.where(positive, used, 0.0))
    rest = order.by_group(np.where(positive, 0.0, used))
    # From the highest score down, which is the end of the order.
    above, beside = np.cumsum(hits[::-1])[::-1], np.cumsum(rest[::-1])[::-1]
    seen = above + beside
    safe = np.where(seen > 0.0, seen, 1.0)
    precision = above / safe
    total = float(hits.sum())
    value = float((hits * precision).sum()) / total
    gained = np.cumsum(hits * beside / safe**2)
    lost = np.cumsum(hits * above / safe**2)
    psi = np.where(positive, order.of_rows(precision + gained) - value, order.of_rows(-lost)) / total
    return Pull(value=value, psi=psi * float(used.sum()))
