"""
Gates on classes and slices: judged on the rows of the groups.

A gate on one group is judged as a gate on a metric is. One on all values of a slice is broken by any of them; values
that are too small to be judged are set aside where others can be judged, and counted in the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from steelyard.config import Gate
from steelyard.model.base import Value
from steelyard.model.comparison import GateState, Row, SetComparison
from steelyard.stats.gates.rules import Rule
from steelyard.stats.groups.rows import MOST
from steelyard.text import bounded, count, listing, quote

_NAMED = 5
"""Groups that a message names."""


class Found(Value, frozen=True, kw_only=True):
    """What one rule says of the group, or of the slice, that it is about."""

    subject: str
    state: GateState
    message: str


def subject(gate: Gate) -> str:
    """What the gate is about: `recall of class "cat"`, `accuracy where region = "EU"`, `accuracy by region`."""
    metric = bounded(gate.metric, limit=60)
    if gate.class_ is not None:
        return f"{metric} of class {quote(gate.class_)}"
    column = bounded(gate.slice or "", limit=60)
    return f"{metric} by {column}" if gate.value is None else f"{metric} where {column} = {quote(gate.value)}"


def judge(gate: Gate, rule: Rule, sets: Sequence[SetComparison]) -> tuple[Found, ...]:
    """What the rule says: once for each prediction set that has the group, or once where none has."""
    about = subject(gate)
    named = [one for one in sets if gate.metric.startswith(f"{one.name}/")]
    looked_at = named or list(sets)
    metric = gate.metric.partition("/")[2] if named else gate.metric
    found = [(one, rows) for one in looked_at if (rows := _rows(gate, one, metric))]
    if not found:
        state, why = _not_there(gate, rule, looked_at)
        return (Found(subject=about, state=state, message=why),)
    judged = [(one, _judged(gate, rule, rows)) for one, rows in found]
    return tuple(
        Found(
            subject=f"{bounded(one.name, limit=64)}/{about}" if len(found) > 1 else about, state=state, message=message
        )
        for one, (state, message) in judged
    )


def when_missing(gate: Gate, rule: Rule) -> GateState:
    """What follows from the absence of what the rule is about."""
    return {"fail": rule.broken, "warn": GateState.WARN, "skip": GateState.SKIPPED}[gate.on_missing]


def _rows(gate: Gate, one: SetComparison, metric: str) -> list[Row]:
    if gate.class_ is not None:
        return [row for row in one.classes if row.metric == metric and row.group == gate.class_]
    return [
        row
        for row in one.slices
        if row.metric == metric and row.slice == gate.slice and gate.value in (None, row.group)
    ]


def _not_there(gate: Gate, rule: Rule, sets: Sequence[SetComparison]) -> tuple[GateState, str]:
    """Slices are compared row by row only: without a baseline, or unpaired, they are not there, and that is known."""
    column = gate.slice
    if column is not None and sets and not any(row.slice == column for one in sets for row in one.slices):
        if all(one.pairing is None for one in sets):
            return GateState.SKIPPED, "there is no baseline"
        if rule.about_verdict and all(one.pairing is None or one.pairing.method == "unpaired" for one in sets):
            return _unjudged(rule), "it cannot be judged: slices are compared row by row only"
    groups = [row for one in sets for row in (one.slices if column is not None else one.classes)]
    if rule.about_verdict and len(groups) >= MOST:
        return _unjudged(rule), f"it cannot be judged: it is not among the {MOST} most significant, which are kept"
    alike = [row for row in groups if row.slice == (column or "")]
    if column is not None and not alike:
        columns = {row.slice for row in groups}
        named = _there(columns) if columns else "; `slices` of [[predictions]] names columns to slice by"
        return when_missing(gate, rule), f"the slice was not found{named}"
    name = gate.class_ if gate.class_ is not None else gate.value
    here = [row for row in alike if name in (None, row.group)]
    what = "class" if gate.class_ is not None else "slice value" if gate.value is not None else "slice"
    if not here:
        others = {row.group for row in alike} if len(groups) < MOST else ()
        return when_missing(gate, rule), f"the {what} was not found{_there(others)}"
    return when_missing(gate, rule), f"the {what} was not found with that metric{_there({row.metric for row in here})}"


def _there(names: Iterable[str]) -> str:
    found = sorted(names)
    return f"; there is {listing(found, limit=_NAMED)}" if found else ""


def _unjudged(rule: Rule) -> GateState:
    return rule.broken if rule.demands else GateState.SKIPPED


def _judged(gate: Gate, rule: Rule, rows: Sequence[Row]) -> tuple[GateState, str]:
    if gate.slice is None or gate.value is not None:
        return _of_row(gate, rule, rows[0])
    fit = [row for row in rows if not rule.about_verdict or row.interval is not None]
    if not fit and not rule.demands:
        why = rows[0].reason or "they have no interval"
        return GateState.SKIPPED, f"none of {count(len(rows), 'value')} could be judged: {why}"
    fit = fit or list(rows)
    said = [(row, *_of_row(gate, rule, row)) for row in fit]
    aside = len(rows) - len(fit)
    left_out = f"; {count(aside, 'value')} could not be judged" if aside else ""
    bad = [(row.group, state, why) for row, state, why in said if state in {GateState.WARN, GateState.FAIL}]
    if not bad:
        passed = any(state is GateState.PASS for _, state, _ in said)
        message = f"none of {count(len(fit), 'value')}" if passed else said[0][2]
        return (GateState.PASS if passed else GateState.SKIPPED), f"{message}{left_out}"
    group, _, why = bad[0]
    named = listing((name for name, _, _ in bad), limit=_NAMED)
    worst = GateState.FAIL if any(state is GateState.FAIL for _, state, _ in bad) else GateState.WARN
    return worst, f"{len(bad):,} of {count(len(fit), 'value')}: {named}; of {quote(group)}, {why}{left_out}"


def _of_row(gate: Gate, rule: Rule, row: Row) -> tuple[GateState, str]:
    if row.candidate.value is None:
        return when_missing(gate, rule), row.reason or "it has no value"
    return rule.judged(row)
