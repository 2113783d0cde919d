"""`steelyard.stats.comparison.notices`: what the first screen must say."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.config import Config, to_json
from steelyard.model.comparison import GateResult, GateState, Verdict
from steelyard.model.counts import ChangedColumn, FloatArray, Joined, Rows, RowsOfSide
from steelyard.model.evaluation import MISSING_PREDICTION, Training
from steelyard.stats.compare import compare
from steelyard.stats.comparison import notices
from steelyard.stats.gates.group_gates import UNPAIRED
from tests.unit.stats import build
from tests.unit.stats.rows import of_rows, regression

LABEL, BASELINE, CANDIDATE = build.simulated(3, rows=300, classes=2, right=(0.7, 0.8))


def said(**changes: object) -> tuple[str, ...]:
    """Notices of a paired comparison with this pairing."""
    joined = structs.replace(build.paired(LABEL, BASELINE, CANDIDATE), pairing=build.pairing(300, **changes))
    return build.compared(joined).notices


def test_pairing__nothing_to_say() -> None:
    """The same test set by id, the same classes, the same rules: silence."""
    assert said() == ()


def test_pairing__overlap_states_counts() -> None:
    """Partly different test sets: how many rows count, of how many."""
    assert said(same_test_set=False, candidate_rows=400, baseline_rows=350) == (
        "The test sets differ: compared on the 300 rows that both have (this change 400, baseline 350).",
    )


def test_pairing__changed_labels_are_loud() -> None:
    """Labels that changed under the same id are the first thing to know."""
    (notice,) = said(changed_labels=7)

    assert notice.startswith("LABELS CHANGED: 7 rows with another label")


def test_pairing__changed_labels_do_not_count_as_compared() -> None:
    """Of the rows that both sides have, those with another label are left out: the number is that of the others."""
    relabelled, differ = said(same_test_set=False, candidate_rows=400, baseline_rows=350, changed_labels=7)

    assert relabelled.startswith("LABELS CHANGED: 7 rows")
    assert differ == (
        "The test sets differ: compared on the 293 rows that both have with the same label (this change 400, baseline "
        "350)."
    )


def test_pairing__changed_design_is_loud() -> None:
    """Whoever changes what rows weigh, or which belong together, changes the verdict: that is seen at once."""
    columns = (
        ChangedColumn(role="weight", name="w", rows=1),
        ChangedColumn(role="cluster", name="patient", rows=3_000),
        ChangedColumn(role="stratum", name="site", rows=2),
    )

    notices = said(changed_columns=columns)

    assert [notice.partition(" than in the baseline; this change's are used")[0] for notice in notices] == [
        'WEIGHTS CHANGED: 1 row with another weight (column "w")',
        'CLUSTERS CHANGED: 3,000 rows with another cluster (column "patient")',
        'STRATA CHANGED: 2 rows with another stratum (column "site")',
    ]


def test_pairing__rows_that_moved_to_another_slice_are_loud() -> None:
    """Rows that a slice has lost could decide its verdict: that is seen at once."""
    (notice,) = said(changed_columns=(ChangedColumn(role="slice", name="region", rows=4, left_out=True),))

    lost = '4 rows with another value or bin (column "region") than in the baseline'
    assert notice == f"SLICES CHANGED: {lost}, left out of its slices."


@pytest.mark.parametrize("note", ["LEAKAGE: 2 of 3 rows are known", "CLASSES: every row is a class of its own"])
def test_notes__that_are_not_folded_away(note: str) -> None:
    """Of what was noted when predictions were read, what may make all numbers worthless is on the first screen."""
    joined = build.paired(LABEL, BASELINE, CANDIDATE)

    assert build.compared(joined, notes=("something else", note)).notices == (note,)


@pytest.mark.parametrize("several", [False, True])
def test_rows_that_lack_a_prediction_in_the_baseline_are_said(*, several: bool) -> None:
    """What it left out, or counted as wrong, decides its value: it is said as that of this change is."""
    joined = build.paired(LABEL, BASELINE, CANDIDATE)
    names = ("one", "two") if several else ("one",)
    plain = [build.prediction_set(name) for name in names]
    ours, *others = plain
    gone = structs.replace(ours, notes=("MISSING: 2 of 9 rows have no prediction", "something else"))
    sides = (build.evaluation(*plain), build.evaluation(gone, *others), build.evaluation(gone, *others))

    first, kept, both = (
        compare(mine, theirs, dict.fromkeys(names, joined), Config()).notices
        for mine, theirs in (sides[:2], (sides[0], sides[0]), sides[1:])
    )

    of_set = 'Set "one": ' if several else ""
    assert first == (f"{of_set}MISSING in the baseline: 2 of 9 rows have no prediction",)
    assert kept == ()
    assert both == (f"{of_set}MISSING: 2 of 9 rows have no prediction", *first)


def test_pairing__by_position_is_stated() -> None:
    """Pairing without ids is said with its reason."""
    assert said(method="position", reason="no ids") == ("Rows were paired by their position (no ids).",)


@pytest.mark.parametrize("method", ["position", "unpaired"])
def test_pairing__names_the_column_that_may_be_the_id(method: str) -> None:
    """Where rows were not paired by id and a column looks like one, the one sentence about the pairing says it."""
    joined = structs.replace(
        build.paired(LABEL, BASELINE, CANDIDATE), pairing=build.pairing(300, method=method, reason="no ids")
    )
    (notice,) = build.compared(joined, key="position", unread_id="image_id").notices

    assert "(no ids)" in notice
    assert 'If column "image_id" names the rows, `id = "image_id"` in [[predictions]] pairs them, from' in notice
    assert build.compared(build.paired(LABEL, BASELINE, CANDIDATE), unread_id="image_id").notices == ()


def apart(theirs: list[str], **changes: object) -> tuple[tuple[str, ...], Verdict | None]:
    """Notices and accuracy's verdict of two test sets brought together by nothing."""
    joined = build.unpaired((LABEL, CANDIDATE), (theirs, BASELINE[: len(theirs)]), **changes)
    made = build.compared(joined)
    return made.notices, build.row(made, "accuracy").verdict


