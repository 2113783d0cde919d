"""`steelyard.stats.comparison.sets`: what the report folds away."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.comparison import MixUp
from steelyard.model.counts import FlippedRow
from tests.unit.stats import build, grouped
from tests.unit.stats.rows import of_rows, regression

LABEL = ["a", "a", "a", "b", "b", "c"]
BASELINE = ["a", "a", "b", "b", "a", "c"]
CANDIDATE = ["a", "x", "b", "b", "b", "a"]
FLIP = FlippedRow(id="7", label="b", baseline="a", candidate="b")


def test_confusion__labels_then_stray_predictions() -> None:
    """Rows are labels, columns predictions, on both sides over the same names."""
    confusion = build.compared(build.paired(LABEL, BASELINE, CANDIDATE)).sets[0].confusion

    assert confusion.labels == ("a", "b", "c", "x")
    assert confusion.candidate == ((1, 1, 0, 1), (0, 2, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0))
    assert confusion.baseline == ((2, 1, 0, 0), (1, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0))


def test_confusion__none_beyond_fifty_classes() -> None:
    """A matrix that nobody can read is not kept; fifty are the limit."""
    fifty = [f"{i:02d}" for i in range(50)]
    small = build.compared(build.alone(fifty, fifty)).sets[0].confusion
    large = build.compared(build.alone([*fifty, "50"], [*fifty, "50"])).sets[0].confusion

    assert small.candidate is not None
    assert small.baseline is None
    assert (large.labels, large.candidate) == ((), None)


def test_mix_ups__the_candidates_worst_first() -> None:
    """By the candidate's count, with the baseline's beside it; None where there is no baseline."""
    label = ["a"] * 9 + ["b"]
    candidate = ["b"] * 3 + ["c"] * 5 + ["a", "a"]
    baseline = ["b"] * 4 + ["a"] * 5 + ["b"]

    assert build.compared(build.paired(label, baseline, candidate)).sets[0].mix_ups == (
        MixUp(label="a", prediction="c", candidate=5, baseline=0),
        MixUp(label="a", prediction="b", candidate=3, baseline=4),
        MixUp(label="b", prediction="a", candidate=1, baseline=0),
    )
    assert build.compared(build.alone(label, candidate)).sets[0].mix_ups[0].baseline is None


def test_mix_ups__at_most_twenty() -> None:
    """Ties keep the order of the labels."""
    names = [f"{i:02d}" for i in range(30)]
    made = build.compared(build.alone(names, names[1:] + names[:1])).sets[0].mix_ups

    assert [one.label for one in made] == names[:20]


def test_mix_ups__none_where_all_is_right() -> None:
    """A row that is right is no mix-up, however few there are; of a baseline without errors nothing is found."""
    label, wrong = ["a", "b", "c"], ["a", "c", "c"]

    assert build.compared(build.alone(label, label)).sets[0].mix_ups == ()
    assert build.compared(build.paired(label, wrong, label)).sets[0].mix_ups == ()
    assert build.compared(build.paired(label, label, wrong)).sets[0].mix_ups == (
        MixUp(label="b", prediction="c", candidate=1, baseline=0),
    )


@pytest.mark.parametrize("seed", range(5))
def test_mix_ups__of_many_pairs(seed: int) -> None:
    """The first ones of all pairs by count, whatever the ties; where sides are paired, cells share a pair."""
    rng = np.random.default_rng(seed)
    label, baseline, candidate = ([f"c{code}" for code in rng.integers(0, 9, 400)] for _ in range(3))
    wrong = Counter(pair for pair in zip(label, candidate, strict=True) if pair[0] != pair[1])
    expected = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:20]
    for joined in (build.alone(label, candidate), build.paired(label, baseline, candidate)):
        found = build.compared(joined).sets[0].mix_ups
        assert [((one.label, one.prediction), one.candidate) for one in found] == expected


def test_flips__counted_and_sampled() -> None:
    """Rows that one side alone has right; the sample is the engine's."""
    joined = structs.replace(build.paired(LABEL, BASELINE, CANDIDATE), fixed=(FLIP,))
    made = build.compared(joined).sets[0]

    assert (made.rows, made.fixed, made.broken, made.fixed_rows) == (6, 1, 2, (FLIP,))


