"""Slices where rows have clusters or weights, or sides several trainings."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.comparison import Row, Verdict
from steelyard.model.counts import BoolArray, FloatArray, IntArray, Joined, Outcomes
from steelyard.stats.groups.rows import UNEQUAL
from steelyard.stats.intervals.design import Design, Sampling
from steelyard.stats.numbers.contrast import detectable
from tests.unit.stats import build
from tests.unit.stats.grouped import with_groups


def outcomes_of(
    code: IntArray,
    ours: BoolArray,
    theirs: BoolArray | None,
    *,
    cluster: IntArray | None = None,
    weight: FloatArray | None = None,
) -> Outcomes:
    """An entry a row, sorted by value; right or wrong is `(rows, trainings)`."""
    order = np.argsort(code, kind="stable")
    return Outcomes(
        value=code[order],
        candidate=ours[order],
        baseline=None if theirs is None else theirs[order],
        n=np.ones(len(code), np.int64),
        cluster=None if cluster is None else cluster[order],
        weight=None if weight is None else weight[order],
        weight_squared=None if weight is None else weight[order] ** 2,
    )


def simulated(seed: int, *, rows: int, values: int) -> tuple[tuple[list[str], list[str], list[str]], IntArray]:
    """Rows of two models, and the code of the slice value of each."""
    return build.simulated(seed, rows=rows, classes=2, right=(0.75, 0.8)), np.arange(rows) % values


def sliced(
    rows: tuple[list[str], list[str], list[str]],
    code: IntArray,
    *,
    cluster: IntArray | None = None,
    weight: FloatArray | None = None,
) -> Joined:
    """Paired rows with a slice column, its outcomes and the groups."""
    label, theirs, ours = (np.array(one) for one in rows)
    joined = build.paired(*rows, slices={"site": [f"s{one}" for one in code]})
    right = outcomes_of(code, (ours == label)[:, None], (theirs == label)[:, None], cluster=cluster, weight=weight)
    (column,) = joined.slices
    joined = structs.replace(joined, slices=(structs.replace(column, outcomes=right),))
    return with_groups(joined, rows, cluster=cluster, weight=weight)


def slices_of(joined: Joined, **changes: object) -> tuple[Row, ...]:
    """The slice rows of the report."""
    return build.compared(joined, None, **changes).sets[0].slices


def bounds(row: Row) -> tuple[float, float]:
    """Its interval."""
    assert row.interval is not None, row.reason
    return row.interval.low, row.interval.high


@pytest.mark.parametrize("weighted", [False, True])
def test_slices_in_clusters_are_judged_by_their_own_rows(weighted: bool) -> None:
    """The interval is that of the rows of the slice alone: its clusters, its weights, its degrees of freedom."""
    rows, code = simulated(1, rows=2000, values=2)
    cluster = np.repeat(np.arange(100), 20)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 2000) if weighted else None
    made = slices_of(sliced(rows, code, cluster=cluster, weight=weight), cluster="who")
    label, theirs, ours = (np.array(one) for one in rows)
    for index, row in enumerate(made):
        inside = code == index
        own = None if weight is None else weight[inside]
        gained = (ours == label)[inside] * 1.0 - (theirs == label)[inside]
        mean = float(np.average(gained, weights=own))
        spread = Sampling.of(Design(cluster=cluster[inside], weight=own), entries=int(inside.sum())).spread(
            gained - mean
        )
        low, high = bounds(row)
        assert row.difference == pytest.approx(mean)
        assert row.candidate.value == pytest.approx(np.average((ours == label)[inside], weights=own))
        assert (low + high) / 2 == pytest.approx(mean)
        assert row.interval is not None
        assert row.interval.method == f"paired t (clusters by CR2{', weights' if weighted else ''})"
        assert row.detectable == pytest.approx(detectable(spread, alpha=1.0 - row.interval.level))
        assert "Benjamini–Hochberg over 2 slice values" in row.adjustment
        assert row.p_value is not None


def test_a_slice_that_lies_in_few_clusters_is_not_judged() -> None:
    """Its own clusters count: four of a hundred are too few, a dozen carry a caveat."""
    rows, _ = simulated(2, rows=2000, values=2)
    cluster = np.repeat(np.arange(100), 20)
    code = np.where(cluster < 4, 0, np.where(cluster < 16, 1, 2))
    few, dozen, many = slices_of(sliced(rows, code, cluster=cluster), cluster="who")
    assert few.verdict is Verdict.INCONCLUSIVE
    assert few.reason == "too few clusters: they count as 4 equal ones, 5 needed"
    assert few.interval is None
    assert few.candidate.value is not None
    assert dozen.caveats == ("few clusters: they count as 12 equal ones; the interval leans on their being alike",)
    assert many.caveats == ()
    assert "over 2 slice values" in many.adjustment


@pytest.mark.parametrize(
    ("differing", "clusters", "reason"),
    [(9, 100, "too few disagreements: 9 rows, 10 needed"), (30, 2, "too few clusters: the two sides differ in 3")],
)
def test_sparse_disagreement_is_refused(differing: int, clusters: int, reason: str) -> None:
    """Few rows that differ, or many of them in few clusters, tell nothing."""
    label = ["a"] * 2000
    theirs = ["b" if row % 5 == 4 else "a" for row in range(2000)]
    ours = list(theirs)
    step = 2000 // differing if clusters > 2 else 1
    for index in range(0, differing * step, step):
        ours[index] = "a" if theirs[index] == "b" else "b"
    cluster = np.arange(2000) // 10 if clusters == 2 else np.arange(2000) % 100
    (row,) = slices_of(sliced((label, theirs, ours), np.zeros(2000, np.int64), cluster=cluster), cluster="who")
    assert row.reason.startswith(reason)
    assert row.verdict is Verdict.INCONCLUSIVE


def test_a_bad_slice_among_clusters_is_found_and_only_it() -> None:
    """One of ten slices lost; the family's correction flags it, and a gate on it fails."""
    rng = np.random.default_rng(3)
    label = rng.integers(2, size=6000)
    theirs = np.where(rng.random(6000) < 0.9, label, 1 - label)
    ours = theirs.copy()
    code = np.arange(6000) % 10
    broken = (code == 7) & (rng.random(6000) < 0.25)
    noise = rng.random(6000) < 0.2
    ours[noise] = np.where(rng.random(6000) < 0.9, label, 1 - label)[noise]
    ours[broken] = 1 - label[broken]
    names = [["ab"[one] for one in side] for side in (label, theirs, ours)]
    joined = sliced((names[0], names[1], names[2]), code, cluster=np.arange(6000) // 20)
    gate = {"metric": "accuracy", "slice": "site", "fail_if": "worse"}
    made = build.compared(joined, build.config(gates=[gate]), cluster="who")
    worse = [row.group for row in made.sets[0].slices if row.verdict is Verdict.WORSE]
    assert worse == ["s7"]
    assert [result.state for result in made.gates] == ["fail"]


def test_without_outcomes_nothing_is_judged() -> None:
    """Score intervals are for independent and equal rows."""
    rows, code = simulated(4, rows=400, values=2)
    joined = sliced(rows, code, cluster=np.arange(400) // 4)
    (column,) = joined.slices
    made = slices_of(structs.replace(joined, slices=(structs.replace(column, outcomes=None),)), cluster="who")
    assert {row.reason for row in made} == {UNEQUAL}
    assert {row.interval for row in made} == {None}


def test_strata_take_no_part_within_a_slice() -> None:
    """How many rows of a slice lie in a stratum is not fixed: its score interval is that of rows that are alike."""
    rows, code = simulated(5, rows=600, values=2)
    plain = build.paired(*rows, slices={"site": [f"s{one}" for one in code]})
    stratified = with_groups(plain, rows, stratum=np.arange(600) % 3)
    assert [row.interval for row in slices_of(stratified, stratum="part")] == [row.interval for row in slices_of(plain)]


def test_trainings_are_averaged_in_each_slice() -> None:
    """Values are means over the trainings, and the luck of training is in the interval."""
    rng = np.random.default_rng(6)
    label = rng.integers(2, size=1000)
    code = np.arange(1000) % 2
    sides = [
        np.stack([rng.random(1000) < chance for chance in chances], axis=1)
        for chances in ((0.80, 0.84, 0.76), (0.78, 0.82))
    ]
    names = [["ab"[one] for one in np.where(side[:, 0], label, 1 - label)] for side in sides]
    joined = build.paired(["ab"[one] for one in label], names[1], names[0], slices={"site": [f"s{c}" for c in code]})
    (column,) = joined.slices
    right = outcomes_of(code, sides[0], sides[1])
    joined = structs.replace(joined, slices=(structs.replace(column, outcomes=right),))
    for index, row in enumerate(slices_of(joined)):
        inside = code == index
        assert row.candidate.value == pytest.approx(sides[0][inside].mean())
        assert row.baseline is not None
        assert row.baseline.value == pytest.approx(sides[1][inside].mean())
        assert row.interval is not None
        assert row.interval.method == "paired t over 3 and 2 trainings"
        assert row.candidate.interval is None


def test_the_candidate_alone_has_values_with_intervals() -> None:
    """Without a baseline there is nothing to compare; each value's interval heeds the clusters."""
    rows, code = simulated(7, rows=1000, values=2)
    label, _, ours = (np.array(one) for one in rows)
    joined = build.alone(rows[0], rows[2])
    paired = build.paired(rows[0], rows[2], rows[2], slices={"site": [f"s{one}" for one in code]})
    right = outcomes_of(code, (ours == label)[:, None], None, cluster=np.arange(1000) // 10)
    (column,) = paired.slices
    joined = structs.replace(joined, slices=(structs.replace(column, outcomes=right),))
    joined = with_groups(joined, (rows[0], rows[2]), cluster=np.arange(1000) // 10)
    for index, row in enumerate(slices_of(joined, cluster="who")):
        assert row.candidate.value == pytest.approx((ours == label)[code == index].mean())
        assert row.candidate.interval is not None
        assert row.candidate.interval.method == "t (clusters by CR2)"
        assert row.baseline is None


def test_values_without_rows_and_without_spread() -> None:
    """Nothing is NaN where a slice is all right, or both sides say the same."""
    label = ["a"] * 100 + ["b"] * 100
    code = np.repeat([0, 1], 100)
    made = slices_of(sliced((label, label, label), code, cluster=np.arange(200) // 4), cluster="who")
    for row in made:
        assert row.reason.startswith("too few disagreements")
        assert row.candidate.value == 1.0
        assert row.candidate.interval is None
        assert row.difference == 0.0


@pytest.mark.parametrize("clusters", [12, 60])
def test_intervals_of_slices_cover_the_true_difference(clusters: int) -> None:
    """No true difference, rows of a cluster hang together: at least 93.5%, within Monte Carlo error."""
    rng = np.random.default_rng(8)
    held = []
    for _ in range(200):
        cluster = np.repeat(np.arange(clusters), 15)
        ease = rng.choice([0.5, 0.95], size=(clusters, 1))[cluster]
        tilt = rng.choice([-0.1, 0.1], size=(clusters, 1))[cluster]
        right = rng.random((len(cluster), 2)) < ease + np.concatenate([tilt, -tilt], axis=1) * (ease < 0.9)
        label = ["a"] * len(cluster)
        names = [["a" if one else "b" for one in side] for side in right.T]
        code = np.zeros(len(cluster), np.int64)
        (row,) = slices_of(sliced((label, names[0], names[1]), code, cluster=cluster), cluster="who")
        if row.interval is not None:
            held.append(row.interval.low <= 0.0 <= row.interval.high)
    assert len(held) > 150
    assert np.mean(held) >= 0.935 - 3.0 * np.sqrt(0.935 * 0.065 / len(held))


@pytest.mark.parametrize(("bad", "refused"), [(1, True), (6, False)])
def test_a_slice_that_few_of_many_clusters_carry(bad: int, refused: bool) -> None:
    """One cluster of 150 in which all was lost is no interval, six of them are one with a caveat."""
    rng = np.random.default_rng(7)
    cluster = np.repeat(np.arange(150), 20)
    label, luck = rng.integers(2, size=3000), rng.random(3000)
    again = np.where(rng.random(3000) < 0.97, luck, rng.random(3000))
    theirs = np.where(luck < 0.95, label, 1 - label)
    ours = np.where((cluster >= bad) & (again < 0.95), label, 1 - label)
    names = [[f"c{code}" for code in side] for side in (label, theirs, ours)]
    rows = (names[0], names[1], names[2])
    (row,) = slices_of(sliced(rows, np.zeros(3000, np.int64), cluster=cluster), cluster="who")
    if refused:
        assert row.reason.startswith("too few clusters carry it: they count as ")
        assert (row.interval, row.candidate.interval, row.baseline and row.baseline.interval) == (None, None, None)
    else:
        bounds(row)
        assert row.candidate.interval is not None
        assert any(text.startswith("skewed: 150 clusters are few at a skewness of −") for text in row.caveats)
