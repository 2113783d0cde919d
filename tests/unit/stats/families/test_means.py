"""Regression metrics and measures as a report has them: values, intervals, and what is said of odd rows."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.families.means import Means
from steelyard.stats.intervals import tango
from steelyard.stats.numbers import measures
from steelyard.stats.numbers import regression as regression_metrics
from steelyard.stats.wording import NO_RARER_UNITS
from tests.unit.stats.build import config
from tests.unit.stats.rows import measured, of_rows, regression


def contrast(data: SetData, name: str) -> Contrast:
    """One metric of a prediction set."""
    return Means(data).contrasts([name])[name]


def models(seed: int, n: int = 400) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Targets, and the predictions of a candidate and a baseline."""
    rng = np.random.default_rng(seed)
    y = 3.0 * rng.normal(size=n)
    return y, y + rng.normal(size=n), y + 1.2 * rng.normal(size=n)


def bounds(found: Contrast, alpha: float = 0.05) -> tuple[float, float]:
    """The interval of the difference."""
    assert found.unfit == ""
    interval = found.interval(alpha=alpha, level=1.0 - alpha)
    assert interval is not None
    return interval.low, interval.high


def test_a_regression_offers_its_metrics_and_the_quantiles_that_are_named() -> None:
    """`pinball_0.9` exists because the configuration mentions it."""
    y, ours, theirs = models(0)
    settings = config(metrics={"report": ["rmse", "test/pinball_0.9", "pinball_2"]})
    family = Means(of_rows(regression(y, ours, theirs), settings=settings))
    assert family.defaults == ("rmse", "mae", "r2")
    assert family.directions["r2"] is True
    assert family.directions["pinball_0.9"] is False
    assert "pinball_2" not in family.directions
    assert set(family.contrasts(tuple(family.directions))) == set(family.directions)


def test_the_difference_of_mean_errors_has_the_paired_t_interval_of_scipy() -> None:
    """MAE is a mean, so that its interval and p-value are those of `ttest_rel` on the rows' errors."""
    y, ours, theirs = models(1)
    found = contrast(of_rows(regression(y, ours, theirs)), "mae")
    expected = scipy.stats.ttest_rel(np.abs(ours - y), np.abs(theirs - y))
    assert bounds(found) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p_value() == pytest.approx(expected.pvalue)
    assert found.candidate(level=0.95).value == pytest.approx(metrics.mean_absolute_error(y, ours))


def test_unpaired_rows_have_welchs_interval() -> None:
    """As statsmodels has it for unequal variances."""
    (y, ours, _), (other, _, theirs) = models(2), models(3, n=300)
    found = contrast(of_rows(regression(y, ours), regression(other, theirs)), "mae")
    compared = CompareMeans(DescrStatsW(np.abs(ours - y)), DescrStatsW(np.abs(theirs - other)))
    assert bounds(found) == pytest.approx(compared.tconfint_diff(usevar="unequal"))


@given(st.integers(0, 2**32), st.sampled_from(["rmse", "r2", "explained_variance", "mse"]))
def test_the_p_value_belongs_to_the_interval(seed: int, name: str) -> None:
    """At an error of exactly the p-value the interval ends at 0."""
    y, ours, theirs = models(seed, n=60)
    found = contrast(of_rows(regression(y, ours, theirs)), name)
    p = found.p_value()
    assert p is not None
    if 1e-6 < p < 0.999:
        low, high = bounds(found, alpha=p)
        assert min(abs(low), abs(high)) == pytest.approx(0.0, abs=1e-9 * (high - low))


@pytest.mark.parametrize("name", ["rmse", "r2"])
def test_the_delta_method_agrees_with_a_plain_bootstrap(name: str) -> None:
    """Standard errors by influence values and by resampling rows are within 10%."""
    y, ours, theirs = models(5, n=500)
    found = contrast(of_rows(regression(y, ours, theirs)), name)
    theirs_is = {"rmse": metrics.root_mean_squared_error, "r2": metrics.r2_score}[name]
    rng = np.random.default_rng(0)
    resampled = rng.integers(500, size=(500, 500))
    drawn = [theirs_is(y[rows], ours[rows]) - theirs_is(y[rows], theirs[rows]) for rows in resampled]
    low, high = bounds(found)
    assert (high - low) / 2 / scipy.stats.t.isf(0.025, 499) == pytest.approx(np.std(drawn), rel=0.1)


