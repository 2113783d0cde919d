"""`steelyard.stats.counts.guards`: an interval is never narrower than the data allow."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.comparison import Verdict
from steelyard.model.counts import IntArray
from steelyard.stats.counts import guards, reach
from steelyard.stats.counts.draws import percentile, resample
from steelyard.stats.counts.metrics import available, find
from steelyard.stats.counts.sample import Sample, sample_of
from tests.unit.stats import build


def sparse(changed: int, *, rows: int = 400) -> tuple[list[str], list[str], list[str]]:
    """Two models that differ in `changed` rows, all of them fixed by the candidate."""
    label, baseline, _ = build.simulated(3, rows=rows, classes=3, right=(0.8, 0.8))
    candidate = list(baseline)
    wrong = [i for i in range(rows) if baseline[i] != label[i]]
    for i in wrong[:changed]:
        candidate[i] = label[i]
    return label, baseline, candidate


def one_sample(*sides: list[str], positive: str | None = None) -> Sample:
    """A paired sample of (label, baseline, candidate)."""
    return sample_of(build.paired(*sides), positive=positive)


def _count(found: float, what: str, needed: int) -> str:
    return f"too few {what}: they count as {found:g} of those that could matter most, {needed} needed"


def reason(name: str, sample: Sample, *, needs: guards.Needs = guards.FOR_DRAWS) -> str:
    """Why a metric's difference has no interval."""
    metric = find(name, sample)
    assert metric is not None
    assert sample.baseline is not None
    return guards.of_difference(metric, sample, baseline=sample.baseline, needs=needs)


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
    assert f1.reason == ("too few disagreements: 9, 10 needed" if withheld else "")


def test_disagreements__other_wrong_answers_do_not_move_recall() -> None:
    """Rows that stay wrong, another way, hardly count for macro F1 and not at all for balanced accuracy."""
    label, baseline, _ = sparse(0)
    other = {"c000": {"c001": "c002", "c002": "c001"}, "c001": {"c000": "c002", "c002": "c000"},
             "c002": {"c000": "c001", "c001": "c000"}}  # fmt: skip
    candidate = [other[y].get(b, b) for y, b in zip(label, baseline, strict=True)]
    sample = one_sample(label, baseline, candidate)

    assert reason("f1_macro", sample).startswith("too few disagreements: they count as 0 of those")
    assert reason("balanced_accuracy", sample).endswith("the predictions that it depends on are identical")


def test_rare_class__macro_averages_wait_for_ten_rows() -> None:
    """A class of nine rows withholds what averages over classes; what weights by rows, and accuracy, remain."""
    label, baseline, candidate = build.simulated(3, rows=600, classes=3, right=(0.7, 0.75))
    label[:9] = ["rare"] * 9
    made = build.compared(build.paired(label, baseline, candidate))

    assert build.row(made, "f1_macro").reason == "too few rows: 9 of a class that it depends on, 10 needed"
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


@pytest.mark.parametrize(("in_rare", "elsewhere", "withheld"), [(0, 100, True), (4, 100, True), (10, 0, False)])
def test_disagreements__count_by_their_influence(in_rare: int, elsewhere: int, *, withheld: bool) -> None:
    """A hundred disagreements in the common class say nothing about the rare one, on which the average hangs."""
    found = reason("balanced_accuracy", one_sample(*imbalanced(in_rare=in_rare, elsewhere=elsewhere)))

    assert ("too few disagreements" in found) == withheld
    assert (found == "") != withheld


def test_draws__coverage_beside_a_rare_class() -> None:
    """One class in a hundred: 300 times, the drawn interval is withheld or holds the truth in at least 92%."""
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(300):
        errors = rng.random((2, 2_000)) < 0.03
        label = ["rare" if i < 20 else "common" for i in range(2_000)]
        flip = {"rare": "common", "common": "rare"}
        baseline, candidate = ([flip[y] if e else y for y, e in zip(label, side, strict=True)] for side in errors)
        sample = one_sample(label, baseline, candidate)
        if reason("balanced_accuracy", sample):
            continue
        drawn = resample(sample, {"it": available(sample)["balanced_accuracy"]}, wanted=999).difference("it")
        made = percentile(drawn, alpha=0.05, level=0.95)
        missed += made is not None and not made.low <= 0 <= made.high

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

    assert (f1.verdict, f1.reason) == (Verdict.INCONCLUSIVE, _count(0, "rows", 8))


