"""`steelyard.stats.gates.gates`: rules on rows."""

from __future__ import annotations

import pytest
from msgspec import structs

from steelyard.config import Gate
from steelyard.model.comparison import Estimate, GateState, Interval, Row, Verdict
from steelyard.stats.decisions.verdict import verdict
from steelyard.stats.gates import gates

PASS, WARN, FAIL, SKIPPED = GateState.PASS, GateState.WARN, GateState.FAIL, GateState.SKIPPED


def row(low: float, high: float, *, margin: float = 0.0) -> Row:
    """A row with this interval."""
    interval = Interval(low=low, high=high, level=0.95, method="")
    return Row(
        metric="accuracy",
        set="test",
        higher_is_better=True,
        candidate=Estimate(value=0.8),
        baseline=Estimate(value=0.7),
        difference=0.1,
        interval=interval,
        margin=margin,
        verdict=verdict(interval, margin=margin, higher_is_better=True),
    )


BETTER, WORSE, OPEN = row(0.1, 0.2), row(-0.2, -0.1), row(-0.1, 0.1)
BLIND = structs.replace(OPEN, interval=None, verdict=None, reason="read from a file: noise unknown")
SPARSE = structs.replace(OPEN, interval=None, verdict=Verdict.INCONCLUSIVE, reason="too few disagreements")
ODD = structs.replace(OPEN, verdict=Verdict.INCOMPARABLE, reason="different test sets")
STRANGE = structs.replace(OPEN, interval=None, verdict=Verdict.UNUSUAL, reason="unusual against main's history")
UNDIRECTED = structs.replace(OPEN, verdict=None, higher_is_better=None)
FIRST = structs.replace(OPEN, baseline=None, interval=None, verdict=None, difference=None)
GONE = structs.replace(BLIND, candidate=Estimate(value=None), reason="missing: NaN")


def state(gate: Gate, found: Row) -> GateState:
    """What a gate of one rule says of a row."""
    (result,) = gates.judge(gate, [found])
    assert result.message
    return result.state


@pytest.mark.parametrize(
    ("found", "if_worse", "unless_better"),
    [
        (BETTER, PASS, PASS), (WORSE, FAIL, FAIL), (OPEN, PASS, FAIL), (SPARSE, PASS, FAIL), (BLIND, SKIPPED, FAIL),
        (ODD, SKIPPED, FAIL), (STRANGE, SKIPPED, FAIL), (UNDIRECTED, SKIPPED, FAIL),
        (FIRST, SKIPPED, SKIPPED), (GONE, FAIL, FAIL),
    ],
)  # fmt: skip
def test_judge__verdict_rules(found: Row, if_worse: GateState, unless_better: GateState) -> None:
    """Proof of harm breaks `if`, lack of proof breaks `unless`, nothing to compare with skips both; warnings alike."""
    warns = {FAIL: WARN}

    assert state(Gate(metric="accuracy", fail_if="worse"), found) is if_worse
    assert state(Gate(metric="accuracy", fail_unless="better"), found) is unless_better
    assert state(Gate(metric="accuracy", warn_if="worse"), found) is warns.get(if_worse, if_worse)
    assert state(Gate(metric="accuracy", warn_unless="better"), found) is warns.get(unless_better, unless_better)


@pytest.mark.parametrize(
    ("found", "expected"),
    [(row(-0.01, 0.3), PASS), (row(-0.01, 0.01), PASS), (row(0.03, 0.3), PASS), (row(-0.3, 0.3), FAIL), (WORSE, FAIL)],
)
def test_judge__no_worse_accepts_equivalent_and_better(found: Row, expected: GateState) -> None:
    """`fail_unless = "no_worse"` at a margin of 0.02."""
    assert state(Gate(metric="accuracy", fail_unless="no_worse", margin=0.02), found) is expected