def test_the_median_is_drawn_where_rows_are_enough_and_not_weighted() -> None:
    """From 200 rows on; else the value stands without an interval."""
    y, ours, theirs = models(6)
    found = contrast(of_rows(regression(y, ours, theirs)), "median_absolute_error")
    low, high = bounds(found)
    assert low < np.median(np.abs(ours - y)) - np.median(np.abs(theirs - y)) < high
    assert found.p_value() is None
    few = contrast(of_rows(regression(y[:199], ours[:199], theirs[:199])), "median_absolute_error")
    assert few.unfit == "too few rows: 199, 200 needed for a median"
    assert few.interval(alpha=0.05, level=0.95) is None
    weighted = contrast(of_rows(regression(y, ours, theirs, weight=np.arange(1.0, 401.0))), "median_absolute_error")
    assert weighted.unfit.startswith("no interval for a median under weights")
    expected = metrics.median_absolute_error(y, ours, sample_weight=np.arange(1.0, 401.0))
    assert weighted.candidate(level=0.95).value == pytest.approx(expected)


def test_the_largest_error_is_a_value_without_an_interval() -> None:
    """The bootstrap is inconsistent for it."""
    y, ours, theirs = models(7)
    found = contrast(of_rows(regression(y, ours, theirs)), "max_error")
    assert found.candidate(level=0.95).value == metrics.max_error(y, ours)
    assert found.candidate(level=0.95).interval is None
    assert found.interval(alpha=0.05, level=0.95) is None
    assert "a single row decides it" in found.unfit


def test_heavy_tails_and_zero_targets_are_said() -> None:
    """A few rows decide the mean of relative errors where targets are near 0."""
    rng = np.random.default_rng(8)
    y = rng.normal(size=2000)
    y[:3] = 0.0
    ours, theirs = y + rng.normal(size=2000), y + rng.normal(size=2000)
    found = contrast(of_rows(regression(y, ours, theirs)), "mape")
    assert any(text.startswith("heavy tail: 1% of the rows make 100%") for text in found.caveats)
    assert any(text.startswith("some targets are 0") for text in found.caveats)
    assert contrast(of_rows(regression(y, ours, theirs)), "mae").caveats == ()


def test_skewed_errors_of_few_rows_are_said() -> None:
    """Cochran's rule: n below 25 times the squared skewness."""
    rng = np.random.default_rng(9)
    y = np.zeros(60)
    found = contrast(of_rows(regression(y, rng.lognormal(sigma=1.5, size=60), np.ones(60))), "mae")
    assert any(text.startswith("skewed: 60 rows are few") for text in found.caveats)


def test_a_sides_own_error_reaches_further_up_than_down() -> None:
    """Squared errors are skewed, which its interval heeds; that of the difference is the plain t."""
    y, ours, theirs = models(3)
    found = contrast(of_rows(regression(y, ours, theirs)), "mse")
    own = contrast(of_rows(regression(y, ours)), "mse").candidate(level=0.95)
    assert own.interval is not None
    assert own.value is not None
    assert own.interval.method == "skewness-corrected t"
    assert own.interval.high - own.value > 1.05 * (own.value - own.interval.low)
    low, high = bounds(found)
    assert high + low == pytest.approx(2.0 * float(np.mean((ours - y) ** 2 - (theirs - y) ** 2)))


def test_the_corrected_interval_covers_skewed_values() -> None:
    """Simulated: errors of 100 rows, where the plain t covers in 93% and misses above nine times of ten."""
    rng, hits = np.random.default_rng(21), 0
    for _ in range(1_000):
        y, noise = rng.normal(size=100), rng.normal(size=100)
        interval = contrast(of_rows(regression(y, y + noise, None)), "mse").candidate(level=0.95).interval
        assert interval is not None
        hits += interval.low <= 1.0 <= interval.high
    assert hits >= 935


