"""`steelyard.stats.compare`: the whole comparison, for ordinary and for odd input."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.config import Config, to_json
from steelyard.model.codec import decode, encode
from steelyard.model.comparison import Comparison, GateState, Verdict
from steelyard.model.evaluation import Commit, Evaluation, Metric, Training
from steelyard.model.history import Past, look_of
from steelyard.stats.compare import compare
from tests.unit.stats import build
from tests.unit.stats.rows import measured, of_rows

LABEL, BASELINE, CANDIDATE = build.simulated(3, rows=500, classes=3, right=(0.7, 0.8))
JOINED = {"test": build.paired(LABEL, BASELINE, CANDIDATE)}


def weigh(ours: Evaluation, theirs: Evaluation | None, settings: Config | None = None) -> Comparison:
    """Compare two Evaluations with one prediction set."""
    joined = JOINED if theirs is not None else {"test": build.alone(LABEL, CANDIDATE)}
    return compare(ours, theirs, joined, settings or Config())


def test_compare__passes_through() -> None:
    """Identity and provenance come out as they went in."""
    commit = Commit(sha="a" * 40)
    ours = build.evaluation(build.prediction_set(), id="mine", commit=commit)
    made = weigh(ours, ours)

    assert (made.id, made.candidate.commit) == ("mine", commit)
    assert made.baseline is not None


def test_compare__loads_back_equal() -> None:
    """A Comparison is a value: its JSON gives it back."""
    made = weigh(build.evaluation(build.prediction_set()), build.evaluation(build.prediction_set()))

    assert decode(encode(made), Comparison, source="test") == made


def test_compare__first_report() -> None:
    """Without a baseline: own values with intervals, confusion, classes; no difference, no verdict, gates skipped."""
    gates = [{"metric": "accuracy", "fail_if": "worse"}, {"metric": "accuracy", "min": 0.5}]
    made = weigh(build.evaluation(build.prediction_set()), None, build.config(gates=gates))

    assert [row.metric for row in made.rows] == ["accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef"]
    for row in made.rows:
        assert (row.baseline, row.difference, row.verdict, row.reason) == (None, None, None, "")
        assert row.candidate.interval is not None
    assert made.sets[0].confusion.candidate is not None
    assert [gate.state for gate in made.gates] == [GateState.SKIPPED, GateState.PASS]
    assert made.changes == ()


def test_compare__set_that_the_baseline_does_not_have() -> None:
    """A new prediction set has values and no verdict, says why, and its gates are skipped."""
    ours = build.evaluation(build.prediction_set())
    made = compare(
        ours,
        build.evaluation(metrics=build.filed(loss=0.5)),
        {"test": build.alone(LABEL, CANDIDATE)},
        build.config(gates=[{"metric": "accuracy", "fail_unless": "better"}]),
    )

    assert made.rows[0].verdict is None
    assert made.rows[0].reason == "new: the baseline has no predictions of this set"
    assert made.gates[0].state is GateState.SKIPPED
    assert made.rows[-1].metric == "loss"


def test_compare__a_gate_on_a_measure_without_a_direction() -> None:
    """With or without a baseline the first screen names it and the key that mends it, until that is set."""
    marks = np.arange(60.0)
    gates = [{"metric": "judge_tone", "fail_if": "worse"}, {"metric": "judge_tone", "min": 0.0}]
    pairs, alone = (
        of_rows(measured({"judge_tone": marks}, {"judge_tone": marks + 1.0} if both else None)).joined
        for both in (True, False)
    )
    side = build.evaluation(build.prediction_set(kind="measures"))
    mended = build.config(gates=gates, metrics={"higher_is_better": ["judge_tone"]})
    first, made, again, bounded = (
        compare(side, theirs, {"test": joined}, settings).notices
        for theirs, joined, settings in (
            (None, alone, build.config(gates=gates)),
            (side, pairs, build.config(gates=gates)),
            (side, pairs, mended),
            (side, pairs, build.config(gates=gates[1:])),
        )
    )

    assert made[-1].startswith('Not judged: "judge_tone", whose verdict a gate asks for.')
    assert "`higher_is_better`" in made[-1]
    assert first[-1] == made[-1]
    assert not any("Not judged" in text for text in (*again, *bounded))


def test_compare__only_metrics() -> None:
    """Two files of numbers: differences with directions, no verdict, in the order of the file."""
    ours = build.evaluation(metrics=build.filed(loss=0.5, accuracy=0.9, bits=3.0, broken=None))
    theirs = build.evaluation(metrics=build.filed(loss=0.75, accuracy=0.8, bits=2.0, broken=1.0))
    made = compare(ours, theirs, {}, Config())

    assert [(row.metric, row.difference, row.higher_is_better, row.verdict) for row in made.rows] == [
        ("loss", -0.25, False, None),
        ("accuracy", pytest.approx(0.1), True, None),
        ("bits", 1.0, None, None),
        ("broken", None, None, None),
    ]
    assert made.rows[0].reason == "read from a file: noise unknown"
    assert made.rows[3].reason == "missing: NaN"
    assert made.sets == ()


def test_compare__nothing_at_all() -> None:
    """No metrics and no predictions: an empty comparison, no error."""
    made = compare(build.evaluation(), build.evaluation(), {}, Config())

    assert (made.rows, made.sets, made.gates, made.notices) == ((), (), (), ())


def test_compare__predictions_win_over_the_file() -> None:
    """A metric that both give is computed; a disagreement beyond rounding is noted, for either side."""
    ours = build.evaluation(build.prediction_set(), metrics=build.filed(accuracy=0.5, loss=0.1))
    theirs = build.evaluation(build.prediction_set(), metrics=build.filed(test_accuracy=0.25))
    made = weigh(ours, theirs)

    assert [row.metric for row in made.rows].count("accuracy") == 1
    assert build.row(made, "accuracy").candidate.value == pytest.approx(
        sum(y == a for y, a in zip(LABEL, CANDIDATE, strict=True)) / 500
    )
    assert ["this change" in made.notes[0], "the baseline" in made.notes[1], len(made.notes)] == [True, True, 2]
    assert "0.25" in made.notes[1]


def test_compare__failed_training() -> None:
    """Whatever files are lying about, a failed training compares nothing and skips the gates."""
    failed = Training(command="python train.py", exit_code=2, duration=1.0, started="")
    ours = build.evaluation(build.prediction_set(), training=failed, metrics=build.filed(loss=1.0))
    made = weigh(ours, build.evaluation(), build.config(gates=[{"metric": "loss", "max": 0.5}]))

    assert (made.rows, made.sets) == ((), ())
    assert [gate.state for gate in made.gates] == [GateState.SKIPPED]
    assert made.candidate.training == failed


def test_compare__report_order_and_unknown_name() -> None:
    """`metrics.report` decides rows and headline; a name that is not there is a notice."""
    settings = build.config(metrics={"report": ["test/f1_macro", "loss", "rok"]})
    made = weigh(build.evaluation(build.prediction_set(), metrics=build.filed(loss=1.0)), None, settings)

    assert [(row.set, row.metric) for row in made.rows] == [("test", "f1_macro"), ("", "loss")]
    assert made.notices == ('Metric "rok" of the configuration\'s `metrics.report` was not found.',)


def test_compare__gate_on_what_cannot_be_computed() -> None:
    """The gate is broken, and says why there is nothing to judge."""
    settings = build.config(gates=[{"metric": "hinge_loss", "max": 1.0}])
    made = weigh(build.evaluation(build.prediction_set()), None, settings)

    assert [gate.state for gate in made.gates] == [GateState.FAIL]
    assert made.gates[0].message.startswith("it cannot be computed: it needs decision values")


@pytest.mark.parametrize("rule", [{"class": "cat"}, {"slice": "region"}])
def test_compare__gate_on_a_group_by_a_metric_that_is_no_row(rule: dict[str, str]) -> None:
    """What is reported of the whole set does not matter to a gate on a class or a slice."""
    settings = build.config(metrics={"report": ["f1_macro"]}, gates=[{"metric": "accuracy", "min": 0.1, **rule}])
    made = weigh(build.evaluation(build.prediction_set()), None, settings)

    assert [row.metric for row in made.rows] == ["f1_macro"]
    assert [gate.rule for gate in made.gates] == ["at least 0.1"]


def test_compare__gated_file_metric() -> None:
    """A gate on a number from a file: bounds are judged, verdicts cannot be."""
    gates = [{"metric": "loss", "max": 0.4, "fail_if": "worse", "margin": 0.1}]
    ours, theirs = (build.evaluation(metrics=build.filed(loss=value)) for value in (0.5, 0.3))
    made = compare(ours, theirs, {}, build.config(gates=gates))

    assert [(gate.rule, gate.state) for gate in made.gates] == [
        ("fail if worse", GateState.SKIPPED),
        ("at most 0.4", GateState.FAIL),
    ]
    assert made.rows[0].gated
    assert made.rows[0].margin == 0.1
    assert [text.partition(", as the gate asks")[0] for text in made.notices] == [
        'Not judged: whether "loss" got worse'
    ]
    assert compare(ours, None, {}, build.config(gates=gates)).notices == ()


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "told"),
    [
        ("loss", 0.3, 0.3, False),
        ("loss", 0.2, 0.3, False),
        ("loss", 0.4, 0.3, True),
        ("accuracy", 0.4, 0.3, False),
        ("accuracy", 0.2, 0.3, True),
        ("size", 3.0, 3.0, False),
        ("size", 2.0, 3.0, True),
        ("size", 4.0, 3.0, True),
    ],
)
def test_compare__gated_file_metric_that_cannot_be_worse(name: str, ours: float, theirs: float, told: bool) -> None:
    """That a number was not judged is said where it went the bad way, or an unknown one: not where it stayed."""
    sides = [build.evaluation(metrics=build.filed(**{name: value})) for value in (ours, theirs)]
    made = compare(sides[0], sides[1], {}, build.config(gates=[{"metric": name, "fail_if": "worse"}]))

    assert [text.startswith("Not judged: ") for text in made.notices] == [True] * told


def test_compare__file_metric_that_disappears_fails_its_gate() -> None:
    """A change cannot pass a gate by no longer reporting its metric."""
    made = compare(
        build.evaluation(),
        build.evaluation(metrics=build.filed(loss=0.3)),
        {},
        build.config(gates=[{"metric": "loss", "fail_if": "worse"}]),
    )

    assert [(gate.state, gate.message) for gate in made.gates] == [
        (GateState.FAIL, "missing: this change does not report it")
    ]


def test_compare__changes_are_bounded() -> None:
    """Fifty changes are listed, the rest is counted; the notes of collecting are passed on, bounded."""
    ours = build.evaluation(parameters={f"p{i}": i for i in range(70)}, notes=("seen\n" + "x" * 900,))
    made = compare(ours, build.evaluation(), {}, Config())

    assert len(made.changes) == 50
    assert made.notes[0].startswith("seen\\nxxx")
    assert len(made.notes[0]) < 520
    assert made.notes[1].startswith("20 more changes")


def test_compare__fewer_draws_are_said() -> None:
    """A table with very many cells gets fewer draws, and the method says how many."""
    label, baseline, candidate = build.simulated(3, rows=60_000, classes=60, right=(0.3, 0.31), shared=0.0)
    made = compare(
        build.evaluation(build.prediction_set()),
        build.evaluation(build.prediction_set()),
        {"test": build.paired(label, baseline, candidate)},
        build.config(compare={"draws": 99_999}, metrics={"report": ["f1_macro"]}),
    )

    interval = made.rows[0].interval
    assert interval is not None
    assert 999 <= int(interval.method.split()[2].replace(",", "")) < 99_999


def test_compare__margin_of_the_row_is_the_largest() -> None:
    """The row shows the largest margin of its gates."""
    gates = [
        {"metric": "accuracy", "fail_if": "worse", "margin": 0.5},
        {"metric": "test/accuracy", "warn_if": "worse"},
    ]
    made = weigh(
        build.evaluation(build.prediction_set()), build.evaluation(build.prediction_set()), build.config(gates=gates)
    )

    assert made.rows[0].margin == 0.5
    assert made.rows[0].verdict is Verdict.EQUIVALENT


def test_compare__positive_label_of_one_side() -> None:
    """Both sides are computed from counts with this change's positive label."""
    label, baseline, candidate = build.simulated(3, rows=500, classes=2, right=(0.7, 0.8))
    made = compare(
        build.evaluation(build.prediction_set(positive="c000")),
        build.evaluation(build.prediction_set(positive="c001")),
        {"test": build.paired(label, baseline, candidate)},
        Config(),
    )
    hits = sum(y == b == "c000" for y, b in zip(label, baseline, strict=True))
    recall = build.row(made, "recall")

    assert recall.baseline is not None
    assert recall.baseline.value == pytest.approx(hits / label.count("c000"))
    assert any(change.name == "test: positive label" for change in made.changes)


