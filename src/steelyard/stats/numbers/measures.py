"""
Scores of single rows: a reward, a mark, whether a test passed; and pass@k where problems were sampled repeatedly.

A measure's value is its mean. Samples of one problem hang together, so the problem is their cluster (E. Miller, "Adding
error bars to evals", arXiv:2411.00640, 2024). With few examples a t interval tends to be too narrow, and says so (S.
Bowyer, L. Aitchison & D. R. Ivanova, "Position: don't use the CLT in LLM evals with fewer than a few hundred
datapoints", ICML 2025); measures that are 0 or 1 on independent rows have score intervals, which hold there.
"""

from __future__ import annotations

import re

import numpy as np

from steelyard.model.counts import FloatArray, IntArray, Joined, Rows, RowsOfSide
from steelyard.stats.counts import tally
from steelyard.stats.counts.shares import ShareContrast
from steelyard.stats.intervals.design import FEW_EFFECTIVE, Design, Spread, strata_together
from steelyard.stats.intervals.units import whole_strata
from steelyard.stats.numbers.columns import Observed, Sides, missing_rows, sides_of
from steelyard.stats.wording import none_rarer
from steelyard.text import count

FEW_HUNDRED = 300
"""Rows, or effective clusters, below which a t interval of a measure carries a caveat."""

PASSING = ("pass", "passed", "correct")
"""Names of measures that pass@k is made from."""

USUAL_SAMPLES = (1, 2, 5, 10, 20, 50, 100)
"""The k of pass@k that are offered without being asked for."""

NO_RARER = none_rarer("values far from the others")
"""What the mean of a measure presumes, of whose values nothing is known but those that there are."""

_AT = re.compile(r"(.{1,200})@([1-9][0-9]{0,5})\Z", re.DOTALL)


def is_binary(*values: FloatArray) -> bool:
    """All values are 0 or 1."""
    return all(bool(((one == 0.0) | (one == 1.0)).all()) for one in values)


def share_contrast(name: str, sides: Sides, *, withheld: str = "") -> ShareContrast:
    """The contrast of a measure whose values are all 0 or 1, of rows that are independent and alike."""
    ours = sides.candidate.value == 1.0
    theirs = None if sides.baseline is None else sides.baseline.value == 1.0
    undefined = "" if len(ours) else "no rows"
    if sides.expected and (theirs is None or not len(theirs)):
        undefined = "the baseline has no values of it"
    return ShareContrast(
        name=name,
        tally=tally.of_rows(ours, theirs, paired=sides.paired),
        has_baseline=sides.expected,
        undefined=undefined,
        unfit=withheld,
        caveats=missing_rows(sides),
        used=sides.used,
    )


def few_examples(sides: Sides, spread: Spread) -> tuple[str, ...]:
    """The caveat of a t interval from fewer than a few hundred examples."""
    effective = spread.effective_clusters
    examples = sides.rows if effective is None else effective
    if examples >= FEW_HUNDRED or (effective is not None and effective < FEW_EFFECTIVE):
        return ()
    what = sides.counted(sides.rows) if effective is None else f"{examples:,.0f} effective clusters"
    return (f"few examples: {what}; below a few hundred the interval tends to be too narrow",)


def split_at_k(name: str) -> tuple[str, int] | None:
    """`pass@5` as ("pass", 5); None for other names."""
    found = _AT.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def sides_of_measure(joined: Joined, name: str, *, expected: bool) -> Sides:
    """Both sides' values of a measure; `expected`: there is a baseline."""

    def column(rows: Rows, side: RowsOfSide) -> FloatArray | None:
        if side.measures is None or name not in rows.measures:
            return None
        values: FloatArray = side.measures[:, rows.measures.index(name)]
        return values

    return sides_of(joined, column, expected=expected)


