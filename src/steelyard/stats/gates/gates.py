"""
Gates: the project's rules on rows.

A rule about a verdict is judged on the row's own interval, at the gate's own margin: there is one interval, and the
same interval may be worse at a margin of 0 and not at a larger one. The row itself shows the largest margin of its
gates. Where there is nothing to judge (no baseline, or a metric that the baseline does not have) the rule is skipped.
What cannot be judged although there is a baseline (not comparable, no predictions, too few disagreements) is no proof
of anything: `fail_unless` fails, `fail_if` does not. But where both sides are identical in every row that is compared,
nothing can have been lost, and `no_worse` passes. A metric that this change does not have, or has no value of,
breaks every rule unless the gate's `on_missing` says otherwise: a rule that silently stops applying is worse than a
false alarm.

A rule about a class or a slice is judged on the row of that group, whose interval is adjusted for the number of groups
that were looked at, at the gate's margin; the message says so. See `group_gates`.
"""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.config import Gate
from steelyard.model.comparison import GateResult, GateState, Row
from steelyard.stats.gates import group_gates
from steelyard.stats.gates.group_gates import Groups
from steelyard.stats.gates.rules import Rule, rules
from steelyard.text import bounded


def about_verdict(gate: Gate) -> bool:
    """
    Whether the gate asks for the verdict of the whole test set, so that its metric's interval is part of the family.

    A rule about a class or a slice does not: those are families of their own.
    """
    return not about_group(gate) and any(rule.about_verdict for rule in rules(gate))


def about_group(gate: Gate) -> bool:
    """Whether the gate is about a class or a slice instead of a row of the metric table."""
    return gate.class_ is not None or gate.slice is not None


def margin(gates: Sequence[Gate]) -> float:
    """The margin that the row of these gates' metric shows: the largest."""
    return max((gate.margin for gate in gates if not about_group(gate)), default=0.0)


def describe(gate: Gate) -> tuple[str, ...]:
    """Each rule of the gate in words: `fails if recall of class "cat" is worse (margin 0.01)`."""
    what = bounded(gate.metric, limit=200)
    if about_group(gate):
        what = group_gates.subject(gate)
        if gate.slice is not None and gate.value is None:
            what += " (any value)"
    return tuple(rule.sentence.replace("{}", what) for rule in rules(gate))


def judge(gate: Gate, rows: Sequence[Row], *, sets: Sequence[Groups] = (), why: str = "") -> tuple[GateResult, ...]:
    """
    What each rule of a gate says.

    Args:
        gate: The gate.
        rows: The rows of the metric table that its metric names; a gate on a class or a slice does not look at them.
        sets: The classes and slice values of all prediction sets.
        why: The reason for there being no rows, where it is known.
    """
    if about_group(gate):
        return tuple(
            _result(found.subject, rule.words, found.state, found.message)
            for rule in rules(gate)
            for found in group_gates.judge(gate, rule, sets)
        )
    if not rows:
        return tuple(
            _result(
                gate.metric,
                rule.words,
                group_gates.when_missing(gate, rule),
                f"it cannot be computed: {why}" if why else "the metric was not found",
            )
            for rule in rules(gate)
        )
    return tuple(
        _result(f"{row.set}/{row.metric}" if len(rows) > 1 else gate.metric, rule.words, *_judged(gate, rule, row))
        for row in rows
        for rule in rules(gate)
    )


def skipped(gate: Gate, why: str) -> tuple[GateResult, ...]:
    """Each rule of the gate, not judged."""
    subject = group_gates.subject(gate) if about_group(gate) else gate.metric
    return tuple(_result(subject, rule.words, GateState.SKIPPED, why) for rule in rules(gate))


def _judged(gate: Gate, rule: Rule, row: Row) -> tuple[GateState, str]:
    if row.candidate.value is None:
        return group_gates.when_missing(gate, rule), row.reason or "it has no value"
    return rule.judged(row)


def _result(metric: str, rule: str, state: GateState, message: str) -> GateResult:
    return GateResult(metric=bounded(metric, limit=200), rule=rule, state=state, message=message)
