"""
The decision in one line.

The first rule that applies: training failed · nothing was measured · the headline's metric is worse · another metric is
worse · a gate failed · there is no baseline · the verdict of the headline's metric. So "Better" is only ever said when
no metric is worse and no gate failed; and what is worse, or failed, is named where it is not the headline's metric.
"""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.model.comparison import Comparison, GateResult, GateState, Row, Verdict
from steelyard.model.report import Headline, State
from steelyard.report.naming import metric_name, short
from steelyard.report.numbers import row_text
from steelyard.text import count

_BY_VERDICT = {
    Verdict.BETTER: (State.GOOD, "Better"),
    Verdict.WORSE: (State.BAD, "Worse"),
    Verdict.EQUIVALENT: (State.GOOD, "Equivalent"),
    Verdict.NO_WORSE: (State.GOOD, "No worse"),
    Verdict.INCONCLUSIVE: (State.UNDECIDED, "Cannot tell"),
    Verdict.INCOMPARABLE: (State.INCOMPARABLE, "Not comparable"),
    Verdict.UNUSUAL: (State.MIXED, "Unusual"),
}
_GOOD = {Verdict.BETTER, Verdict.EQUIVALENT, Verdict.NO_WORSE}
_NAMES_SHOWN = 3


def headline(comparison: Comparison) -> Headline:
    """The headline of a Comparison; see the module for the order of the rules."""
    training = comparison.candidate.training
    if training is not None and training.failed:
        return Headline(state=State.BAD, title=f"Training failed ({training.outcome})")
    if not comparison.rows:
        state = State.BAD if comparison.candidate.problem else State.UNDECIDED
        # What was asked for may be missing although there are predictions; a notice names it.
        return Headline(state=state, title="No metric to report" if comparison.sets else "Nothing was measured")
    primary, *others = comparison.rows
    worse = [row for row in others if row.verdict is Verdict.WORSE]
    failed = [gate for gate in comparison.gates if gate.state is GateState.FAIL]
    if worse and primary.verdict is not Verdict.WORSE:
        return _another_is_worse(primary, worse, failed, comparison)
    if failed and primary.verdict is not Verdict.WORSE:
        return _gates_failed(primary, failed, comparison)
    state, title = _decided(comparison)
    return Headline(state=state, title=title, subject=_values(primary, comparison))


def _another_is_worse(
    primary: Row, worse: Sequence[Row], failed: Sequence[GateResult], comparison: Comparison
) -> Headline:
    better = [row for row in comparison.rows if row.verdict is Verdict.BETTER]
    if primary.verdict in _GOOD or not better:
        rest = f"{metric_name(primary, comparison)} {_verdict(primary) or 'without a verdict'}"
    else:
        rest = f"{_named([metric_name(row, comparison) for row in better])} better"
    gates = f", {count(len(failed), 'gate')} failed" if failed else ""
    return Headline(
        state=State.BAD if failed or any(row.gated for row in worse) else State.MIXED,
        title="Mixed" if primary.verdict in _GOOD or better else "Worse",
        subject=f"{_named([metric_name(row, comparison) for row in worse])} worse, {rest}{gates}",
    )


def _gates_failed(primary: Row, failed: Sequence[GateResult], comparison: Comparison) -> Headline:
    """Gates on something else than the headline's metric are named before it: it may well be better."""
    names = list(dict.fromkeys(short(gate.metric) for gate in failed))
    subject = _values(primary, comparison)
    if not {metric_name(primary, comparison), short(primary.metric)}.intersection(names):
        verdict = _verdict(primary)
        about = f"{metric_name(primary, comparison)} {verdict}" if verdict else subject
        subject = f"{_named(names)} {'fails' if len(names) == 1 else 'fail'}, {about}"
    title = "A gate failed" if len(failed) == 1 else f"{len(failed)} gates failed"
    return Headline(state=State.BAD, title=title, subject=subject)


def _named(names: Sequence[str]) -> str:
    """A few of them, and how many there are beside them."""
    shown = list(names[:_NAMES_SHOWN])
    if more := len(names) - len(shown):
        shown.append(count(more, "other"))
    return ", ".join(shown)


def _verdict(row: Row) -> str:
    return row.verdict.replace("_", " ") if row.verdict is not None else ""


def _decided(comparison: Comparison) -> tuple[State, str]:
    primary = comparison.rows[0]
    if primary.verdict is Verdict.WORSE:
        return State.BAD, "Worse"
    if comparison.baseline is None:
        return State.FIRST, "First report"
    if primary.verdict is not None:
        return _BY_VERDICT[primary.verdict]
    return _without_verdict(primary, comparison.rows)


def _without_verdict(primary: Row, rows: Sequence[Row]) -> tuple[State, str]:
    if primary.difference is None:
        return State.INCOMPARABLE, "Not comparable"
    if primary.interval is not None:
        return State.UNDECIDED, "Direction unknown"
    if any(row.interval is not None for row in rows):
        return State.UNDECIDED, "Difference only"
    return State.UNDECIDED, "No predictions: differences only"


def _values(row: Row, comparison: Comparison) -> str:
    shown = row_text(row)
    values = f"{shown.baseline} → {shown.candidate}" if shown.baseline else shown.candidate
    return f"{metric_name(row, comparison)} {values}"
