"""`steelyard.stats.comparison.rows`: one row for each metric, with one interval and one decision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from scipy import stats

from steelyard.config import Config
from steelyard.model.comparison import Comparison, Verdict
from steelyard.model.counts import Joined
from steelyard.stats.compare import compare
from steelyard.stats.decisions.verdict import verdict
from steelyard.stats.numbers.regression import NO_RARER
from tests.unit.stats import build
from tests.unit.stats.rows import measured, of_rows, regression
from tests.unit.stats.score_tables import rows_of

NAMES = ("accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef")


def both_ways(label: list[str], baseline: list[str], candidate: list[str]) -> tuple[Comparison, Comparison]:
    """A comparison, and the same with the sides swapped."""
    return (
        build.compared(build.paired(label, baseline, candidate)),
        build.compared(build.paired(label, candidate, baseline)),
    )


def reported_alone(joined: Joined) -> Comparison:
    """A first report."""
    return compare(build.evaluation(build.prediction_set()), None, {"test": joined}, Config())


@given(seed=st.integers(0, 1_000), rows=st.sampled_from([1, 5, 60, 300]), classes=st.integers(1, 5))
@settings(max_examples=40)
def test_rows__the_verdict_is_read_off_the_interval(seed: int, rows: int, classes: int) -> None:
    """Whatever the data: estimates lie in their intervals, and no verdict is anything but the table's."""
    made = build.compared(build.paired(*build.simulated(seed, rows=rows, classes=classes, right=(0.7, 0.8))))
    one = made.sets[0]
    for row in (*made.rows, *one.classes, *one.slices):
        if row.interval is None:
            assert row.verdict in {Verdict.INCONCLUSIVE, Verdict.INCOMPARABLE}
            assert row.reason
            continue
        assert row.interval.low < row.interval.high
        assert row.difference is not None
        assert row.verdict is verdict(row.interval, margin=row.margin, higher_is_better=True)
        if row.p_value is not None:
            significant = row.interval.low > 0 or row.interval.high < 0
            assert (row.p_value < 0.05) == significant or row.p_value == pytest.approx(0.05)


def test_rows__swapping_sides_negates() -> None:
    """Differences and Tango's bounds change sign exactly, drawn bounds within Monte Carlo error."""
    here, there = both_ways(*build.simulated(4, rows=500, classes=3, right=(0.7, 0.78)))
    for name in NAMES:
        one, other = build.row(here, name), build.row(there, name)
        assert one.interval is not None
        assert other.interval is not None
        assert one.difference == pytest.approx(-(other.difference or 0), abs=1e-15)
        tolerance = 1e-12 if name == "accuracy" else 0.05 * (one.interval.high - one.interval.low)
        assert one.interval.low == pytest.approx(-other.interval.high, abs=tolerance)
        assert one.interval.high == pytest.approx(-other.interval.low, abs=tolerance)


def test_rows__renaming_classes_changes_nothing_but_names() -> None:
    """Values are the same; class rows are permuted; drawn bounds agree within Monte Carlo error."""
    names = build.simulated(4, rows=500, classes=3, right=(0.7, 0.78))
    renamed = {"c000": "z", "c001": "a", "c002": "m"}
    here = build.compared(build.paired(*names))
    there = build.compared(build.paired(*([renamed[name] for name in side] for side in names)))
    for name in NAMES:
        one, other = build.row(here, name), build.row(there, name)
        assert one.interval is not None
        assert other.interval is not None
        assert one.candidate.value == pytest.approx(other.candidate.value)
        width = one.interval.high - one.interval.low
        assert one.interval.low == pytest.approx(other.interval.low, abs=0.05 * width)
    of_here = {renamed[row.group]: (row.difference, row.p_value) for row in here.sets[0].classes}
    assert of_here == {row.group: (row.difference, row.p_value) for row in there.sets[0].classes}


def test_rows__same_bytes_again() -> None:
    """Equal inputs give an equal Comparison, and the draws asked for are part of the inputs."""
    joined = build.paired(*build.simulated(4, rows=500, classes=3, right=(0.7, 0.78)))

    assert build.compared(joined) == build.compared(joined)
    assert build.compared(joined) != build.compared(joined, build.config(compare={"draws": 1_999}))


