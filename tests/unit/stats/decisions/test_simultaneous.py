"""`steelyard.stats.decisions.simultaneous`: gated intervals hold together."""

from __future__ import annotations

import pytest

from steelyard.model.comparison import Comparison, Verdict
from tests.unit.stats import build

ROWS = build.simulated(6, rows=800, classes=3, right=(0.75, 0.78))


def gated(*names: str, rule: str = "fail_if") -> Comparison:
    """A comparison in which these metrics are gated."""
    value = {"fail_if": "worse", "min": 0.1}[rule]
    return build.compared(build.paired(*ROWS), build.config(gates=[{"metric": name, rule: value} for name in names]))


def width(comparison: Comparison, name: str) -> float:
    """The width of an interval."""
    interval = build.row(comparison, name).interval
    assert interval is not None
    return interval.high - interval.low


def test_shares__one_gate_costs_nothing() -> None:
    """A family of one has the plain interval; bounds on the value are not about an interval."""
    plain = build.compared(build.paired(*ROWS))

    assert width(gated("f1_macro"), "f1_macro") == width(plain, "f1_macro")
    assert width(gated("f1_macro", "accuracy", rule="min"), "accuracy") == width(plain, "accuracy")
    assert build.row(gated("f1_macro"), "f1_macro").adjustment == ""
    assert build.row(gated("f1_macro"), "f1_macro").gated


def test_shares__several_gates_widen_and_say_so() -> None:
    """Gated intervals widen, with accuracy's Tango interval at the family's error; the others do not."""
    plain, both = build.compared(build.paired(*ROWS)), gated("accuracy", "matthews_corrcoef", "precision_macro")

    for name in ("accuracy", "matthews_corrcoef"):
        row = build.row(both, name)
        assert width(both, name) > width(plain, name)
        assert row.interval is not None
        assert row.interval.level == 0.95
        assert row.adjustment.startswith("simultaneous over 3 gated metrics (max-T over the same draws): 95% together")
    assert width(both, "balanced_accuracy") == width(plain, "balanced_accuracy")
    assert build.row(both, "balanced_accuracy").adjustment == ""
    assert (build.row(both, "accuracy").p_value or 0) > (build.row(plain, "accuracy").p_value or 0)


def test_shares__bonferroni_where_disagreement_is_sparse() -> None:
    """Accuracy's draws are no scale where hardly any row is right on one side alone: its share is Bonferroni's."""
    label, baseline, _ = ROWS
    cycle = {"c000": "c001", "c001": "c002", "c002": "c000"}
    candidate = [
        b if b == y else next(c for c in cycle if c not in (y, b)) for y, b in zip(label, baseline, strict=True)
    ]
    settings = build.config(gates=[{"metric": name, "fail_if": "worse"} for name in ("accuracy", "balanced_accuracy")])
    made = build.compared(build.paired(label, baseline, candidate), settings)
    row = build.row(made, "accuracy")

    assert row.difference == 0.0
    assert row.adjustment == "simultaneous over 2 gated metrics (Bonferroni): 95% together, 97.5% each"
    assert build.row(made, "balanced_accuracy").adjustment == row.adjustment
    assert row.p_value == 1.0


def test_shares__bonferroni_where_the_error_is_too_small_for_the_draws() -> None:
    """Nine of 999 draws beyond the intervals would leave each metric its full error; Bonferroni's shares hold."""
    settings = build.config(
        compare={"level": 0.99, "draws": 999},
        gates=[{"metric": name, "fail_if": "worse"} for name in ("accuracy", "f1_weighted")],
    )
    row = build.row(build.compared(build.paired(*ROWS), settings), "accuracy")
    alone = build.row(build.compared(build.paired(*ROWS), build.config(compare={"level": 0.99})), "accuracy")

    assert row.adjustment == "simultaneous over 2 gated metrics (Bonferroni): 99% together, 99.5% each"
    assert row.p_value == pytest.approx(2.0 * (alone.p_value or 0.0))


def test_shares__metrics_without_interval_do_not_count() -> None:
    """A gated metric that cannot be judged takes no share."""
    label, baseline, candidate = ROWS
    rare = ["rare"] * 3 + label[3:]
    settings = build.config(gates=[{"metric": name, "fail_if": "worse"} for name in ("accuracy", "f1_macro")])
    made = build.compared(build.paired(rare, baseline, candidate), settings)

    assert build.row(made, "f1_macro").verdict is Verdict.INCONCLUSIVE
    assert build.row(made, "accuracy").adjustment == ""


def test_shares__several_sets_divide_the_error() -> None:
    """Two sets with one gated metric each: Bonferroni between them; with two each, max-T within."""
    joined = {"one": build.paired(*ROWS), "two": build.paired(*(side[:600] for side in ROWS))}
    single = build.compared(joined, build.config(gates=[{"metric": "f1_macro", "fail_if": "worse"}]))
    double = build.compared(
        joined, build.config(gates=[{"metric": name, "fail_if": "worse"} for name in ("accuracy", "f1_macro")])
    )

    assert build.row(single, "f1_macro", of="one").adjustment.endswith("(Bonferroni): 95% together, 97.5% each")
    found = build.row(double, "f1_macro", of="two").adjustment
    assert found.startswith("simultaneous over 4 gated metrics (max-T")
    assert 97.5 <= float(found.split("together, ")[1].removesuffix("% each")) <= 98.75


def test_shares__two_proportions_without_draws() -> None:
    """Accuracy and recall alone need no draws; Bonferroni needs none either. Unpaired ones work, too."""
    settings = build.config(
        metrics={"report": ["accuracy", "recall"]},
        gates=[{"metric": name, "fail_if": "worse"} for name in ("accuracy", "recall")],
    )
    label, baseline, candidate = build.simulated(6, rows=800, classes=2, right=(0.75, 0.78))
    paired = build.compared(build.paired(label, baseline, candidate), settings, positive="c001")
    assert build.row(paired, "recall").adjustment.startswith("simultaneous over 2 gated metrics (Bonferroni)")

    apart = build.unpaired((label, candidate), (label, baseline), same_test_set=True)
    gates = [{"metric": name, "fail_if": "worse"} for name in ("accuracy", "f1_macro")]
    made = build.compared(apart, build.config(gates=gates))
    assert "max-T" in build.row(made, "accuracy").adjustment


@pytest.mark.parametrize("seed", range(5))
def test_shares__adjusted_p_agrees_with_the_interval(seed: int) -> None:
    """The adjusted p-value is below 5% exactly where the simultaneous interval excludes 0."""
    rows = build.simulated(seed, rows=800, classes=3, right=(0.75, 0.785))
    settings = build.config(gates=[{"metric": name, "fail_if": "worse"} for name in ("accuracy", "f1_weighted")])
    row = build.row(build.compared(build.paired(*rows), settings), "accuracy")

    assert row.p_value is not None
    assert (row.p_value < 0.05) == (row.verdict is not Verdict.INCONCLUSIVE)
