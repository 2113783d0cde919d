"""The decision in one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import structs

from steelyard.model.comparison import Comparison, GateResult, GateState, Row, Verdict
from steelyard.model.report import Headline, State
from steelyard.report.headline import headline
from tests.unit.report import samples
from tests.unit.report.samples import accuracy, better, f1, failed, first, from_file, training


def with_rows(*rows: Row, gates: tuple[GateResult, ...] = ()) -> Comparison:
    """The usual Comparison with other rows."""
    return structs.replace(better(), rows=rows, gates=gates)


FAILED_GATE = GateResult(metric="accuracy", rule="at least 0.99", state=GateState.FAIL, message="0.947")


@pytest.mark.parametrize(
    ("sample", "state", "title", "subject"),
    [
        (samples.better, State.GOOD, "Better", "accuracy 0.936 → 0.947"),
        (samples.worse, State.BAD, "Worse", "accuracy 0.947 → 0.936"),
        (samples.inconclusive, State.UNDECIDED, "Cannot tell", "accuracy 0.9360 → 0.9366"),
        (samples.equivalent, State.GOOD, "Equivalent", "accuracy 0.93600 → 0.93656"),
        (samples.mixed, State.BAD, "Mixed", "f1_macro worse, accuracy better"),
        (samples.first, State.FIRST, "First report", "accuracy 0.947"),
        (samples.file_metrics, State.UNDECIDED, "No predictions: differences only", "Accuracy 0.9360 → 0.9466"),
        (samples.failed, State.BAD, "Training failed (exit code 1)", ""),
        (samples.several_sets, State.GOOD, "Better", "test/accuracy 0.936 → 0.947"),
    ],
)
def test_headline__samples(sample: Callable[[], Comparison], state: State, title: str, subject: str) -> None:
    """What each usual case says."""
    assert Headline(state=state, title=title, subject=subject) == headline(sample())


@pytest.mark.parametrize(
    ("verdict", "state", "title"),
    [
        (Verdict.NO_WORSE, State.GOOD, "No worse"),
        (Verdict.INCOMPARABLE, State.INCOMPARABLE, "Not comparable"),
        (Verdict.UNUSUAL, State.MIXED, "Unusual"),
        (None, State.UNDECIDED, "Direction unknown"),
    ],
)
def test_headline__verdicts(verdict: Verdict, state: State, title: str) -> None:
    """The verdict of the headline's metric decides when nothing else does."""
    found = headline(with_rows(accuracy(0.9, 0.91, (0.001, 0.02), verdict)))

    assert (state, title) == (found.state, found.title)


def test_headline__failed_gate_beats_better() -> None:
    """A better metric with a failed gate is not called better."""
    row = accuracy(0.9, 0.91, (0.001, 0.02), Verdict.BETTER)

    assert headline(with_rows(row, gates=(FAILED_GATE,))).title == "A gate failed"
    assert headline(with_rows(row, gates=(FAILED_GATE,) * 2)).title == "2 gates failed"
    assert headline(with_rows(row, gates=(FAILED_GATE,))).state == State.BAD


@pytest.mark.parametrize(
    ("gate", "subject"),
    [
        ("accuracy", "accuracy 0.900 → 0.910"),
        ("test/accuracy", "test/accuracy fails, accuracy better"),
        ("recall[cat]", "recall[cat] fails, accuracy better"),
    ],
)
def test_headline__failed_gate_of_something_else(gate: str, subject: str) -> None:
    """What failed is named where it is not the headline's metric, which may have got better."""
    row = accuracy(0.9, 0.91, (0.001, 0.02), Verdict.BETTER)

    assert headline(with_rows(row, gates=(structs.replace(FAILED_GATE, metric=gate),))).subject == subject


def test_headline__several_failed_gates() -> None:
    """Each metric is named once, and few of many."""
    row = accuracy(0.9, 0.91, (0.001, 0.02), Verdict.BETTER)
    gates = tuple(structs.replace(FAILED_GATE, metric=f"m{n // 2}") for n in range(10))

    found = headline(with_rows(row, gates=gates))

    assert (found.title, found.subject) == ("10 gates failed", "m0, m1, m2, 2 others fail, accuracy better")


def test_headline__failed_gate_without_baseline() -> None:
    """A gate on a value fails on the first report too."""
    assert headline(structs.replace(first(), gates=(FAILED_GATE,))).title == "A gate failed"


@pytest.mark.parametrize("gated", [True, False])
def test_headline__another_metric_is_worse(gated: bool) -> None:
    """It is red when that metric is gated, a warning when not, and never "Better"."""
    found = headline(
        with_rows(
            accuracy(0.9, 0.91, (0.001, 0.02), Verdict.BETTER),
            f1(0.9, 0.88, (-0.03, -0.01), Verdict.WORSE, gated=gated),
        )
    )

    assert (State.BAD if gated else State.MIXED, "Mixed") == (found.state, found.title)


def test_headline__another_metric_is_worse_and_gates_failed() -> None:
    """It is red, and says how many failed."""
    comparison = with_rows(
        accuracy(0.9, 0.92, (0.01, 0.03), Verdict.BETTER),
        f1(0.9, 0.8, (-0.2, -0.05), Verdict.WORSE),
        gates=(FAILED_GATE,),
    )
    found = headline(comparison)

    assert (found.state, found.title) == (State.BAD, "Mixed")
    assert found.subject == "f1_macro worse, accuracy better, 1 gate failed"


def test_headline__only_another_metric_is_worse() -> None:
    """With an inconclusive first metric it is simply worse, and names are bounded."""
    worse = [f1(0.9, 0.88, (-0.03, -0.01), Verdict.WORSE, metric=f"m{n}") for n in range(6)]

    found = headline(with_rows(accuracy(0.9, 0.901, (-0.02, 0.02), Verdict.INCONCLUSIVE), *worse))

    assert found.title == "Worse"
    assert found.subject == "m0, m1, m2, 3 others worse, accuracy inconclusive"


def test_headline__some_better_some_worse() -> None:
    """It is mixed whichever of them comes first in the table."""
    found = headline(
        with_rows(
            accuracy(0.9, 0.901, (-0.02, 0.02), Verdict.INCONCLUSIVE),
            f1(0.9, 0.93, (0.01, 0.05), Verdict.BETTER, metric="recall"),
            f1(0.9, 0.88, (-0.03, -0.01), Verdict.WORSE),
        )
    )

    assert (found.title, found.subject) == ("Mixed", "f1_macro worse, recall better")


def test_headline__killed() -> None:
    """A training that was killed says by what."""
    killed = structs.replace(failed(), candidate=structs.replace(failed().candidate, training=training(exit_code=-9)))

    assert headline(killed).title == "Training failed (killed by SIGKILL)"


def test_headline__nothing_measured() -> None:
    """No metric at all is said plainly; where there are predictions, that is not the reason."""
    assert headline(structs.replace(with_rows(), sets=())).title == "Nothing was measured"
    assert headline(structs.replace(with_rows(), sets=better().sets)).title == "No metric to report"


def test_headline__first_metric_from_a_file() -> None:
    """A headline metric without predictions, beside others that have them, has a difference only."""
    row = accuracy(0.9, 0.91, (0.001, 0.02), Verdict.BETTER)

    assert headline(with_rows(from_file("kb", 1.0, 2.0), row)).title == "Difference only"
    assert headline(with_rows(from_file("kb", None, 2.0), row)).title == "Not comparable"
