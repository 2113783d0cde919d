"""Each side's own counts, from what its Evaluation carries: no rows are needed."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from steelyard.engines.labels import common_type, label_order, natural_order
from steelyard.engines.sound import is_sound
from steelyard.errors import InputError
from steelyard.model.counts import Counts, IntArray
from steelyard.model.evaluation import PredictionSet
from steelyard.model.totals import ScoreTotals
from steelyard.text import printable


def own_counts(*sets: PredictionSet) -> tuple[Counts, ...]:
    """
    The counts of each set over all of its rows, coded with the same classes.

    The label set is the union of the sets' labels; predictions that are no label of any set follow. Where there are no
    classes (a regression, measures), the counts are empty.

    Raises:
        InputError: Counts that cannot be those of the set's rows; they may come from a store that others can write to.
    """
    kind = sets[0].label_type
    for other in sets[1:]:
        kind = common_type(kind, other.label_type)
    labels = {label for known in sets for label in known.labels}
    strays = {cell.prediction for known in sets for cell in known.counts} - labels
    classes = label_order(labels, kind, first=sets[0].labels) + natural_order(strays, kind)
    code = {text: index for index, text in enumerate(classes)}
    return tuple(_coded(known, classes, code, len(labels)) for known in sets)


def _coded(known: PredictionSet, classes: tuple[str, ...], code: dict[str, int], n_labels: int) -> Counts:
    if known.kind in NUMERIC:
        return no_counts(Counts(classes=classes, n_labels=n_labels, label=_NONE, prediction=_NONE, n=_NONE))
    cells = known.counts
    n = _rows_of(known)
    label = np.array([code.get(cell.label, n_labels) for cell in cells], dtype=np.int64)
    prediction = np.array([code[cell.prediction] for cell in cells], dtype=np.int64)
    place = label * (len(classes) + 1) + prediction
    if (np.diff(place) <= 0).any():
        order = np.argsort(place, kind="stable")
        label, prediction, n, place = label[order], prediction[order], n[order], place[order]
    if (np.diff(place) == 0).any() or (label >= n_labels).any():
        raise _inconsistent(known)
    return Counts(classes=classes, n_labels=n_labels, label=label, prediction=prediction, n=n)


def _rows_of(known: PredictionSet) -> IntArray:
    """The rows of each cell, which add up to those of the set."""
    try:
        n = np.array([cell.n for cell in known.counts], dtype=np.int64)
    except OverflowError as exc:
        raise _inconsistent(known) from exc
    # In floating point, which is never wrapped round, and in whole numbers.
    bounded = known.rows < _MAX_ROWS and float(n.sum(dtype=np.float64)) < 2.0 * _MAX_ROWS
    if not bounded or (n <= 0).any() or int(n.sum()) != known.rows:
        raise _inconsistent(known)
    return n


def own_totals(known: PredictionSet) -> ScoreTotals | None:
    """
    What the scores of all rows of a set add up to, as its Evaluation carries it.

    Raises:
        InputError: Sums that cannot be those of the set's rows; they may come from a store that others can write to.
    """
    totals = known.score_totals
    if totals is None:
        return None
    support: Counter[str] = Counter()
    for cell in known.counts:
        support[cell.label] += cell.n
    if totals.classes[: len(known.labels)] != known.labels or len(set(totals.classes)) != len(totals.classes):
        raise _inconsistent(known)
    if totals.support != tuple(support[name] for name in totals.classes) or sum(totals.support) != known.rows:
        raise _inconsistent(known)
    if not is_sound(totals, known):
        raise _inconsistent(known)
    return totals


_MAX_ROWS: Final = 1 << 62
_NONE: Final = np.zeros(0, dtype=np.int64)
NUMERIC: Final = frozenset({"regression", "measures"})
"""The kinds of prediction sets that have no classes."""


def _inconsistent(known: PredictionSet) -> InputError:
    return InputError(
        f"{printable(known.source)}: the counts of the predictions do not add up to {known.rows:,} rows",
        hint="make this Evaluation again: `steelyard collect` on its commit",
    )


def no_counts(like: Counts) -> Counts:
    """The counts of no rows, coded as `like`."""
    nothing = np.zeros(0, dtype=np.int64)
    return Counts(classes=like.classes, n_labels=like.n_labels, label=nothing, prediction=nothing, n=nothing)