def test_unpaired__same_test_set_is_conservative() -> None:
    """Only counts were kept: the intervals are wider, the verdict stands."""
    notices, verdict = apart(LABEL, same_test_set=True, reason="the baseline's rows were not kept")

    assert verdict is Verdict.BETTER
    assert notices[0].startswith("Not compared row by row (the baseline's rows were not kept): the intervals are")


def test_unpaired__other_order_of_the_same_labels() -> None:
    """Equally many rows of each label: two samples, said loudly with what the verdict rests on."""
    notices, verdict = apart(LABEL[::-1])

    assert verdict is not Verdict.INCOMPARABLE
    assert "DIFFERENT rows (no ids)" in notices[0]
    assert notices[0].endswith("verdicts hold only if both are random samples of one population.")


def test_unpaired__different_test_sets_are_incomparable() -> None:
    """Certainly other rows: the difference and its interval are shown, no verdict is given."""
    joined = build.unpaired((LABEL, CANDIDATE), (LABEL[:200], BASELINE[:200]))
    made = build.compared(joined)
    row = build.row(made, "accuracy")

    assert row.verdict is Verdict.INCOMPARABLE
    assert row.reason.startswith("different test sets")
    assert row.interval is not None
    assert row.interval.method == "Newcombe hybrid score"
    assert made.notices[0].endswith("no verdict.")
    assert {one.verdict for one in made.sets[0].classes} == {Verdict.INCOMPARABLE}


def test_unseen_classes_are_named() -> None:
    """A class that the baseline has neither as label nor as prediction is named, harmlessly and bounded."""
    new = ["<b>\n" + "x" * 100, *CANDIDATE[1:]]
    (notice,) = build.compared(build.paired(LABEL, BASELINE, new)).notices

    assert notice.startswith('Classes that the baseline never saw: "<b>\\nxxx')
    assert len(notice) < 120


