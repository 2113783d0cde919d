"""What must be said on the first screen about the data behind a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from steelyard.config import Gate
from steelyard.model.comparison import Change, GateResult, GateState, Row
from steelyard.model.counts import ChangedColumn, Pairing
from steelyard.model.evaluation import MISSING_NOTE, MISSING_PREDICTION, Evaluation, Training
from steelyard.stats.analysis import Analysis
from steelyard.stats.comparison.mixture import shifted_balance
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.sample import Sample, Side
from steelyard.stats.families.absent import NOT_KEPT
from steelyard.stats.gates.group_gates import UNPAIRED
from steelyard.stats.gates.rules import rules
from steelyard.stats.groups.changed import NEW, unlike
from steelyard.stats.wording import classes, rows
from steelyard.text import bounded, listing, quote, rounded

LOUD = ("LEAKAGE", "CLASSES", MISSING_NOTE)
"""How notes of an Evaluation begin that the first screen shows."""

_CHANGES_NAMED = 5
_LONGEST = 500


def of_training(training: Training | None, *, whose: str, so: str) -> tuple[str, ...]:
    """A sentence when a side's training failed, and what follows from that."""
    if training is None or not training.failed:
        return ()
    return (f"{whose} training failed ({training.outcome}): {so}.",)


def of_set(analysis: Analysis, *, many: bool) -> tuple[str, ...]:
    """Sentences about one prediction set; they name it where there are several."""
    data = analysis.data
    said = [*_constant(data), *_labels(data.sample), *_alphabetical(analysis)] if data.sample is not None else []
    said += _constant_numbers(data)
    if data.nothing_kept:
        said.append(f"No metric can be computed: {NOT_KEPT}.")
    if data.withheld:
        said.append(f"No intervals and no verdicts: {data.withheld}.")
    if data.has_baseline:
        said += [*_pairing(analysis), *_balance(data), *_unseen(data.sample)]
    said += _loud(data)
    return tuple(_about(analysis.name, text) if many else text for text in said)


def _about(name: str, text: str) -> str:
    """A sentence about a set of several; words in capitals stay as they are."""
    return f"Set {quote(name)}: {text if text[1:2].isupper() else text[:1].lower() + text[1:]}"


def of_idle_gates(gated: Iterable[tuple[Gate, Sequence[Row]]]) -> tuple[str, ...]:
    """
    A sentence when gates ask whether a number from a file got worse, and it may have: it has no verdict.

    Nothing else would show it. A number that is what it was, or went the good way, needs no word.
    """
    idle = [
        gate.metric
        for gate, found in gated
        if "worse" in {gate.fail_if, gate.warn_if} and any(_went_unjudged(row) for row in found)
    ]
    if not idle:
        return ()
    named = listing(dict.fromkeys(idle), limit=_CHANGES_NAMED)
    said = (
        f"Not judged: whether {named} got worse, as the gate asks. It is read from a file, where nothing says how much "
        "of a difference is chance; `min` and `max` of a gate need no verdict."
    )
    return (said,)


def of_undirected_gates(gated: Iterable[tuple[Gate, Sequence[Row]]]) -> tuple[str, ...]:
    """A sentence when gates ask for the verdict of computed metrics of which nothing says which way is better."""
    named = [
        row.metric
        for gate, found in gated
        if any(rule.about_verdict for rule in rules(gate))
        for row in found
        if row.set and row.higher_is_better is None
    ]
    if not named:
        return ()
    said = (
        f"Not judged: {listing(dict.fromkeys(named), limit=_CHANGES_NAMED)}, whose verdict a gate asks for. Nothing "
        "says which way is better: `higher_is_better` or `lower_is_better` in [metrics] does."
    )
    return (said,)


def of_unpaired_gates(results: Sequence[GateResult]) -> tuple[str, ...]:
    """A sentence when rules on slices are skipped since rows are not kept or not paired: nothing else would show it."""
    skipped = [one.metric for one in results if one.state is GateState.SKIPPED and one.message == UNPAIRED]
    if not skipped:
        return ()
    named = listing(dict.fromkeys(skipped), limit=_CHANGES_NAMED)
    return (
        f"Not judged: {named}, as a gate asks. Slices are compared row by row, which needs the rows of both sides.",
    )


def _went_unjudged(row: Row) -> bool:
    """A number from a file that went the bad way, or an unknown one."""
    if row.set or row.interval is not None or not row.difference:
        return False
    return row.higher_is_better is None or (row.difference < 0.0) == row.higher_is_better


def of_missing_sets(baseline: Evaluation, analyses: Mapping[str, Analysis]) -> tuple[str, ...]:
    """A sentence when the baseline has prediction sets that this change does not."""
    missing = [name for name in baseline.predictions if name not in analyses]
    return (
        (f"Prediction sets of the baseline are missing in this change: {listing(missing, limit=5)}.",)
        if missing
        else ()
    )


