"""One rule of a gate: what it asks of a row, what it says of it, and how it is told in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from steelyard.config import Gate
from steelyard.model.base import Value
from steelyard.model.comparison import GateState, Row, Verdict
from steelyard.stats.decisions.verdict import verdict
from steelyard.text import rounded

_ENOUGH = {
    "better": {Verdict.BETTER},
    "no_worse": {Verdict.NO_WORSE, Verdict.EQUIVALENT, Verdict.BETTER},
}

NOTHING_CHANGED = "nothing changed"

NO_BASELINE = "there is no baseline"

Judged: TypeAlias = Callable[[Row], tuple[GateState, str]]


class Rule(Value, frozen=True, kw_only=True):
    """A condition of a gate."""

    words: str
    """As `GateResult.rule` has it: `fail if worse`."""
    sentence: str
    """With `{}` in the place of what it is about: `fails if {} is worse`."""
    broken: GateState
    """What the gate says when the rule is broken."""
    demands: bool
    """It asks for proof: what cannot be judged breaks it."""
    about_verdict: bool
    judged: Judged
    """State and reason for a row that has a value."""


def rules(gate: Gate) -> tuple[Rule, ...]:
    """The gate's conditions, those about the verdict first."""
    return (*_about_verdict(gate), *_about_value(gate))


def _about_verdict(gate: Gate) -> list[Rule]:
    at = f" (margin {rounded(gate.margin)})" if gate.margin else ""
    found = []
    for state, condition in ((GateState.FAIL, gate.fail_if), (GateState.WARN, gate.warn_if)):
        if condition is not None:
            rule = Rule(
                words=f"{state} if {condition}",
                sentence=f"{state}s if {{}} is {condition}{at}",
                broken=state,
                demands=False,
                about_verdict=True,
                judged=_if_worse(gate.margin, state),
            )
            found.append(rule)
    for state, wanted in ((GateState.FAIL, gate.fail_unless), (GateState.WARN, gate.warn_unless)):
        if wanted is not None:
            said = wanted.replace("_", " ")
            rule = Rule(
                words=f"{state} unless {said}",
                sentence=f"{state}s unless {{}} is shown to be {said}{at}",
                broken=state,
                demands=True,
                about_verdict=True,
                judged=_unless(gate.margin, state, wanted),
            )
            found.append(rule)
    return found


def _about_value(gate: Gate) -> list[Rule]:
    limits = (("at least", "below", gate.min), ("at most", "above", gate.max))
    return [
        Rule(
            words=f"{words} {rounded(limit)}",
            sentence=f"fails if {{}} is {beyond} {rounded(limit)}",
            broken=GateState.FAIL,
            demands=True,
            about_verdict=False,
            judged=_bound(limit, below=beyond == "below"),
        )
        for words, beyond, limit in limits
        if limit is not None
    ]


def _if_worse(margin: float, state: GateState) -> Judged:
    def judged(row: Row) -> tuple[GateState, str]:
        found, why = _verdict(row, margin)
        if found is None:
            return GateState.SKIPPED, why
        return (state if found is Verdict.WORSE else GateState.PASS), why

    return judged


def _unless(margin: float, state: GateState, wanted: str) -> Judged:
    def judged(row: Row) -> tuple[GateState, str]:
        found, why = _verdict(row, margin)
        if found is None and _nothing_to_compare(row):
            return GateState.SKIPPED, why
        if found in _ENOUGH[wanted]:
            return GateState.PASS, why
        # The interval of no disagreement may be too wide for the margin, or none: no change of code alone would pass.
        if wanted == "no_worse" and row.identical and row.verdict is not Verdict.INCOMPARABLE:
            return GateState.PASS, f"{NOTHING_CHANGED}: the {row.identical} that it depends on are identical"
        return state, why

    return judged


def _bound(limit: float, *, below: bool) -> Judged:
    def judged(row: Row) -> tuple[GateState, str]:
        value = row.candidate.value
        if value is None:
            return GateState.FAIL, "it has no value"
        missed = value < limit if below else value > limit
        return (GateState.FAIL if missed else GateState.PASS), f"it is {rounded(value)}"

    return judged


def _verdict(row: Row, at: float) -> tuple[Verdict | None, str]:
    """The verdict at a gate's margin, in words; None where nothing is known of the difference's noise."""
    if row.verdict in {None, Verdict.INCOMPARABLE, Verdict.UNUSUAL} or row.higher_is_better is None:
        if _nothing_to_compare(row):
            return None, row.reason or NO_BASELINE
        return None, f"it cannot be judged: {row.reason or 'the direction of the metric is unknown'}"
    if row.interval is None:
        return row.verdict, _said(row.verdict or Verdict.INCONCLUSIVE, row.reason)
    found = verdict(row.interval, margin=at, higher_is_better=row.higher_is_better)
    details = [f"margin {rounded(at)}" if at else ""]
    if _of_group(row):
        # The table has its interval at the level that holds against no difference.
        low, high = (rounded(bound, digits=3) for bound in (row.interval.low, row.interval.high))
        details += [f"interval {low} to {high}" if at else "", row.adjustment]
    return found, _said(found, "; ".join(detail for detail in details if detail))


def _said(found: Verdict, detail: str) -> str:
    word = found.replace("_", " ")
    return f"it is {word} ({detail})" if detail else f"it is {word}"


def _of_group(row: Row) -> bool:
    """A class or a slice value: its interval is adjusted for the number of groups that were looked at."""
    return bool(row.group or row.slice)


def _nothing_to_compare(row: Row) -> bool:
    return row.baseline is None