def test_heavy_tails_of_one_side_hide_its_own_interval_beside_a_difference() -> None:
    """The baseline's value keeps its own; the caveats of the row are about the difference."""
    rng = np.random.default_rng(22)
    y = 3.0 * rng.normal(size=1_000)
    ours, theirs = y + rng.standard_t(1.2, size=1_000), y + rng.normal(size=1_000)
    found = contrast(of_rows(regression(y, ours, theirs)), "mae")
    other = found.baseline(level=0.95)
    assert found.candidate(level=0.95).interval is None
    assert other is not None
    assert other.interval is not None


def test_heavy_tails_of_a_side_alone_are_a_caveat() -> None:
    """Without a baseline the row is about the value."""
    rng = np.random.default_rng(22)
    y = 3.0 * rng.normal(size=1_000)
    found = contrast(of_rows(regression(y, y + rng.standard_t(1.2, size=1_000))), "mae")
    assert found.candidate(level=0.95).interval is not None
    (said,) = found.caveats
    assert said.startswith("heavy tail: 1% of the rows make ")


@pytest.mark.parametrize("seed", range(12))
def test_what_only_rounding_tells_apart_is_no_difference(seed: int) -> None:
    """Explained variance does not change with a constant added to all predictions, nor MSE with the side of y."""
    y, _, theirs = models(seed, n=500)
    shifted = contrast(of_rows(regression(y, theirs + 0.1, theirs)), "explained_variance")
    mirrored = contrast(of_rows(regression(y, 2.0 * y - theirs, theirs)), "mse")
    for found in (shifted, mirrored):
        assert found.unfit.startswith("no spread: ")
        assert found.interval(alpha=0.05, level=0.95) is None


@pytest.mark.parametrize("name", ["mse", "rmse", "r2", "explained_variance"])
def test_squared_errors_presume_that_there_are_no_rarer_larger_ones(name: str) -> None:
    """Whatever the sample looks like: alone with that caveat, and beside a difference none."""
    y, ours, theirs = models(23)
    alone = contrast(of_rows(regression(y, ours)), name)
    assert alone.candidate(level=0.95).interval is not None
    assert alone.caveats == regression_metrics.NO_RARER
    both = contrast(of_rows(regression(y, ours, theirs)), name)
    bounds(both)
    assert both.candidate(level=0.95).interval is None
    assert both.caveats == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mse", True), ("rmse", True), ("r2", True), ("explained_variance", True), ("mape", True), ("smape", False),
        ("mae", True), ("pinball_0.9", True), ("median_absolute_error", False), ("max_error", False),
    ],
)  # fmt: skip
def test_a_verdict_that_nothing_is_lost_presumes_no_rarer_errors(name: str, *, said: bool) -> None:
    """Means of errors that nothing bounds; a median is not concerned, nor what is bounded and moves more than that."""
    y, ours, theirs = models(25)
    settings = config(metrics={"report": [name]})
    found = contrast(of_rows(regression(y, ours, theirs), settings=settings), name)
    assert found.presumes == (regression_metrics.NO_RARER if said else ())


def test_a_measure_presumes_that_no_value_is_far_from_the_others() -> None:
    """Nothing is known of a column but the values that it has, unless all of them are 0 and 1."""
    rng = np.random.default_rng(26)
    ours, theirs = rng.normal(size=300), rng.normal(size=300)
    cluster = np.arange(300, dtype=np.int64) // 3
    passed = {"pass": (ours > 0.0).astype(np.float64)}, {"pass": (theirs > 0.0).astype(np.float64)}
    assert contrast(of_rows(measured({"reward": ours}, {"reward": theirs})), "reward").presumes == measures.NO_RARER
    assert contrast(of_rows(measured(*passed)), "pass").presumes == ()
    for name in ("pass", "pass@2"):
        assert contrast(of_rows(measured(*passed, cluster=cluster)), name).presumes == ()


@pytest.mark.parametrize("name", ["pass", "pass@1"])
def test_clusters_that_are_not_seen_may_go_wrong_as_a_whole(name: str) -> None:
    """Of 300 problems with 20 samples each the two models differ in few samples, so that a few problems would show."""
    rng = np.random.default_rng(27)
    cluster = np.repeat(np.arange(300, dtype=np.int64), 20)
    theirs = (rng.random(6_000) < 0.5).astype(np.float64)
    ours = np.where(rng.random(6_000) < 0.01, 1.0 - theirs, theirs)
    rows = measured({"pass": ours}, {"pass": theirs}, cluster=cluster)

    assert contrast(of_rows(rows), name).presumes == NO_RARER_UNITS


