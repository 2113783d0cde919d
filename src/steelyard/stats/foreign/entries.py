"""What scikit-learn is called with: cells of classes with the rows they stand for, or rows of targets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import IntArray, Joined, Rows, RowsOfSide
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.counts.views import views_of


class Entries(NamedTuple):
    """What scikit-learn is called with for one side: entry i stands for `n[i]` rows."""

    true: NDArray[np.generic]
    predicted: NDArray[np.generic]
    n: IntArray


class Table(NamedTuple):
    """Both sides; where rows are paired, their entries are the same rows."""

    candidate: Entries
    baseline: Entries | None
    paired: bool
    labels: IntArray | None
    further: tuple[tuple[Entries, ...], tuple[Entries, ...]] = ((), ())
    """Of further trainings, the candidate's and the baseline's."""

    @property
    def sides(self) -> tuple[Entries, ...]:
        """Those that there are."""
        return (self.candidate,) if self.baseline is None else (self.candidate, self.baseline)

    @property
    def trainings(self) -> tuple[tuple[Entries, ...], ...]:
        """All trainings of each side that there is."""
        return tuple((side, *further) for side, further in zip(self.sides, self.further, strict=False))


def has_targets(joined: Joined) -> bool:
    """Whether there are targets and predictions, as of a regression."""
    rows = joined.rows
    return rows is not None and rows.label is not None and rows.candidate.prediction is not None


def table_of(joined: Joined, sample: Sample | None) -> Table | None:
    """Cells of classes, or rows of targets."""
    if sample is not None:
        return _of_classes(joined, sample)
    rows, others = joined.rows, joined.baseline_rows
    if rows is None or (ours := _targets(rows, rows.candidate)) is None:
        return None
    if rows.baseline is not None:
        theirs = _targets(rows, rows.baseline)
    else:
        theirs = None if others is None else _targets(others, others.candidate)
    return _table(ours, theirs, paired=rows.baseline is not None, labels=None)


def _of_classes(joined: Joined, sample: Sample) -> Table:
    sides: list[tuple[Side, ...]] = [(one,) for one in (sample.candidate, sample.baseline) if one is not None]
    if joined.repeats is not None:
        views = views_of(joined, sample)
        sample, sides = views.sample, [tuple(view.counted for view in side) for side in views.sides]
    entries = [tuple(_cells(sample, one) for one in side) for side in sides]
    labels = np.arange(len(sample.labels)) if sample.sets is not None else _codes(sample)[: sample.n_labels]
    theirs = entries[1] if len(entries) > 1 else None
    return _table(entries[0], theirs, paired=sample.paired, labels=np.sort(labels))


def _table(
    ours: tuple[Entries, ...], theirs: tuple[Entries, ...] | None, *, paired: bool, labels: IntArray | None
) -> Table:
    """From all trainings of either side."""
    if theirs is None:
        return Table(ours[0], None, paired, labels, further=(ours[1:], ()))
    return Table(ours[0], theirs[0], paired, labels, further=(ours[1:], theirs[1:]))


def _targets(rows: Rows, side: RowsOfSide) -> tuple[Entries, ...] | None:
    predicted = [one.prediction for one in side.trainings]
    known = [one for one in predicted if one is not None]
    if rows.label is None or len(known) < len(predicted):
        return None
    return tuple(Entries(rows.label, one, np.ones(len(one), np.int64)) for one in known)


def _cells(sample: Sample, side: Side) -> Entries:
    """Codes of classes, or 0 and 1 for each label of a set."""
    if sample.sets is not None:
        true, predicted, _ = side.incidences()
        matrices = [np.zeros((len(side.n), len(sample.labels)), np.int8) for _ in range(2)]
        for matrix, one in zip(matrices, (true, predicted), strict=True):
            inside = one.group < len(sample.labels)
            matrix[one.cell[inside], one.group[inside]] = 1
        return Entries(matrices[0], matrices[1], side.n)
    codes = _codes(sample)
    return Entries(codes[side.label], codes[side.prediction], side.n)


def _codes(sample: Sample) -> IntArray:
    """By class, the number that scikit-learn sees: 1 for the positive label, else its rank among those with a place."""
    if sample.positive is not None:
        others = np.arange(len(sample.classes))
        others[: sample.n_labels] = np.where(others[: sample.n_labels] == sample.positive, 1, 0)
        return others
    position = sample.candidate.position
    ranks = np.arange(len(sample.classes))
    if position is not None:
        ranks[np.argsort(position, kind="stable")] = np.arange(len(sample.classes))
    return ranks
