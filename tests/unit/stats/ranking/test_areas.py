"""`steelyard.stats.ranking.areas`: intervals of areas and precisions, when they are withheld, how often they hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from steelyard.model.comparison import Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.design import Design
from steelyard.stats.numerics import student
from steelyard.stats.ranking import areas
from steelyard.stats.ranking.areas import Binary, binary, several
from steelyard.stats.ranking.guards import ALIKE
from steelyard.stats.scores.scored import ScoredSides
from tests.unit.stats.score_tables import correlated, two_sides

BOTH: list[Binary] = ["roc_auc", "average_precision"]


def models(
    rows: int, positives: int, *, areas: tuple[float, float] = (0.85, 0.75), seed: int = 0, design: Design | None = None
) -> ScoredSides:
    """Two models on the same rows."""
    label, ours, theirs = correlated(
        rows, positives=positives, areas=areas, shared=0.5, rng=np.random.default_rng(seed)
    )
    return two_sides(label, ours, theirs, design=design)


def test_binary__t_interval_and_its_p_value() -> None:
    """The interval ends at zero exactly for the p-value's error, and is what DeLong's error times t gives."""
    found = binary("roc_auc", models(300, 100), draws=999)
    p = found.p_value()
    assert p is not None
    at_p, wider = found.interval(alpha=p, level=0.95), found.interval(alpha=0.05, level=0.95)

    assert at_p is not None
    assert wider is not None
    assert min(abs(at_p.low), abs(at_p.high)) == pytest.approx(0.0, abs=1e-9)
    reach = student.critical(0.95, degrees_of_freedom=found.spread.degrees_of_freedom) * found.spread.standard_error
    assert wider.high - wider.low == pytest.approx(2 * reach)
    assert wider.method == "DeLong"
    assert found.undefined == found.unfit == ""
    detected = found.detectable(alpha=0.05)
    assert detected == pytest.approx(2.80 * found.spread.standard_error, rel=0.01)
    assert found.rows_needed(2 * (detected or 0.0), alpha=0.05) == pytest.approx(78, abs=1)
    assert found.draws() is None


def test_binary__own_interval_stays_inside() -> None:
    """The logit keeps the interval of a value next to 1 below 1."""
    found = binary("roc_auc", models(400, 200, areas=(0.995, 0.9)), draws=999).candidate(level=0.999)

    assert found.value is not None
    assert found.interval is not None
    assert 0.5 < found.interval.low < found.value < found.interval.high < 1.0
    assert found.interval.method == "DeLong, logit"


@pytest.mark.parametrize("name", BOTH)
def test_binary__unpaired_adds_variances(name: Binary) -> None:
    """Two samples: the squared error is the sum of the sides'; the same scores unpaired are known less well."""
    together = models(1500, 600)
    apart = ScoredSides(candidate=together.candidate, baseline=together.baseline, paired=False)
    paired, unpaired = (binary(name, sides, draws=999) for sides in (together, apart))
    assert unpaired.theirs is not None
    assert unpaired.ours.spread is not None
    assert unpaired.theirs.spread is not None
    parts = [side.spread.standard_error for side in (unpaired.ours, unpaired.theirs) if side.spread is not None]

    assert unpaired.spread.standard_error == pytest.approx(math.hypot(*parts))
    assert width(unpaired.interval(alpha=0.05, level=0.95)) > 1.2 * width(paired.interval(alpha=0.05, level=0.95))


def width(interval: Interval | None) -> float:
    """Of an interval that is there."""
    assert interval is not None
    return interval.high - interval.low


def test_binary__unpaired_draws_are_independent() -> None:
    """A model against itself as two samples: the drawn sides differ, so the difference has its full width."""
    side = models(400, 15).candidate
    found = binary("roc_auc", ScoredSides(candidate=side, baseline=side, paired=False), draws=1999)

    assert found.difference_draws is not None
    assert float(found.difference_draws.std()) == pytest.approx(found.spread.standard_error, rel=0.15)


