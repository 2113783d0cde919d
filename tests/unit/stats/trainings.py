"""Builders of several trainings on each side, on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.stats
from msgspec import structs

from steelyard.model.counts import IntArray, Joined, RepeatedCounts, Rows, RowsOfSide
from tests.unit.stats import build


def repeated(label: IntArray, ours: IntArray, theirs: IntArray, *, classes: int = 2) -> Joined:
    """Counts of rows with `(rows, trainings)` predictions on either side."""
    keys = np.column_stack([label, ours, theirs])
    cells, n = np.unique(keys, axis=0, return_counts=True)
    names = tuple(f"c{code}" for code in range(classes))
    first = build.paired(*([names[code] for code in side] for side in (label, theirs[:, 0], ours[:, 0])))
    k = ours.shape[1]
    repeats = RepeatedCounts(
        classes=names,
        n_labels=classes,
        label=cells[:, 0],
        candidate=cells[:, 1 : 1 + k],
        baseline=cells[:, 1 + k :],
        n=n,
    )
    return structs.replace(first, repeats=repeats)


def trained(
    rng: np.random.Generator, *, rows: int, trainings: tuple[int, int], luck: float, own: float = 0.0
) -> tuple[IntArray, IntArray, IntArray]:
    """
    Labels and both sides' predictions; no true difference.

    Rows are hard or easy; a training is better or worse than others by `luck` (on the probit scale), and has rows right
    and wrong by itself where `own` is above 0.
    """
    label = rng.integers(2, size=rows)
    hard = rng.normal(size=rows)
    sides = []
    for k in trainings:
        skill = 1.0 + luck * rng.normal(size=k)
        right = hard[:, None] + own * rng.normal(size=(rows, k)) < skill
        sides.append(np.where(right, label[:, None], 1 - label[:, None]))
    return label, sides[0], sides[1]


def with_further(rows: Rows, ours: Sequence[RowsOfSide], theirs: Sequence[RowsOfSide]) -> Rows:
    """Rows of both sides' first trainings, and what their further ones said."""
    assert rows.baseline is not None
    return structs.replace(
        rows,
        candidate=structs.replace(rows.candidate, further=tuple(ours)),
        baseline=structs.replace(rows.baseline, further=tuple(theirs)),
    )


def luck_alone(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """
    The 95% interval of a difference of trainings' means, and its p-value.

    Welch's, with Satterthwaite's degrees of freedom of the 90% upper limits of both variances.
    """
    luck = np.array([np.var(side, ddof=1) / len(side) for side in (ours, theirs)])
    df = np.array([len(ours) - 1.0, len(theirs) - 1.0])
    upper = luck * df / scipy.stats.chi2.ppf(0.1, df)
    t = scipy.stats.t(upper.sum() ** 2 / (upper**2 / df).sum())
    difference, error = float(np.mean(ours) - np.mean(theirs)), float(np.sqrt(luck.sum()))
    reach = t.ppf(0.975) * error
    return difference - reach, difference + reach, 2.0 * float(t.sf(abs(difference) / error))
