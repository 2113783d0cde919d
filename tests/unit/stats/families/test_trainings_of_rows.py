"""Several trainings on each side, for what needs single rows: scores, regression errors, measures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from msgspec import structs
from sklearn import metrics as sk

from steelyard.model.comparison import SAME_VALUE
from steelyard.model.counts import FloatArray, IntArray, Rows, RowsOfSide, SliceOfRows
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.families.registry import families
from steelyard.stats.intervals.design import Design, Sampling
from steelyard.stats.intervals.trainings import over_trainings, with_luck
from steelyard.stats.numbers.contrast import detectable
from tests.unit.stats import build, score_tables
from tests.unit.stats import rows as single
from tests.unit.stats.trainings import luck_alone, with_further

LEVEL = 0.95
LUCK = " over 3 and 2 trainings"


def contrast(data: SetData, name: str) -> Contrast:
    """The metric of the family that offers it."""
    family = next(one for one in families(data) if name in one.directions)
    return family.contrasts([name])[name]


def baseline_value(found: Contrast) -> float | None:
    """The baseline's."""
    estimate = found.baseline(level=LEVEL)
    assert estimate is not None
    return estimate.value


def scored(
    rng: np.random.Generator, *, rows: int, trainings: tuple[int, int], luck: float, own: float = 0.6
) -> tuple[IntArray, list[FloatArray], list[FloatArray]]:
    """Labels, and each training's probability of the positive class; no true difference."""
    label = (rng.random(rows) < 0.4).astype(np.int64)
    shared = rng.normal(size=rows)

    def side(times: int) -> list[FloatArray]:
        found: list[FloatArray] = []
        for skill in 1.4 + luck * rng.normal(size=times):
            score = np.sqrt(1.0 - own**2) * shared + own * rng.normal(size=rows) + skill * (label - 0.5)
            found.append((1.0 / (1.0 + np.exp(-1.3 * score))).astype(np.float32).astype(np.float64))
        return found

    return label, side(trainings[0]), side(trainings[1])


def of_scores(label: IntArray, ours: list[FloatArray], theirs: list[FloatArray], **columns: object) -> SetData:
    """A binary set with these probabilities, a training each."""
    rows = score_tables.rows_of(label, ours[0], theirs[0], **columns)
    further = [[RowsOfSide(scores=score_tables.matrix(one)) for one in side[1:]] for side in (ours, theirs)]
    return score_tables.data(with_further(rows, *further))


SCORES: dict[str, Callable[[IntArray, FloatArray], float]] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "log_loss": sk.log_loss,
    "brier_score": sk.brier_score_loss,
}


@pytest.mark.parametrize("name", sorted(SCORES))
def test_values_of_scores_are_means_over_the_trainings(name: str) -> None:
    """Each training's value is scikit-learn's."""
    label, ours, theirs = scored(np.random.default_rng(1), rows=400, trainings=(3, 2), luck=0.3)
    found = contrast(of_scores(label, ours, theirs), name)
    interval = found.interval(alpha=0.05, level=LEVEL)

    expected = [float(np.mean([SCORES[name](label, one) for one in side])) for side in (ours, theirs)]
    assert found.candidate(level=LEVEL).value == pytest.approx(expected[0], abs=1e-6)
    assert baseline_value(found) == pytest.approx(expected[1], abs=1e-6)
    assert found.candidate(level=LEVEL).interval is None  # three trainings do not tell how far their mean is off
    assert interval is not None
    assert interval.method.endswith(LUCK)
    assert interval.low < expected[0] - expected[1] < interval.high


@pytest.mark.parametrize("name", sorted(SCORES))
def test_with_very_many_rows_the_interval_of_scores_is_of_the_trainings_alone(name: str) -> None:
    """Nothing is left but the luck of training."""
    label, ours, theirs = scored(np.random.default_rng(2), rows=60_000, trainings=(4, 5), luck=0.5)
    found = contrast(of_scores(label, ours, theirs), name)
    values = [[SCORES[name](label, one) for one in side] for side in (ours, theirs)]
    low, high, _ = luck_alone(*values)
    interval = found.interval(alpha=0.05, level=LEVEL)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=0.03)
    assert found.rows_needed(0.01, alpha=0.05) is None


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("alone", [True, False])
def test_an_area_without_an_interval_has_no_caveats_of_one(name: str, *, alone: bool) -> None:
    """Of 15 positive rows the interval would be rough, and the trainings say nothing; but there is none."""
    rng = np.random.default_rng(8)
    label = (np.arange(400) < 15).astype(np.int64)
    score = [np.clip(0.3 + 0.4 * label + 0.2 * rng.normal(size=400), 0.01, 0.99)] * 3
    rows = with_further(
        score_tables.rows_of(label, score[0], score[0]),
        *[[RowsOfSide(scores=score_tables.matrix(one)) for one in score[1:]]] * 2,
    )
    found = contrast(score_tables.data(structs.replace(rows, baseline=None) if alone else rows), name)
    assert found.unfit.startswith("no interval: " if alone else "too few disagreements: ")
    assert found.candidate(level=LEVEL).interval is None
    assert found.caveats == ()


