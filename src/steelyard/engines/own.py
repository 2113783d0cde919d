"""Each side's own counts, from what its Evaluation carries: no rows are needed."""

from __future__ import annotations

from collections.abc import Sequence
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
    strays = {text for known in sets for text in known.counts.predictions} - labels
    classes = label_order(labels, kind, first=sets[0].labels) + natural_order(strays, kind)
    code = {text: index for index, text in enumerate(classes)}
    return tuple(_coded(known, classes, code, len(labels)) for known in sets)


def _coded(known: PredictionSet, classes: tuple[str, ...], code: dict[str, int], n_labels: int) -> Counts:
    if known.kind in NUMERIC:
        return no_counts(Counts(classes=classes, n_labels=n_labels, label=_NONE, prediction=_NONE, n=_NONE))
    cells = known.counts
    if cells.rows != known.rows or not set(cells.labels) <= set(classes[:n_labels]):
        raise _inconsistent(known)
    label, prediction = _recoded(code, cells.labels, cells.label), _recoded(code, cells.predictions, cells.prediction)
    n = cells.n
    if not _ascend(label, prediction):
        order = np.lexsort((prediction, label))
        label, prediction, n = label[order], prediction[order], n[order]
        if not _ascend(label, prediction):
            raise _inconsistent(known)
    return Counts(classes=classes, n_labels=n_labels, label=label, prediction=prediction, n=n)


def _recoded(code: dict[str, int], texts: Sequence[str], codes: IntArray) -> IntArray:
    new = np.array([code[text] for text in texts], dtype=np.int64)
    return codes if np.array_equal(new, np.arange(len(new))) else new[codes]


def _ascend(label: IntArray, prediction: IntArray) -> bool:
    """Whether each cell comes after the one before: they are sorted, and none is there twice."""
    later, same = label[1:] > label[:-1], label[1:] == label[:-1]
    return bool((later | (same & (prediction[1:] > prediction[:-1]))).all())


def own_totals(known: PredictionSet) -> ScoreTotals | None:
    """
    What the scores of all rows of a set add up to, as its Evaluation carries it.

    Raises:
        InputError: Sums that cannot be those of the set's rows; they may come from a store that others can write to.
    """
    totals = known.score_totals
    if totals is None:
        return None
    support = known.counts.rows_of_labels
    if totals.classes[: len(known.labels)] != known.labels or len(set(totals.classes)) != len(totals.classes):
        raise _inconsistent(known)
    if totals.support != tuple(support.get(name, 0) for name in totals.classes) or sum(totals.support) != known.rows:
        raise _inconsistent(known)
    if not is_sound(totals, known):
        raise _inconsistent(known)
    return totals


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