def test_reason__predictions_are_not_rows() -> None:
    """A class that is never predicted is said to lack predictions, not rows."""
    label, baseline, candidate = build.simulated(3, rows=600, classes=3, right=(0.7, 0.75))
    never = ["c000" if one == "c002" else one for one in candidate]
    sample = one_sample(label, baseline, never)

    assert reason("precision_macro", sample) == "too few predictions: 0 of a class that it depends on, 10 needed"
    assert reason("precision[c002]", sample) == "too few predictions: 0 of a class that it depends on, 10 needed"
    assert reason("f1_weighted", one_sample(*sparse(1))) == "too few disagreements: 1, 10 needed"


def test_reason__never_says_that_enough_are_too_few() -> None:
    """What is just below the number that is needed is rounded down."""
    label = ["a"] * 100 + ["b"] * 104
    baseline = ["b"] * 25 + ["a"] * 75 + ["a"] * 10 + ["b"] * 94
    candidate = ["b"] * 15 + ["a"] * 85 + ["a"] * 10 + ["b"] * 94
    sample = one_sample(label, baseline, candidate)
    metric = available(sample)["balanced_accuracy"]
    assert sample.baseline is not None
    found = reach.disagreements(metric, sample.candidate, sample.baseline, where=np.not_equal(*_predictions(sample)))
    assert found is not None

    assert reason(metric.name, sample, needs=guards.Needs(reach=found)) == ""
    shown = reason(metric.name, sample, needs=guards.Needs(reach=found + 1e-3)).split()[6]
    assert float(shown) - 1e-6 <= found < float(shown) + 0.1


def _predictions(sample: Sample) -> tuple[IntArray, IntArray]:
    assert sample.baseline is not None
    return sample.candidate.prediction, sample.baseline.prediction


def test_reason__majority() -> None:
    """Metrics that weight labels by their rows need ten outside the largest."""
    label = ["a"] * 100 + ["b"] * 4
    other = ["b"] * 50 + ["a"] * 50 + ["b"] * 4

    assert reason("matthews_corrcoef", one_sample(label, other, label)) == (
        "too few rows: 4 outside the most frequent class, 10 needed"
    )


def test_one_label__only_what_concerns_it() -> None:
    """Disagreements between other labels do not count for one label's F1."""
    label = ["a"] * 40 + ["b"] * 40 + ["c"] * 40
    baseline = ["a"] * 40 + ["c"] * 20 + ["b"] * 20 + ["c"] * 40
    sample = one_sample(label, baseline, label)

    assert reason("f1[a]", sample) == "too few disagreements: the predictions that it depends on are identical"
    assert reason("f1[b]", sample) == ""


def test_multilabel__memberships_count() -> None:
    """A set is a row of each of its labels; a rare label withholds the macro average, not the mean over rows."""
    label = ['["a"]'] * 100 + ['["a","b"]'] * 5
    baseline = ["[]"] * 20 + ['["a"]'] * 85
    sample = sample_of(build.paired(label, baseline, label), positive=None, kind="multilabel")

    assert reason("f1_macro", sample) == "too few rows: 5 of a class that it depends on, 10 needed"
    assert reason("f1[b]", sample) == "too few predictions: 0 of a class that it depends on, 10 needed"
    assert reason("f1[a]", sample) == ""
    assert reason("hamming_loss", sample) == ""
    assert reason("f1_samples", sample) == ""


def test_needs__delta_asks_for_more() -> None:
    """What is enough for draws may not be for the delta method."""
    sample = one_sample(*sparse(12))

    assert reason("f1_weighted", sample) == ""
    assert reason("f1_weighted", sample, needs=guards.FOR_DELTA) == "too few disagreements: 12, 25 needed"


def test_value__of_one_label_needs_its_own_right_rows() -> None:
    """F1 of a label that is found five times has no interval, however many others are right."""
    label = ["a"] * 200 + ["b"] * 40
    sample = one_sample(label, label, ["a"] * 190 + ["b"] * 10 + ["b"] * 5 + ["a"] * 35)
    metric = find("f1[b]", sample)
    assert metric is not None

    assert guards.of_value(metric, sample.candidate) == _count(5.5, "rows", 8)