@pytest.mark.parametrize(("positives", "drawn"), [(15, True), (25, False)])
def test_binary__few_of_a_class_are_resampled(positives: int, drawn: bool) -> None:
    """Under 20 of a class: percentiles of the stratified bootstrap, a caveat, and no p-value."""
    found = binary("roc_auc", models(60, positives, seed=1), draws=999)
    interval = found.interval(alpha=0.05, level=0.95)

    assert found.unfit == ""
    assert interval is not None
    assert interval.method.partition(",")[0] == ("stratified bootstrap" if drawn else "DeLong")
    assert (found.p_value() is None) == drawn
    assert any("few rows: 15 rows" in text for text in found.caveats) == drawn


@pytest.mark.parametrize("name", BOTH)
def test_binary__too_few_of_a_class(name: Binary) -> None:
    """9 positives: values, but no interval."""
    found = binary(name, models(200, 9), draws=999)

    assert found.unfit == 'too few rows: 9 rows with the label "b", 10 needed'
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.p_value() is None
    assert found.detectable(alpha=0.05) is None
    assert found.candidate(level=0.95).interval is None
    assert found.candidate(level=0.95).value is not None


@pytest.mark.parametrize("name", BOTH)
def test_binary__average_precision_is_resampled(name: Binary) -> None:
    """The interval of average precision is of draws; where too many rows make it too dear, it rests on the spread."""
    few, many = (binary(name, models(rows, rows // 3), draws=999) for rows in (500, 100_000))
    methods = [one.method for found in (few, many) if (one := found.interval(alpha=0.05, level=0.95)) is not None]

    assert (
        methods
        == {
            "roc_auc": ["DeLong", "DeLong"],
            "average_precision": ["stratified bootstrap, 999 draws", "influence values"],
        }[name]
    )


@pytest.mark.parametrize("name", BOTH)
def test_binary__draws_and_spread_agree(name: Binary) -> None:
    """With many rows percentiles are what the standard error gives."""
    found = binary(name, models(3000, 800), draws=999)
    reach = 1.96 * found.spread.standard_error

    assert width(found.interval(alpha=0.05, level=0.95)) == pytest.approx(2 * reach, rel=0.1)
    assert width(found.candidate(level=0.95).interval) == pytest.approx(
        2 * 1.96 * (found.ours.spread.standard_error if found.ours.spread else 0.0), rel=0.1
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        (np.arange(40), np.arange(40) * 2, "both models rank all rows right"),
        (np.arange(40) % 7, (np.arange(40) % 7) ** 3, ALIKE),
        (np.zeros(40), np.ones(40), ALIKE),
        (np.arange(40) % 7, np.where(np.arange(40) == 25, 6, np.arange(40) % 7), "too few disagreements: they count"),
    ],
)
def test_binary__no_disagreement(ours: FloatArray, theirs: FloatArray, reason: str) -> None:
    """Nothing to tell the models apart: no interval of zero width, but the reason."""
    found = binary("roc_auc", two_sides(np.arange(40) >= 20, ours, theirs), draws=999)

    assert reason in found.unfit
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.p_value() is None


def test_binary__perfect_area_has_no_own_interval() -> None:
    """An area of 1 says nothing of how far off it is."""
    found = binary("roc_auc", two_sides(np.arange(40) >= 20, np.arange(40), np.arange(40)), draws=999)

    assert found.candidate(level=0.95).value == 1.0
    assert found.candidate(level=0.95).interval is None


def test_binary__few_ranked_wrong_is_said() -> None:
    """Areas next to 1 with few positives carry a caveat; moderate ones do not."""
    close, moderate = models(1050, 50, areas=(0.99, 0.97), seed=5), models(1050, 50, areas=(0.8, 0.75))

    assert any("ranked wrong" in text for text in binary("roc_auc", close, draws=999).caveats)
    assert binary("roc_auc", moderate, draws=999).caveats == ()


@pytest.mark.parametrize("name", BOTH)
def test_binary__designs(name: Binary) -> None:
    """Doubling each row as a cluster leaves the error as it was; taking the copies for rows makes it smaller."""
    label, ours, theirs = correlated(300, positives=100, areas=(0.85, 0.75), shared=0.5, rng=np.random.default_rng(0))
    twice = [np.repeat(one, 2) for one in (label, ours, theirs)]
    cluster, equal = Design(cluster=np.repeat(np.arange(300), 2)), Design(weight=np.full(600, 3.0))
    plain = binary(name, two_sides(label, ours, theirs), draws=999)
    clustered = binary(name, two_sides(*twice, design=cluster), draws=999)
    weighted = binary(name, two_sides(*twice, design=equal), draws=999)

    assert clustered.spread.standard_error == pytest.approx(plain.spread.standard_error, rel=0.02)
    assert weighted.spread.standard_error == pytest.approx(plain.spread.standard_error / 2**0.5, rel=0.02)
    assert clustered.method.endswith("(clusters by CR2)")
    assert weighted.method.endswith("(weights)")
    assert clustered.difference_draws is None


def test_binary__few_clusters() -> None:
    """4 clusters: no interval."""
    found = binary("roc_auc", models(400, 200, design=Design(cluster=np.arange(400) % 4)), draws=999)

    assert found.unfit.startswith("too few clusters")
    assert found.candidate(level=0.95).interval is None


def test_binary__strata() -> None:
    """Where strata explain the scores, the error within them is smaller than over all rows."""
    rng = np.random.default_rng(1)
    stratum = np.arange(1000) % 2
    label = rng.random(1000) < np.where(stratum == 1, 0.9, 0.1)
    scores = [(stratum + 0.5 * rng.normal(size=1000) + 0.3 * label).astype(np.float32) for _ in range(2)]
    found = binary("roc_auc", two_sides(label, *scores, design=Design(stratum=stratum)), draws=999)

    assert found.method == "DeLong (strata)"
    assert found.ours.spread is not None
    plain = binary("roc_auc", two_sides(label, *scores), draws=999)
    assert plain.ours.spread is not None
    assert found.ours.spread.standard_error < plain.ours.spread.standard_error


def lost(bad: int, *, elsewhere: float = 0.0, paired: bool = True) -> ScoredSides:
    """600 clusters of 10 rows; in the first ones the change ranks the wrong way, in all others a share moves a bit."""
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(600), 10)
    hit = rng.random(6000) < 0.5
    theirs = rng.normal(size=6000) + 1.5 * hit
    ours = np.where(rng.random(6000) < elsewhere, theirs + 0.5 * rng.normal(size=6000), theirs)
    ours = np.where(cluster < bad, 1.5 - ours, ours)
    sides = two_sides(hit, ours, theirs, design=Design(cluster=cluster))
    return sides if paired else ScoredSides(candidate=sides.candidate, baseline=sides.baseline, paired=False)


@pytest.mark.parametrize("name", BOTH)
def test_binary__sides_that_differ_in_few_clusters(name: Binary) -> None:
    """Nine clusters that differ are too few, as of any metric; the values keep their intervals."""
    found = binary(name, lost(9), draws=999)
    assert found.unfit == "too few clusters: the two sides differ in 9, 10 needed"
    assert found.candidate(level=0.95).interval is not None


@pytest.mark.parametrize("name", BOTH)
def test_binary__few_clusters_carry(name: Binary) -> None:
    """Two clusters that make the difference are no interval, nor of the values; a dozen are one with a caveat."""
    few, dozen = (binary(name, lost(bad, elsewhere=0.02), draws=999) for bad in (2, 12))
    none = binary(name, lost(0, elsewhere=0.5), draws=999)
    assert few.unfit.startswith("too few clusters carry it: they count as ")
    baseline = few.baseline(level=0.95)
    assert baseline is not None
    assert (few.candidate(level=0.95).interval, baseline.interval) == (None, None)
    assert dozen.unfit == ""
    assert dozen.candidate(level=0.95).interval is not None
    assert any(text.startswith(("heavy tail: 1% of the clusters", "skewed: 600 clusters")) for text in dozen.caveats)
    assert (none.unfit, none.caveats) == ("", ())


def test_binary__clusters_of_two_samples_and_of_one() -> None:
    """Unpaired, clusters that are alike within each side have no word; nor have those of a candidate alone."""
    apart = binary("roc_auc", lost(40, paired=False), draws=999)
    assert (apart.unfit, apart.caveats) == ("", ())
    alone = binary("roc_auc", ScoredSides(candidate=lost(0).candidate, baseline=None, paired=False), draws=999)
    assert (alone.unfit, alone.caveats) == ("", ())


def test_several__few_clusters_differ() -> None:
    """Of several classes any score may differ."""
    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(60), 10)
    label = rng.integers(3, size=600)
    theirs = rng.normal(size=(600, 3)) + np.eye(3)[label]
    ours = np.where(cluster[:, None] < 8, theirs[:, [1, 0, 2]], theirs)
    found = several("roc_auc_ovr", two_sides(label, ours, theirs, design=Design(cluster=cluster)))
    assert found.unfit == "too few clusters: the two sides differ in 8, 10 needed"