def test_few_rows_of_a_side_alone_are_the_reason() -> None:
    """Why its error has no interval."""
    y, ours, _ = models(24, n=99)
    found = contrast(of_rows(regression(y, ours)), "mae")
    assert found.candidate(level=0.95).interval is None
    assert found.unfit == "no interval: 99 rows, 100 needed"


def test_rows_needed_scale_with_the_square_of_the_difference_and_never_use_the_observed_one() -> None:
    """Rows that detect what these rows detect are these rows."""
    y, ours, theirs = models(10)
    found = contrast(of_rows(regression(y, ours, theirs)), "mae")
    detected = found.detectable(alpha=0.05)
    assert detected is not None
    assert found.rows_needed(detected, alpha=0.05) == pytest.approx(400, abs=1)
    # A little less than four times as many: Student's t has more degrees of freedom, too.
    assert found.rows_needed(-detected / 2.0, alpha=0.05) == pytest.approx(1595, abs=1)
    assert found.rows_needed(0.0, alpha=0.05) is None
    shifted = contrast(of_rows(regression(y, ours, theirs)), "mae")
    assert shifted.detectable(alpha=0.05) == detected


@pytest.mark.parametrize("name", ["mae", "median_absolute_error", "max_error"])
def test_rows_without_a_value_are_said_whatever_the_metric(name: str) -> None:
    """Those of a mean, of a median that is drawn, and of a value without an interval."""
    y, ours, theirs = models(11)
    with_holes = ours.copy()
    with_holes[:3] = math.nan
    found = contrast(of_rows(regression(y, with_holes, theirs)), name)
    assert found.caveats[0] == "3 rows without a value on either side are left out"
    assert (found.used, contrast(of_rows(regression(y, ours, theirs)), name).used) == ((397, 397), None)


def test_rows_without_a_value_are_left_out_of_both_sides_and_counted() -> None:
    """NaN on one side takes the row from the other, too."""
    y, ours, theirs = models(11)
    with_holes, more_holes, target = ours.copy(), theirs.copy(), y.copy()
    with_holes[:3], more_holes[2:5], target[399] = math.nan, math.inf, math.nan
    found = contrast(of_rows(regression(target, with_holes, more_holes)), "mae")
    assert found.caveats == ("6 rows without a value on either side are left out",)
    assert found.used == (394, 394)
    assert bounds(found) == bounds(contrast(of_rows(regression(y[5:399], ours[5:399], theirs[5:399])), "mae"))


@pytest.mark.parametrize(
    "name", ["rmse", "mae", "r2", "explained_variance", "mape", "median_absolute_error", "max_error"]
)
@pytest.mark.parametrize(
    ("y", "ours", "theirs"),
    [
        (np.zeros(0), np.zeros(0), np.zeros(0)),
        (np.ones(1), np.ones(1), np.zeros(1)),
        (np.ones(300), np.ones(300), np.ones(300)),
        (np.arange(300.0), np.arange(300.0), np.arange(300.0)),
        (np.arange(300.0), np.full(300, math.nan), np.arange(300.0)),
        (np.full(300, 1e-300), np.zeros(300), np.full(300, 1e-310)),
    ],
    ids=["none", "one", "constant", "perfect", "missing", "tiny"],
)
def test_odd_rows_give_reasons_and_no_interval(name: str, y: FloatArray, ours: FloatArray, theirs: FloatArray) -> None:
    """No rows, one row, constants, nothing but NaN, tiny numbers."""
    for data in (of_rows(regression(y, ours, theirs)), of_rows(regression(y, ours), regression(y, theirs))):
        found = contrast(data, name)
        assert found.unfit or found.undefined
        assert found.interval(alpha=0.05, level=0.95) is None
        assert found.p_value() is None
        for side in (found.candidate(level=0.95), found.baseline(level=0.95)):
            assert side is not None
            assert side.value is None or math.isfinite(side.value)
            assert (side.value is not None) or found.undefined


