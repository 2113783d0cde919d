"""When a report is worth a comment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from steelyard.model.comparison import Comparison, GateState, Verdict
from steelyard.pipeline.outcome import failed

Mode = Literal["always", "changes", "regressions", "off"]

_BAD = {Verdict.WORSE, Verdict.UNUSUAL}
_NEWS = {*_BAD, Verdict.BETTER, Verdict.INCOMPARABLE}


def is_worth_a_comment(comparison: Comparison, mode: Mode) -> bool:
    """
    Whether a comment is to be begun. One that is there already is kept up to date in every mode but `off`.

    `regressions`: something failed, a gate warns, or a metric, class or slice is worse or unusual. `changes`: also when
    something is better, when the two sides are not comparable, or when there is something to warn of.
    """
    if mode in {"always", "off"}:
        return mode == "always"
    warned = any(gate.state is GateState.WARN for gate in comparison.gates)
    if failed(comparison) or warned:
        return True
    wanted = _BAD if mode == "regressions" else _NEWS
    return any(verdict in wanted for verdict in _verdicts(comparison)) or (
        mode == "changes" and bool(comparison.notices)
    )


def _verdicts(comparison: Comparison) -> Iterator[Verdict | None]:
    yield from (row.verdict for row in comparison.rows)
    for one in comparison.sets:
        yield from (row.verdict for row in (*one.classes, *one.slices))