def test_identical__the_same_prediction_for_every_row() -> None:
    """Not where as many rows are fixed as broken, where a wrong one is wrong in another way, or without a baseline."""
    other = ["a", "b", "b", "b", "b", "a"]
    joined = [build.paired(LABEL, one, CANDIDATE) for one in (CANDIDATE, BASELINE, other)]

    assert [build.compared(one).sets[0].identical for one in joined] == [True, False, False]
    assert not build.compared(build.alone(LABEL, CANDIDATE)).sets[0].identical


def test_notes__stray_predictions_and_what_was_collected() -> None:
    """Predictions outside the label set are counted and named, harmlessly; collecting notes are passed on, bounded."""
    stray = ["a", "x\n@team", "b", "b", "b", "a"]
    notes = build.compared(build.paired(LABEL, BASELINE, stray), notes=("n" * 5_000,)).sets[0].notes

    assert notes[0].startswith('1 row predicted as "x\\n@team", which no row has as its label: counted as wrong')
    assert len(notes[1]) <= 501


def test_notes__stray_sets_of_labels() -> None:
    """A set that no row has is named as the tables have it."""
    label, stray = ['["a"]', '["b"]'] * 3, ['["a"]', '["a","b"]'] * 3
    (note,) = build.compared(build.alone(label, stray), kind="multilabel").sets[0].notes

    assert note.startswith('3 rows predicted as `["a","b"]`, which no row has as its set of labels: counted as wrong;')


def test_pairing__only_with_a_baseline() -> None:
    """A candidate alone was brought together with nothing."""
    assert build.compared(build.alone(LABEL, CANDIDATE)).sets[0].pairing is None
    assert build.compared(build.paired(LABEL, BASELINE, CANDIDATE)).sets[0].pairing == build.pairing(6)


def test_rows__without_those_whose_target_changed() -> None:
    """Of numbers, too, a row that has another target than in the baseline is not one that is compared."""
    rng = np.random.default_rng(1)
    joined = of_rows(regression(*rng.normal(size=(3, 40)))).joined
    pairing = build.pairing(50, common_rows=47, changed_labels=7, same_test_set=False)
    (made,) = build.compared(structs.replace(joined, pairing=pairing), kind="regression").sets

    assert made.rows == 40


def test_class_limit_is_said() -> None:
    """More classes than are kept: the set says so."""
    names = [f"{i:03d}" for i in range(501)]
    made = build.compared(build.alone(names, names)).sets[0]

    assert len(made.classes) == 500
    assert "501 classes; the 500 most significant ones are kept." in made.notes


def test_clusters__are_counted() -> None:
    """The rows' clusters are counted, one in two strata once; without a cluster column there are none to count."""
    rows = (LABEL, BASELINE, CANDIDATE)
    joined = grouped.with_groups(build.paired(*rows), rows, cluster=np.array([0, 0, 1, 1, 2, 2]))

    assert build.compared(joined).sets[0].clusters == 3
    joined = grouped.with_groups(
        build.paired(*rows), rows, cluster=np.array([0, 0, 1, 1, 2, 2]), stratum=np.array([0, 1, 0, 1, 0, 1])
    )
    assert build.compared(joined).sets[0].clusters == 3
    assert build.compared(build.paired(*rows)).sets[0].clusters is None


def test_equal_rows__of_weights() -> None:
    """Weighted rows count as (Σw)² / Σw² equal ones, counted or kept one by one; others are not said to be weighted."""
    rows = (LABEL, BASELINE, CANDIDATE)
    joined = grouped.with_groups(build.paired(*rows), rows, weight=np.array([1.0, 1.0, 1.0, 1.0, 1.0, 3.0]))

    assert build.compared(joined).sets[0].equal_rows == pytest.approx(64 / 14)
    assert build.compared(build.paired(*rows)).sets[0].equal_rows is None