def test_rows__accuracy_by_hand() -> None:
    """30 fixed and 10 broken of 200: difference 0.1, McNemar's p, Tango's bounds around it, Wilson's on each side."""
    label = ["a"] * 200
    baseline = ["a"] * 100 + ["b"] * 100
    candidate = ["b"] * 10 + ["a"] * 120 + ["b"] * 70
    label[-40:] = ["b"] * 40
    made = build.compared(build.paired(label, baseline, candidate), positive="b")
    row, one = build.row(made, "accuracy"), made.sets[0]

    assert (one.fixed, one.broken) == (30, 10)
    assert row.difference == pytest.approx(0.1)
    assert row.p_value == pytest.approx(2 * stats.norm.sf(20 / np.sqrt(40)))
    assert row.interval is not None
    assert row.interval.method == "Tango score"
    assert row.candidate.interval is not None
    assert row.candidate.interval.method == "Wilson score"
    assert row.verdict is Verdict.BETTER
    assert row.detectable is not None


def test_rows__say_what_they_rest_on_where_it_is_not_all() -> None:
    """Rows that lack a score, or a value, count for the metrics that do without it, and for no other."""
    label = np.arange(60) % 2
    scores = np.random.default_rng(2).random((2, 60)).astype(np.float32)
    scores[0, :5] = np.nan
    names = [["a", "b"][code] for code in label]
    joined = build.paired(names, names, names)
    both = structs.replace(joined, rows=rows_of(label, *scores))
    apart = structs.replace(
        joined,
        pairing=build.pairing(60, method="unpaired", common_rows=0),
        joint=None,
        rows=rows_of(label, scores[0]),
        baseline_rows=rows_of(label[:40], scores[1, :40]),
    )
    wanted = build.config(metrics={"report": ["accuracy", "roc_auc", "log_loss"]})

    def of(joined: Joined) -> dict[str, tuple[int | None, int | None]]:
        return {
            row.metric: (row.candidate.rows, row.baseline.rows if row.baseline is not None else None)
            for row in build.compared(joined, wanted).rows
        }

    assert of(both) == {"accuracy": (None, None), "roc_auc": (55, 55), "log_loss": (55, 55)}
    assert of(apart) == {"accuracy": (None, None), "roc_auc": (55, 40), "log_loss": (55, 40)}
    alone = reported_alone(structs.replace(build.alone(names, names), rows=rows_of(label, scores[0])))
    assert build.row(alone, "roc_auc").candidate.rows == 55


def test_rows__lower_is_better_by_configuration() -> None:
    """A configured direction turns the verdict round; the interval stays."""
    joined = build.paired(*build.simulated(4, rows=2_000, classes=3, right=(0.7, 0.8)))
    up = build.row(build.compared(joined), "accuracy")
    down = build.row(build.compared(joined, build.config(metrics={"lower_is_better": ["test/accuracy"]})), "accuracy")

    assert up.interval == down.interval
    assert (up.verdict, down.verdict) == (Verdict.BETTER, Verdict.WORSE)


def test_rows__detectable_from_the_standard_error() -> None:
    """A drawn metric detects 2.8 of its bootstrap standard errors."""
    row = build.row(
        build.compared(build.paired(*build.simulated(4, rows=1_000, classes=3, right=(0.7, 0.7)))), "f1_macro"
    )

    assert row.interval is not None
    error = (row.interval.high - row.interval.low) / (2 * 1.96)
    assert row.detectable == pytest.approx(2.80 * error, rel=0.05)
    assert row.p_value is None


def test_rows__no_false_verdicts_between_equal_models() -> None:
    """A/A: predictions swapped within rows, 400 times: at most 32 false verdicts a metric (99% limit of 5%)."""
    label, baseline, candidate = (
        np.array(side) for side in build.simulated(9, rows=300, classes=3, right=(0.75, 0.75), shared=0.3)
    )
    rng = np.random.default_rng(1)
    settings = build.config(compare={"draws": 999}, metrics={"report": ["accuracy", "f1_macro"]})
    false = {"accuracy": 0, "f1_macro": 0}
    for _ in range(400):
        swap = rng.random(len(label)) < 0.5
        one, other = np.where(swap, candidate, baseline), np.where(swap, baseline, candidate)
        made = build.compared(build.paired(label.tolist(), one.tolist(), other.tolist()), settings)
        for name in false:
            false[name] += build.row(made, name).verdict is not Verdict.INCONCLUSIVE

    assert max(false.values()) <= 32