def test_binary__clusters_in_several_strata() -> None:
    """Strata that split clusters are taken together: the interval is that of clusters alone, and it is said."""
    cluster = np.repeat(np.arange(100), 6)
    crossed, alone = (
        binary("roc_auc", models(600, 200, design=Design(cluster=cluster, stratum=one)), draws=999)
        for one in (np.arange(600) % 3, None)
    )
    assert width(crossed.interval(alpha=0.05, level=0.95)) == width(alone.interval(alpha=0.05, level=0.95))
    assert any("3 strata that share some are taken together" in said for said in crossed.caveats)


@pytest.mark.parametrize("name", BOTH)
def test_binary__alone(name: Binary) -> None:
    """Without a baseline there is a value with its interval, and no difference."""
    sides = ScoredSides(candidate=models(1500, 600).candidate, baseline=None, paired=False)
    few = ScoredSides(candidate=models(200, 80).candidate, baseline=None, paired=False)
    found = binary(name, sides, draws=999)

    lacking = binary(name, few, draws=999)
    assert (lacking.candidate(level=0.95).interval is None) == (name == "average_precision")
    assert (lacking.unfit.partition(": ")[0] == "no interval") == (name == "average_precision")
    assert found.candidate(level=0.95).interval is not None
    assert found.baseline(level=0.95) is None
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.detectable(alpha=0.05) is None
    assert found.unfit == found.undefined == ""


