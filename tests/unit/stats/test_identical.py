"""`steelyard.stats.identical`: what both sides have the same of, and what gates make of it."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.base import JSON
from steelyard.model.comparison import Comparison, GateState, Verdict
from steelyard.model.counts import ChangedColumn, Joined, Rows, RowsOfSide, ScoreArray, SliceOfRows
from steelyard.stats import identical
from steelyard.stats.contrast import SetData
from steelyard.stats.families.registry import families
from tests.unit.stats import build
from tests.unit.stats.grouped import with_groups
from tests.unit.stats.rows import measured, of_rows, regression
from tests.unit.stats.trainings import repeated, with_further

LABEL, BEFORE, AFTER = build.simulated(5, rows=300, classes=3, right=(0.7, 0.7))
REGION = [("EU", "US")[place % 2] for place in range(len(LABEL))]
NUMBERS = np.random.default_rng(1).normal(size=60)


def judged(joined: Joined, *gates: dict[str, JSON]) -> Comparison:
    """A comparison by these gates."""
    return build.compared(joined, build.config(gates=list(gates)), slices=("region",))


def asked(rule: str, **gate: JSON) -> dict[str, JSON]:
    """A gate that demands this, at a margin that no interval of these rows keeps."""
    return {"metric": "accuracy", "fail_unless": rule, "margin": 0.0001, **gate}


@pytest.mark.parametrize(
    "about",
    [
        {}, {"metric": "f1_macro"}, {"metric": "balanced_accuracy"}, {"metric": "zero_one_loss"},
        {"metric": "recall", "class": "c000"}, {"slice": "region"}, {"slice": "region", "value": "EU"},
    ],
)  # fmt: skip
def test_a_change_of_no_prediction_is_no_worse(about: dict[str, JSON]) -> None:
    """It passes where no loss is allowed, with and without an interval, is still inconclusive, and no `better`."""
    same = build.paired(LABEL, BEFORE, BEFORE, slices={"region": REGION})
    made = judged(same, asked("no_worse", **about), asked("better", **about))

    no_worse, better = made.gates
    assert (no_worse.state, better.state) == (GateState.PASS, GateState.FAIL)
    assert "nothing changed: the predictions that it depends on are identical" in no_worse.message
    assert {row.verdict for row in (*made.rows, *made.sets[0].classes)} == {Verdict.INCONCLUSIVE}


def test_rows_that_are_gone_may_have_changed() -> None:
    """With rows that only one side has, nobody knows that nothing changed: a filter may have left out what it did."""
    same = build.paired(LABEL, BEFORE, BEFORE, slices={"region": REGION})
    for changes in ({"baseline_rows": 400}, {"candidate_rows": 301}, {"changed_labels": 1}):
        pairing = structs.replace(same.pairing, **changes)
        made = judged(structs.replace(same, pairing=pairing), asked("no_worse"), asked("no_worse", slice="region"))

        assert [one.state for one in made.gates] == [GateState.FAIL, GateState.FAIL]
        assert not made.sets[0].identical


def test_rows_that_moved_out_of_a_slice_may_have_changed() -> None:
    """A slice that lost a row is not known to be what it was, and others of the set are."""
    same = build.paired(LABEL, BEFORE, BEFORE, slices={"region": REGION})
    column = ChangedColumn(role="slice", name="region", rows=1, left_out=True)
    pairing = structs.replace(same.pairing, changed_columns=(column,))
    made = judged(structs.replace(same, pairing=pairing), asked("no_worse"), asked("no_worse", slice="region"))

    assert [one.state for one in made.gates] == [GateState.PASS, GateState.FAIL]


def test_few_changed_predictions_must_be_shown_to_be_no_worse() -> None:
    """A single prediction that changed is a change: the rule demands a proof again, but a rule about harm does not."""
    wrong = next(one for one in ("c000", "c001", "c002") if one not in (BEFORE[-1], LABEL[-1]))
    other = [*BEFORE[:-1], wrong]
    made = judged(build.paired(LABEL, BEFORE, other), asked("no_worse"), {"metric": "accuracy", "fail_if": "worse"})

    assert [one.state for one in made.gates] == [GateState.FAIL, GateState.PASS]
    assert made.rows[0].difference == 0.0
    assert {row.identical for row in made.rows} == {""}


def test_groups_whose_predictions_are_identical_need_no_proof() -> None:
    """Of two values of a slice that both must pass, the one that nothing changed in has nothing to show."""
    after = [one if place % 2 == 0 else other for place, (one, other) in enumerate(zip(BEFORE, AFTER, strict=True))]
    joined = build.paired(LABEL, BEFORE, after, slices={"region": REGION})
    of = (asked("no_worse", slice="region", value=value) for value in ("EU", "US"))
    made = judged(joined, *of, asked("no_worse", slice="region"))

    assert [one.state for one in made.gates] == [GateState.PASS, GateState.FAIL, GateState.FAIL]
    assert {row.group: row.identical for row in made.sets[0].slices} == {"EU": "predictions", "US": ""}
    assert identical.of_labels(joined, ["c000"], sets=False) == ("",)
    assert identical.of_labels(build.paired("abb", "abb", "aba"), ["a", "b"], sets=False) == ("predictions", "")
    assert identical.of_labels(build.paired("abb", "abb", "aba"), ["a", "b"], sets=True) == ("", "")


def test_values_without_an_interval_pass_where_nothing_changed() -> None:
    """Too few rows to judge, or clusters: a slice of which no value has an interval passes, and none is better."""
    few = build.paired("ab" * 5, "ab" * 5, "ab" * 5, slices={"region": ["EU", "US"] * 5})
    made = judged(few, asked("no_worse", slice="region"), asked("better", slice="region"))
    clusters = np.arange(len(LABEL), dtype=np.int64) // 3
    grouped = with_groups(build.paired(LABEL, BEFORE, BEFORE), (LABEL, BEFORE, BEFORE), cluster=clusters)
    (of_clusters,) = judged(grouped, asked("no_worse")).gates

    assert [one.state for one in made.gates] == [GateState.PASS, GateState.FAIL]
    assert made.gates[0].message.startswith("all 2 values pass; nothing changed")
    assert judged(grouped).rows[0].interval is None
    assert (of_clusters.state, of_clusters.message[:15]) == (GateState.PASS, "nothing changed")


def test_without_pairs_of_rows_nothing_is_known_to_be_identical() -> None:
    """Equal counts may be of other rows, and without a baseline or a row there is nothing to be equal to."""
    apart = build.unpaired((LABEL, BEFORE), (LABEL, BEFORE), same_test_set=True)

    assert identical.predictions(apart) == identical.predictions(build.alone(LABEL, BEFORE)) == ""
    assert identical.predictions(build.paired([], [], [])) == ""
    assert identical.of_labels(apart, ["c000"], sets=False) == ("",)
    assert [one.state for one in judged(apart, asked("no_worse")).gates] == [GateState.FAIL]


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [([0, 1], [0, 1], True), ([0, 1], [1, 0], False), ([0, 1], [0, 1, 1], False), ([1, 1], [1, 1, 1], True)],
)
def test_several_trainings_are_identical_only_if_all_are(ours: list[int], theirs: list[int], *, same: bool) -> None:
    """Each as its counterpart, or, where a side has more of them, all of them alike."""
    label = np.repeat(np.array([0, 1], np.int64), 20)
    sides = (np.tile(np.array(one, np.int64), (40, 1)) for one in (ours, theirs))
    joined = repeated(label, *sides)

    assert bool(identical.predictions(joined)) is same
    assert identical.of_labels(joined, ["c0"], sets=False) == (("predictions",) if same else ("",))


def of_metric(data: SetData, name: str) -> str:
    """What its family says."""
    return next(family for family in families(data) if name in family.directions).identical(name)


def test_numbers_and_measures() -> None:
    """A regression's metrics are made of its predictions, a measure's of its own values: gaps are alike, too."""
    changed = NUMBERS + np.eye(1, 60)[0]
    gap = np.where(np.arange(60) == 3, np.nan, NUMBERS)
    numbers = regression(NUMBERS, changed, changed.copy())
    scored = measured({"reward": gap, "grade": changed}, {"reward": gap.copy(), "grade": NUMBERS})

    assert [of_metric(of_rows(numbers), name) for name in ("rmse", "median_absolute_error")] == ["predictions"] * 2
    assert of_metric(of_rows(regression(NUMBERS, changed, NUMBERS)), "rmse") == ""
    assert [of_metric(of_rows(scored), name) for name in ("reward", "grade")] == ["values", ""]
    assert identical.values(of_rows(scored).joined, "other") == ""


def test_further_trainings_of_numbers() -> None:
    """The luck of a second training is a change."""
    rows = regression(NUMBERS, NUMBERS, NUMBERS)
    own, other = RowsOfSide(prediction=NUMBERS), RowsOfSide(prediction=NUMBERS + 1.0)
    sides = [with_further(rows, [own], [own]), with_further(rows, [own], [other]), with_further(rows, [own], [own] * 2)]

    assert [identical.predictions(of_rows(one).joined) for one in sides] == ["predictions", "", "predictions"]


def test_slices_of_numbers() -> None:
    """Each value by its own rows."""
    region = SliceOfRows(name="region", values=("EU", "US"), code=np.arange(60, dtype=np.int64) % 2)
    after = NUMBERS + 0.5 * region.code
    rows = structs.replace(regression(NUMBERS, after, NUMBERS), slices=(region,))
    data = of_rows(rows, settings=build.config(gates=[asked("no_worse", metric="rmse", slice="region", value="EU")]))
    made = build.compared(data.joined, data.config, kind="regression", slices=("region",))

    assert {row.group: row.identical for row in made.sets[0].slices} == {"EU": "predictions", "US": ""}
    assert made.gates[0].state is GateState.PASS


def test_scores() -> None:
    """Losses and ranks are made of scores, which may change where no prediction does."""
    scores = np.random.default_rng(2).random((60, 1)).astype(np.float32)
    label = np.arange(60, dtype=np.int64) % 2

    def rows(other: ScoreArray) -> Rows:
        ours, theirs = (RowsOfSide(scores=one) for one in (scores, other))
        return Rows(label=label, classes=("a", "b"), scored=(1,), candidate=ours, baseline=theirs)

    same, moved = (of_rows(rows(other)) for other in (scores.copy(), np.sqrt(scores)))

    assert [of_metric(same, name) for name in ("roc_auc", "log_loss")] == ["scores", "scores"]
    assert [of_metric(moved, name) for name in ("roc_auc", "log_loss")] == ["", ""]