@pytest.mark.parametrize("name", ["rmse", "mae", "r2", "median_absolute_error"])
def test_differences_on_a_few_rows_are_too_few(name: str) -> None:
    """Nine rows that differ of 300 say little about how often they do."""
    y = np.random.default_rng(19).normal(size=300)
    found = contrast(of_rows(regression(y, np.zeros(300), np.r_[np.zeros(291), np.ones(9)])), name)
    assert found.unfit == "too few disagreements: the two sides differ on 9 rows, 10 needed"
    assert found.interval(alpha=0.05, level=0.95) is None


@pytest.mark.parametrize("name", ["rmse", "mae", "r2", "explained_variance", "mape", "smape", "mse", "max_error"])
@pytest.mark.parametrize("size", [1e155, 1e300, 1.7e308])
def test_huge_numbers_give_finite_values_or_a_reason(name: str, size: float) -> None:
    """Squares that overflow, sums that overflow: neither NaN nor infinity nor a warning."""
    y, ours, theirs = models(20, n=50)
    huge = size * (ours / np.abs(ours).max())
    found = contrast(of_rows(regression(y, huge, theirs)), name)
    side = found.candidate(level=0.95)
    assert (side.value is None) == bool(found.undefined)
    assert side.value is None or math.isfinite(side.value)
    for interval in (side.interval, found.interval(alpha=0.05, level=0.95)):
        assert interval is None or (math.isfinite(interval.low) and math.isfinite(interval.high))
    assert found.p_value() is None or math.isfinite(found.p_value() or 0.0)
    assert found.detectable(alpha=0.05) is None or math.isfinite(found.detectable(alpha=0.05) or 0.0)


def test_alone_it_has_values_with_intervals_and_no_difference() -> None:
    """Without a baseline nothing is compared."""
    y, ours, _ = models(12)
    found = contrast(of_rows(regression(y, ours)), "mae")
    assert found.candidate(level=0.95).interval is not None
    assert found.baseline(level=0.95) is None
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.undefined == ""


def test_withheld_intervals_are_given_nowhere() -> None:
    """What is said of the set holds for each of its metrics."""
    y, ours, theirs = models(13)
    data = of_rows(regression(y, ours, theirs), withheld="rows are copies")
    for found in Means(data).contrasts(("mae", "median_absolute_error", "max_error")).values():
        assert found.unfit == "rows are copies"
        assert found.candidate(level=0.95).interval is None


def test_a_measure_of_0_and_1_has_tangos_interval() -> None:
    """Paired proportions, whose test is McNemar's."""
    rng = np.random.default_rng(14)
    base = rng.random(80) < 0.6
    ours, theirs = np.where(rng.random(80) < 0.2, ~base, base).astype(np.float64), base.astype(np.float64)
    found = contrast(of_rows(measured({"solved": ours}, {"solved": theirs})), "solved")
    fixed, broken = int(((ours == 1) & (theirs == 0)).sum()), int(((ours == 0) & (theirs == 1)).sum())
    low, high = tango.interval(np.array([fixed]), np.array([broken]), np.array([80]), level=0.95)
    assert bounds(found) == (low[0], high[0])
    table = [[0, fixed], [broken, 0]]
    assert found.p_value() == pytest.approx(mcnemar(table, exact=False, correction=False).pvalue)
    assert found.rows_needed(0.1, alpha=0.05) is not None


def test_a_reward_is_a_paired_mean_with_a_caveat_below_a_few_hundred_rows() -> None:
    """And without one at 300."""
    rng = np.random.default_rng(15)
    ours, theirs = rng.normal(size=300), rng.normal(size=300)
    found = contrast(of_rows(measured({"reward": ours}, {"reward": theirs})), "reward")
    assert bounds(found) == pytest.approx(tuple(scipy.stats.ttest_rel(ours, theirs).confidence_interval(0.95)))
    assert found.caveats == ()
    few = contrast(of_rows(measured({"reward": ours[:99]}, {"reward": theirs[:99]})), "reward")
    assert few.caveats == ("few examples: 99 rows; below a few hundred the interval tends to be too narrow",)


