"""Metrics of confusion matrices under clusters, strata and weights."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from sklearn import metrics

from steelyard.model.comparison import Interval
from steelyard.model.counts import FloatArray, IntArray, Joined
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.families.designed import Designed
from steelyard.stats.intervals.design import Design
from tests.unit.stats import build
from tests.unit.stats.grouped import groups_of, with_groups
from tests.unit.stats.spreads import mean_spread

Rows = tuple[list[str], list[str], list[str]]

THEIRS: dict[str, Callable[..., float]] = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1_macro": lambda y, p, **more: metrics.f1_score(y, p, average="macro", zero_division=0, **more),
    "precision_weighted": lambda y, p, **more: metrics.precision_score(
        y, p, average="weighted", zero_division=0, **more
    ),
    "jaccard_macro": lambda y, p, **more: metrics.jaccard_score(y, p, average="macro", zero_division=0, **more),
    "matthews_corrcoef": metrics.matthews_corrcoef,
    "cohen_kappa": metrics.cohen_kappa_score,
}


def family(joined: Joined) -> Designed:
    """The family of a prediction set."""
    data = build.data(joined)
    assert data.sample is not None
    return Designed(data, data.sample)


def contrast(joined: Joined, name: str) -> Contrast:
    """One metric of a prediction set."""
    return family(joined).contrasts([name])[name]


def clustered(
    seed: int,
    *,
    clusters: int,
    each: int,
    classes: int = 2,
    hang: float = 0.6,
) -> tuple[Rows, IntArray]:
    """
    Labels and predictions (label, baseline, candidate) in clusters, and the cluster of each row.

    With chance `hang` a row is right or wrong with the whole of its cluster, on each side by itself.
    """
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), each)
    label = rng.integers(classes, size=len(cluster))
    sides = []
    for _ in range(2):
        luck = np.where(rng.random(len(cluster)) < hang, rng.random(clusters)[cluster], rng.random(len(cluster)))
        sides.append(np.where(luck < 0.75, label, (label + 1) % classes))
    names = [[f"c{code}" for code in side] for side in (label, *sides)]
    return (names[0], names[1], names[2]), cluster


def bounds(found: Contrast) -> tuple[float, float]:
    """The interval of the difference."""
    assert found.unfit == ""
    interval = found.interval(alpha=0.05, level=0.95)
    assert interval is not None
    return interval.low, interval.high


def values_have_intervals(found: Contrast) -> list[bool]:
    """Whether the candidate's and the baseline's own values have one."""
    sides = (found.candidate(level=0.95), found.baseline(level=0.95))
    return [side is not None and side.interval is not None for side in sides]


@given(st.integers(0, 2**32), st.sampled_from(sorted(THEIRS)))
def test_weighted_values_are_scikit_learns(seed: int, name: str) -> None:
    """Each metric with `sample_weight`, on both sides."""
    rows = build.simulated(seed, rows=60, classes=3, right=(0.6, 0.7))
    weight = np.random.default_rng(seed).uniform(0.1, 3.0, 60)
    found = contrast(with_groups(build.paired(*rows), rows, weight=weight), name)
    for estimate, side in ((found.baseline(level=0.95), rows[1]), (found.candidate(level=0.95), rows[2])):
        assert estimate is not None
        assert estimate.value == pytest.approx(THEIRS[name](rows[0], side, sample_weight=weight))


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "matthews_corrcoef"])
def test_few_clusters_in_several_strata_have_the_t_interval_of_clusters_alone(name: str) -> None:
    """However often a cluster is split by strata, it is one; the row says so."""
    rows, cluster = clustered(3, clusters=40, each=20)
    crossed, alone = (
        contrast(with_groups(build.paired(*rows), rows, cluster=cluster, stratum=one), name)
        for one in (np.arange(len(cluster)) % 4, None)
    )
    assert bounds(crossed) == pytest.approx(bounds(alone), rel=1e-12)
    assert any("4 strata that share some are taken together" in one for one in crossed.caveats)


def test_clusters_are_resampled_where_all_strata_are_one() -> None:
    """Strata that split all clusters are no strata to draw within: the draws are those of clusters alone."""
    rows, cluster = clustered(4, clusters=80, each=20)
    crossed, alone, whole = (
        contrast(with_groups(build.paired(*rows), rows, cluster=cluster, stratum=one), "f1_macro")
        for one in (np.arange(len(cluster)) % 4, None, cluster % 4)
    )
    drawn, again = alone.draws(), crossed.draws()
    assert drawn is not None
    assert again is not None
    assert np.array_equal(again, drawn)
    assert bounds(crossed) == bounds(alone)
    assert whole.draws() is None


@given(st.integers(0, 2**32), st.booleans(), st.booleans(), st.booleans())
def test_accuracy_has_the_spread_of_the_rows_themselves(
    seed: int, by_cluster: bool, by_stratum: bool, weighted: bool
) -> None:
    """Counted by group or row by row: the same standard error, whatever makes rows unequal."""
    rows, cluster = clustered(seed, clusters=24, each=10)
    weight = np.random.default_rng(seed).uniform(0.5, 2.0, len(cluster)) if weighted else None
    design = Design(
        cluster=cluster if by_cluster else None,
        stratum=cluster % 3 if by_stratum or not by_cluster else None,
        weight=weight,
    )
    joined = with_groups(
        build.paired(*rows), rows, cluster=design.cluster, stratum=design.stratum, weight=design.weight
    )
    found = contrast(joined, "accuracy")
    label, theirs, ours = (np.array(one) for one in rows)
    right = (ours == label) * 1.0 - (theirs == label)
    expected = mean_spread(right - np.average(right, weights=weight), design)
    if found.unfit:
        assert found.unfit.startswith("too few")
        return
    assert found.detectable(alpha=0.05) is not None
    low, high = bounds(found)
    assert (low + high) / 2 == pytest.approx(np.average(right, weights=weight))
    p, t = found.p_value(), (low + high) / 2 / expected.standard_error
    assert p is not None
    assert (high - low) / 2 == pytest.approx(_critical(expected.degrees_of_freedom) * expected.standard_error)
    assert (p < 0.05) == (abs(t) > _critical(expected.degrees_of_freedom))


def _critical(degrees_of_freedom: float) -> float:
    from scipy.stats import t

    return float(t.isf(0.025, degrees_of_freedom))


def test_few_clusters_are_inconclusive_and_below_fifty_said() -> None:
    """Four clusters give no interval, twelve one with a caveat."""
    rows, cluster = clustered(1, clusters=4, each=100)
    found = contrast(with_groups(build.paired(*rows), rows, cluster=cluster), "accuracy")
    assert found.unfit == "too few clusters: they count as 4 equal ones, 5 needed"
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.candidate(level=0.95).value is not None
    assert found.candidate(level=0.95).interval is None
    rows, cluster = clustered(2, clusters=12, each=100)
    found = contrast(with_groups(build.paired(*rows), rows, cluster=cluster), "accuracy")
    assert bounds(found)[0] < bounds(found)[1]
    assert found.caveats == ("few clusters: they count as 12 equal ones; the interval leans on their being alike",)


def test_one_giant_cluster_among_many_is_few() -> None:
    """What counts is (Σm)² / Σm², not the number."""
    rows, cluster = clustered(3, clusters=100, each=10)
    giant = np.where(np.arange(1000) < 900, 0, cluster)
    found = contrast(with_groups(build.paired(*rows), rows, cluster=giant), "accuracy")
    assert found.unfit.startswith("too few clusters: they count as 1.23 equal ones")


def test_clusters_widen_the_interval_of_rows_that_hang_together() -> None:
    """Fifty rows a cluster that are mostly right or wrong at once."""
    rows, cluster = clustered(4, clusters=60, each=50, hang=0.8)
    alone = contrast(with_groups(build.paired(*rows), rows, stratum=np.zeros(3000, np.int64)), "accuracy")
    together = contrast(with_groups(build.paired(*rows), rows, cluster=cluster), "accuracy")
    low, high = bounds(alone)
    assert bounds(together)[1] - bounds(together)[0] > 3.0 * (high - low)


@pytest.mark.parametrize("name", ["f1_macro", "balanced_accuracy", "matthews_corrcoef"])
def test_whole_clusters_are_resampled_from_fifty_on(name: str) -> None:
    """Percentiles agree with resampling clusters of rows and calling scikit-learn."""
    rows, cluster = clustered(5, clusters=80, each=12, classes=3)
    found = contrast(with_groups(build.paired(*rows), rows, cluster=cluster), name)
    interval = found.interval(alpha=0.05, level=0.95)
    assert interval is not None
    assert interval.method == "cluster bootstrap percentile, 9,999 draws"
    assert found.p_value() is None
    rng = np.random.default_rng(0)
    label, theirs, ours = (np.array(one).reshape(80, 12) for one in rows)
    drawn = [
        THEIRS[name](label[take].ravel(), ours[take].ravel()) - THEIRS[name](label[take].ravel(), theirs[take].ravel())
        for take in rng.integers(80, size=(400, 80))
    ]
    assert interval.high - interval.low == pytest.approx(
        np.quantile(drawn, 0.975) - np.quantile(drawn, 0.025), rel=0.12
    )
    draws = found.draws()
    assert draws is not None
    detected = found.detectable(alpha=0.05)
    assert detected == pytest.approx(2.83 * np.std(drawn), rel=0.12)


def test_all_metrics_share_the_draws_of_clusters_so_that_they_can_be_judged_together() -> None:
    """Accuracy has a t interval, and draws to calibrate it with."""
    rows, cluster = clustered(6, clusters=60, each=10)
    found = family(with_groups(build.paired(*rows), rows, cluster=cluster)).contrasts(["accuracy", "f1_macro"])
    interval, draws = found["accuracy"].interval(alpha=0.05, level=0.95), found["accuracy"].draws()
    assert interval is not None
    assert interval.method == "paired t (clusters by CR2)"
    assert draws is not None
    assert (interval.low + interval.high) / 2 == pytest.approx(draws.mean(), abs=0.005)
    other = found["f1_macro"].draws()
    assert other is not None
    assert np.corrcoef(draws, other)[0, 1] > 0.9


def test_names_of_clusters_and_the_order_of_cells_change_nothing() -> None:
    """Draws are seeded from what the clusters hold."""
    rows, cluster = clustered(7, clusters=60, each=10)
    first = contrast(with_groups(build.paired(*rows), rows, cluster=cluster), "f1_macro")
    renamed = contrast(with_groups(build.paired(*rows), rows, cluster=59 - cluster), "f1_macro")
    assert bounds(first) == pytest.approx(bounds(renamed), abs=0.004)
    again = contrast(with_groups(build.paired(*rows), rows, cluster=cluster), "f1_macro")
    assert bounds(first) == bounds(again)


def test_weights_and_strata_are_never_drawn() -> None:
    """Other metrics than means have t intervals from influence values there, with enough rows."""
    rows = build.simulated(8, rows=600, classes=3, right=(0.6, 0.7))
    weight = np.random.default_rng(8).uniform(0.5, 2.0, 600)
    joined = with_groups(build.paired(*rows), rows, weight=weight, stratum=np.arange(600) % 4)
    found = contrast(joined, "f1_macro")
    interval = found.interval(alpha=0.05, level=0.95)
    assert interval is not None
    assert interval.method == "paired t (strata, weights)"
    assert found.draws() is None


def test_the_delta_method_needs_fifty_rows_of_each_class() -> None:
    """Thirty of a class are too few without draws, and enough with them."""
    cluster = np.repeat(np.arange(70), 10)
    label = np.array(["c0"] * 700)
    label[::20] = "c1"
    rng = np.random.default_rng(9)
    sides = [np.where(rng.random(700) < 0.6, label, np.where(label == "c0", "c1", "c0")).tolist() for _ in range(2)]
    rare: Rows = (label.tolist(), sides[0], sides[1])
    drawn = contrast(with_groups(build.paired(*rare), rare, cluster=cluster), "balanced_accuracy")
    assert drawn.unfit == ""
    assert drawn.caveats == ("few clusters have a class that it depends on: they count as 35 equal ones",)
    weighted = with_groups(build.paired(*rare), rare, weight=np.ones(700))
    assert contrast(weighted, "balanced_accuracy").unfit == (
        "too few rows: 35 of a class that it depends on, 50 needed"
    )


def test_a_class_that_lies_in_few_clusters_is_refused() -> None:
    """Many clusters, but the positive label is in three of them."""
    cluster = np.repeat(np.arange(80), 20)
    rng = np.random.default_rng(10)
    label = np.where(cluster < 3, "c1", "c0")
    sides = [np.where(rng.random(1600) < 0.6, label, np.where(label == "c0", "c1", "c0")).tolist() for _ in range(2)]
    few: Rows = (label.tolist(), sides[0], sides[1])
    found = contrast(with_groups(build.paired(*few), few, cluster=cluster), "balanced_accuracy")
    assert found.unfit == "too few clusters: those with a class that it depends on count as 3 equal ones, 5 needed"


def test_disagreements_in_few_clusters_are_few() -> None:
    """Forty rows that differ, all in two of sixty clusters."""
    label = ["c0", "c1"] * 600
    cluster = np.repeat(np.arange(60), 20)
    ours = [one if place >= 40 else "c0" for place, one in enumerate(label)]
    theirs = [one if place >= 40 else "c1" for place, one in enumerate(label)]
    rows: Rows = (label, theirs, ours)
    found = contrast(with_groups(build.paired(*rows), rows, cluster=cluster), "accuracy")
    assert found.unfit == "too few clusters: the two sides differ in 2, 10 needed"


def test_unpaired_sides_have_welchs_interval() -> None:
    """Each side with clusters of its own."""
    (label, theirs, _), cluster = clustered(11, clusters=30, each=10)
    (other, _, ours), _ = clustered(12, clusters=30, each=10)
    joined = build.unpaired((other, ours), (label, theirs), same_test_set=True)
    joined = structs.replace(
        joined,
        groups=groups_of(joined.candidate, (other, ours), cluster=cluster),
        baseline_groups=groups_of(joined.baseline, (label, theirs), cluster=cluster),
    )
    found = contrast(joined, "accuracy")
    interval = found.interval(alpha=0.05, level=0.95)
    assert interval is not None
    assert interval.method == "Welch t (clusters by CR2)"
    own, another = found.candidate(level=0.95).interval, found.baseline(level=0.95)
    assert own is not None
    assert another is not None
    assert another.interval is not None
    squares = (own.high - own.low) ** 2 + (another.interval.high - another.interval.low) ** 2
    assert interval.high - interval.low == pytest.approx(math.sqrt(squares), rel=0.03)


@pytest.mark.parametrize("few_here", [True, False])
def test_each_sides_own_rows_decide_on_its_interval(few_here: bool) -> None:
    """24 rows of a class are too few for the delta method, 300 are enough, on whichever side they are."""
    rng = np.random.default_rng(14)

    def side(positive: int) -> tuple[list[str], list[str]]:
        label = np.arange(600) < positive
        predicted = np.where(rng.random(600) < 0.7, label, ~label)
        return [f"c{one:d}" for one in label], [f"c{one:d}" for one in predicted]

    few, many = side(24), side(300)
    ours, theirs = (few, many) if few_here else (many, few)
    joined = build.unpaired(ours, theirs, same_test_set=False)
    weight = np.tile([1.0, 2.0], 300)
    joined = structs.replace(
        joined,
        groups=groups_of(joined.candidate, ours, weight=weight),
        baseline_groups=groups_of(joined.baseline, theirs, weight=weight),
    )
    assert values_have_intervals(contrast(joined, "f1_macro")) == [not few_here, few_here]


def test_alone_it_has_values_with_intervals() -> None:
    """A candidate without a baseline."""
    (label, _, ours), cluster = clustered(13, clusters=60, each=10)
    joined = with_groups(build.alone(label, ours), (label, ours), cluster=cluster)
    for found in family(joined).contrasts(["accuracy", "f1_macro"]).values():
        assert found.candidate(level=0.95).interval is not None
        assert found.baseline(level=0.95) is None
        assert found.undefined == ""


def test_alone_a_value_without_an_interval_says_why() -> None:
    """Three wrong rows are too few for a function of the cells, and for the share that is right."""
    label = ["a", "b"] * 60
    ours = [*label[:117], "a", "b", "a"]
    joined = with_groups(build.alone(label, ours), (label, ours), cluster=np.arange(120) % 30)
    for name, reason in (("accuracy", "too few wrong rows: 3, 10 needed"), ("f1_macro", "too few rows: ")):
        found = contrast(joined, name)
        assert found.candidate(level=0.95).interval is None
        assert found.unfit.startswith(reason)


def test_sets_of_labels_are_counted_by_cluster_too() -> None:
    """Multilabel predictions: values as without clusters, intervals by cluster."""
    rng = np.random.default_rng(14)
    texts = [json.dumps(one, separators=(",", ":")) for one in (["a"], ["b"], ["a", "b"], [])]
    label, theirs, ours = ([texts[code] for code in rng.choice(4, size=900, p=[0.4, 0.3, 0.2, 0.1])] for _ in range(3))
    rows: Rows = (label, theirs, ours)
    joined = with_groups(build.paired(*rows), rows, cluster=np.arange(900) // 15)
    sample = sample_of(joined, positive=None, kind="multilabel")
    data: SetData = build.data(joined, sample=sample)
    for name, found in Designed(data, sample).contrasts(["accuracy", "f1_macro", "hamming_loss"]).items():
        assert bounds(found)[0] < bounds(found)[1], name
    wanted = metrics.f1_score(
        [["a" in json.loads(one), "b" in json.loads(one)] for one in label],
        [["a" in json.loads(one), "b" in json.loads(one)] for one in ours],
        average="macro",
    )
    value = Designed(data, sample).contrasts(["f1_macro"])["f1_macro"].candidate(level=0.95).value
    assert value == pytest.approx(wanted)


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "balanced_accuracy", "matthews_corrcoef", "cohen_kappa"])
@pytest.mark.parametrize(
    "rows",
    [
        ([], [], []),
        (["a"], ["a"], ["a"]),
        (["a"] * 80, ["a"] * 80, ["a"] * 80),
        (["a", "b"] * 40, ["a"] * 80, ["a"] * 80),
        (["a", "b"] * 40, ["c"] * 80, ["d"] * 80),
        (["a", "b"] * 40, ["a", "b"] * 40, ["a", "b"] * 40),
    ],
    ids=["none", "one", "constant", "constant predictions", "stray", "perfect"],
)
def test_odd_rows_give_reasons_and_no_interval(name: str, rows: Rows) -> None:
    """No rows, one row, one label, constant and stray predictions, no mistake: never NaN, never an exception."""
    weight: FloatArray = np.arange(1.0, len(rows[0]) + 1.0)
    cluster = np.arange(len(rows[0])) // 2
    paired = build.paired(*rows)
    for joined in (
        with_groups(paired, rows, cluster=cluster),
        with_groups(paired, rows, weight=weight),
        with_groups(paired, rows, stratum=cluster % 3),
    ):
        found = contrast(joined, name)
        assert found.unfit or found.undefined
        assert found.interval(alpha=0.05, level=0.95) is None
        assert found.p_value() is None
        for side in (found.candidate(level=0.95), found.baseline(level=0.95)):
            assert side is not None
            assert side.value is not None or found.undefined


@pytest.mark.parametrize("weighted", [False, True])
def test_recall_of_a_label_rests_on_the_clusters_of_its_rows(weighted: bool) -> None:
    """A label that lies in 8 of 100 clusters has the standard error, and the degrees of freedom, of these 8."""
    rng = np.random.default_rng(11)
    cluster = np.repeat(np.arange(100), 20)
    label = np.where((cluster < 8) & (rng.random(2000) < 0.6), 1, 0)
    sides = [np.where(rng.random(2000) < 0.75, label, 1 - label) for _ in range(2)]
    names = [["ab"[one] for one in side] for side in (label, *sides)]
    rows = (names[0], names[1], names[2])
    weight = rng.uniform(0.5, 2.0, 2000) if weighted else None
    asked = build.config(metrics={"report": ["recall[b]"]})
    data = build.data(with_groups(build.paired(*rows), rows, cluster=cluster, weight=weight), settings=asked)
    assert data.sample is not None
    found = Designed(data, data.sample, resampled=False).contrasts(["recall[b]"])["recall[b]"]
    inside = label == 1
    own = None if weight is None else weight[inside]
    gained = (sides[1] == label)[inside] * 1.0 - (sides[0] == label)[inside]
    mean = float(np.average(gained, weights=own))
    expected = mean_spread(gained - mean, Design(cluster=cluster[inside], weight=own))
    low, high = bounds(found)
    assert (low + high) / 2 == pytest.approx(mean)
    reach = _critical(expected.degrees_of_freedom) * expected.standard_error
    assert (high - low) / 2 == pytest.approx(reach, rel=1e-5)
    assert len(found.caveats) == 1
    assert found.caveats[0].startswith("few clusters: they count as ")


def test_single_labels_of_sets_in_clusters_are_compared_by_their_rows() -> None:
    """Of multilabel sets, too: a row has a label or not, and gets it or not."""
    rng = np.random.default_rng(12)
    cluster = np.repeat(np.arange(60), 10)
    has = rng.random((600, 2)) < 0.5
    said = [np.where(rng.random((600, 2)) < 0.85, has, ~has) for _ in range(2)]

    def text(table: np.ndarray) -> list[str]:
        return [json.dumps([name for name, there in zip("ab", row, strict=True) if there]) for row in table]

    rows = (text(has), text(said[0]), text(said[1]))
    joined = with_groups(build.paired(*rows), rows, cluster=cluster)
    made = build.compared(joined, None, kind="multilabel", cluster="who").sets[0].classes
    for index, row in enumerate(made):
        inside = has[:, index]
        gained = said[1][inside, index] * 1.0 - said[0][inside, index]
        expected = mean_spread(gained - gained.mean(), Design(cluster=cluster[inside]))
        assert row.interval is not None, row.reason
        assert row.difference == pytest.approx(gained.mean())
        assert row.interval.method == "paired t (clusters by CR2)"
        reach = (row.interval.high - row.interval.low) / 2
        alpha = (1.0 - row.interval.level) / 2
        from scipy.stats import t

        assert reach == pytest.approx(t.isf(alpha, expected.degrees_of_freedom) * expected.standard_error, rel=1e-5)


def test_a_bound_of_resampled_clusters_near_a_margin_is_computed_from_ten_times_the_draws() -> None:
    """Where another seed could decide otherwise."""
    rows, cluster = clustered(13, clusters=80, each=10)
    joined = with_groups(build.paired(*rows), rows, cluster=cluster)

    def interval(margin: float) -> Interval:
        gates = [{"metric": "f1_macro", "fail_if": "worse", "margin": margin}]
        data = build.data(joined, settings=build.config(compare={"draws": 999}, gates=gates))
        assert data.sample is not None
        made = Designed(data, data.sample).contrasts(["f1_macro"])["f1_macro"].interval(alpha=0.05, level=0.95)
        assert made is not None
        return made

    far = interval(0.9)
    assert far.method == "cluster bootstrap percentile, 999 draws"
    assert interval(abs(far.low)).method == "cluster bootstrap percentile, 9,999 draws"


def asked(joined: Joined, name: str) -> Contrast:
    """One metric that the configuration names."""
    data = build.data(joined, settings=build.config(metrics={"report": [name]}))
    assert data.sample is not None
    return Designed(data, data.sample).contrasts([name])[name]


def lumpy(bad: int, *, clusters: int = 400, each: int = 20) -> tuple[Rows, IntArray]:
    """Two models that are right in 90%, on mostly the same rows; in the first `bad` clusters the candidate in 10%."""
    rng = np.random.default_rng(12)
    cluster = np.repeat(np.arange(clusters), each)
    label, luck = rng.integers(2, size=len(cluster)), rng.random(len(cluster))
    again = np.where(rng.random(len(cluster)) < 0.95, luck, rng.random(len(cluster)))
    theirs = np.where(luck < 0.9, label, 1 - label)
    ours = np.where(np.where(cluster < bad, again < 0.1, again < 0.9), label, 1 - label)
    names = [[f"c{code}" for code in side] for side in (label, theirs, ours)]
    return (names[0], names[1], names[2]), cluster


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "recall[c1]"])
def test_a_difference_that_few_of_many_clusters_carry_is_refused(name: str) -> None:
    """Means, resampled metrics and those of one label alike; what few do to a side's value is as uncertain."""
    rows, cluster = lumpy(1)
    found = asked(with_groups(build.paired(*rows), rows, cluster=cluster), name)
    assert found.unfit.startswith("too few clusters carry it: they count as ")
    assert found.unfit.endswith(" equal ones, 5 needed")
    assert found.interval(alpha=0.05, level=0.95) is None
    assert values_have_intervals(found) == [False, False]


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "recall[c1]"])
def test_a_difference_that_some_clusters_carry_has_a_caveat(name: str) -> None:
    """A dozen of 400 clusters carry an interval, which says that it leans on them; clusters that are alike do not."""
    rows, cluster = lumpy(12)
    found = asked(with_groups(build.paired(*rows), rows, cluster=cluster), name)
    bounds(found)
    assert values_have_intervals(found) == [True, True]
    assert any(text.startswith("skewed: 400 clusters are few at a skewness of −") for text in found.caveats)
    alike, cluster = lumpy(0)
    plain = asked(with_groups(build.paired(*alike), alike, cluster=cluster), name)
    bounds(plain)
    assert plain.caveats == ()


