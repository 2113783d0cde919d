"""One prediction set as the report folds it: confusion, mix-ups, classes, slices, rows that were fixed or broken."""

from __future__ import annotations

import numpy as np

from steelyard.model.comparison import Confusion, MixUp, SetComparison
from steelyard.model.counts import IntArray
from steelyard.model.evaluation import PredictionSet
from steelyard.stats.analysis import Analysis, tally_of
from steelyard.stats.groups import MOST, class_rows, slice_rows
from steelyard.stats.sample import Sample, Side
from steelyard.stats.wording import bounded, listing, rows

MOST_LABELS = 50
"""Classes of a confusion matrix that is still shown."""

MOST_MIX_UPS = 20

_MOST_NOTES = 20
_LONGEST_NOTE = 500


def set_comparison(analysis: Analysis, predictions: PredictionSet | None, *, level: float) -> SetComparison:
    """All of one prediction set but its metrics."""
    sample, joined = analysis.sample, analysis.joined
    arbitrary = _arbitrary_order(analysis, predictions)
    fixed, broken = (0, 0) if arbitrary else _flips(sample)
    return SetComparison(
        name=analysis.name,
        pairing=joined.pairing if sample.baseline is not None else None,
        rows=sample.rows,
        confusion=_confusion(sample),
        mix_ups=_mix_ups(sample),
        classes=class_rows(analysis, level=level),
        slices=slice_rows(analysis, level=level),
        fixed=fixed,
        broken=broken,
        fixed_rows=() if arbitrary else joined.fixed,
        broken_rows=() if arbitrary else joined.broken,
        notes=(*_notes(analysis, arbitrary=arbitrary), *_collected(predictions)),
    )


def _arbitrary_order(analysis: Analysis, predictions: PredictionSet | None) -> bool:
    """Paired by position although equal labels lie together: which row met which within a label means nothing."""
    by_position = analysis.sample.paired and analysis.joined.pairing.method == "position"
    return by_position and predictions is not None and predictions.monotone_labels


def _flips(sample: Sample) -> tuple[int, int]:
    """Rows fixed and broken; none where rows are not paired."""
    counted = tally_of(sample, label=None)
    fixed, broken = (0 if rows is None else int(rows[0]) for rows in (counted.fixed, counted.broken))
    return fixed, broken


def _confusion(sample: Sample) -> Confusion:
    if len(sample.classes) > MOST_LABELS or not sample.classes:
        return Confusion(labels=())
    return Confusion(
        labels=sample.classes,
        candidate=_matrix(sample.candidate),
        baseline=_matrix(sample.baseline) if sample.baseline is not None else None,
    )


def _matrix(side: Side) -> tuple[tuple[int, ...], ...]:
    c = side.n_classes
    counted = np.bincount(side.label * c + side.prediction, side.n, c * c).astype(np.int64)
    return tuple(tuple(row) for row in counted.reshape(c, c).tolist())


def _mix_ups(sample: Sample) -> tuple[MixUp, ...]:
    pairs, counted = _errors(sample.candidate)
    first = np.argsort(-counted, kind="stable")[:MOST_MIX_UPS]
    theirs = dict[int, int]()
    if sample.baseline is not None:
        other, found = _errors(sample.baseline)
        theirs = dict(zip(other.tolist(), found.tolist(), strict=True))
    c = len(sample.classes)
    return tuple(
        MixUp(
            label=sample.classes[pair // c],
            prediction=sample.classes[pair % c],
            candidate=int(count),
            baseline=theirs.get(pair, 0) if sample.baseline is not None else None,
        )
        for pair, count in zip(pairs[first].tolist(), counted[first].tolist(), strict=True)
    )


def _errors(side: Side) -> tuple[IntArray, IntArray]:
    """Pairs of label and wrong prediction as one code, ascending, and their rows."""
    wrong = side.label != side.prediction
    pairs, index = np.unique(side.label[wrong] * side.n_classes + side.prediction[wrong], return_inverse=True)
    return pairs, np.bincount(index, side.n[wrong], len(pairs)).astype(np.int64)


def _collected(predictions: PredictionSet | None) -> tuple[str, ...]:
    """What was noted when the predictions were read."""
    notes = predictions.notes[:_MOST_NOTES] if predictions is not None else ()
    return tuple(bounded(note, limit=_LONGEST_NOTE) for note in notes)


def _notes(analysis: Analysis, *, arbitrary: bool) -> tuple[str, ...]:
    sample = analysis.sample
    notes = []
    if arbitrary:
        notes.append(
            "Rows were paired by position and lie sorted by label, so single rows cannot be matched: "
            "fixed and broken rows are not counted."
        )
    stray = sample.classes[sample.n_labels :]
    astray = int(sample.candidate.n[sample.candidate.prediction >= sample.n_labels].sum())
    if astray:
        notes.append(
            f"{rows(astray)} predicted as {listing(stray)}, which no row has as its label: counted as wrong; "
            "averages over classes are over the labels that rows have."
        )
    if sample.n_labels > MOST:
        notes.append(f"{sample.n_labels:,} classes; the {MOST} most significant ones are kept.")
    return tuple(notes)
