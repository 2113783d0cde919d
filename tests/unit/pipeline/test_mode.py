"""When a report is worth a comment."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec import structs

from steelyard.model.comparison import (
    Comparison,
    Confusion,
    Estimate,
    GateResult,
    GateState,
    Row,
    SetComparison,
    Side,
    Verdict,
)
from steelyard.model.evaluation import Training
from steelyard.pipeline.mode import Mode, is_worth_a_comment


def row(verdict: Verdict | None) -> Row:
    """A row with that verdict."""
    return Row(metric="accuracy", candidate=Estimate(value=0.9), verdict=verdict)


def found(*verdicts: Verdict | None, gate: GateState | None = None) -> Comparison:
    """A comparison with a row for each verdict, and perhaps a gate."""
    gates = (GateResult(metric="accuracy", rule="r", state=gate, message=""),) if gate is not None else ()
    return Comparison(candidate=Side(), rows=tuple(row(verdict) for verdict in verdicts), gates=gates)


def modes(comparison: Comparison) -> set[Mode]:
    """The modes in which it is worth one."""
    return {mode for mode in get_args(Mode) if is_worth_a_comment(comparison, mode)}


@pytest.mark.parametrize(
    ("comparison", "wanted"),
    [
        (found(Verdict.INCONCLUSIVE), {"always"}),
        (found(Verdict.EQUIVALENT, Verdict.NO_WORSE, None), {"always"}),
        (found(), {"always"}),
        (found(Verdict.BETTER), {"always", "changes"}),
        (found(Verdict.INCOMPARABLE), {"always", "changes"}),
        (found(Verdict.INCONCLUSIVE, Verdict.WORSE), {"always", "changes", "regressions"}),
        (found(Verdict.UNUSUAL), {"always", "changes", "regressions"}),
        (found(Verdict.BETTER, gate=GateState.PASS), {"always", "changes"}),
        (found(Verdict.BETTER, gate=GateState.WARN), {"always", "changes", "regressions"}),
        (found(None, gate=GateState.FAIL), {"always", "changes", "regressions"}),
        (structs.replace(found(), notices=("labels changed",)), {"always", "changes"}),
        (structs.replace(found(), candidate=Side(problem="broken")), {"always", "changes", "regressions"}),
    ],
)
def test_is_worth_a_comment__by_what_was_found(comparison: Comparison, wanted: set[Mode]) -> None:
    """Each mode is woken by what it names, and by whatever failed."""
    assert modes(comparison) == wanted


def test_is_worth_a_comment__of_a_class_or_slice() -> None:
    """A class that is worse wakes, also where the whole is better."""
    one = SetComparison(name="test", rows=10, confusion=Confusion(labels=()), classes=(row(Verdict.WORSE),))

    assert "regressions" in modes(structs.replace(found(Verdict.BETTER), sets=(one,)))


def test_is_worth_a_comment__training_failed() -> None:
    """A training that failed is told in every mode but `off`."""
    trained = Training(command="x", exit_code=1, started="2026-01-01T00:00:00+00:00", duration=1.0)

    assert modes(Comparison(candidate=Side(training=trained))) == {"always", "changes", "regressions"}