def test_unseen_classes__not_what_is_no_class() -> None:
    """A row without a prediction shows no new class, and a new set of known labels no new label."""
    missing = [MISSING_PREDICTION, *CANDIDATE[1:]]
    label, before, after = ['["a"]', '["b"]'], ['["a"]', '["b"]'], ['["a"]', '["a","b"]']
    sets = build.compared(build.paired(label, before, after), kind="multilabel")
    further = build.compared(build.paired(label, before, ['["a"]', '["b","c"]']), kind="multilabel")

    assert build.compared(build.paired(LABEL, BASELINE, missing)).notices == ()
    assert not [notice for notice in sets.notices if "never saw" in notice]
    assert [notice for notice in further.notices if "never saw" in notice] == [
        'Classes that the baseline never saw: "c".'
    ]


def test_several_sets_are_told_apart() -> None:
    """With more than one prediction set the notices say whose they are."""
    constant = build.paired(["a"] * 50, ["a"] * 50, ["a"] * 50)
    made = build.compared({"one": constant, "two": build.paired(LABEL, BASELINE, CANDIDATE)})

    assert made.notices == ('Set "one": all rows have the label "a": metrics that compare classes are undefined.',)


def test_clusters_are_loud() -> None:
    """Clusters withhold every interval, and the first screen says why."""
    (notice,) = build.compared(build.paired(LABEL, BASELINE, CANDIDATE), cluster="patient").notices

    assert notice.startswith("No intervals and no verdicts: rows are weighted or come in clusters")


def test_unpaired__without_intervals_none_are_spoken_of() -> None:
    """Where every interval is withheld, the notice about the pairing does not say how wide they are."""
    joined = structs.replace(
        build.paired(LABEL, BASELINE, CANDIDATE), pairing=build.pairing(300, method="unpaired", reason="no rows")
    )

    withheld, pairing = build.compared(joined, cluster="patient").notices

    assert withheld.startswith("No intervals")
    assert pairing == "Not compared row by row (no rows)."


def test_missing_set_is_named() -> None:
    """A prediction set that only the baseline has."""
    theirs = build.evaluation(build.prediction_set(), build.prediction_set("gone"))
    made = compare(
        build.evaluation(build.prediction_set()),
        theirs,
        {"test": build.paired(LABEL, BASELINE, CANDIDATE)},
        Config(),
    )

    assert made.notices == ('Prediction sets of the baseline are missing in this change: "gone".',)


def of_configurations(ours: Config, theirs: Config) -> tuple[str, ...]:
    """Notices of two sides that differ in their configuration alone."""
    candidate, baseline = (build.evaluation(config=to_json(one)) for one in (ours, theirs))
    return compare(candidate, baseline, {}, ours).notices


def test_changed_rules_are_named() -> None:
    """A change that edits its own gates is told so, with old and new value; more than five are counted."""
    old = build.config(gates=[{"metric": "accuracy", "fail_if": "worse", "margin": 0.01}])
    new = build.config(gates=[{"metric": "accuracy", "fail_if": "worse", "margin": 0.5}])
    many = build.config(gates=[{"metric": f"m{i}", "min": 0.5} for i in range(7)])

    assert of_configurations(new, old) == (
        "This change edits the rules that it is judged by: gates[accuracy].margin: 0.01 → 0.5.",
    )
    assert "; and " in of_configurations(many, old)[0]
    assert "→ none" in of_configurations(Config(), old)[0]


FIRST = "This change brings the project's first configuration; its keys are in the details."