def test_rows__no_rows_in_common() -> None:
    """A paired comparison of nothing has no value, and says so."""
    made = build.compared(build.paired([], [], []), Config())

    assert [(row.metric, row.verdict, row.reason) for row in made.rows] == [
        ("accuracy", Verdict.INCOMPARABLE, "no row in common")
    ]


def test_rows__one_label() -> None:
    """A constant label: accuracy is fine, what compares classes is undefined, and that is said."""
    settings = build.config(metrics={"report": ["accuracy", "matthews_corrcoef", "f1_macro", "cohen_kappa"]})
    made = build.compared(build.paired(["a"] * 50, ["a"] * 50, ["a"] * 30 + ["b"] * 20), settings)

    assert build.row(made, "accuracy").verdict is Verdict.WORSE
    for name in ("matthews_corrcoef", "f1_macro", "cohen_kappa"):
        row = build.row(made, name)
        assert (row.candidate.value, row.verdict) == (None, Verdict.INCOMPARABLE)
        assert row.reason == "undefined: all rows have one label"
    assert any("All rows have the label" in notice for notice in made.notices)


def test_rows__without_a_baseline_an_interval_that_is_missing_has_its_reason() -> None:
    """Three wrong rows are too few for Matthews correlation, not for accuracy."""
    label = ["a", "b", "c"] * 10
    made = reported_alone(build.alone(label, [*label[:27], "b", "c", "a"]))

    accuracy, correlation = build.row(made, "accuracy"), build.row(made, "matthews_corrcoef")
    assert accuracy.candidate.interval is not None
    assert accuracy.reason == ""
    assert correlation.candidate.interval is None
    assert correlation.reason.startswith("too few rows: they count as ")


def test_rows__without_a_baseline_the_caveats_are_about_the_value() -> None:
    """An interval that rests on few clusters says so in a first report, too."""
    rng = np.random.default_rng(0)
    rows = measured({"reward": rng.normal(size=200)}, cluster=np.arange(200) % 12)
    made = reported_alone(of_rows(rows).joined)

    row = build.row(made, "reward")
    assert row.candidate.interval is not None
    assert any(text.startswith("few clusters: they count as 12 equal ones") for text in row.caveats)


@pytest.mark.parametrize(
    ("metric", "margin", "found", "said"),
    [
        ("rmse", 0.5, Verdict.EQUIVALENT, True),
        ("r2", 0.05, Verdict.EQUIVALENT, True),
        ("mean_squared_error", 0.19, Verdict.NO_WORSE, True),
        ("rmse", 0.01, Verdict.BETTER, False),
        ("mae", 0.5, Verdict.EQUIVALENT, True),
        ("mape", 5.0, Verdict.EQUIVALENT, True),
        ("median_absolute_error", 0.5, Verdict.EQUIVALENT, False),
        ("d2_absolute_error_score", 0.5, Verdict.EQUIVALENT, True),
    ],
)
def test_rows__errors_are_not_seen_to_lose_nothing(metric: str, margin: float, found: Verdict, *, said: bool) -> None:
    """The verdict rests on there being no far larger errors that are too rare for the sample; other verdicts do not."""
    rng = np.random.default_rng(2)
    target, error = 3.0 * rng.normal(size=400), rng.normal(size=400)
    rows = regression(target, target + 0.9 * error, target + error)
    gates = [{"metric": metric, "fail_unless": "no_worse", "margin": margin}]
    row = build.row(build.compared(of_rows(rows).joined, build.config(gates=gates), kind="regression"), metric)

    assert row.verdict is found
    assert [text for text in row.caveats if text in NO_RARER] == [*(NO_RARER if said else ())]