def of_missing_rows(baseline: Evaluation, analyses: Mapping[str, Analysis]) -> tuple[str, ...]:
    """A sentence for each set of which the baseline had rows without a prediction: its values rest on the others."""
    theirs = [(name, baseline.predictions[name]) for name in analyses if name in baseline.predictions]
    said = [
        (name, f"{MISSING_NOTE} in the baseline{note.removeprefix(MISSING_NOTE)}")
        for name, one in theirs
        for note in one.notes
        if note.startswith(MISSING_NOTE)
    ]
    return tuple(bounded(_about(name, text) if len(analyses) > 1 else text, limit=_LONGEST) for name, text in said)


def of_rules(changes: Sequence[Change]) -> tuple[str, ...]:
    """A sentence when the change edits the rules by which it is judged."""
    if not changes:
        return ()
    return (f"This change edits the rules that it is judged by: {_named(changes)}.",)


def of_first_rules(softening: Sequence[Change]) -> tuple[str, ...]:
    """A sentence when the change brings the first rules, and which of them may soften what is said without any."""
    softer = f" It may soften what is said: {_named(softening)}." if softening else ""
    return (f"This change brings the project's first configuration; its keys are in the details.{softer}",)


def _named(changes: Sequence[Change]) -> str:
    named = "; ".join(
        f"{change.name}: {_or_none(change.baseline)} → {_or_none(change.candidate)}"
        for change in changes[:_CHANGES_NAMED]
    )
    more = len(changes) - _CHANGES_NAMED
    return f"{named}{f'; and {more} more' if more > 0 else ''}"


def _or_none(text: str | None) -> str:
    return "none" if text is None else text


def _labels(sample: Sample) -> list[str]:
    if not sample.uncompared or not sample.n_labels:
        return []
    if sample.sets is None:
        said = f"All rows have the label {quote(sample.classes[0])}"
    else:
        said = f"No row has another label than {quote(sample.labels[0])}" if sample.labels else "No row has a label"
    return [f"{said}: metrics that compare classes are undefined."]


def _constant(data: SetData) -> list[str]:
    """Sentences about sides that give one answer whatever the row: what training most often fails to."""
    sample = data.sample
    if sample is None or sample.uncompared or data.joined.repeats is not None:
        return []
    every = [("This change", sample.candidate), ("The baseline", sample.baseline)]
    return [
        f"{whose} {_answer(sample, side.prediction[0])} for all {rows(int(side.n.sum()))}."
        for whose, side in every
        if side is not None and len(side.label) and not np.ptp(side.prediction) and np.ptp(side.label)
    ]


def _answer(sample: Sample, code: int) -> str:
    prediction = sample.classes[code]
    if prediction == MISSING_PREDICTION:
        return "has no prediction"
    return f"predicts {classes([prediction], sets=sample.sets is not None)}"


def _constant_numbers(data: SetData) -> list[str]:
    """The same of a regression."""
    if data.predictions is None or data.predictions.kind != "regression" or data.joined.rows is None:
        return []
    paired = data.joined.rows
    apart = data.joined.baseline_rows
    every = [
        ("This change", paired.candidate),
        ("The baseline", paired.baseline if apart is None else apart.candidate),
    ]
    return [
        f"{whose} predicts {rounded(side.prediction[0])} for all {rows(len(side.prediction))}."
        for whose, side in every
        if side is not None
        and side.prediction is not None
        and len(side.prediction) > 1
        and all(one.prediction is not None and np.ptp(one.prediction) == 0.0 for one in side.trainings)
    ]


_ORDINAL = ("cohen_kappa_linear", "cohen_kappa_quadratic")


def _alphabetical(analysis: Analysis) -> list[str]:
    """A sentence where errors are weighed by the distance of labels of which nobody has said the order."""
    data, sample = analysis.data, analysis.data.sample
    weighted = [name for name in analysis.contrasts if name in _ORDINAL]
    configured = any(block.labels for block in data.config.predictions if block.name == data.name)
    if sample is None or not weighted or configured or not sample.labels_are_words:
        return []
    verb, order = "weighs" if len(weighted) == 1 else "weigh", listing(sample.labels, limit=_CHANGES_NAMED)
    by = f"by the distance of the labels in alphabetical order, {order}"
    return [f"{listing(weighted)} {verb} errors {by}: `labels` in [[predictions]] gives another."]


