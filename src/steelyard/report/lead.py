"""The first screen's sentences: how large the difference is, on which rows, against which commit, and the caveats."""

from __future__ import annotations

import math

from steelyard.model.comparison import SAME_VALUE, Comparison, Row, SetComparison, Verdict
from steelyard.model.counts import Pairing
from steelyard.model.report import Against, Headline, Lead, Provenance
from steelyard.report import lines, numbers
from steelyard.report.escape import clean
from steelyard.report.naming import age, metric_name, short, short_sha, target_name
from steelyard.text import count, rounded

_SENTENCE_LIMIT = 300
FIRST_TRAININGS = "first training of each side"
"""What rows are counted for where there are several trainings."""

_NOISE = "one training per side: training noise is not in the interval"

_IDENTICAL = "Both models predict the same for every row of this test set."

_NO_PREDICTIONS = (
    "Nothing here says whether a difference is more than chance; "
    "a file of predictions (`id`, `label`, `prediction`) does."
)


def lead(comparison: Comparison, title: Headline) -> Lead:
    """What there is to say of the headline's metric; empty when there is none."""
    if not comparison.rows:
        return Lead()
    row = comparison.rows[0]
    name = metric_name(row, comparison)
    one = _set_of(row, comparison)
    shown = numbers.row_text(row)
    bounds = numbers.printed(row)
    named = title.subject.startswith(name)
    # A value alone, as a file has it, stands in the headline already.
    alone = shown.candidate if bounds is not None or one is not None or not named else ""
    return Lead(
        metric="" if named else name,
        difference=shown.difference or alone,
        interval=f"{numbers.level(bounds)} {shown.interval}" if bounds is not None else "",
        rows=_rows(row, one, target_name(comparison), several=len(comparison.sets) > 1) if one is not None else "",
        flips=flips(one, part=row.candidate.rows is not None) if one is not None else "",
        remarks=_remarks(row, comparison),
    )


def flips(one: SetComparison, noun: str = "", *, part: bool = False) -> str:
    """
    `31 fixed, 12 broken`; empty where rows are not paired one by one, or are neither right nor wrong.

    Args:
        one: The prediction set.
        noun: What the rows are called.
        part: It stands beside what is said of only a part of the rows.
    """
    if one.pairing is None or one.pairing.method == "unpaired" or not has_classes(one):
        return ""
    which = [
        *([FIRST_TRAININGS] if max(one.trainings) > 1 else []),
        *(["unweighted"] if one.equal_rows is not None else []),
        *(["of all rows"] if part else []),
    ]
    remark = f" ({', '.join(which)})" if which else ""
    return f"{count(one.fixed, noun)} fixed, {count(one.broken)} broken{remark}"


def has_classes(one: SetComparison) -> bool:
    """Whether a prediction is right or wrong: there are labels, not numbers, and not measures alone."""
    return bool(one.confusion.labels or one.classes or one.mix_ups or one.fixed or one.broken)


def against(comparison: Comparison, provenance: Provenance) -> Against | None:
    """The baseline's commit, its age when the candidate was measured, and why it is not the one next to it."""
    side, choice = comparison.baseline, comparison.choice
    if side is None:
        return None
    sha = choice.sha if choice is not None and choice.sha else side.commit.sha if side.commit is not None else ""
    remark = ""
    if choice is not None and choice.walked > 0:
        base = f"`{short_sha(choice.base)}`" if short_sha(choice.base) else "the base"
        remark = f"{count(choice.walked, 'commit')} before {base}, which was not measured"
    return Against(
        target=target_name(comparison),
        sha=short_sha(sha),
        url=commit_url(sha, provenance),
        age=age(side.commit.committed, comparison.candidate.created) if side.commit is not None else "",
        remark=remark,
        reason=clean(choice.reason, limit=_SENTENCE_LIMIT) if choice is not None and choice.reason else "",
    )


def commit_url(sha: str, provenance: Provenance) -> str:
    """Where the forge shows a commit; empty when it is not known."""
    return f"{provenance.repository_url}/commit/{sha}" if provenance.repository_url and short_sha(sha) else ""


def caveats(comparison: Comparison) -> tuple[str, ...]:
    """What the reader must keep in mind, in half sentences."""
    one = _set_of(comparison.rows[0], comparison) if comparison.rows else None
    found = [*_unequal(one)] if one is not None else []
    if comparison.baseline is not None and any(row.interval is not None for row in comparison.rows):
        found.append(_training_noise(comparison))
    for side, name in ((comparison.candidate, "this change"), (comparison.baseline, target_name(comparison))):
        if side is not None and side.commit is not None and side.commit.dirty:
            found.append(f"{name} was measured with uncommitted changes")
    return tuple(found)