def test_directions_of_measures_come_from_their_names() -> None:
    """A name that says nothing has no direction, and so no verdict."""
    values = np.arange(20.0)
    family = Means(of_rows(measured({"reward": values, "latency": values, "judge_tone": values})))
    assert family.directions == {"reward": True, "latency": False, "judge_tone": None}
    assert family.defaults == ("reward", "latency", "judge_tone")


def samples(seed: int, problems: int = 40, each: int = 6) -> tuple[FloatArray, FloatArray, IntArray]:
    """Passes of two models, and the problem of each sample."""
    rng = np.random.default_rng(seed)
    problem = np.repeat(np.arange(problems), each)
    chance = rng.random(problems)[problem]
    ours, theirs = ((rng.random(len(problem)) < chance).astype(np.float64) for _ in range(2))
    return ours, theirs, problem


def test_pass_at_1_is_the_mean_over_problems() -> None:
    """With as many samples of each problem it is the measure's own mean, with the same interval."""
    ours, theirs, problem = samples(16)
    data = of_rows(measured({"pass": ours}, {"pass": theirs}, cluster=problem))
    family = Means(data)
    assert [name for name in family.directions if "@" in name] == ["pass@1", "pass@2", "pass@5"]
    of_rows_, of_problems = family.contrasts(["pass", "pass@1"]).values()
    assert bounds(of_rows_) == pytest.approx(bounds(of_problems))
    assert any(text.startswith("few clusters") for text in of_rows_.caveats)
    assert of_problems.rows_needed(0.1, alpha=0.05) == of_rows_.rows_needed(0.1, alpha=0.05)


def test_pass_at_k_of_problems_in_several_strata_is_that_of_problems_alone() -> None:
    """Samples of each problem in two strata: neither more samples nor a narrower interval, and it is said."""
    ours, theirs, problem = samples(16)
    passes = {"pass": ours}, {"pass": theirs}
    crossed = of_rows(measured(*passes, cluster=problem, stratum=np.arange(len(problem)) % 2))
    alone = of_rows(measured(*passes, cluster=problem))

    assert [name for name in Means(crossed).directions if "@" in name] == ["pass@1", "pass@2", "pass@5"]
    for name in ("pass", "pass@1", "pass@5"):
        assert bounds(contrast(crossed, name)) == bounds(contrast(alone, name))
    *others, said = contrast(crossed, "pass@1").caveats
    assert tuple(others) == contrast(alone, "pass@1").caveats
    assert said.startswith("problems lie in several strata: 2 strata that share some are taken together")


def test_samples_without_a_value_are_counted_as_rows_and_not_as_problems() -> None:
    """A share of rows that passed and pass@k of their problems rest on the same rows, apart or paired."""
    ours, theirs, problem = samples(16)
    ours[:2] = math.nan
    paired = of_rows(measured({"pass": ours}, {"pass": theirs}, cluster=problem))
    alike = of_rows(measured({"pass": ours}, {"pass": theirs}))
    apart = of_rows(measured({"pass": ours}, cluster=problem), measured({"pass": theirs[:-6]}, cluster=problem[:-6]))
    assert [contrast(paired, name).used for name in ("pass", "pass@2")] == [(238, 238), (238, 238)]
    assert contrast(alike, "pass").used == (238, 238)
    assert contrast(apart, "pass@2").used == (238, 234)


def test_a_k_that_is_asked_for_is_offered_where_samples_are_enough() -> None:
    """`pass@4` of 6 samples, not `pass@7`; with two such measures they go by the measure's name."""
    ours, theirs, problem = samples(17)
    settings = config(metrics={"report": ["pass@4", "pass@7"]})
    family = Means(of_rows(measured({"correct": ours}, {"correct": theirs}, cluster=problem), settings=settings))
    assert [name for name in family.directions if "@" in name] == ["pass@1", "pass@2", "pass@4", "pass@5"]
    both = {"pass": ours, "correct": theirs}
    two = Means(of_rows(measured(both, both, cluster=problem)))
    assert "correct@2" in two.directions
    assert "pass@2" in two.directions