@pytest.mark.parametrize(
    ("settings", "softer"),
    [
        ({"gates": [{"metric": f"m{i}", "min": 0.5} for i in range(7)]}, ""),
        ({"predictions": [{"path": "p.csv", "slices": ["region"]}], "metrics": {"files": ["m.json"]}}, ""),
        (
            {"gates": [{"metric": "accuracy", "fail_if": "worse", "margin": 0.5}], "compare": {"level": 0.6}},
            " It may soften what is said: gates[accuracy].margin: none → 0.5; compare.level: 0.95 → 0.6.",
        ),
        (
            {"metrics": {"lower_is_better": ["accuracy"]}},
            ' It may soften what is said: metrics.lower_is_better: none → ["accuracy"].',
        ),
    ],
)
def test_first_rules_are_one_line(settings: dict[str, object], softer: str) -> None:
    """A project's first configuration is a sentence, with the keys alone that may say less than its absence did."""
    assert of_configurations(build.config(**settings), Config()) == (f"{FIRST}{softer}",)
    assert of_configurations(build.config(id="a"), Config()) == ()


@pytest.mark.parametrize(("code", "how"), [(1, "exit code 1"), (-9, "killed by SIGKILL")])
def test_failed_training(code: int, how: str) -> None:
    """A failed training ends the comparison; a failed one of the baseline is said."""
    failed = build.evaluation(training=Training(command="python train.py", exit_code=code, duration=1.0, started=""))
    fine = build.evaluation(metrics=build.filed(loss=1.0))

    ours = compare(failed, fine, {}, Config())
    theirs = compare(fine, failed, {}, Config())

    assert ours.rows == ()
    assert ours.notices == (f"This change's training failed ({how}): nothing is compared.",)
    assert theirs.notices == (f"The baseline's training failed ({how}): there is nothing to compare with.",)
    assert [row.reason for row in theirs.rows] == ["new: the baseline does not report it"]


def test_constant__one_class_for_all_rows() -> None:
    """A model that gives one answer is said to, on either side; one that gives two is not."""
    label = ["a", "b", "c"] * 40
    joined = build.paired(label, label, ["b"] * 120)
    assert build.compared(joined).notices == ('This change predicts "b" for all 120 rows.',)
    assert build.compared(build.paired(label, ["c"] * 120, label)).notices[0] == (
        'The baseline predicts "c" for all 120 rows.'
    )
    assert build.compared(build.alone(label, ["b"] * 119 + ["c"])).notices == ()
    nothing = build.compared(build.alone(label, [MISSING_PREDICTION] * 120)).notices
    assert nothing == ("This change has no prediction for all 120 rows.",)


def test_constant__one_set_of_labels_for_all_rows() -> None:
    """A set is written as it is in the report's tables, and cut there: not as a label with quotes of its own."""
    label = ['["a"]', '["a","b"]', "[]"] * 40
    one, none, long = (build.alone(label, [said] * 120) for said in ('["a","b"]', "[]", f'["{"x" * 100}"]'))

    assert build.compared(one, kind="multilabel").notices == ('This change predicts `["a","b"]` for all 120 rows.',)
    assert build.compared(none, kind="multilabel").notices == ("This change predicts `[]` for all 120 rows.",)
    assert f'predicts `["{"x" * 58}…` for all' in build.compared(long, kind="multilabel").notices[0]


def with_targets(target: FloatArray, theirs: FloatArray, ours: FloatArray) -> Joined:
    """Rows of a regression."""
    rows = Rows(label=target, candidate=RowsOfSide(prediction=ours), baseline=RowsOfSide(prediction=theirs))
    joined = build.paired(["a"], ["a"], ["a"])
    return structs.replace(joined, pairing=build.pairing(len(target)), joint=None, rows=rows)


