"""One prediction set as the report folds it: confusion, mix-ups, classes, slices, rows that were fixed or broken."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Calibration, Confusion, GroupCounts, MixUp, SetComparison
from steelyard.model.counts import IntArray, Joined, Pairing
from steelyard.model.evaluation import PredictionSet
from steelyard.stats import identical
from steelyard.stats.analysis import Analysis
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.counts.tally import tally_of
from steelyard.stats.groups.rows import MOST, Groups, classes, slices
from steelyard.stats.scores.calibration import calibration, calibration_of_totals
from steelyard.stats.wording import classes as named
from steelyard.stats.wording import rows
from steelyard.text import bounded

MOST_LABELS = 50
"""Classes of a confusion matrix that is still shown."""

MOST_MIX_UPS = 20

FIRST_TRAINING = "Of the first training on each side."

_MOST_NOTES = 20
_LONGEST_NOTE = 500


class SetGroups(Value, frozen=True, kw_only=True):
    """The classes and slice values of one prediction set: all of them, as gates may ask for any."""

    name: str
    pairing: Pairing | None
    """None without a baseline."""
    classes: Groups | None
    slices: Groups | None

    @classmethod
    def of(cls, analysis: Analysis, *, level: float) -> SetGroups:
        """None of either kind where there are none."""
        return cls(
            name=analysis.name,
            pairing=_pairing(analysis.data),
            classes=classes(analysis, level=level),
            slices=slices(analysis, level=level),
        )


def set_comparison(analysis: Analysis, groups: SetGroups) -> SetComparison:
    """All of one prediction set but its metrics."""
    data = analysis.data
    made = SetComparison(
        name=data.name,
        pairing=groups.pairing,
        rows=_rows(data),
        trainings=_trainings(data.joined),
        clusters=_clusters(data.joined),
        equal_rows=_equal_rows(data.joined),
        confusion=Confusion(labels=()),
        calibration=_calibration(data),
        classes=() if groups.classes is None else groups.classes.shown(),
        slices=() if groups.slices is None else groups.slices.shown(),
        more_classes=GroupCounts() if groups.classes is None else groups.classes.unlisted(),
        more_slices=GroupCounts() if groups.slices is None else groups.slices.unlisted(),
        notes=(*data.joined.notes, *_collected(data.predictions)),
    )
    return made if data.sample is None else _with_classes(made, analysis, data.sample)


def _pairing(data: SetData) -> Pairing | None:
    return data.joined.pairing if data.has_baseline else None


def _rows(data: SetData) -> int:
    """Rows that the comparison rests on."""
    if data.sample is not None:
        return data.sample.rows
    pairing = data.joined.pairing
    return pairing.candidate_rows if pairing.method == "unpaired" else pairing.compared_rows


def _calibration(data: SetData) -> Calibration | None:
    """Where rows have scores: of the first training on each side, since each would have a diagram of its own."""
    joined = data.joined
    if joined.score_totals is not None:
        return calibration_of_totals(joined.score_totals, joined.baseline_score_totals)
    if joined.rows is None or data.sample is None or data.sample.sets is not None:
        return None
    positive = data.predictions.positive if data.predictions is not None else None
    made = calibration(joined.rows, positive=positive, baseline_rows=joined.baseline_rows)
    if made is None or max(_trainings(joined)) == 1:
        return made
    return structs.replace(made, note=" ".join(one for one in (FIRST_TRAINING, made.note) if one))


def _clusters(joined: Joined) -> int | None:
    """How many clusters the compared rows, or the candidate's, come in; None without clusters."""
    found = next((one.cluster for one in (joined.groups, joined.rows) if one is not None), None)
    return None if found is None else len(np.unique(found))


def _equal_rows(joined: Joined) -> float | None:
    """What the compared rows, or the candidate's, count as; None without weights."""
    groups, rows = joined.groups, joined.rows
    weight = groups.weight if groups is not None else rows.weight if rows is not None else None
    if weight is None:
        return None
    squares = groups.weight_squared if groups is not None else weight * weight
    total = 0.0 if squares is None else float(squares.sum())
    return float(weight.sum()) ** 2 / total if total > 0.0 else None