def test_top_k_counts_every_training() -> None:
    """The mean of hits over the trainings, with a t interval instead of a score interval."""
    rng = np.random.default_rng(3)
    label = rng.integers(4, size=300)
    sides = [[rng.dirichlet(np.ones(4), 300) + 0.4 * np.eye(4)[label] for _ in range(k)] for k in (3, 2)]
    found = contrast(of_scores(label, sides[0], sides[1]), "top_2_accuracy")
    expected = [np.mean([sk.top_k_accuracy_score(label, one, k=2) for one in side]) for side in sides]
    assert found.candidate(level=LEVEL).value == pytest.approx(expected[0])
    assert baseline_value(found) == pytest.approx(expected[1])
    interval = found.interval(alpha=0.05, level=LEVEL)
    assert interval is not None
    assert interval.method == "paired t" + LUCK


def test_calibration_error_is_a_mean_without_a_test() -> None:
    """Exchanging scores within rows says nothing of the luck of training."""
    label, ours, theirs = scored(np.random.default_rng(4), rows=400, trainings=(3, 2), luck=0.3)
    found = contrast(of_scores(label, ours, theirs), "ece")
    single_value = contrast(of_scores(label, ours[:1], theirs[:1]), "ece").candidate(level=LEVEL).value
    assert found.caveats == ()
    assert found.candidate(level=LEVEL).value is not None
    assert found.candidate(level=LEVEL).value != single_value


@pytest.mark.parametrize("bad", [np.inf, 1.5])
def test_one_bad_training_leaves_no_value(bad: float) -> None:
    """An infinite score, or one that is no probability, in any training of a side is said."""
    label, ours, theirs = scored(np.random.default_rng(5), rows=100, trainings=(3, 2), luck=0.3)
    ours[2][7] = bad
    found = contrast(of_scores(label, ours, theirs), "log_loss")
    assert found.undefined.startswith("undefined")
    assert found.candidate(level=LEVEL).value is None
    assert found.interval(alpha=0.05, level=LEVEL) is None


def regression(
    rng: np.random.Generator, *, rows: int, trainings: tuple[int, int], luck: float
) -> tuple[FloatArray, list[FloatArray], list[FloatArray]]:
    """Targets and each training's predictions; no true difference."""
    target, shared = rng.normal(5.0, 2.0, rows), rng.normal(size=rows)

    def side(times: int) -> list[FloatArray]:
        return [target + s * (0.7 * shared + 0.7 * rng.normal(size=rows)) for s in 1.0 + luck * rng.normal(size=times)]

    return target, side(trainings[0]), side(trainings[1])


def of_targets(target: FloatArray, ours: list[FloatArray], theirs: list[FloatArray], **columns: IntArray) -> SetData:
    """A regression, a training each."""
    rows = structs.replace(single.regression(target, ours[0], theirs[0]), **columns)
    further = [[RowsOfSide(prediction=one) for one in side[1:]] for side in (ours, theirs)]
    return single.of_rows(with_further(rows, *further))


TARGETS: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "mae": sk.mean_absolute_error,
    "rmse": sk.root_mean_squared_error,
    "r2": sk.r2_score,
    "explained_variance": sk.explained_variance_score,
    "median_absolute_error": sk.median_absolute_error,
    "max_error": sk.max_error,
}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_values_of_a_regression_are_means_over_the_trainings(name: str) -> None:
    """Each training's value is scikit-learn's; a median and a maximum have no interval."""
    target, ours, theirs = regression(np.random.default_rng(6), rows=300, trainings=(3, 2), luck=0.1)
    found = contrast(of_targets(target, ours, theirs), name)
    assert found.candidate(level=LEVEL).value == pytest.approx(np.mean([TARGETS[name](target, one) for one in ours]))
    assert baseline_value(found) == pytest.approx(np.mean([TARGETS[name](target, one) for one in theirs]))
    interval = found.interval(alpha=0.05, level=LEVEL)
    if name in {"median_absolute_error", "max_error"}:
        assert interval is None
        assert found.unfit
    else:
        assert interval is not None
        assert interval.method == "paired t" + LUCK


def test_the_spread_of_a_mean_heeds_clusters_and_trainings() -> None:
    """The variance components of the rows' own numbers, by hand, under clusters."""
    rng = np.random.default_rng(7)
    target, ours, theirs = regression(rng, rows=400, trainings=(3, 3), luck=0.2)
    cluster = np.repeat(np.arange(40), 10)
    found = contrast(of_targets(target, ours, theirs, cluster=cluster), "mae")
    errors = [np.abs(np.column_stack(side) - target[:, None]) for side in (ours, theirs)]
    sampling = Sampling.of(Design(cluster=cluster), entries=400)
    sides = [
        over_trainings(one.mean(axis=0).tolist(), list((one - one.mean(axis=0)).T), sampling.spread) for one in errors
    ]
    spread = with_luck(sampling.spread(sides[0].psi - sides[1].psi), sides)
    assert found.detectable(alpha=0.05) == pytest.approx(detectable(spread, alpha=0.05))
    interval = found.interval(alpha=0.05, level=LEVEL)
    assert interval is not None
    assert interval.method == "paired t (clusters by CR2) over 3 and 3 trainings"