def test_judge__each_gate_at_its_own_margin() -> None:
    """A small certain loss warns at a margin of 0 and does not fail at one of 0.1; the row shows the larger margin."""
    rules = [Gate(metric="accuracy", warn_if="worse"), Gate(metric="accuracy", fail_if="worse", margin=0.1)]
    found = row(-0.05, -0.01, margin=gates.margin(rules))

    assert [state(rule, found) for rule in rules] == [WARN, PASS]
    assert found.verdict is Verdict.EQUIVALENT
    assert gates.margin([]) == 0.0


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (Gate(metric="accuracy", min=0.8), PASS), (Gate(metric="accuracy", min=0.81), FAIL),
        (Gate(metric="accuracy", max=0.8), PASS), (Gate(metric="accuracy", max=0.79), FAIL),
    ],
)  # fmt: skip
def test_judge__bounds_of_the_value(gate: Gate, expected: GateState) -> None:
    """`min` and `max` are about the candidate's own value, with or without a baseline; a missing value fails."""
    assert state(gate, FIRST) is expected
    assert state(gate, BETTER) is expected
    assert state(gate, GONE) is FAIL


def test_judge__metric_that_does_not_exist() -> None:
    """It fails each rule that would fail, warns where the rule would warn, and says why."""
    results = gates.judge(Gate(metric="nothing", fail_if="worse", warn_unless="better", min=0.5), [])

    assert [(one.rule, one.state) for one in results] == [
        ("fail if worse", FAIL), ("warn unless better", WARN), ("at least 0.5", FAIL),
    ]  # fmt: skip
    assert {one.message for one in results} == {"the metric was not found"}


def test_judge__metric_that_cannot_be_computed() -> None:
    """Where the reason is known, the gate gives it."""
    (result,) = gates.judge(Gate(metric="hinge_loss", max=1.0), [], why="it needs decision values")

    assert (result.state, result.message) == (FAIL, "it cannot be computed: it needs decision values")


def test_judge__several_sets() -> None:
    """A name that several sets have is judged in each, by its full name."""
    other = structs.replace(WORSE, set="other")
    results = gates.judge(Gate(metric="accuracy", fail_if="worse"), [BETTER, other])

    assert [(one.metric, one.state) for one in results] == [("test/accuracy", PASS), ("other/accuracy", FAIL)]
    assert gates.judge(Gate(metric="accuracy", fail_if="worse"), [other])[0].metric == "accuracy"


def test_judge__says_it_in_words() -> None:
    """Messages name the verdict and the margin, or why there is none."""
    gate = Gate(metric="accuracy", fail_unless="no_worse", margin=0.02)
    messages = [gates.judge(gate, [one])[0].message for one in (BETTER, OPEN, SPARSE, ODD, FIRST)]

    assert messages == [
        "it is better (margin 0.02)",
        "it is inconclusive (margin 0.02)",
        "it is inconclusive (too few disagreements)",
        "it cannot be judged: different test sets",
        "there is no baseline",
    ]
    assert gates.judge(gate, [UNDIRECTED])[0].message.endswith("the direction of the metric is unknown")
    assert gates.judge(gate, [structs.replace(GONE, reason="")])[0].message == "it has no value"


def test_judge__numbers_below_zero() -> None:
    """A rule on a number, and the number, have the minus signs that the report has."""
    gate = Gate(metric="r2", min=-0.5, fail_if="worse", margin=1e-6)
    row = structs.replace(OPEN, metric="r2", candidate=Estimate(value=-0.75))
    of_group = structs.replace(row, group="cat", interval=Interval(low=-0.0301, high=0.01, level=0.95, method=""))

    worse, low = gates.judge(gate, [row])
    assert (low.rule, low.message) == ("at least −0.5", "it is −0.75")
    assert worse.message == "it is inconclusive (margin 1e−06)"
    assert gates.judge(gate, [of_group])[0].message.endswith("; interval −0.0301 to 0.01)")
    assert gates.describe(gate) == ("fails if r2 is worse (margin 1e−06)", "fails if r2 is below −0.5")


def test_skipped__every_rule() -> None:
    """Nothing is judged, and the reason is given."""
    results = gates.skipped(Gate(metric="accuracy", fail_if="worse", max=1.0), "the training failed")

    assert [(one.state, one.message) for one in results] == [(SKIPPED, "the training failed")] * 2


def test_about_verdict() -> None:
    """Only rules about the verdict put the metric's interval into the family."""
    assert not gates.about_verdict(Gate(metric="accuracy", min=0.5, max=0.9))
    assert gates.about_verdict(Gate(metric="accuracy", warn_if="worse"))
