"""
Multilabel predictions: a label and a prediction are sets of classes, written as JSON lists of text.

The cells are cells of such sets, so that counting, pairing and drawing are the same as for single classes; what differs
is which sums a cell counts in. A row with the labels {a, b} and the prediction {b, c} counts as a row of a and of b, as
a prediction of b and of c, and as a hit of b. Definitions are scikit-learn's for indicator matrices, with
`zero_division=0`; tests hold them equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.counts.classification import Sums, ratio
from steelyard.stats.numerics.incidence import Incidence

_ROWS, _EXACT, _PRECISION, _RECALL, _F1, _JACCARD = range(6)
"""Places in `Sums.totals`: rows, rows with exactly the right set, and sums over rows of their own scores."""


class Members(Value, frozen=True, kw_only=True):
    """Which of L single labels the cells of a side have, are predicted to have, and have rightly."""

    true: Incidence
    predicted: Incidence
    hits: Incidence
    totals: FloatArray
    """What one row of each cell adds to `Sums.totals`, `(cells, 6)`."""


class Sets(Value, frozen=True, kw_only=True):
    """The sets that the classes of a sample stand for."""

    labels: tuple[str, ...]
    """The single labels: those that some row of the comparison has, sorted; then those that are only predicted."""
    n_labels: int
    members: tuple[IntArray, ...]
    """By class: the codes of its labels, ascending."""

    @classmethod
    def of(cls, classes: Sequence[str], *, n_labels: int) -> Sets:
        """
        The sets written in these classes, the first `n_labels` of which are labels of rows.

        Text that is not a JSON list of text is taken for a label of its own: nothing is raised for odd data.
        """
        parsed = [_parsed(text) for text in classes]
        had = sorted({name for names in parsed[:n_labels] for name in names})
        only_predicted = sorted({name for names in parsed for name in names} - set(had))
        code = {name: index for index, name in enumerate([*had, *only_predicted])}
        return cls(
            labels=tuple(code),
            n_labels=len(had),
            # In order, since sums of fractions depend on theirs, and a set's differs from process to process.
            members=tuple(np.array(sorted(map(code.__getitem__, names)), dtype=np.int64) for names in parsed),
        )

    def of_cells(self, label: IntArray, prediction: IntArray) -> Members:
        """The members of cells with these classes as label and prediction."""
        true, predicted = self._incidence(label, self.n_labels), self._incidence(prediction, len(self.labels))
        width = len(self.labels)
        both = np.intersect1d(true.cell * width + true.group, predicted.cell * width + predicted.group)
        hits = Incidence(cell=both // width, group=both % width, cells=len(label), groups=self.n_labels)
        return Members(true=true, predicted=predicted, hits=hits, totals=_totals(true, predicted, hits))

    def _incidence(self, codes: IntArray, groups: int) -> Incidence:
        sizes = np.array([len(names) for names in self.members], dtype=np.int64)
        every = np.concatenate([*self.members, np.zeros(0, np.int64)])
        starts = np.cumsum(sizes) - sizes
        cell = np.repeat(np.arange(len(codes)), sizes[codes])
        within = np.arange(len(cell)) - np.repeat(np.cumsum(sizes[codes]) - sizes[codes], sizes[codes])
        return Incidence(cell=cell, group=every[starts[codes][cell] + within], cells=len(codes), groups=groups)


def exact(sums: Sums) -> FloatArray:
    """Share of rows whose set is exactly right: `accuracy_score`."""
    return ratio(_total(sums, _EXACT), sums.rows)


def hamming_loss(sums: Sums) -> FloatArray:
    """Share of wrong (row, label) pairs, over the labels that rows have: `hamming_loss`."""
    wrong = (sums.true + sums.of_labels - 2.0 * sums.hits).sum(axis=1)
    return ratio(wrong, sums.rows * sums.true.shape[1])


def precision_samples(sums: Sums) -> FloatArray:
    """Mean over rows of the share of predicted labels that are right; 0 for a row without predictions."""
    return ratio(_total(sums, _PRECISION), sums.rows)


def recall_samples(sums: Sums) -> FloatArray:
    """Mean over rows of the share of labels that are predicted; 0 for a row without labels."""
    return ratio(_total(sums, _RECALL), sums.rows)


def f1_samples(sums: Sums) -> FloatArray:
    """Mean over rows of 2 hits / (labels + predictions); 0 for a row with neither."""
    return ratio(_total(sums, _F1), sums.rows)


def jaccard_samples(sums: Sums) -> FloatArray:
    """Mean over rows of hits / labels and predictions together; 0 for a row with neither."""
    return ratio(_total(sums, _JACCARD), sums.rows)


def _total(sums: Sums, place: int) -> FloatArray:
    return np.full(1, np.nan) if sums.totals is None else sums.totals[:, place]


def _parsed(text: str) -> frozenset[str]:
    try:
        return frozenset(msgspec.json.decode(text, type=list[str]))
    except (msgspec.DecodeError, RecursionError):
        return frozenset({text})


def _totals(true: Incidence, predicted: Incidence, hits: Incidence) -> FloatArray:
    """Each cell's row, whether it is exactly right, and its scores over the labels that rows have."""
    of_labels = predicted.group < true.groups
    had, found = (np.bincount(cell, minlength=true.cells) for cell in (true.cell, predicted.cell[of_labels]))
    right = np.bincount(hits.cell, minlength=true.cells).astype(np.float64)
    everything = np.bincount(predicted.cell, minlength=true.cells)
    same = (right == had) & (right == everything)
    columns = [
        np.ones(true.cells),
        same.astype(np.float64),
        ratio(right, found.astype(np.float64)),
        ratio(right, had.astype(np.float64)),
        ratio(2.0 * right, (had + found).astype(np.float64)),
        ratio(right, had + found - right),
    ]
    return np.stack(columns, axis=1)