@pytest.mark.parametrize("name", BOTH)
def test_binary__very_many_rows_are_walked(name: Binary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rows are too many to keep anything for each, the walk over sorted scores gives the same intervals."""
    together = models(2000, 700)
    sides = ScoredSides(candidate=together.candidate, baseline=together.baseline, paired=False)
    kept = binary(name, sides, draws=999)
    monkeypatch.setattr(areas, "_HUGE", 1000)
    walked = binary(name, sides, draws=999)

    assert walked.spread.standard_error == pytest.approx(kept.spread.standard_error, rel=1e-9)
    assert walked.candidate(level=0.95).value == pytest.approx(kept.candidate(level=0.95).value)
    ours = width(walked.interval(alpha=0.05, level=0.95))
    assert ours == pytest.approx(width(kept.interval(alpha=0.05, level=0.95)), rel=0.1)


def test_binary__withheld() -> None:
    """Where nothing may have an interval, nothing has one."""
    found = binary("average_precision", models(200, 80), draws=999, withheld="because")

    assert found.unfit == "because"
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.candidate(level=0.95).interval is None
    assert found.candidate(level=0.95).value is not None


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("label", "scores"),
    [([], []), ([1], [0.5]), ([1, 1], [0.5, 0.6]), ([0, 1], [np.nan, 0.5]), ([0, 1, 1], [np.inf, 0.1, 0.2])],
)
def test_binary__undefined(name: Binary, label: list[int], scores: list[float]) -> None:
    """No rows, one row, one class, NaN: no value and the reason, never an exception or a NaN."""
    found = binary(name, two_sides(np.array(label, np.int64), scores, scores), draws=999)
    other = found.baseline(level=0.95)

    assert found.undefined
    assert found.candidate(level=0.95).value is None
    assert other is not None
    assert other.value is None
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.p_value() is None
    assert found.detectable(alpha=0.05) is None
    assert found.rows_needed(0.1, alpha=0.05) is None


@pytest.mark.parametrize("name", ["roc_auc_ovr", "roc_auc_ovo"])
def test_several__paired_interval(name: str) -> None:
    """Several classes: the interval is narrower than that of two samples, and a better model is found."""
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=600)
    common = rng.normal(size=(600, 3))
    ours, theirs = (common + rng.normal(size=(600, 3)) + lift * np.eye(3)[label] for lift in (2.0, 1.0))
    sides = two_sides(label, ours, theirs)
    paired = several(name, sides)
    unpaired = several(name, ScoredSides(candidate=sides.candidate, baseline=sides.baseline, paired=False))
    found = paired.interval(alpha=0.05, level=0.95)

    assert found is not None
    assert found.low > 0
    assert width(unpaired.interval(alpha=0.05, level=0.95)) > width(found)
    assert several(name, two_sides([0, 0, 0], np.eye(3), np.eye(3))).undefined == "undefined: all rows have one label"


@pytest.mark.parametrize(("positives", "areas"), [(50, (0.8, 0.8)), (100, (0.9, 0.8))])
def test_binary__coverage(positives: int, areas: tuple[float, float]) -> None:
    """DeLong's interval of a difference, and the logit one of a value, hold the truth in 92 % to 98 % of 400 sets."""
    held, own = 0, 0
    for seed in range(400):
        found = binary("roc_auc", models(positives * 4, positives, areas=areas, seed=seed), draws=999)
        interval, value = found.interval(alpha=0.05, level=0.95), found.candidate(level=0.95).interval
        assert interval is not None
        assert value is not None
        held += interval.low <= areas[0] - areas[1] <= interval.high
        own += value.low <= areas[0] <= value.high
    low, high = scipy_stats.binom.ppf([0.005, 0.995], 400, 0.95)

    assert low - 2 <= held <= high + 2
    assert low - 2 <= own <= high + 2


def test_binary__null_is_rejected_as_often_as_said() -> None:
    """Two equally good models: p below 0.05 in at most 8 % of 400 sets."""
    p_values = [
        binary("roc_auc", models(200, 60, areas=(0.8, 0.8), seed=seed), draws=999).p_value() for seed in range(400)
    ]

    assert sum(p is not None and p < 0.05 for p in p_values) <= 32


def test_binary__a_bound_near_a_margin_is_computed_from_ten_times_the_draws() -> None:
    """Where another seed could decide otherwise."""
    sides = models(300, 60, areas=(0.9, 0.7))
    far = binary("average_precision", sides, draws=999, margins=(0.0, 0.9)).interval(alpha=0.05, level=0.95)
    assert far is not None
    near = binary("average_precision", sides, draws=999, margins=(0.0, abs(far.low)))
    found = near.interval(alpha=0.05, level=0.95)
    assert found is not None
    assert far.method == "stratified bootstrap, 999 draws"
    assert found.method == "stratified bootstrap, 9,999 draws"
