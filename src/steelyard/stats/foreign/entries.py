"""What scikit-learn is called with: cells of classes with the rows they stand for, or rows of targets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import FloatArray, IntArray, Joined, Rows
from steelyard.stats.counts.sample import Sample, Side


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

    @property
    def sides(self) -> tuple[Entries, ...]:
        """Those that there are."""
        return (self.candidate,) if self.baseline is None else (self.candidate, self.baseline)


def has_targets(joined: Joined) -> bool:
    """Whether there are targets and predictions, as of a regression."""
    rows = joined.rows
    return rows is not None and rows.label is not None and rows.candidate.prediction is not None


def table_of(joined: Joined, sample: Sample | None) -> Table | None:
    """Cells of classes, or rows of targets."""
    if sample is not None:
        sides = [_cells(sample, side) for side in (sample.candidate, sample.baseline) if side is not None]
        labels = np.arange(len(sample.labels)) if sample.sets is not None else _codes(sample)[: sample.n_labels]
        return Table(sides[0], sides[1] if len(sides) > 1 else None, sample.paired, np.sort(labels))
    if joined.rows is None:
        return None
    paired = joined.rows.baseline is not None
    ours = _targets(joined.rows, joined.rows.candidate.prediction)
    theirs = (
        _targets(joined.rows, joined.rows.baseline.prediction)
        if joined.rows.baseline is not None
        else _targets(joined.baseline_rows, joined.baseline_rows.candidate.prediction)
        if joined.baseline_rows is not None
        else None
    )
    return None if ours is None else Table(ours, theirs, paired, None)


def _targets(rows: Rows, predicted: FloatArray | None) -> Entries | None:
    if rows.label is None or predicted is None:
        return None
    return Entries(rows.label, predicted, np.ones(len(predicted), np.int64))


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
    """By class, the number that scikit-learn sees: 1 for the positive label, else the place in the natural order."""
    if sample.positive is not None:
        others = np.arange(len(sample.classes))
        others[: sample.n_labels] = np.where(others[: sample.n_labels] == sample.positive, 1, 0)
        return others
    position = sample.candidate.position
    return np.arange(len(sample.classes)) if position is None else position