def _unequal(one: SetComparison) -> tuple[str, ...]:
    """What makes rows of a prediction set count differently: clusters, weights."""
    clusters = f"rows come in {count(one.clusters, 'cluster')}" if one.clusters is not None else ""
    weights = ""
    if one.equal_rows is not None:
        equal = numbers.plain(one.equal_rows, numbers.decimals(one.equal_rows, digits=3))
        weights = f"values are weighted: the rows count as {equal} equal ones"
    return tuple(said for said in (clusters, weights) if said)


def _training_noise(comparison: Comparison) -> str:
    """Whether the luck of training is in the intervals of the headline's prediction set."""
    one = _set_of(comparison.rows[0], comparison)
    heeded = one is not None and min(one.trainings) > 1
    runs = [
        side.training.runs if side is not None and side.training is not None else 1
        for side in (comparison.candidate, comparison.baseline)
    ]
    ours, theirs = one.trainings if one is not None and heeded else runs
    if max(ours, theirs) == 1:
        return _NOISE
    where = f"{count(ours, 'training')} here, {theirs} on {target_name(comparison)}"
    if heeded and SAME_VALUE in comparison.rows[0].caveats:
        return f"{where}; {SAME_VALUE}"
    return f"{where}: training noise is{'' if heeded else ' not'} in the interval"


def _set_of(row: Row, comparison: Comparison) -> SetComparison | None:
    return next((one for one in comparison.sets if row.set and one.name == row.set), None)


def _rows(row: Row, one: SetComparison, target: str, *, several: bool) -> str:
    """On which rows the metric was computed, and of how many, where not all have what it is made of."""
    singular, plural = (f"{noun} of {short(one.name)}" if several else f"test {noun}" for noun in ("row", "rows"))
    pairing, counted, used = one.pairing, count(one.rows, singular, plural), row.candidate.rows
    if pairing is not None and pairing.method == "unpaired":
        return f"on {plural}: {_sides(row, pairing, target)}, not paired"
    part = "" if used is None else f"{count(used)} of "
    lacking = (
        "" if used is None else f" ({count(one.rows - used)} {'lacks' if one.rows - used == 1 else 'lack'} a value)"
    )
    if pairing is None:
        return f"on {part}{counted}{lacking}"
    if pairing.same_test_set:
        return f"on {part}the same {counted}{lacking}"
    same = " with the same label" if pairing.changed_labels else ""
    return f"on {part}the {counted} that both sides have{same}{lacking}"


def _sides(row: Row, pairing: Pairing, target: str) -> str:
    ours, theirs = (
        f"{count(side.rows)} of " if side is not None and side.rows not in {None, rows} else ""
        for side, rows in ((row.candidate, pairing.candidate_rows), (row.baseline, pairing.baseline_rows))
    )
    return f"{ours}{count(pairing.candidate_rows, 'row')} here, {theirs}{count(pairing.baseline_rows)} on {target}"


def _remarks(row: Row, comparison: Comparison) -> tuple[str, ...]:
    """Whole sentences about the headline's metric."""
    one = _set_of(row, comparison)
    identical = one is not None and one.identical and row.difference == 0.0
    found = [_IDENTICAL] if identical else []
    if not identical and (detected := lines.detects(row)):
        found.append(f"This test set detects a difference of {detected}.")
    if row.verdict is Verdict.INCONCLUSIVE and row.rows_needed is not None and row.sought is not None:
        found.append(_rows_needed(row.rows_needed, row.sought, one))
    if comparison.baseline is not None and row.difference is not None and row.interval is None and row.verdict is None:
        found.append(_NO_PREDICTIONS)
    elif row.reason and not identical:
        found.append(_sentence(row.reason))
    if row.margin and row.verdict in {Verdict.EQUIVALENT, Verdict.NO_WORSE}:
        found.append(f"Judged at a margin of {rounded(row.margin)}, which a gate of the configuration sets.")
    return tuple(dict.fromkeys(found))


def _rows_needed(needed: int, sought: float, one: SetComparison | None) -> str:
    """More rows help as far as they come in more clusters: more of the same patients say little."""
    rows = numbers.needed(needed, "row")
    if one is not None and one.clusters is not None and one.rows:
        rows += f" in {numbers.needed(math.ceil(needed * one.clusters / one.rows), 'cluster')}"
    return (
        f"With 80% probability {rows} would show a true difference of {rounded(sought)}, "
        "which the configuration asks for."
    )


def _sentence(words: str) -> str:
    shown = clean(words, limit=_SENTENCE_LIMIT).rstrip(".")
    return f"{shown[:1].upper()}{shown[1:]}."
