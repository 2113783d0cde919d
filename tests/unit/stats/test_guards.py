"""`steelyard.stats.guards`: an interval is never narrower than the data allow."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.comparison import Verdict
from tests.unit.stats import build


def sparse(changed: int, *, rows: int = 400) -> tuple[list[str], list[str], list[str]]:
    """Two models that differ in `changed` rows, all of them fixed by the candidate."""
    label, baseline, _ = build.simulated(3, rows=rows, classes=3, right=(0.8, 0.8))
    candidate = list(baseline)
    wrong = [i for i in range(rows) if baseline[i] != label[i]]
    for i in wrong[:changed]:
        candidate[i] = label[i]
    return label, baseline, candidate


@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_identical_predictions__never_zero_width_never_equivalent_by_draws(margin: float) -> None:
    """Accuracy keeps Tango's interval, which has a width; drawn metrics have none and are inconclusive."""
    label, model, _ = sparse(0)
    settings = build.config(gates=[{"metric": "f1_macro", "fail_if": "worse", "margin": margin}])
    made = build.compared(build.paired(label, model, model), settings)
    accuracy, f1 = build.row(made, "accuracy"), build.row(made, "f1_macro")

    assert accuracy.difference == 0.0
    assert accuracy.interval is not None
    assert accuracy.interval.low < 0 < accuracy.interval.high
    assert accuracy.p_value == 1.0
    assert (f1.interval, f1.verdict, f1.difference) == (None, Verdict.INCONCLUSIVE, 0.0)
    assert "too few disagreements" in f1.reason


@pytest.mark.parametrize(("changed", "withheld"), [(9, True), (10, False)])
def test_disagreements__ten_are_needed(changed: int, *, withheld: bool) -> None:
    """Nine relevant disagreements are too few, ten are enough; here of a metric in which all rows weigh alike."""
    settings = build.config(metrics={"report": ["f1_weighted"]})
    f1 = build.row(build.compared(build.paired(*sparse(changed)), settings), "f1_weighted")

    assert (f1.interval is None) == withheld
    assert f1.reason == ("too few disagreements: 9 that matter, 10 needed" if withheld else "")


def test_disagreements__other_wrong_answers_do_not_move_recall() -> None:
    """Rows that stay wrong, another way, count for macro F1 but not for balanced accuracy."""
    label, baseline, _ = sparse(0)
    other = {"c000": {"c001": "c002", "c002": "c001"}, "c001": {"c000": "c002", "c002": "c000"},
             "c002": {"c000": "c001", "c001": "c000"}}  # fmt: skip
    candidate = [other[y].get(b, b) for y, b in zip(label, baseline, strict=True)]
    made = build.compared(build.paired(label, baseline, candidate))

    assert build.row(made, "f1_macro").interval is not None
    assert "too few disagreements" in build.row(made, "balanced_accuracy").reason


def test_rare_class__macro_averages_wait_for_ten_rows() -> None:
    """A class of nine rows withholds what averages over classes; what weights by rows, and accuracy, remain."""
    label, baseline, candidate = build.simulated(3, rows=600, classes=3, right=(0.7, 0.75))
    label[:9] = ["rare"] * 9
    made = build.compared(build.paired(label, baseline, candidate))

    assert build.row(made, "f1_macro").reason == "too few rows: 9 of a class that it depends on, 10 needed"
    assert build.row(made, "balanced_accuracy").verdict is Verdict.INCONCLUSIVE
    assert build.row(made, "matthews_corrcoef").interval is not None
    assert build.row(made, "accuracy").interval is not None


def imbalanced(*, in_rare: int, elsewhere: int) -> tuple[list[str], list[str], list[str]]:
    """5% of 1,000 rows are of a rare class; so many rows are fixed there, so many elsewhere."""
    label = ["common"] * 950 + ["rare"] * 50
    baseline = ["common"] * 850 + ["rare"] * 100 + ["rare"] * 25 + ["common"] * 25
    candidate = list(baseline)
    candidate[850 : 850 + elsewhere] = ["common"] * elsewhere
    candidate[975 : 975 + in_rare] = ["rare"] * in_rare
    return label, baseline, candidate


@pytest.mark.parametrize(("in_rare", "elsewhere", "withheld"), [(0, 100, True), (9, 100, True), (10, 0, False)])
def test_disagreements__count_by_their_influence(in_rare: int, elsewhere: int, *, withheld: bool) -> None:
    """A hundred disagreements in the common class say nothing about the rare one, on which the average hangs."""
    row = build.row(
        build.compared(build.paired(*imbalanced(in_rare=in_rare, elsewhere=elsewhere))), "balanced_accuracy"
    )

    assert (row.interval is None) == withheld
    assert ("too few disagreements" in row.reason) == withheld


def test_balanced_accuracy__coverage_beside_a_rare_class() -> None:
    """One class in a hundred: 300 times, the interval is withheld or holds the truth in at least 92%."""
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(300):
        errors = rng.random((2, 2_000)) < 0.03
        label = ["rare" if i < 20 else "common" for i in range(2_000)]
        flip = {"rare": "common", "common": "rare"}
        baseline, candidate = ([flip[y] if e else y for y, e in zip(label, side, strict=True)] for side in errors)
        settings = build.config(compare={"draws": 999}, metrics={"report": ["balanced_accuracy"]})
        row = build.row(build.compared(build.paired(label, baseline, candidate), settings), "balanced_accuracy")
        missed += row.interval is not None and not row.interval.low <= 0 <= row.interval.high

    assert missed <= 24


def test_binary__rare_positive() -> None:
    """With 5 positive rows F1 and precision have no interval, on either side or of the difference; recall has one."""
    label = ["yes"] * 5 + ["no"] * 500
    baseline = ["yes"] * 40 + ["no"] * 465
    candidate = ["no", *["yes"] * 4, *["no"] * 36, *["yes"] * 30, *["no"] * 434]
    made = build.compared(build.paired(label, baseline, candidate), positive="yes")

    for name in ("f1", "precision", "matthews_corrcoef"):
        found = build.row(made, name)
        assert found.interval is None
        assert found.candidate.interval is None
        assert found.candidate.value is not None
        assert found.verdict is Verdict.INCONCLUSIVE
    recall = build.row(made, "recall")
    assert recall.interval is not None
    assert recall.interval.method == "Tango score"
    assert recall.candidate.interval is not None


def test_single_value__perfect_model() -> None:
    """A model without errors gets no zero-width interval of its own; accuracy gets Wilson's."""
    label, _, _ = sparse(0)
    made = build.compared(build.alone(label, label))
    accuracy, f1 = build.row(made, "accuracy"), build.row(made, "f1_macro")

    assert f1.candidate.value == 1.0
    assert f1.candidate.interval is None
    assert accuracy.candidate.interval is not None
    assert accuracy.candidate.interval.low < 1.0


def test_unpaired__needs_errors_on_both_sides() -> None:
    """Two independent samples lean on each side's own errors."""
    label, baseline, _ = sparse(0)
    joined = build.unpaired((label, label), (label, baseline), same_test_set=True)
    f1 = build.row(build.compared(joined), "f1_macro")

    assert (f1.verdict, f1.reason) == (Verdict.INCONCLUSIVE, "too few wrong rows: 0 that matter, 10 needed")