def _trainings(joined: Joined) -> tuple[int, int]:
    repeats, rows = joined.repeats, joined.rows
    if repeats is not None:
        return repeats.candidate.shape[1], max(repeats.baseline.shape[1], 1)
    if rows is None:
        return 1, 1
    return len(rows.candidate.trainings), 1 if rows.baseline is None else len(rows.baseline.trainings)


def _with_classes(made: SetComparison, analysis: Analysis, sample: Sample) -> SetComparison:
    joined = analysis.data.joined
    fixed, broken = _flips(sample)
    return structs.replace(
        made,
        positive=sample.classes[sample.positive] if sample.positive is not None else "",
        confusion=_confusion(sample),
        mix_ups=_mix_ups(sample),
        fixed=fixed,
        broken=broken,
        fixed_rows=joined.fixed,
        broken_rows=joined.broken,
        identical=identical.whole(joined.pairing) and bool(identical.predictions(joined)),
        notes=(*_notes(sample), *made.notes),
    )


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
    found, counted = _errors(sample.candidate)
    first = _largest(counted, MOST_MIX_UPS)
    pairs, theirs = found[first], None if sample.baseline is None else _errors(sample.baseline)
    before = [None] * len(pairs) if theirs is None else _at(pairs, *theirs).tolist()
    c = len(sample.classes)
    return tuple(
        MixUp(label=sample.classes[pair // c], prediction=sample.classes[pair % c], candidate=ours, baseline=other)
        for pair, ours, other in zip(pairs.tolist(), counted[first].tolist(), before, strict=True)
    )


def _at(pairs: IntArray, known: IntArray, counted: IntArray) -> IntArray:
    """The rows of these pairs, 0 of those that are not among the known ones, which ascend."""
    if not len(known):
        return np.zeros_like(pairs)
    place = np.minimum(np.searchsorted(known, pairs), len(known) - 1)
    return np.where(known[place] == pairs, counted[place], 0)


def _largest(counted: IntArray, most: int) -> IntArray:
    """The places of the largest counts above 0, largest first, equal ones in their order."""
    # Of a million only those that may be among the largest are sorted: no less than enough of a part of them are.
    some = counted[: 256 * most]
    least = max(int(np.partition(some, -most)[-most]) if len(some) > most else 1, 1)
    often = np.flatnonzero(counted >= least)
    return often[np.argsort(-counted[often], kind="stable")][:most]


def _errors(side: Side) -> tuple[IntArray, IntArray]:
    """Pairs of label and prediction as one code, ascending, and their rows, of right ones 0."""
    codes, n = side.label * side.n_classes, side.n.copy()
    codes += side.prediction
    n[side.hit] = 0
    if (codes[1:] > codes[:-1]).all():
        return codes, n  # the cells are this side's own
    pairs, index = np.unique(codes, return_inverse=True)
    return pairs, np.bincount(index, n, len(pairs)).astype(np.int64)


def _collected(predictions: PredictionSet | None) -> tuple[str, ...]:
    """What was noted when the predictions were read."""
    notes = predictions.notes[:_MOST_NOTES] if predictions is not None else ()
    return tuple(bounded(note, limit=_LONGEST_NOTE) for note in notes)


def _notes(sample: Sample) -> tuple[str, ...]:
    notes = []
    sets = sample.sets is not None
    stray = sample.classes[sample.n_labels :]
    astray = int(sample.candidate.n[sample.candidate.prediction >= sample.n_labels].sum())
    if astray:
        notes.append(
            f"{rows(astray)} predicted as {named(stray, sets=sets)}, which no row has as its "
            f"{'set of labels' if sets else 'label'}: counted as wrong; averages over classes are over the labels that "
            "rows have."
        )
    if sample.n_labels > MOST:
        notes.append(f"{sample.n_labels:,} classes; the {MOST} most significant ones are kept.")
    return tuple(notes)