def why_no_problems(sides: Sides) -> str:
    """Why a measure has no pass@k at all; empty: it is made of samples of problems that pass or fail."""
    if any(side.design.cluster is None for side in sides.known):
        return "it is about problems with several samples each; name the column of the problem as `cluster`"
    if not is_binary(*(one for side in sides.known for one in (side.value, *side.further))):
        return "some values of its measure are neither 0 nor 1"
    samples = _samples(sides)
    if not all(map(len, samples)):
        return "no row has a value of its measure"
    if all(2 * np.count_nonzero(one > 1) > len(one) for one in samples):
        return ""
    return "half of the problems or more have a single sample"


def why_not_at(sides: Sides, k: int) -> str:
    """Why a measure has no pass@k for this k; empty: it has."""
    if reason := why_no_problems(sides):
        return reason
    short, problems = max((int(np.count_nonzero(one < k)), len(one)) for one in _samples(sides))
    if not short:
        return ""
    return f"{short:,} of {count(problems, 'problem')} {'has' if short == 1 else 'have'} fewer than {k:,} samples"


def fewest_samples(sides: Sides) -> int:
    """Samples of the problem that has the fewest on either side; 0 without clusters or rows."""
    return min(int(one.min()) if len(one) else 0 for one in _samples(sides))


def _samples(sides: Sides) -> list[IntArray]:
    """Samples of each problem on each side; none without clusters."""
    clusters = [side.design.cluster for side in sides.known]
    return [
        np.zeros(0, np.int64) if one is None else np.unique(one, return_counts=True)[1].astype(np.int64)
        for one in clusters
    ]


def by_problem(sides: Sides, *, k: int) -> Sides:
    """
    pass@k of each problem in place of its samples: 1 - C(n - c, k) / C(n, k), of n samples c of which passed.

    The unbiased estimate of the chance that one of k samples passes (M. Chen et al., "Evaluating large language models
    trained on code", arXiv:2107.03374, 2021, equation 1). `sides` has clusters and values 0 or 1, and every problem at
    least k samples. A problem's weight is the mean of its samples'; its stratum holds them all (`whole_strata`).
    """
    return Sides(
        candidate=_problems(sides.candidate, k),
        baseline=None if sides.baseline is None else _problems(sides.baseline, k),
        paired=sides.paired,
        expected=sides.expected,
        missing=sides.missing,
        unit="problems",
    )


def split_problems(sides: Sides) -> tuple[str, ...]:
    """What is said of problems whose samples lie in several strata."""
    crossed = max(_strata_of_problems(side.design)[1] for side in sides.known)
    return (strata_together(crossed, "problems"),) if crossed else ()


def _strata_of_problems(design: Design) -> tuple[IntArray | None, int]:
    """The stratum of each sample, the same for all of a problem, and how many strata that put together."""
    if design.stratum is None or design.cluster is None:
        return design.stratum, 0
    return whole_strata(design.cluster, design.stratum)


def _problems(side: Observed, k: int) -> Observed:
    design = side.design
    cluster = np.zeros(len(side.value), np.int64) if design.cluster is None else design.cluster
    _, first, code, samples = np.unique(cluster, return_index=True, return_inverse=True, return_counts=True)
    weight = None if design.weight is None else np.bincount(code, design.weight, len(samples)) / samples
    whole, _ = _strata_of_problems(design)
    stratum = None if whole is None else whole[first]
    value, *further = [
        _pass_at(k, samples, np.bincount(code, one, len(samples)).astype(np.int64))
        for one in (side.value, *side.further)
    ]
    return Observed(value=value, design=Design(stratum=stratum, weight=weight), further=tuple(further))


def _pass_at(k: int, samples: IntArray, passed: IntArray) -> FloatArray:
    """By log factorials, exactly 0 and 1 at the ends."""
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, samples.max(initial=0) + 1.0)))])
    failed = samples - passed
    enough = failed >= k
    kept = np.where(enough, failed, samples)
    of_failed = log_factorial[kept] - log_factorial[kept - k]
    of_all = log_factorial[samples] - log_factorial[samples - k]
    return np.where(enough, -np.expm1(of_failed - of_all), 1.0)