def measured(ours: list[FloatArray], theirs: list[FloatArray], cluster: IntArray | None = None) -> Rows:
    """Marks of every training."""
    rows = single.measured({"pass": ours[0]}, {"pass": theirs[0]}, cluster=cluster)
    further = [[RowsOfSide(measures=one[:, None]) for one in side[1:]] for side in (ours, theirs)]
    return with_further(rows, *further)


def test_measures_and_pass_at_k_are_means_over_the_trainings() -> None:
    """Marks of 0 and 1 are no single proportion any more; pass@k is made in each training."""
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(50), 4)
    ability = rng.random(50)[cluster]
    ours, theirs = ([(rng.random(200) < ability).astype(np.float64) for _ in range(k)] for k in (3, 2))
    data = single.of_rows(measured(ours, theirs, cluster))
    plain, at_2 = contrast(data, "pass"), contrast(data, "pass@2")

    def pass_at_2(marks: FloatArray) -> float:
        wrong = 4 - marks.reshape(50, 4).sum(axis=1)
        return float(np.mean(1.0 - wrong * (wrong - 1) / 12.0))

    assert plain.candidate(level=LEVEL).value == pytest.approx(np.mean(ours))
    assert at_2.candidate(level=LEVEL).value == pytest.approx(np.mean([pass_at_2(one) for one in ours]))
    assert baseline_value(at_2) == pytest.approx(np.mean([pass_at_2(one) for one in theirs]))
    for found in (plain, at_2):
        interval = found.interval(alpha=0.05, level=LEVEL)
        assert interval is not None
        assert interval.method.endswith(LUCK)
    independent = contrast(single.of_rows(measured(ours, theirs)), "pass").interval(alpha=0.05, level=LEVEL)
    assert independent is not None
    assert independent.method == "paired t" + LUCK


def test_a_row_that_any_training_lacks_is_left_out_of_all() -> None:
    """Otherwise the trainings would be compared on different rows."""
    rng = np.random.default_rng(9)
    ours, theirs = ([rng.random(100) for _ in range(2)] for _ in range(2))
    ours[1][3] = np.nan
    found = contrast(single.of_rows(measured(ours, theirs)), "pass")
    kept = np.delete(np.array(ours), 3, axis=1)
    assert found.candidate(level=LEVEL).value == pytest.approx(kept.mean())
    assert any(one.startswith("1 row without a value") for one in found.caveats)


def test_trainings_that_are_all_alike_are_said() -> None:
    """Then only the rows' luck is in the interval."""
    target, ours, theirs = regression(np.random.default_rng(10), rows=300, trainings=(1, 1), luck=0.0)
    several = contrast(of_targets(target, ours * 3, theirs * 2), "mae")
    once = contrast(of_targets(target, ours, theirs), "mae")
    intervals = [one.interval(alpha=0.05, level=LEVEL) for one in (several, once)]
    assert SAME_VALUE in several.caveats
    assert intervals[0] is not None
    assert intervals[1] is not None
    assert (intervals[0].low, intervals[0].high) == pytest.approx((intervals[1].low, intervals[1].high))


def test_slices_of_a_regression_are_compared_over_all_trainings() -> None:
    """Each value's row is the mean over the trainings, on exactly its rows."""
    target, ours, theirs = regression(np.random.default_rng(11), rows=400, trainings=(3, 2), luck=0.1)
    code = np.arange(400) % 2
    data = of_targets(target, ours, theirs)
    rows = data.joined.rows
    assert rows is not None
    column = SliceOfRows(name="site", values=("a", "b"), code=code)
    joined = structs.replace(data.joined, rows=structs.replace(rows, slices=(column,)))
    made = build.compared(joined, kind="regression", label_type="float").sets[0]
    assert made.trainings == (3, 2)
    for index, row in enumerate(made.slices):
        inside = code == index
        expected = np.mean([TARGETS["rmse"](target[inside], one[inside]) for one in ours])
        assert row.metric == "rmse"
        assert row.candidate.value == pytest.approx(expected)
        assert row.interval is not None
        assert "over 3 and 2 trainings" in row.interval.method


@pytest.mark.parametrize(("name", "luck"), [("roc_auc", 0.2), ("log_loss", 0.0), ("rmse", 0.05), ("r2", 0.0)])
def test_intervals_cover_the_true_difference(name: str, luck: float) -> None:
    """At least 93.5% of simulated comparisons without a true difference, within Monte Carlo error."""
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(150):
        if name in SCORES:
            found = contrast(of_scores(*scored(rng, rows=200, trainings=(3, 3), luck=luck)), name)
        else:
            found = contrast(of_targets(*regression(rng, rows=200, trainings=(3, 3), luck=luck)), name)
        interval = found.interval(alpha=0.05, level=LEVEL)
        assert interval is not None
        covered += interval.low <= 0.0 <= interval.high
    assert covered / 150 >= 0.935 - 3.0 * np.sqrt(0.935 * 0.065 / 150)
