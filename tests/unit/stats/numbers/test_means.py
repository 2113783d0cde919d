"""`steelyard.stats.numbers.means`: metrics that go with a plain mean find no difference that the mean does not find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.design import Design, Sampling
from steelyard.stats.numbers import regression
from steelyard.stats.numbers.columns import Observed, Sides
from steelyard.stats.numbers.contrast import MeanContrast
from steelyard.stats.numbers.means import compare_means

SQUARED = ("rmse", "r2", "explained_variance")
DESIGNS = ("plain", "weight", "stratum", "cluster", "further")


def prices(rng: np.random.Generator, rows: int, *, spread: float = 1.0) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Skewed targets, and the predictions of two models that are as good as each other: each is off by some 20%."""
    target = np.exp(spread * rng.normal(size=rows))
    shared, *own = rng.normal(size=(3, rows))
    ours, theirs = (target * np.exp(0.2 * (0.6 * shared + 0.8 * one)) for one in own)
    return target, ours, theirs


def design_of(name: str, rng: np.random.Generator, rows: int) -> Design:
    """Rows that are alike, or not."""
    columns: dict[str, Any] = {
        "weight": rng.uniform(0.5, 2.0, rows),
        "stratum": np.arange(rows) % 2,
        "cluster": np.arange(rows) // 2,
    }
    return Design(**{name: columns[name]}) if name in columns else Design()


def compared(name: str, sides: Sides) -> MeanContrast:
    """One metric of these rows."""
    metric = regression.smooth(name)
    assert metric is not None
    sampling = Sampling.of(sides.candidate.design, entries=sides.rows)
    return compare_means(metric, sides, samplings=(sampling,))


def sides_of(target: FloatArray, ours: FloatArray, theirs: FloatArray, design: Design = Design()) -> Sides:  # noqa: B008 - immutable
    """Paired rows."""
    candidate, baseline = (Observed(value=one, target=target, design=design) for one in (ours, theirs))
    return Sides(candidate=candidate, baseline=baseline, paired=True, expected=True)


def with_trainings(sides: Sides, rng: np.random.Generator) -> Sides:
    """Three trainings a side."""
    assert sides.baseline is not None
    made = [
        structs.replace(one, further=tuple(one.value * np.exp(rng.normal(0.0, 0.05)) for _ in range(2)))
        for one in (sides.candidate, sides.baseline)
    ]
    return structs.replace(sides, candidate=made[0], baseline=made[1])


def p_of(contrast: MeanContrast) -> float:
    """Its p-value, which it must have."""
    assert contrast.unfit == ""
    found = contrast.p_value()
    assert found is not None
    return found


@given(st.integers(0, 2**32), st.sampled_from(DESIGNS), st.sampled_from(["rmse", "r2"]))
def test_no_p_value_is_below_that_of_the_mean_square(seed: int, of: str, name: str) -> None:
    """On the same rows R² and RMSE differ exactly where the mean squares do; the interval goes with the p-value."""
    rng = np.random.default_rng(seed)
    sides = sides_of(*prices(rng, 60), design_of(of, rng, 60))
    if of == "further":
        sides = with_trainings(sides, rng)
    of_mean, one = compared("mse", sides), compared(name, sides)

    # Means of several roots and the root of a mean are two things.
    if (of, name) != ("further", "rmse"):
        assert p_of(one) >= p_of(of_mean) * (1.0 - 1e-9)
    p = p_of(one)
    if 1e-6 < p < 0.999:
        interval = one.interval(alpha=p, level=1.0 - p)
        assert interval is not None
        width = interval.high - interval.low
        assert min(abs(interval.low), abs(interval.high)) == pytest.approx(0.0, abs=1e-9 * width)


@given(st.integers(0, 2**32))
def test_explained_variance_goes_with_the_squares_about_the_mean_error(seed: int) -> None:
    """Its p-value is not below that of scipy's paired t test of these squares."""
    target, ours, theirs = prices(np.random.default_rng(seed), 60)
    errors = [one - target for one in (ours, theirs)]
    expected = scipy.stats.ttest_rel(*((one - one.mean()) ** 2 for one in errors)).pvalue

    assert p_of(compared("explained_variance", sides_of(target, ours, theirs))) >= expected * (1.0 - 1e-9)