def predictive(*, missed: int, flipped: int) -> tuple[list[str], list[str], list[str]]:
    """2% of 2,000 rows are positive; the candidate misses so many more, and differs in so many negative rows."""
    label = ["yes"] * 40 + ["no"] * 1960
    baseline = ["yes"] * 35 + ["no"] * 5 + ["yes"] * 60 + ["no"] * 1900
    candidate = ["no"] * missed + ["yes"] * (35 - missed) + ["no"] * 5
    candidate += ["no"] * flipped + ["yes"] * (60 - flipped) + ["no"] * 1900
    return label, baseline, candidate


@pytest.mark.parametrize(("missed", "withheld"), [(0, True), (2, True), (12, False)])
def test_predictive_value__harmless_disagreements_hide_nothing(missed: int, *, withheld: bool) -> None:
    """Thirty false positives fewer say little about the share of the negative predictions that are right."""
    made = build.compared(
        build.paired(*predictive(missed=missed, flipped=30)),
        build.config(metrics={"report": ["negative_predictive_value"]}),
        positive="yes",
    )
    found = build.row(made, "negative_predictive_value")

    assert (found.interval is None) == withheld
    assert ("could matter most" in found.reason) == withheld


def test_value__rests_on_the_rows_that_could_move_it() -> None:
    """A negative predictive value rests on false negatives, however many false positives there are."""
    label, baseline, _ = predictive(missed=0, flipped=0)
    sample = one_sample(label, baseline, baseline, positive="yes")
    found = find("negative_predictive_value", sample)
    assert found is not None

    assert "count as 5" in guards.of_value(found, sample.candidate)


def test_distance__far_errors_need_not_be_seen() -> None:
    """Near errors say little where one far error would move quadratic kappa eighty times as much."""
    label = [str(i % 10) for i in range(400)]
    near = [str((int(y) + 1) % 10) if 0 < int(y) < 9 and i % 4 == 0 else y for i, y in enumerate(label)]

    assert "could matter most" in reason("cohen_kappa_quadratic", one_sample(label, near, label))
    assert reason("cohen_kappa", one_sample(label, near, label)) == ""


def test_distance__thousands_of_grades_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer does not depend on how many pairs of label and class are held at once."""
    label = [f"{i % 40:02d}" for i in range(800)]
    other = [f"{(i + (i % 3 == 0)) % 40:02d}" for i in range(800)]
    sample = one_sample(label, other, label)
    metric = find("cohen_kappa_linear", sample)
    assert metric is not None
    assert sample.baseline is not None
    differ = np.not_equal(*_predictions(sample))
    whole = reach.disagreements(metric, sample.candidate, sample.baseline, where=differ)
    monkeypatch.setattr(reach, "_MOST_AT_ONCE", 90)

    assert reach.disagreements(metric, sample.candidate, sample.baseline, where=differ) == whole


def test_simulated__predictive_value_beside_rare_positives() -> None:
    """Where an interval is stated it holds: 300 times, of 4,000 rows with 2% positive ones."""
    rng = np.random.default_rng(8)
    cells = {
        "yyy": 0.0166,
        "yyn": 0.0014,
        "yny": 0.0006,
        "ynn": 0.0014,
        "nnn": 0.9114,
        "nyy": 0.0294,
        "nyn": 0.0196,
        "nny": 0.0196,
    }
    truth = _npv(cells, 2) - _npv(cells, 1)
    stated = missed = 0
    for _ in range(300):
        n = rng.multinomial(4_000, np.array([*cells.values()]) / sum(cells.values()))
        drawn = {key: int(count) for key, count in zip(cells, n, strict=True)}
        columns = [[key[at] for key, count in drawn.items() for _ in range(count)] for at in range(3)]
        sample = one_sample(*columns, positive="y")
        metric = find("negative_predictive_value", sample)
        assert metric is not None
        if reason(metric.name, sample):
            continue
        made = percentile(resample(sample, {"it": metric}, wanted=999).difference("it"), alpha=0.05, level=0.95)
        stated += 1
        missed += made is None or not made.low <= truth <= made.high

    assert stated > 150
    assert missed <= 0.1 * stated


def _npv(cells: dict[str, float], side: int) -> float:
    negative = {key: share for key, share in cells.items() if key[side] == "n"}
    return sum(share for key, share in negative.items() if key[0] == "n") / sum(negative.values())