def test_one_column_of_measures_may_be_missing_from_the_baseline() -> None:
    """Its value stands, and the reason why there is nothing to compare it with."""
    values = np.random.default_rng(18).normal(size=50)
    data = of_rows(measured({"reward": values}, {"reward": np.full(50, math.nan)}))
    found = contrast(data, "reward")
    assert found.candidate(level=0.95).value == pytest.approx(values.mean())
    assert found.undefined == "the baseline has no values of it"


def test_differences_that_no_number_holds_are_said() -> None:
    """Two sides at opposite ends of what numbers hold have values, a reason, and nothing to warn of."""
    rng = np.random.default_rng(0)
    ours, theirs = rng.random(300), rng.random(300)
    ours[3], theirs[3] = 1e308, -1e308
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = contrast(of_rows(measured({"reward": ours}, {"reward": theirs})), "reward")
        candidate = found.candidate(level=0.95)

    assert candidate.value == pytest.approx(1e308 / 300)
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.unfit == "the differences are too large to compute with"


def test_errors_that_differ_by_rounding_alone_have_no_interval() -> None:
    """All of them are 1; what is left between them is no spread."""
    y = np.random.default_rng(25).normal(size=150)
    for name in ("mae", "mse"):
        found = contrast(of_rows(regression(y, y + 1.0)), name)
        assert found.candidate(level=0.95).interval is None
        assert found.unfit == "no spread: the rows differ by no more than rounding"
        assert found.caveats == ()


def values_have_intervals(found: Contrast) -> list[bool]:
    """Whether the candidate's and the baseline's own values have one."""
    sides = (found.candidate(level=0.95), found.baseline(level=0.95))
    return [side is not None and side.interval is not None for side in sides]


@pytest.mark.parametrize("paired", [True, False])
def test_a_mean_that_few_of_many_clusters_carry_is_refused(paired: bool) -> None:
    """One cluster of 200 that is far out; with a dozen of them there is an interval and a caveat."""
    rng = np.random.default_rng(18)
    cluster = np.repeat(np.arange(200), 5)
    theirs = rng.normal(size=1000)

    def changed(bad: int) -> Contrast:
        ours = theirs + 0.3 * rng.normal(size=1000) - np.where(cluster < bad, 30.0, 0.0)
        if paired:
            return contrast(of_rows(measured({"reward": ours}, {"reward": theirs}, cluster=cluster)), "reward")
        apart = (measured({"reward": one}, cluster=cluster) for one in (ours, theirs))
        return contrast(of_rows(*apart), "reward")

    one, dozen, none = changed(1), changed(12), changed(0)
    assert one.unfit.startswith("too few clusters carry it: they count as 1")
    assert values_have_intervals(one) == [False, False]
    bounds(dozen)
    assert values_have_intervals(dozen) == [True, True]
    assert any(text.startswith("skewed: 200 clusters are few at a skewness of −") for text in dozen.caveats)
    bounds(none)
    assert not any(text.startswith(("skewed", "heavy")) for text in none.caveats)


def test_a_value_that_a_hundredth_of_the_clusters_make_stands_alone() -> None:
    """Without a baseline with a caveat, beside a difference without its interval, as with rows."""
    rng = np.random.default_rng(19)
    cluster = np.repeat(np.arange(400), 5)
    values = rng.normal(size=2000) + np.where(cluster < 4, 50.0, 0.0)
    alone = contrast(of_rows(measured({"reward": values}, cluster=cluster)), "reward")
    assert any(text.startswith("heavy tail: 1% of the clusters make ") for text in alone.caveats)
    assert alone.candidate(level=0.95).interval is not None
    other = values + rng.normal(size=2000)
    beside = contrast(of_rows(measured({"reward": other}, {"reward": values}, cluster=cluster)), "reward")
    assert beside.candidate(level=0.95).interval is None
    bounds(beside)


def test_pass_at_1_is_offered_though_a_problem_has_a_single_sample() -> None:
    """A mean over problems has a value there; pass@2 has not."""
    ours, theirs, problem = samples(20)
    data = of_rows(measured({"passed": ours[5:]}, {"passed": theirs[5:]}, cluster=problem[5:]))
    family = Means(data)
    assert [name for name in family.directions if "@" in name] == ["pass@1"]
    value = family.contrasts(["pass@1"])["pass@1"].candidate(level=0.95).value
    shares = [ours[5:][problem[5:] == one].mean() for one in range(40)]
    assert value == pytest.approx(np.mean(shares))
    single = measured({"passed": ours[::6]}, {"passed": theirs[::6]}, cluster=problem[::6])
    assert "pass@1" not in Means(of_rows(single)).directions