@pytest.mark.parametrize("name", SQUARED)
@pytest.mark.parametrize("rows", [30, 100])
def test_exchangeable_models_of_a_skewed_target_are_rarely_told_apart(name: str, rows: int) -> None:
    """By the influence values alone 9 to 20% of such verdicts are false."""
    rng = np.random.default_rng(11)
    found = [p_of(compared(name, sides_of(*prices(rng, rows)))) <= 0.05 for _ in range(300)]

    assert np.mean(found) <= 0.05


@pytest.mark.parametrize("name", SQUARED)
def test_a_few_rows_of_the_mean_are_said_of_the_metric(name: str) -> None:
    """One target far out cancels itself in the influence values of R², and is looked at in those of the squares."""
    rng = np.random.default_rng(3)
    target, ours, theirs = prices(rng, 200, spread=0.2)
    target[0], ours[0], theirs[0] = 60.0, 72.0, 50.0

    (said,) = compared(name, sides_of(target, ours, theirs)).caveats
    assert said.startswith("heavy tail: 1% of the rows make 9")


@pytest.mark.parametrize("of", DESIGNS)
@pytest.mark.parametrize("name", SQUARED)
def test_the_plain_mean_differs_by_what_the_metric_differs(name: str, of: str) -> None:
    """The scale is the slope of the secant, whatever the rows' weights; influence values are about their mean."""
    rng = np.random.default_rng(5)
    sides = sides_of(*prices(rng, 50), design_of(of, rng, 50))
    metric = regression.smooth(name)
    assert metric is not None
    assert metric.plain is not None
    assert sides.baseline is not None
    own = [metric.score(one).value or 0.0 for one in (sides.candidate, sides.baseline)]
    plain = [metric.plain(one, sum(own) / 2.0) for one in (sides.candidate, sides.baseline)]
    values = [one.value or 0.0 for one in plain]

    assert values[0] - values[1] == pytest.approx(own[0] - own[1], rel=1e-9)
    for one in plain:
        assert sides.candidate.weight @ one.psi == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", SQUARED)
def test_errors_of_the_same_size_are_no_difference(name: str) -> None:
    """Where the means are equal to the last digit there is an interval about 0."""
    rng = np.random.default_rng(6)
    target, error = rng.normal(size=80), rng.normal(size=80)
    found = compared(name, sides_of(target, target + error, target + error[::-1]))
    interval = found.interval(alpha=0.05, level=0.95)

    assert p_of(found) == pytest.approx(1.0)
    assert interval is not None
    assert interval.low == pytest.approx(-interval.high)


@pytest.mark.parametrize("size", [1e-140, 1e-9, 1e9, 1e150])
@pytest.mark.parametrize("name", SQUARED)
def test_the_unit_of_the_target_does_not_matter(name: str, size: float) -> None:
    """Neither does one whose squares are no numbers."""
    made = prices(np.random.default_rng(7), 60)
    expected = p_of(compared(name, sides_of(*made)))

    target, ours, theirs = (size * one for one in made)
    assert p_of(compared(name, sides_of(target, ours, theirs))) == pytest.approx(expected)


def test_without_pairs_there_is_no_plain_mean() -> None:
    """Each side has its own targets, which decide R², too."""
    rng = np.random.default_rng(8)
    (target, ours, _), (other, _, theirs) = prices(rng, 100), prices(rng, 100)
    candidate, baseline = Observed(value=ours, target=target), Observed(value=theirs, target=other)
    metric = regression.smooth("r2")
    assert metric is not None
    sides = Sides(candidate=candidate, baseline=baseline, paired=False, expected=True)
    samplings = tuple(Sampling.of(Design(), entries=100) for _ in range(2))
    without = structs.replace(metric, plain=None)

    assert compare_means(metric, sides, samplings=samplings).spread == (
        compare_means(without, sides, samplings=samplings).spread
    )


@pytest.mark.parametrize(("rows", "weighted", "said"), [(60, False, True), (200, False, False), (210, True, True)])
@pytest.mark.parametrize("name", ["mse", *SQUARED])
def test_few_squared_errors__are_skewed_whatever_they_look_like(
    name: str, rows: int, weighted: bool, said: bool
) -> None:
    """200 rows are needed, weighted ones counted as what they are worth; of absolute errors, less skewed, 100."""
    quantiles = scipy.stats.norm.ppf((np.arange(rows) + 0.5) / rows)
    rng = np.random.default_rng(1)
    target = rng.normal(size=rows)
    design = Design(weight=rng.uniform(0.2, 2.0, rows)) if weighted else Design()
    ours, theirs = (target + np.clip(scale * rng.permutation(quantiles), -1.2, 1.2) for scale in (1.0, 0.9))
    sides = sides_of(target, ours, theirs, design)

    assert _lacks(200, compared(name, sides).caveats) is said
    assert _lacks(100, compared("mae", sides).caveats) is (rows < 100)