def test_constant__one_number_for_all_rows() -> None:
    """The same of a regression, alone, paired and not."""
    target = np.arange(50.0)
    flat, good = np.full(50, 2.5), target + 1.0
    paired = with_targets(target, flat, good)
    assert build.compared(paired, kind="regression").notices == ("The baseline predicts 2.5 for all 50 rows.",)
    swapped = with_targets(target, good, flat)
    assert build.compared(swapped, kind="regression").notices == ("This change predicts 2.5 for all 50 rows.",)
    below = with_targets(target, good, -flat)
    assert build.compared(below, kind="regression").notices == ("This change predicts −2.5 for all 50 rows.",)
    assert build.compared(with_targets(target, good, good + 1.0), kind="regression").notices == ()
    rows = swapped.rows
    assert rows is not None
    again = structs.replace(rows, candidate=RowsOfSide(prediction=flat, further=(RowsOfSide(prediction=good),)))
    assert build.compared(structs.replace(swapped, rows=again), kind="regression").notices == ()


@pytest.mark.parametrize(
    ("labels", "configured", "loud"),
    [
        (["high", "low", "medium"], None, True),
        (["low", "medium", "high"], ["low", "medium", "high"], False),
        (["1", "2", "3"], None, False),
        (["no", "yes"], None, False),
    ],
)
def test_alphabetical__order_of_weighted_kappa(labels: list[str], configured: list[str] | None, loud: bool) -> None:
    """Distances of words are alphabetical until the configuration says how the labels are ordered."""
    block = {"name": "test", "path": "p.csv"} | ({} if configured is None else {"labels": configured})
    settings = build.config(predictions=[block], metrics={"report": ["cohen_kappa_quadratic"]})
    label = labels * 40
    moved = label[1:30] + label[:1] + label[30:]
    notices = build.compared(build.paired(label, label, moved), settings=settings).notices
    said = [notice for notice in notices if "alphabetical" in notice]
    assert len(said) == loud
    if loud:
        assert said[0] == (
            '"cohen_kappa_quadratic" weighs errors by the distance of the labels in alphabetical order, "high", "low", '
            '"medium": `labels` in [[predictions]] gives another.'
        )


def test_alphabetical__plain_kappa_has_no_order() -> None:
    """Nor has it by scikit-learn's name."""
    label = ["high", "low", "medium"] * 40
    settings = build.config(metrics={"report": ["cohen_kappa", "cohen_kappa_score"]})
    assert build.compared(build.paired(label, label, label), settings=settings).notices == ()


def test_unpaired_slices__a_gate_that_is_skipped_is_said() -> None:
    """Nothing else on the first screen would show it; other rules that are skipped have a word elsewhere."""
    of_slice = GateResult(metric="accuracy", rule="fail if worse", state=GateState.SKIPPED, message=UNPAIRED)
    others = [
        structs.replace(of_slice, message="there is no baseline"),
        structs.replace(of_slice, state=GateState.FAIL),
    ]

    assert notices.of_unpaired_gates(others) == ()
    assert notices.of_unpaired_gates([*others, of_slice, of_slice]) == (
        'Not judged: "accuracy", as a gate asks. Slices are compared row by row, which needs the rows of both sides.',
    )


def test_rows_of_numbers_that_are_not_kept_are_said() -> None:
    """There is no metric then, and a gate on one says why."""
    joined = structs.replace(of_rows(regression(*np.zeros((3, 40)))).joined, rows=None)
    made = build.compared(joined, build.config(gates=[{"metric": "mae", "max": 2.0}]), kind="regression")

    assert made.rows == ()
    assert made.notices[0].startswith("No metric can be computed: rows of numbers are compared one by one")
    assert "`max_file` of [store]" in made.gates[0].message


def test_rows_of_numbers_that_are_not_kept_have_no_intervals_to_speak_of() -> None:
    """That two sides are not compared row by row is said, but not what it means for intervals that are not there."""
    known = of_rows(regression(*np.zeros((2, 40))), regression(*np.zeros((2, 40)))).joined
    joined = structs.replace(
        known, rows=None, baseline_rows=None, pairing=structs.replace(known.pairing, same_test_set=True)
    )
    said = build.compared(joined, kind="regression").notices

    assert any("Not compared row by row" in one for one in said)
    assert not any("interval" in one for one in said)
