"""
Gates: the project's rules on rows.

A rule about a verdict is judged on the row's own interval, at the gate's own margin: there is one interval, and the
same interval may be worse at a margin of 0 and not at a larger one. The row itself shows the largest margin of its
gates. Where there is nothing to judge (no baseline, or a metric that the baseline does not have) the rule is skipped.
What cannot be judged although there is a baseline (not comparable, no predictions, too few disagreements) is no proof
of anything: `fail_unless` fails, `fail_if` does not. A metric that this change does not have, or has no value of, fails
whatever the rule: a rule that silently stops applying is worse than a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steelyard.config import Gate
from steelyard.model.comparison import GateResult, GateState, Row, Verdict
from steelyard.stats.verdict import verdict
from steelyard.stats.wording import bounded

_ENOUGH = {
    "better": {Verdict.BETTER},
    "no_worse": {Verdict.NO_WORSE, Verdict.EQUIVALENT, Verdict.BETTER},
}


def about_verdict(gate: Gate) -> bool:
    """Whether a rule of the gate asks for the verdict, so that its metric's interval is part of the family."""
    return any(rule is not None for rule in (gate.fail_if, gate.fail_unless, gate.warn_if, gate.warn_unless))


def margin(gates: Sequence[Gate]) -> float:
    """The margin that the row of these gates' metric shows: the largest."""
    return max((gate.margin for gate in gates), default=0.0)


def judge(gate: Gate, rows: Sequence[Row]) -> tuple[GateResult, ...]:
    """What each rule of a gate says of each row that the gate's metric names."""
    if not rows:
        return tuple(_result(gate.metric, rule, state, "the metric was not found") for rule, state, _ in _rules(gate))
    return tuple(
        _result(
            f"{row.set}/{row.metric}" if len(rows) > 1 else gate.metric,
            rule,
            *(judged(row) if row.candidate.value is not None else (state, _missing(row))),
        )
        for row in rows
        for rule, state, judged in _rules(gate)
    )


def skipped(gate: Gate, why: str) -> tuple[GateResult, ...]:
    """Each rule of the gate, not judged."""
    return tuple(_result(gate.metric, rule, GateState.SKIPPED, why) for rule, _, _ in _rules(gate))


_Judged = Callable[[Row], tuple[GateState, str]]


def _rules(gate: Gate) -> list[tuple[str, GateState, _Judged]]:
    """(words, what it says when it is broken, the rule) of each condition that is set."""
    rules: list[tuple[str, GateState, _Judged]] = []
    for state, condition in ((GateState.FAIL, gate.fail_if), (GateState.WARN, gate.warn_if)):
        if condition is not None:
            rules.append((f"{state} if {condition}", state, _if_worse(gate, state)))
    for state, wanted in ((GateState.FAIL, gate.fail_unless), (GateState.WARN, gate.warn_unless)):
        if wanted is not None:
            rules.append((f"{state} unless {wanted.replace('_', ' ')}", state, _unless(gate, state, wanted)))
    if gate.min is not None:
        rules.append((f"at least {gate.min:g}", GateState.FAIL, _bound(gate.min, below=True)))
    if gate.max is not None:
        rules.append((f"at most {gate.max:g}", GateState.FAIL, _bound(gate.max, below=False)))
    return rules


def _if_worse(gate: Gate, state: GateState) -> _Judged:
    def judged(row: Row) -> tuple[GateState, str]:
        found, why = _verdict(row, gate.margin)
        if found is None:
            return GateState.SKIPPED, why
        return (state if found is Verdict.WORSE else GateState.PASS), why

    return judged


def _unless(gate: Gate, state: GateState, wanted: str) -> _Judged:
    def judged(row: Row) -> tuple[GateState, str]:
        found, why = _verdict(row, gate.margin)
        if found is None and _nothing_to_compare(row):
            return GateState.SKIPPED, why
        return (GateState.PASS if found in _ENOUGH[wanted] else state), why

    return judged


def _bound(limit: float, *, below: bool) -> _Judged:
    def judged(row: Row) -> tuple[GateState, str]:
        value = row.candidate.value
        missed = value is None or (value < limit if below else value > limit)
        return (GateState.FAIL if missed else GateState.PASS), f"it is {value:.6g}"

    return judged


def _missing(row: Row) -> str:
    return row.reason or "it has no value"


def _verdict(row: Row, at: float) -> tuple[Verdict | None, str]:
    """The verdict at a gate's margin, in words; None where there is none."""
    if row.verdict is None or row.verdict is Verdict.INCOMPARABLE or row.higher_is_better is None:
        if _nothing_to_compare(row):
            return None, row.reason or "there is no baseline"
        return None, f"it cannot be judged: {row.reason or 'the direction of the metric is unknown'}"
    if row.interval is None:
        return row.verdict, _said(row.verdict, row.reason)
    found = verdict(row.interval, margin=at, higher_is_better=row.higher_is_better)
    return found, _said(found, f"margin {at:g}" if at else "")


def _said(found: Verdict, detail: str) -> str:
    word = found.replace("_", " ")
    return f"it is {word} ({detail})" if detail else f"it is {word}"


def _nothing_to_compare(row: Row) -> bool:
    return row.baseline is None


def _result(metric: str, rule: str, state: GateState, message: str) -> GateResult:
    return GateResult(metric=bounded(metric, limit=200), rule=rule, state=state, message=message)
