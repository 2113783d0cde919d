"""Each side's own counts, from what its Evaluation carries: no rows are needed."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

import numpy as np

from steelyard.engines.labels import common_type, label_order, natural_order
from steelyard.errors import InputError
from steelyard.model.counts import Counts, IntArray
from steelyard.model.evaluation import PredictionSet
from steelyard.model.totals import ScoreTotals
from steelyard.text import printable
from steelyard.totals.forecasts import CELLS


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
    if totals.support != tuple(support[name] for name in totals.classes) or not _is_sound(totals, known.rows):
        raise _inconsistent(known)
    return totals


def _is_sound(totals: ScoreTotals, rows: int) -> bool:
    """Whether all numbers are such as some rows could give."""
    rankings, losses = totals.rankings.values(), [one for one in (totals.log_loss, totals.brier) if one is not None]
    shares = [share for one in rankings for share in (one.roc_auc, one.average_precision)]
    shares += [cell.score for cell in totals.calibration]
    errors = [error for one in rankings for error in (one.roc_auc_error, one.average_precision_error)]
    errors += [bound for one in rankings for bound in (one.roc_auc_bound, one.average_precision_bound)]
    errors += [moment for one in losses for moment in (one.mean, one.squares, one.least, one.most)]
    counts = [totals.missing, totals.outside, totals.off, totals.clipped, *totals.ahead]
    return (
        all(0.0 <= share <= 1.0 for share in shares)
        and all(error is None or 0.0 <= error < math.inf for error in errors)
        and all(one.n == rows and one.least <= one.most for one in losses)
        and all(0 <= count <= rows for count in counts)
        and set(totals.rankings) <= set(totals.classes)
        and all(0 < one.positives < rows and one.positives + one.negatives == rows for one in rankings)
        and all(0 <= cell.hits <= cell.n and cell.n > 0 for cell in totals.calibration)
        and sum(cell.n for cell in totals.calibration) in (0, rows)
        and len(totals.calibration) <= CELLS
        and (totals.positive in totals.classes if len(totals.classes) <= 2 else totals.positive is None)
    )


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
