"""
What both sides have identically in every row that is compared, so that a metric that is made of it cannot have changed.

Of several trainings a side each must equal its counterpart, or all of them each other. Without pairs of rows nothing is
known to be identical. A word for what is identical says that it is; an empty one, that it is not known to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import BoolArray, Joined, Pairing, RowsOfSide, SlicedCounts

PREDICTIONS, SCORES, VALUES = "predictions", "scores", "values"
"""The words."""


def whole(pairing: Pairing) -> bool:
    """Whether every row of either side is compared: of rows that are gone nobody knows what was said."""
    rows = pairing.candidate_rows, pairing.baseline_rows, pairing.compared_rows
    return pairing.method != "unpaired" and len(set(rows)) == 1


def predictions(joined: Joined) -> str:
    """Classes, sets of classes, or numbers."""
    if joined.pairing.method == "unpaired":
        return ""
    rows = joined.rows
    if rows is not None and rows.candidate.prediction is not None:
        return PREDICTIONS if _of_rows(joined, lambda side: side.prediction) else ""
    found = _differing_cells(joined)
    return "" if found is None or found.any() or not len(found) else PREDICTIONS


def scores(joined: Joined) -> str:
    """Of every scored class."""
    return SCORES if _of_rows(joined, lambda side: side.scores) else ""


def values(joined: Joined, measure: str) -> str:
    """Of one measure."""
    names = () if joined.rows is None else joined.rows.measures
    if measure not in names:
        return ""
    place = names.index(measure)
    same = _of_rows(joined, lambda side: None if side.measures is None else side.measures[:, place])
    return VALUES if same else ""


def of_labels(joined: Joined, labels: Sequence[str], *, sets: bool) -> tuple[str, ...]:
    """
    The predictions for the rows of each label.

    Args:
        joined: Both sides.
        labels: The labels as text.
        sets: Rows have sets of labels, of which a label is only a part: all predictions must be identical then.
    """
    if sets or joined.pairing.method == "unpaired":
        return (predictions(joined),) * len(labels)
    found = _differing_cells(joined)
    if found is None:
        return ("",) * len(labels)
    cells = joined.repeats if joined.repeats is not None else joined.joint
    changed = set() if cells is None else {cells.classes[code] for code in np.unique(cells.label[found])}
    return tuple("" if label in changed else PREDICTIONS for label in labels)


def of_slices(column: SlicedCounts) -> tuple[str, ...]:
    """The predictions for the rows of each value of a column; of several trainings, whether they are right."""
    joint, outcomes = column.joint, column.outcomes
    changed = np.zeros(len(column.values), dtype=np.bool_)
    changed[column.value[joint.candidate != joint.baseline]] = True
    if outcomes is not None and outcomes.baseline is not None:
        changed[outcomes.value[_differing(outcomes.candidate, outcomes.baseline)]] = True
    return tuple("" if one else PREDICTIONS for one in changed)


def _differing_cells(joined: Joined) -> BoolArray | None:
    """Cells of the counts whose predictions are not the same on both sides; None where rows are not counted."""
    if joined.repeats is not None:
        return _differing(joined.repeats.candidate, joined.repeats.baseline)
    return None if joined.joint is None else joined.joint.candidate != joined.joint.baseline


def _differing(ours: NDArray[Any], theirs: NDArray[Any]) -> BoolArray:
    """Entries, `(entries, trainings)`, in which not all trainings are alike."""
    if ours.shape != theirs.shape:
        return np.asarray((ours != ours[:, :1]).any(axis=1) | (theirs != ours[:, :1]).any(axis=1))
    return np.asarray((ours != theirs).any(axis=1))


def _of_rows(joined: Joined, of: Callable[[RowsOfSide], NDArray[Any] | None]) -> bool:
    rows = joined.rows
    if rows is None or rows.baseline is None:
        return False
    ours, theirs = ([of(side) for side in whose.trainings] for whose in (rows.candidate, rows.baseline))
    if ours[0] is None or not len(ours[0]):
        return False
    pairs = zip(ours, theirs, strict=True) if len(ours) == len(theirs) else ((ours[0], one) for one in (*ours, *theirs))
    return all(_same(one, other) for one, other in pairs)


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    """Gaps are alike, too."""
    return one is not None and other is not None and np.array_equal(one, other, equal_nan=True)
