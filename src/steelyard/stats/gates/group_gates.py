"""
Gates on classes and slices: judged on the rows of the groups.

A gate on one group is judged as a gate on a metric is. One on all values of a slice is broken by any of them; values
that are too small to be judged are set aside where others can be judged, and counted in the message. What is demanded
must be shown of all others: one that cannot be judged for another reason breaks the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

from steelyard.config import Gate
from steelyard.model.base import Value
from steelyard.model.comparison import GateState, Row
from steelyard.model.counts import Pairing
from steelyard.stats.decisions.verdict import taken_for_granted
from steelyard.stats.gates.rules import NO_BASELINE, NOTHING_CHANGED, Rule
from steelyard.stats.groups.rows import SMALLEST
from steelyard.text import bounded, count, listing, quote

UNPAIRED = "it cannot be judged: slices are compared row by row only"

_Presumed: TypeAlias = Mapping[str, tuple[str, ...]]
"""What verdicts take for granted, by group."""

_NAMED = 5
"""Groups that a message names."""


class Asked(Protocol):
    """A family of classes, or of slice values, that answers what is asked of some of them."""

    @property
    def metric(self) -> str:
        """What is compared in each group."""
        ...

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """(slice column, group) of each; the column of classes is empty."""
        ...

    def presumes(self, place: int) -> tuple[str, ...]:
        """What a verdict that nothing is lost takes for granted of a group."""
        ...

    def asked(self, places: Sequence[int], *, margin: float, every: bool) -> Sequence[Row]:
        """The rows of some groups, with intervals for a margin, and for whether each of them must pass."""
        ...


class Groups(Protocol):
    """The classes and slice values of a prediction set."""

    @property
    def name(self) -> str:
        """The set's."""
        ...

    @property
    def pairing(self) -> Pairing | None:
        """None without a baseline."""
        ...

    @property
    def classes(self) -> Asked | None:
        """None where there are none."""
        ...

    @property
    def slices(self) -> Asked | None:
        """None where there are none."""
        ...


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


def judge(gate: Gate, rule: Rule, sets: Sequence[Groups]) -> tuple[Found, ...]:
    """What the rule says: once for each prediction set that has the group, or once where none has."""
    about = subject(gate)
    named = [one for one in sets if gate.metric.startswith(f"{one.name}/")]
    looked_at = named or list(sets)
    metric = gate.metric.partition("/")[2] if named else gate.metric
    found = [(one, *asked) for one in looked_at if (asked := _asked(gate, rule, one, metric))]
    if not found:
        state, why = _not_there(gate, rule, looked_at)
        return (Found(subject=about, state=state, message=why),)
    judged = [(one, _found(gate, rule, rows, presumed)) for one, rows, presumed in found]
    return tuple(
        Found(
            subject=f"{bounded(one.name, limit=64)}/{about}" if len(found) > 1 else about, state=state, message=message
        )
        for one, (state, message) in judged
    )


def when_missing(gate: Gate, rule: Rule) -> GateState:
    """What follows from the absence of what the rule is about."""
    return {"fail": rule.broken, "warn": GateState.WARN, "skip": GateState.SKIPPED}[gate.on_missing]


def _asked(gate: Gate, rule: Rule, one: Groups, metric: str) -> tuple[Sequence[Row], _Presumed] | None:
    """
    The rows of the groups that the gate is about, and what the verdict of each presumes; None: there are none.

    They are of all groups that there are, not only of those that the report shows.
    """
    groups = _family(gate, one)
    if groups is None or groups.metric != metric:
        return None
    name = gate.class_ if gate.class_ is not None else gate.value
    places = [
        place
        for place, (column, group) in enumerate(groups.names)
        if column == (gate.slice or "") and name in (None, group)
    ]
    every = rule.about_verdict and rule.demands and name is None
    if not places:
        return None
    presumed = {groups.names[place][1]: groups.presumes(place) for place in places}
    return groups.asked(places, margin=gate.margin, every=every), presumed


def _family(gate: Gate, one: Groups) -> Asked | None:
    return one.slices if gate.slice is not None else one.classes


def _not_there(gate: Gate, rule: Rule, sets: Sequence[Groups]) -> tuple[GateState, str]:
    """Slices are compared row by row only: without a baseline, or unpaired, they are not there, and that is known."""
    column = gate.slice
    families = [family for one in sets if (family := _family(gate, one)) is not None]
    if column is not None and sets and not any(column == other for family in families for other, _ in family.names):
        if all(one.pairing is None for one in sets):
            return GateState.SKIPPED, NO_BASELINE
        if rule.about_verdict and all(one.pairing is None or one.pairing.method == "unpaired" for one in sets):
            return _unjudged(rule), UNPAIRED
    alike = [(family.metric, group) for family in families for other, group in family.names if other == (column or "")]
    if column is not None and not alike:
        columns = {other for family in families for other, _ in family.names}
        named = _there(columns) if columns else "; `slices` of [[predictions]] names columns to slice by"
        return when_missing(gate, rule), f"the slice was not found{named}"
    name = gate.class_ if gate.class_ is not None else gate.value
    metrics = {metric for metric, group in alike if name in (None, group)}
    what = "class" if gate.class_ is not None else "slice value" if gate.value is not None else "slice"
    if not metrics:
        return when_missing(gate, rule), f"the {what} was not found{_there({group for _, group in alike})}"
    return when_missing(gate, rule), f"the {what} was not found with that metric{_there(metrics)}"


