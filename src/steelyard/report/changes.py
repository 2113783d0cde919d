"""What differs between the two sides besides the metrics: parameters, data, code, environment, configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from steelyard.model.comparison import Change, Comparison, GateResult, GateState
from steelyard.model.evaluation import Commit
from steelyard.model.report import ChangeGroup, ChangeLine, Changes, Code, GateLine, Gates, Provenance
from steelyard.report.escape import clean
from steelyard.report.naming import short, short_sha
from steelyard.text import count

_LINES = 50
_GATES = 50
_FAILED_SHOWN = 5
_VALUE_LIMIT = 120
_MESSAGE_LIMIT = 300
"""A gate's message has the interval that it was judged by, and what the verdict takes for granted."""

_TITLES = {"parameter": "Parameters", "data": "Data", "config": "Configuration", "environment": "Environment"}
_GATE_WORDS = {
    GateState.FAIL: "failed",
    GateState.WARN: "warned",
    GateState.PASS: "passed",
    GateState.SKIPPED: "skipped",
}


def changes(comparison: Comparison, provenance: Provenance) -> Changes | None:
    """Everything that changed, by kind; None without a baseline, when nothing can be said to have changed."""
    if comparison.baseline is None:
        return None
    counts = Counter[str](change.kind for change in comparison.changes)
    groups = tuple(_group(kind, comparison.changes, counts[kind]) for kind in _TITLES if counts[kind])
    code = _code(comparison, provenance)
    words = [
        count(counts["parameter"], "parameter") if counts["parameter"] else "",
        "data" if counts["data"] else "",
        "configuration" if counts["config"] else "",
        "code" if code is not None and (code.baseline != code.candidate or code.dirty) else "",
        "environment" if counts["environment"] else "",
    ]
    return Changes(
        summary=", ".join(word for word in words if word) or "nothing that was recorded", groups=groups, code=code
    )


def _group(kind: str, found: Sequence[Change], total: int) -> ChangeGroup:
    shown = tuple(islice((_line(change) for change in found if change.kind == kind), _LINES))
    return ChangeGroup(title=_TITLES[kind], lines=shown, left_out=total - len(shown))


def _line(change: Change) -> ChangeLine:
    return ChangeLine(name=short(change.name), baseline=_value(change.baseline), candidate=_value(change.candidate))


def _value(value: str | None) -> str | None:
    return None if value is None else clean(value, limit=_VALUE_LIMIT)


def _code(comparison: Comparison, provenance: Provenance) -> Code | None:
    after = comparison.candidate.commit
    before = comparison.baseline.commit if comparison.baseline is not None else None
    if after is None:
        return None
    return Code(
        baseline=short_sha(before.sha) if before is not None else "",
        candidate=short_sha(after.sha),
        url=_compare_url(before, after, provenance),
        subject=clean(after.subject, limit=_VALUE_LIMIT) if after.subject else "",
        dirty=after.dirty,
    )


def _compare_url(before: Commit | None, after: Commit, provenance: Provenance) -> str:
    if before is None or not provenance.repository_url or before.sha == after.sha:
        return ""
    return f"{provenance.repository_url}/compare/{before.sha}...{after.sha}"


def gates(results: Sequence[GateResult]) -> Gates | None:
    """The gates, failures first; None when the project has none."""
    if not results:
        return None
    order = list(_GATE_WORDS)
    ranked = sorted(results, key=lambda gate: order.index(gate.state))
    totals = Counter(gate.state for gate in results)
    shown = tuple(_gate(gate) for gate in ranked[:_GATES])
    return Gates(
        summary=", ".join(f"{count(totals[state])} {word}" for state, word in _GATE_WORDS.items() if totals[state]),
        failed=tuple(gate for gate in shown if gate.state is GateState.FAIL)[:_FAILED_SHOWN],
        lines=shown,
        left_out=len(results) - len(shown),
    )


def _gate(gate: GateResult) -> GateLine:
    return GateLine(
        state=gate.state,
        metric=short(gate.metric),
        rule=clean(gate.rule, limit=_VALUE_LIMIT),
        message=clean(gate.message, limit=_MESSAGE_LIMIT) if gate.message else "",
    )
