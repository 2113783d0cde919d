"""Several trainings on each side: values, intervals that hold the luck of training, and their coverage."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from msgspec import structs
from sklearn import metrics

from steelyard.model.counts import Groups, IntArray, Joined, RepeatedCounts
from steelyard.stats.contrast import Contrast
from steelyard.stats.families.repeated import Repeated
from tests.unit.stats import build

LEVEL = 0.95


def repeated(label: IntArray, ours: IntArray, theirs: IntArray, *, classes: int = 2) -> Joined:
    """Counts of rows with `(rows, trainings)` predictions on either side."""
    keys = np.column_stack([label, ours, theirs])
    cells, n = np.unique(keys, axis=0, return_counts=True)
    names = tuple(f"c{code}" for code in range(classes))
    first = build.paired(*([names[code] for code in side] for side in (label, theirs[:, 0], ours[:, 0])))
    k = ours.shape[1]
    repeats = RepeatedCounts(
        classes=names,
        n_labels=classes,
        label=cells[:, 0],
        candidate=cells[:, 1 : 1 + k],
        baseline=cells[:, 1 + k :],
        n=n,
    )
    return structs.replace(first, repeats=repeats)


def contrast(joined: Joined, name: str) -> Contrast:
    """One metric over all trainings."""
    data = build.data(joined)
    assert data.sample is not None
    assert joined.repeats is not None
    return Repeated(data, data.sample, joined.repeats).contrasts([name])[name]


def trained(
    rng: np.random.Generator, *, rows: int, trainings: tuple[int, int], luck: float, own: float = 0.0
) -> tuple[IntArray, IntArray, IntArray]:
    """
    Labels and both sides' predictions; no true difference.

    Rows are hard or easy; a training is better or worse than others by `luck` (on the probit scale), and has rows right
    and wrong by itself where `own` is above 0.
    """
    label = rng.integers(2, size=rows)
    hard = rng.normal(size=rows)
    sides = []
    for k in trainings:
        skill = 1.0 + luck * rng.normal(size=k)
        right = hard[:, None] + own * rng.normal(size=(rows, k)) < skill
        sides.append(np.where(right, label[:, None], 1 - label[:, None]))
    return label, sides[0], sides[1]


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "matthews_corrcoef"])
def test_values_are_means_over_the_trainings(name: str) -> None:
    """Each training's value is scikit-learn's."""
    label, ours, theirs = trained(np.random.default_rng(1), rows=500, trainings=(3, 4), luck=0.3, own=0.5)
    found = contrast(repeated(label, ours, theirs), name)
    of = {
        "accuracy": metrics.accuracy_score,
        "f1_macro": lambda y, p: metrics.f1_score(y, p, average="macro"),
        "matthews_corrcoef": metrics.matthews_corrcoef,
    }[name]
    baseline = found.baseline(level=LEVEL)
    assert baseline is not None
    assert found.candidate(level=LEVEL).value == pytest.approx(np.mean([of(label, one) for one in ours.T]))
    assert baseline.value == pytest.approx(np.mean([of(label, one) for one in theirs.T]))
    interval = found.interval(alpha=0.05, level=LEVEL)
    assert interval is not None
    assert interval.method == "t over 3 and 4 trainings, their luck included"


def test_where_the_luck_of_training_is_all_the_interval_is_welchs_of_the_trainings() -> None:
    """With very many rows nothing else is left."""
    label, ours, theirs = trained(np.random.default_rng(2), rows=200_000, trainings=(4, 5), luck=0.4)
    found = contrast(repeated(label, ours, theirs), "accuracy")
    values = [(side == label[:, None]).mean(axis=0) for side in (ours, theirs)]
    welch = scipy.stats.ttest_ind(*values, equal_var=False)
    interval = found.interval(alpha=0.05, level=LEVEL)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(tuple(welch.confidence_interval(0.95)), rel=0.01)
    assert found.p_value() == pytest.approx(welch.pvalue, rel=0.02)


def test_more_rows_do_not_help_against_the_luck_of_training() -> None:
    """The rows needed for a difference within that luck: no number of them."""
    label, ours, theirs = trained(np.random.default_rng(3), rows=2000, trainings=(3, 3), luck=0.4)
    found = contrast(repeated(label, ours, theirs), "accuracy")
    detected = found.detectable(alpha=0.05)
    assert detected is not None
    assert found.rows_needed(detected, alpha=0.05) == pytest.approx(2000, abs=1)
    assert found.rows_needed(detected / 10.0, alpha=0.05) is None


def test_trainings_that_all_give_the_same_are_said() -> None:
    """Then only the rows' luck is in the interval."""
    label, ours, theirs = trained(np.random.default_rng(4), rows=2000, trainings=(1, 1), luck=0.0, own=0.5)
    found = contrast(repeated(label, np.repeat(ours, 3, axis=1), np.repeat(theirs, 3, axis=1)), "accuracy")
    assert "the luck of training does not show" in found.caveats[0]
    right = (ours == label[:, None])[:, 0] * 1.0 - (theirs == label[:, None])[:, 0]
    interval = found.interval(alpha=0.05, level=LEVEL)
    assert interval is not None
    expected = scipy.stats.t.interval(0.95, 1999, loc=right.mean(), scale=scipy.stats.sem(right))
    assert (interval.low, interval.high) == pytest.approx(expected)