def _there(names: Iterable[str]) -> str:
    found = sorted(names)
    return f"; there is {listing(found, limit=_NAMED)}" if found else ""


def _unjudged(rule: Rule) -> GateState:
    return rule.broken if rule.demands else GateState.SKIPPED


def _found(gate: Gate, rule: Rule, rows: Sequence[Row], presumed: _Presumed) -> tuple[GateState, str]:
    """State and reason; rows of a slice value may all have moved to another one: they are few, and in no slice."""
    compared = rows if gate.slice is None else [row for row in rows if row.support != 0]
    if compared:
        return _judged(gate, rule, compared, presumed)
    return _unjudged(rule) if rule.about_verdict else GateState.SKIPPED, "no row of it is compared"


def _judged(gate: Gate, rule: Rule, rows: Sequence[Row], presumed: _Presumed) -> tuple[GateState, str]:
    if gate.slice is None or gate.value is not None:
        return _of_row(gate, rule, rows[0], presumed)
    if rule.about_verdict and all(row.baseline is None for row in rows):
        return GateState.SKIPPED, rows[0].reason or NO_BASELINE
    rows = sorted(rows, key=_harm, reverse=True)  # where one is named, it is that which lost most
    fit = [row for row in rows if _counts(rule, row)]
    if not fit and not rule.demands:
        why = rows[0].reason or "they have no interval"
        return GateState.SKIPPED, f"none of {count(len(rows), 'value')} could be judged: {why}"
    said = [(row.group, *_of_row(gate, rule, row, presumed)) for row in fit or rows]
    judged = [one for one in said if one[1] is not GateState.SKIPPED]
    if not judged:
        return GateState.SKIPPED, said[0][2]
    aside = len(rows) - len(judged)
    left_out = f"; {count(aside, 'value')} could not be judged" if aside else ""
    bad = [one for one in judged if one[1] is not GateState.PASS]
    if not bad:
        passed = "1 value passes" if len(judged) == 1 else f"all {count(len(judged), 'value')} pass"
        proved = _granted(fit, presumed) if rule.demands and rule.about_verdict else ""
        if all(why.startswith(NOTHING_CHANGED) for _, _, why in judged):
            passed += f"; {judged[0][2]}"
        return GateState.PASS, f"{passed}{proved}{left_out}"
    group, _, why = bad[0]
    named = listing((name for name, _, _ in bad), limit=_NAMED)
    found = f"{len(bad):,} of {count(len(judged), 'value')} {'does' if len(bad) == 1 else 'do'} not pass: {named}"
    worst = GateState.FAIL if any(state is GateState.FAIL for _, state, _ in bad) else GateState.WARN
    return worst, f"{found}; of {quote(group)}, {why}{left_out}"


def _counts(rule: Rule, row: Row) -> bool:
    """
    Whether a gate on every value of a slice looks at this one.

    Small ones are set aside. What is demanded must be shown of all others, also of those that have no interval.
    """
    if not rule.about_verdict or row.interval is not None or _passes(rule, row):
        return True
    return rule.demands and (row.support or 0) >= SMALLEST


def _harm(row: Row) -> float:
    """How far it went the bad way; 0 where that is not known."""
    if row.difference is None or row.higher_is_better is None:
        return 0.0
    return -row.difference if row.higher_is_better else row.difference


def _passes(rule: Rule, row: Row) -> bool:
    """Whether a value without an interval has what the rule demands nonetheless."""
    return rule.demands and row.candidate.value is not None and rule.judged(row)[0] is GateState.PASS


def _of_row(gate: Gate, rule: Rule, row: Row, presumed: _Presumed) -> tuple[GateState, str]:
    if row.candidate.value is None:
        return when_missing(gate, rule), row.reason or "it has no value"
    state, why = rule.judged(row)
    return state, f"{why}{_granted([row], presumed) if rule.about_verdict else ''}"


def _granted(rows: Sequence[Row], presumed: _Presumed) -> str:
    """What the verdicts of these rows take for granted; their row in the table is not judged at the gate's margin."""
    said = dict.fromkeys(text for row in rows for text in taken_for_granted(row.verdict, presumed.get(row.group, ())))
    return "".join(f"; {text}" for text in said)