@pytest.mark.parametrize(
    ("name", "fewest"),
    [
        ("mae", 100), ("mse", 200), ("pinball_0.5", 200), ("pinball_0.9", 250), ("pinball_0.01", 2_500), ("mape", 500),
        ("smape", 500),
    ],
)  # fmt: skip
def test_few_errors__each_metric_has_its_usual_skewness(name: str, fewest: int) -> None:
    """Cochran's rule is asked of it, however harmless a sample looks; one row more or less decides."""
    for rows, said in ((fewest - 1, True), (fewest, False)):
        target = np.resize([10.0, 11.0, 12.0], rows)
        ours, theirs = (target + np.resize(turn, rows) for turn in ([1.0, -1.0], [1.1, 1.2, -1.1, -1.2]))
        assert _lacks(fewest, compared(name, sides_of(target, ours, theirs)).caveats) is said


def _lacks(needed: int, caveats: tuple[str, ...], *, what: str = "rows") -> bool:
    return any(text.startswith(f"fewer than {needed:d} {what}") for text in caveats)


def test_few_errors__weighted_rows_count_by_how_skewed_their_mean_is() -> None:
    """Of 400 rows a hundred weigh 4: worth 250 equal ones, but their mean is as skewed as that of 154."""
    target, weight = np.resize([10.0, 11.0, 12.0], 400), np.resize([4.0, 1.0, 1.0, 1.0], 400)
    ours, theirs = (target + np.resize(turn, 400) for turn in ([1.0, -1.0], [1.1, 1.2, -1.1, -1.2]))

    assert compared("mae", sides_of(target, ours, theirs, Design(weight=weight))).caveats == ()
    assert _lacks(200, compared("mse", sides_of(target, ours, theirs, Design(weight=weight))).caveats)


def test_few_errors__of_a_side_alone() -> None:
    """Its value has the caveat where there is no baseline, and no interval beside a difference."""
    target = np.resize([10.0, 11.0, 12.0], 499)
    ours, theirs = (target + np.resize(turn, 499) for turn in ([1.0, -1.0, 0.5], [1.1, 1.2, -1.1, -1.2]))
    both = sides_of(target, ours, theirs)
    alone = structs.replace(both, baseline=None, expected=False)

    assert _lacks(500, compared("smape", alone).caveats)
    assert compared("smape", alone).candidate(level=0.95).interval is not None
    assert compared("smape", both).candidate(level=0.95).interval is None
    assert compared("mae", both).candidate(level=0.95).interval is not None


def test_pinball__a_quantile_that_no_row_is_beyond() -> None:
    """Ten rows must be expected there."""
    rng = np.random.default_rng(3)
    target, ours, theirs = rng.normal(size=(3, 999))
    found = compared("pinball_0.99", sides_of(target, ours, theirs))

    assert found.unfit == "too few rows: 999, 1,000 needed"
    assert found.interval(alpha=0.05, level=0.95) is None
    assert compared("pinball_0.98", sides_of(target, ours, theirs)).interval(alpha=0.05, level=0.95) is not None


@pytest.mark.parametrize(("clusters", "said"), [(120, True), (200, False)])
def test_few_squared_errors__of_clusters(clusters: int, said: bool) -> None:
    """Rows of a cluster may err together: so many of those are needed as of rows."""
    rng = np.random.default_rng(1)
    target = rng.normal(size=clusters * 3)
    ours, theirs = (target + rng.choice([-1.0, 1.0], clusters * 3) * scale for scale in (1.0, 0.9))
    sides = sides_of(
        target, ours, theirs + 0.01 * rng.normal(size=clusters * 3), Design(cluster=np.arange(clusters * 3) // 3)
    )

    assert _lacks(200, compared("mse", sides).caveats, what="clusters") is said
    assert not _lacks(100, compared("mae", sides).caveats, what="clusters")


@pytest.mark.parametrize("name", ["mae", "rmse"])
def test_a_difference_that_is_the_same_in_every_row_has_no_spread(name: str) -> None:
    """What is left of it is rounding, and no skewness is made of that."""
    target = np.random.default_rng(5).normal(size=60)
    found = compared(name, sides_of(target, target + 2.0, target + 1.0))

    assert found.unfit.startswith("no spread: ")
    assert found.caveats == ()