def test_few_disagreements_have_no_interval() -> None:
    """Nine rows on which any training differs."""
    label = np.arange(200) % 2
    side = np.repeat(label[:, None], 3, axis=1)
    ours = side.copy()
    ours[:9, 0] = 1 - ours[:9, 0]
    for name in ("accuracy", "f1_macro"):
        found = contrast(repeated(label, ours, side), name)
        assert found.unfit.startswith("too few disagreements")
        assert found.interval(alpha=0.05, level=LEVEL) is None


def test_clusters_strata_and_weights_withhold_the_interval() -> None:
    """Several trainings are not counted by them."""
    label, ours, theirs = trained(np.random.default_rng(5), rows=500, trainings=(2, 2), luck=0.3)
    joined = repeated(label, ours, theirs)
    groups = Groups(cell=np.zeros(1, np.int64), n=np.ones(1, np.int64), cluster=np.zeros(1, np.int64))
    found = contrast(structs.replace(joined, groups=groups), "accuracy")
    assert found.unfit.startswith("no interval over several trainings")
    assert found.candidate(level=LEVEL).interval is None


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "balanced_accuracy", "matthews_corrcoef", "cohen_kappa"])
@pytest.mark.parametrize("rows", [0, 1, 60])
def test_odd_rows_give_reasons_and_no_interval(name: str, rows: int) -> None:
    """No rows, one row, one label: never NaN, never an exception."""
    label = np.zeros(rows, np.int64)
    for side in (np.zeros((rows, 2), np.int64), np.ones((rows, 2), np.int64)):
        found = contrast(repeated(label, side, side), name)
        assert found.unfit or found.undefined
        assert found.interval(alpha=0.05, level=LEVEL) is None
        value = found.candidate(level=LEVEL).value
        assert value is None or value in {0.0, 1.0}


@pytest.mark.parametrize(
    ("trainings", "luck", "own"),
    [((3, 3), 0.15, 0.5), ((3, 3), 0.0, 1.0), ((2, 2), 0.15, 0.5), ((3, 6), 0.1, 0.7)],
)
def test_intervals_cover_the_true_difference(trainings: tuple[int, int], luck: float, own: float) -> None:
    """At least 93.5% of simulated comparisons without a true difference, within Monte Carlo error."""
    rng = np.random.default_rng(6)
    covered = fit = 0
    for _ in range(200):
        found = contrast(repeated(*trained(rng, rows=300, trainings=trainings, luck=luck, own=own)), "accuracy")
        interval = found.interval(alpha=0.05, level=LEVEL)
        if interval is not None:
            fit += 1
            covered += interval.low <= 0.0 <= interval.high
    assert fit > 150
    assert covered / fit >= 0.935 - 3.0 * np.sqrt(0.935 * 0.065 / fit)