def test_compare__same_name_in_two_files() -> None:
    """Of one name in two files the first is used."""
    metrics = tuple(Metric(name="loss", value=value, file=f"{value}.json") for value in (1.0, 2.0))
    made = compare(build.evaluation(metrics=metrics), None, {}, Config())

    assert [row.candidate.value for row in made.rows] == [1.0]


def test_compare__effective_configuration_is_recorded_elsewhere() -> None:
    """Comparing an Evaluation with itself finds no change and no rule edited."""
    ours = build.evaluation(build.prediction_set(), config=to_json(Config()), parameters={"lr": 0.1})

    assert weigh(ours, ours).changes == ()
    assert weigh(ours, ours).notices == ()


@pytest.mark.parametrize(("rows", "said"), [(4, True), (20, False)])
def test_compare__few_rows_are_said(rows: int, said: bool) -> None:
    """Of four rows that are all fixed the verdict errs in an eighth of the cases: that has a caveat."""
    label = ["a", "b"] * (rows // 2)
    wrong = ["b", "a"] * (rows // 2)
    made = build.compared(build.paired(label, wrong, label))
    caveats = {row.metric: row.caveats for row in made.rows if row.interval is not None}

    assert {"accuracy", "balanced_accuracy"} <= set(caveats)
    assert {any(text.startswith(f"few rows: {rows}") for text in one) for one in caveats.values()} == {said}


def test_compare__looks_lift_no_rule_that_fails_what_is_worse() -> None:
    """Pushing again divides the error of what is demanded; a metric that may not be worse is judged as at first."""
    side = build.evaluation(build.prediction_set())
    joined = {"test": build.paired(LABEL, BASELINE, CANDIDATE)}
    own = look_of(side.predictions["test"])
    tried = Past(seen=tuple(f"{own[:4]}{number:08x}" for number in range(9)))
    settings = build.config(
        gates=[{"metric": "accuracy", "fail_if": "worse"}, {"metric": "f1_macro", "fail_unless": "better"}]
    )

    first, tenth = (compare(side, side, joined, settings, past=past) for past in (Past(), tried))

    assert build.row(first, "accuracy").interval == build.row(tenth, "accuracy").interval
    assert "looks" not in build.row(tenth, "accuracy").adjustment
    demanded = [build.row(made, "f1_macro") for made in (first, tenth)]
    assert demanded[1].adjustment.endswith("error divided by 10 looks of this change")
    widths = [one.interval.high - one.interval.low for one in demanded if one.interval is not None]
    assert widths[1] > 1.2 * widths[0]
