"""The first screen's sentences: how large the difference is, on which rows, against which commit, and the caveats."""

from __future__ import annotations

from steelyard.model.comparison import Comparison, Row, SetComparison, Verdict
from steelyard.model.counts import Pairing
from steelyard.model.report import Against, Headline, Lead, Provenance
from steelyard.report import lines, numbers
from steelyard.report.escape import clean
from steelyard.report.naming import age, metric_name, short, short_sha, target_name
from steelyard.report.numbers import count

_SENTENCE_LIMIT = 300
_NOISE = "one training per side: training noise is not in the interval"

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
    bounds = row.interval if row.difference is not None else row.candidate.interval
    return Lead(
        metric="" if title.subject.startswith(name) else name,
        difference=shown.difference or shown.candidate,
        interval=f"{numbers.level(bounds)} {shown.interval}" if bounds is not None else "",
        rows=_rows(one, target_name(comparison), several=len(comparison.sets) > 1) if one is not None else "",
        flips=flips(one) if one is not None else "",
        remarks=_remarks(row, comparison),
    )


def flips(one: SetComparison) -> str:
    """`31 fixed, 12 broken`; empty when the rows were not paired."""
    if one.pairing is None or one.pairing.method == "unpaired":
        return ""
    return f"{count(one.fixed)} fixed, {count(one.broken)} broken"


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


def caveats(comparison: Comparison, provenance: Provenance) -> tuple[str, ...]:
    """What the reader must keep in mind, in half sentences."""
    found = []
    if comparison.baseline is not None and any(row.interval is not None for row in comparison.rows):
        found.append(_NOISE)
    for side, name in ((comparison.candidate, "this change"), (comparison.baseline, target_name(comparison))):
        if side is not None and side.commit is not None and side.commit.dirty:
            found.append(f"{name} was measured with uncommitted changes")
    if provenance.forked:
        found.append("the predictions were written by a fork's code")
    return tuple(found)


def _set_of(row: Row, comparison: Comparison) -> SetComparison | None:
    return next((one for one in comparison.sets if row.set and one.name == row.set), None)


def _rows(one: SetComparison, target: str, *, several: bool) -> str:
    rows = f"rows of {short(one.name)}" if several else "test rows"
    pairing = one.pairing
    if pairing is None:
        return f"on {count(one.rows)} {rows}"
    if pairing.method == "unpaired":
        return f"on {rows}: {_sides(pairing, target)}, not paired"
    if pairing.same_test_set:
        return f"on the same {count(one.rows)} {rows}"
    return f"on the {count(one.rows)} {rows} that both sides have"


def _sides(pairing: Pairing, target: str) -> str:
    return f"{count(pairing.candidate_rows, 'row')} here, {count(pairing.baseline_rows)} on {target}"


def _remarks(row: Row, comparison: Comparison) -> tuple[str, ...]:
    """Whole sentences about the headline's metric."""
    found = []
    if row.verdict is Verdict.INCONCLUSIVE and row.detectable is not None:
        found.append(f"This test set detects a difference of {lines.detects(row)}.")
    if comparison.baseline is not None and row.difference is not None and row.interval is None and row.verdict is None:
        found.append(_NO_PREDICTIONS)
    elif row.reason:
        found.append(_sentence(row.reason))
    if row.margin and row.verdict in {Verdict.EQUIVALENT, Verdict.NO_WORSE}:
        found.append(f"Differences within {numbers.given(row.margin)} do not matter here, says the configuration.")
    return tuple(dict.fromkeys(found))


def _sentence(words: str) -> str:
    shown = clean(words, limit=_SENTENCE_LIMIT).rstrip(".")
    return f"{shown[:1].upper()}{shown[1:]}."