def test_two_samples_are_refused_where_one_rests_on_few_clusters() -> None:
    """Unpaired, each side's own clusters are looked at; a value alone keeps its interval, with the caveat."""
    (label, _, ours), cluster = lumpy(1, clusters=100, each=60)
    (other, theirs, _), elsewhere = lumpy(0, clusters=100, each=60)
    joined = build.unpaired((label, ours), (other, theirs), same_test_set=True)
    groups = groups_of(joined.candidate, (label, ours), cluster=cluster)
    baseline = groups_of(joined.baseline, (other, theirs), cluster=elsewhere)
    found = contrast(structs.replace(joined, groups=groups, baseline_groups=baseline), "accuracy")
    assert found.unfit.startswith("too few clusters carry it: they count as ")
    single = contrast(structs.replace(build.alone(label, ours), groups=groups), "accuracy")
    assert single.candidate(level=0.95).interval is not None
    assert single.caveats == (
        "heavy tail: 1% of the clusters make 78% of the variance, the interval may be too narrow",
    )


def test_weighted_kappa__below_minus_one() -> None:
    """Where most rows are not answered it has a value, and an interval, that is lower than any plain kappa."""
    rng = np.random.default_rng(2)
    label = rng.choice(list("abcde"), 2_000).tolist()
    baseline = [one if rng.random() < 0.8 else "c" for one in label]
    candidate = ["none" if rng.random() < 0.9 else rng.choice(["b", "c"]) for _ in label]
    rows = label, baseline, candidate
    joined = with_groups(build.paired(*rows), rows, cluster=np.arange(2_000) // 5)
    made = contrast(joined, "cohen_kappa_quadratic")
    value, interval = made.candidate(level=0.95), made.interval(alpha=0.05, level=0.95)

    assert value.value is not None
    assert value.interval is not None
    assert value.interval.low < value.value < value.interval.high < -2.0
    assert interval is not None
    assert interval.low < interval.high < -2.0
