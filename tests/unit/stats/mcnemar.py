"""
McNemar's test in small samples: the exact conditional test and its mid-p version.

Among the rows on which exactly one model is right, each is as likely to be right under "no difference": `fixed` of
`fixed + broken` is Binomial(·, ½) (Q. McNemar, Psychometrika 12 (1947), 153-157). The exact test never errs too often
and is cautious for it; the mid-p version counts half of the chance of the observed table, and errs about as often as it
says (M. W. Fagerland, S. Lydersen & P. Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are
better than exact conditional", BMC Medical Research Methodology 13 (2013), 91).

The score test is `tango.p_value`. It stays the one that is reported, because its interval, Tango's, belongs to it.
Summed over all tables of 20, 50, 100 and 200 rows, at 77 pairs of probabilities, that interval at 95% covers in 94.7%,
93.8%, 93.3% and 93.3% at the least and in 98.8%, 97.3%, 96.5% and 95.9% on average, and the test at 5% errs in at most
5.3% (mid-p: 4.9%, exact: 3.8%). The least coverage that a search over all pairs finds is 92.8%, at 200 rows. The exact
test has no interval of that kind here: it is what the randomisation test is held against.
"""

from __future__ import annotations

import math

import numpy as np

from steelyard.model.counts import FloatArray, IntArray

_REACH = 40.0
"""Standard deviations; further out, every binomial probability is below the smallest floating-point number."""


def exact(fixed: IntArray, broken: IntArray) -> FloatArray:
    """The two-sided exact p-value, elementwise: twice the smaller tail, at most 1."""
    return _elementwise(fixed, broken, mid=False)


def mid_p(fixed: IntArray, broken: IntArray) -> FloatArray:
    """The two-sided mid-p value, elementwise: the exact one less the chance of the table; 1 without disagreement."""
    return _elementwise(fixed, broken, mid=True)


def _elementwise(fixed: IntArray, broken: IntArray, *, mid: bool) -> FloatArray:
    gain, loss = np.broadcast_arrays(np.atleast_1d(fixed), np.atleast_1d(broken))
    values = [_p(int(one), int(other), mid=mid) for one, other in zip(gain.ravel(), loss.ravel(), strict=True)]
    return np.array(values, dtype=np.float64).reshape(gain.shape)


def _p(one: int, other: int, *, mid: bool) -> float:
    total, least = one + other, min(one, other)
    if total == 0:
        return 1.0
    chance = math.exp(_log_half_binomial(least, total))
    if one == other:
        return 1.0 - 0.5 * chance if mid else 1.0
    # P(X = j - 1) = P(X = j) j / (total - j + 1), from the observed table outwards.
    j = np.arange(least, max(0, least - int(_REACH * math.sqrt(total)) - 1), -1, dtype=np.float64)
    tail = chance * (1.0 + float(np.cumprod(j / (total - j + 1.0)).sum()))
    return min(1.0, 2.0 * tail) - (chance if mid else 0.0)


def _log_half_binomial(successes: int, trials: int) -> float:
    """The logarithm of the chance of so many successes in trials of probability one half."""
    ways = math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
    return ways - trials * math.log(2.0)