def test_samples_that_differ_and_cancel_out_are_no_disagreement_of_their_problem() -> None:
    """`passed` counts problems as pass@1 does, whatever sample is held against which; of few problems rows count."""
    ours, theirs = np.tile([1.0, 0.0, 0.0], 15), np.tile([0.0, 1.0, 0.0], 15)
    ours[:24:3], theirs[1:24:3] = 1.0, 0.0
    problem = np.repeat(np.arange(15), 3)
    data = of_rows(measured({"passed": ours}, {"passed": theirs}, cluster=problem))
    assert contrast(data, "passed").unfit == "too few clusters: the two sides differ in 8, 10 needed"
    assert contrast(data, "pass@1").unfit == "too few disagreements: the two sides differ on 8 problems, 10 needed"
    few = of_rows(measured({"passed": ours[:27]}, {"passed": theirs[:27]}, cluster=problem[:27]))
    assert contrast(few, "passed").unfit == ""


def test_sums_of_clusters_that_rounding_leaves_are_no_disagreement() -> None:
    """Of 0.1 + 0.2 - 0.3, for instance."""
    cluster = np.repeat(np.arange(20), 3)
    ours, theirs = np.tile([0.1, 0.2, 0.0], 20), np.tile([0.0, 0.0, 0.3], 20)
    found = contrast(of_rows(measured({"reward": ours}, {"reward": theirs}, cluster=cluster)), "reward")
    assert found.unfit == "too few clusters: the two sides differ in 0, 10 needed"


def test_predictions_that_differ_in_few_of_many_clusters_are_refused() -> None:
    """Errors need not cancel out where predictions do: a cluster counts with one row that differs."""
    y, ours, _ = models(21, n=120)
    cluster = np.repeat(np.arange(20), 6)
    moved = np.tile([1.0, -1.0, 0.0, 0.0, 0.0, 0.0], 20)
    found = contrast(of_rows(regression(y, ours, ours + np.where(cluster < 9, moved, 0.0), cluster=cluster)), "mae")
    assert found.unfit == "too few clusters: the two sides differ in 9, 10 needed"
    bounds(contrast(of_rows(regression(y, ours, ours + moved, cluster=cluster)), "mae"))


@pytest.mark.parametrize("size", [1e-320, 1e-155, 1e150, 1e200, 1e307])
@pytest.mark.parametrize("alone", [False, True])
def test_numbers_of_any_size_raise_no_warning(size: float, *, alone: bool) -> None:
    """Every metric and measure of very large or small numbers says what it can, and numpy has nothing to add."""
    settings = config(metrics={"report": ["pinball_0.9"]}, compare={"draws": 999})
    y, ours, theirs = models(28, n=250)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in (None, 7):
            where = slice(None) if n is None else slice(n, n + 1)
            one, two, three = y.copy(), ours.copy(), theirs.copy()
            for values in (one, two, three):
                values[where] *= size
            sides = [two, *([] if alone else [three])]
            for data in (
                of_rows(regression(one, *sides), settings=settings),
                of_rows(measured(*({"reward": side} for side in sides))),
            ):
                family = Means(data)
                for found in family.contrasts(tuple(family.directions)).values():
                    assert all(map(math.isfinite, numbers_of(found)))


def numbers_of(found: Contrast) -> list[float]:
    """All that is printed of a contrast."""
    estimates = [one for one in (found.candidate(level=0.95), found.baseline(level=0.95)) if one is not None]
    intervals = [one.interval for one in estimates]
    said: list[float | None] = [one.value for one in estimates]
    if not found.unfit:
        intervals.append(found.interval(alpha=0.05, level=0.95))
        said += [found.p_value(), found.detectable(alpha=0.05), found.rows_needed(0.01, alpha=0.05)]
    said += [bound for one in intervals if one is not None for bound in (one.low, one.high)]
    return [one for one in said if one is not None]