def _pairing(analysis: Analysis) -> list[str]:
    pairing = analysis.data.joined.pairing
    said = []
    if pairing.changed_labels:
        said.append(
            f"LABELS CHANGED: {rows(pairing.changed_labels)} with another label than in the baseline, left out of the "
            "comparison."
        )
    said += [_changed(one) for one in pairing.changed_columns if one.role != "slice" or one.left_out]
    said += _not_judged(pairing)
    if pairing.method != "unpaired":
        common = pairing.common_rows
        if not pairing.same_test_set and (common < pairing.candidate_rows or common < pairing.baseline_rows):
            same = " with the same label" if pairing.changed_labels else ""
            said.append(
                f"The test sets differ: compared on the {rows(pairing.compared_rows)} that both have{same} "
                f"(this change {pairing.candidate_rows:,}, baseline {pairing.baseline_rows:,})."
            )
        if pairing.method == "position":
            said.append(f"Rows were paired by their position{_because(pairing.reason)}.{_by_id(analysis.data)}")
        return said
    said.append(f"{_unpaired(analysis)}{_by_id(analysis.data)}")
    return said


def _not_judged(pairing: Pairing) -> list[str]:
    """Slice columns that are shown without verdicts."""
    said = [
        f"SLICE NOT JUDGED: {reason} ({quote(name)}). Where this change's training writes the column, its own luck "
        "picks the rows; slice by what both sides share. Bins of a number move with the test set."
        for name, reason in unlike(pairing).items()
        if reason != NEW
    ]
    if pairing.new_slices and pairing.method != "unpaired":
        names = listing(pairing.new_slices, limit=3)
        said.append(f"Slices that the baseline does not have are shown, not judged: {names}.")
    return said


def _unpaired(analysis: Analysis) -> str:
    """What was compared, and what it means for intervals and verdicts, where there are to be any."""
    pairing = analysis.data.joined.pairing
    said = f"Not compared row by row{_because(pairing.reason)}"
    follows = "verdicts hold only if both are random samples of one population"
    if pairing.same_test_set:
        follows = "the intervals are those of two independent samples, wider than a paired comparison's"
    elif pairing.unknown_test_set:
        said += ", and nothing says whether both sides were tested on the same rows"
    else:
        sizes = f"(this change {pairing.candidate_rows:,}, baseline {pairing.baseline_rows:,})"
        said = f"The two sides were tested on DIFFERENT rows{_because(pairing.reason)} {sizes}"
        follows = "no verdict" if analysis.incomparable else follows
    silent = analysis.data.withheld or analysis.data.nothing_kept
    return f"{said}." if silent else f"{said}: {follows}."


def _by_id(data: SetData) -> str:
    """What would pair the rows, where a column looks as if it could."""
    column = data.predictions.unread_id if data.predictions is not None else None
    if column is None:
        return ""
    named = quote(column)
    return f" If column {named} names the rows, `id = {named}` in [[predictions]] pairs them, from main's next run on."


_PLURALS = {"weight": "WEIGHTS", "cluster": "CLUSTERS", "stratum": "STRATA"}


def _changed(column: ChangedColumn) -> str:
    """A change that could decide its own verdict by what its rows weigh, or where they lie, is to be seen."""
    if column.role == "slice":
        return (
            f"SLICES CHANGED: {rows(column.rows)} with another value or bin (column {quote(column.name)}) than in the "
            "baseline, left out of its slices."
        )
    role, whose = column.role, f"(column {quote(column.name)})"
    return (
        f"{_PLURALS[role]} CHANGED: {rows(column.rows)} with another {role} {whose} than in the baseline; "
        "this change's are used on both sides."
    )


def _balance(data: SetData) -> list[str]:
    """Two test sets that are not the same may hold their classes in other shares."""
    joined, sets = data.joined, data.sample is not None and data.sample.sets is not None
    shifted = "" if joined.pairing.same_test_set else shifted_balance(joined.candidate, joined.baseline, sets=sets)
    return [shifted] if shifted else []


def _loud(data: SetData) -> list[str]:
    """What was found when the predictions were read and must not be folded away."""
    notes = data.predictions.notes if data.predictions is not None else ()
    return [bounded(note, limit=_LONGEST) for note in notes if note.startswith(LOUD)]


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _unseen(sample: Sample | None) -> list[str]:
    """Classes of the candidate that the baseline has neither as label nor as prediction."""
    if sample is None or sample.baseline is None:
        return []
    unseen = sorted(_classes(sample.candidate, sample) - _classes(sample.baseline, sample) - {MISSING_PREDICTION})
    return [f"Classes that the baseline never saw: {listing(unseen, limit=5)}."] if unseen else []


def _classes(side: Side, sample: Sample) -> set[str]:
    """Where rows have sets of labels, the labels."""
    used = np.union1d(side.label, side.prediction).tolist()
    if sample.sets is None:
        return {sample.classes[code] for code in used}
    return {sample.sets.labels[code] for one in used for code in sample.sets.members[one].tolist()}
