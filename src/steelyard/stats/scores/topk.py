"""
Top-k accuracy: the share of rows whose label is among the k classes with the highest scores.

scikit-learn's tie rule, `top_k_accuracy_score`: of classes with one score, the later one comes first. A row is right or
wrong, so the difference of two models is one of paired proportions, and has Tango's interval.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from steelyard.stats.scores.scored import Mask, ScoredRows
from steelyard.stats.wording import rows as of_rows

_NAME = re.compile(r"top_([1-9][0-9]{0,5})_accuracy\Z")
_USUAL = (2, 3, 5)
_BLOCK = 1 << 16
"""Rows whose scores are compared at a time."""


def k_of(name: str) -> int | None:
    """The k of `top_3_accuracy`; None for other names."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def offered(classes: int, mentioned: Iterable[str]) -> list[int]:
    """The k that are reported of so many classes: the usual ones, and those of the metrics that are mentioned."""
    named = [k for name in mentioned if (k := k_of(name)) is not None]
    return sorted(k for k in {*_USUAL, *named} if k < classes)


class Hits(NamedTuple):
    """What the first k classes of each row say, `(rows,)` each."""

    right: Mask
    """The label is among them."""
    tied: Mask
    """Whether it is hangs on the order of the classes: those with its score lie on both sides of the k-th place."""


def hits(side: ScoredRows, k: int) -> Hits:
    """Whether each row's label is among the first k. For finite scores, a column for each class."""
    right, tied = np.empty(side.rows, np.bool_), np.empty(side.rows, np.bool_)
    codes = np.arange(len(side.classes))
    scores = side.by_class
    for start in range(0, side.rows, _BLOCK):
        here = slice(start, start + _BLOCK)
        block, label = scores[here], side.label[here, None]
        own = np.take_along_axis(block, label, axis=1)
        above, equal = block > own, block == own
        first = above.sum(axis=1)
        right[here] = first + (equal & (codes > label)).sum(axis=1) < k
        tied[here] = (first < k) & (first + equal.sum(axis=1) > k)
    return Hits(right, tied)


def ties(tied: Sequence[Sequence[Mask]], k: int, *, paired: bool) -> tuple[str, ...]:
    """
    The caveat where names of classes decide; empty: nowhere.

    Args:
        tied: `Hits.tied` of each training of each side.
        k: Of the metric.
        paired: The sides have the same rows, which are counted once.
    """
    sides = [np.any(trainings, axis=0) for trainings in tied]
    number = int(np.any(sides, axis=0).sum()) if paired else sum(int(one.sum()) for one in sides)
    if not number:
        return ()
    said = f"in {of_rows(number)} the label's score is tied across place {k}"
    return (f"{said}: the order of the classes' names decides, as in scikit-learn",)
