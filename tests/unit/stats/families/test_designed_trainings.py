"""Several trainings on each side: values, intervals that hold the luck of training, and their coverage."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from msgspec import structs
from sklearn import metrics

from steelyard.model.counts import FloatArray, Groups, IntArray, Joined
from steelyard.stats.contrast import Contrast
from steelyard.stats.families.designed import Designed
from steelyard.stats.intervals.design import Design, Sampling
from steelyard.stats.intervals.trainings import over_trainings, with_luck
from steelyard.stats.numbers.contrast import detectable
from tests.unit.stats import build
from tests.unit.stats.trainings import luck_alone, repeated, trained

LEVEL = 0.95


def contrast(joined: Joined, name: str) -> Contrast:
    """One metric over all trainings."""
    data = build.data(joined)
    assert data.sample is not None
    return Designed(data, data.sample).contrasts([name])[name]


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
    assert interval.method == "paired t over 3 and 4 trainings"


def test_where_the_luck_of_training_is_all_the_interval_is_of_the_trainings_alone() -> None:
    """With very many rows nothing else is left."""
    label, ours, theirs = trained(np.random.default_rng(2), rows=200_000, trainings=(4, 5), luck=0.4)
    found = contrast(repeated(label, ours, theirs), "accuracy")
    values = [(side == label[:, None]).mean(axis=0) for side in (ours, theirs)]
    low, high, p_value = luck_alone(*values)
    interval = found.interval(alpha=0.05, level=LEVEL)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=0.01)
    assert found.p_value() == pytest.approx(p_value, rel=0.02)


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


def with_groups(
    joined: Joined,
    rows: tuple[IntArray, IntArray, IntArray],
    *,
    cluster: IntArray | None = None,
    weight: FloatArray | None = None,
) -> Joined:
    """The same rows (label, ours, theirs) with what makes them unequal."""
    repeats = joined.repeats
    assert repeats is not None
    cells = np.column_stack([repeats.label, repeats.candidate, repeats.baseline])
    place = {tuple(cell): index for index, cell in enumerate(cells.tolist())}
    place_of_row = np.array([place[tuple(row)] for row in np.column_stack(rows).tolist()])
    code = np.zeros_like(place_of_row) if cluster is None else cluster
    keys, entry, n = np.unique(np.column_stack([place_of_row, code]), axis=0, return_inverse=True, return_counts=True)
    sums = [
        None if weight is None else np.bincount(entry.ravel(), weight**power).astype(np.float64) for power in (1, 2)
    ]
    groups = Groups(
        cell=keys[:, 0],
        n=n,
        cluster=None if cluster is None else keys[:, 1],
        weight=sums[0],
        weight_squared=sums[1],
    )
    return structs.replace(joined, repeats=structs.replace(repeats, groups=groups), groups=groups)


def test_weighted_values_are_means_of_weighted_values() -> None:
    """Each training's value is scikit-learn's with `sample_weight`; the spread is that of the rows, and of the luck."""
    rng = np.random.default_rng(5)
    label, ours, theirs = trained(rng, rows=400, trainings=(2, 3), luck=0.3, own=0.5)
    weight = rng.uniform(0.2, 2.0, 400)
    joined = with_groups(repeated(label, ours, theirs), (label, ours, theirs), weight=weight)
    found = contrast(joined, "f1_macro")
    expected = np.mean([metrics.f1_score(label, one, average="macro", sample_weight=weight) for one in ours.T])
    assert found.candidate(level=LEVEL).value == pytest.approx(expected)
    hits = [(side == label[:, None]).astype(float) for side in (ours, theirs)]
    values = [np.average(one, axis=0, weights=weight) for one in hits]
    sampling = Sampling.of(Design(weight=weight), entries=400)
    sides = [
        over_trainings(value.tolist(), list((one - value).T), sampling.spread)
        for one, value in zip(hits, values, strict=True)
    ]
    spread = with_luck(sampling.spread(sides[0].psi - sides[1].psi), sides)
    detected = contrast(joined, "accuracy").detectable(alpha=0.05)
    assert detected == pytest.approx(detectable(spread, alpha=0.05), rel=1e-6)


def test_clusters_count_over_several_trainings() -> None:
    """Four clusters are too few whatever the trainings; with thirty, rows that go together widen the interval."""
    rng = np.random.default_rng(6)
    label, ours, theirs = trained(rng, rows=600, trainings=(3, 3), luck=0.05, own=1.0)
    gained = (ours == label[:, None]).mean(axis=1) - (theirs == label[:, None]).mean(axis=1)
    together = np.argsort(np.argsort(gained, kind="stable")) // 20  # rows that gain alike are one cluster
    alone = repeated(label, ours, theirs)
    few = with_groups(alone, (label, ours, theirs), cluster=np.arange(600) % 4)
    many = with_groups(alone, (label, ours, theirs), cluster=together)
    assert contrast(few, "accuracy").unfit == "too few clusters: they count as 4 equal ones, 5 needed"
    plain, wide = (contrast(one, "accuracy").detectable(alpha=0.05) for one in (alone, many))
    assert plain is not None
    assert wide is not None
    assert wide > 1.5 * plain


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
