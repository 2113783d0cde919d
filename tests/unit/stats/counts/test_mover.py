"""`steelyard.stats.counts.mover`: balanced accuracy and its like, in small samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from steelyard.model.counts import IntArray
from steelyard.stats.counts import mover, tally
from steelyard.stats.counts.metrics import Metric, available, find
from steelyard.stats.counts.mover import Mover
from steelyard.stats.counts.sample import Sample, Side, sample_of
from steelyard.stats.intervals import power, tango, wilson
from tests.unit.stats import build

_FEW = 3
"""Rows below which one of many labels would have none in a random sample: there the sizes are as given."""


def sample_of_labels(fixed: IntArray, broken: IntArray, rows: IntArray, *, right: int = 0) -> Sample:
    """K labels with so many fixed and broken rows; `right` rows of each are right on both sides, the rest wrong."""
    k = len(rows)
    label = np.tile(np.arange(k), 4)
    wrong = (label + 1) % k
    both = np.full(k, right)
    n = np.concatenate([fixed, broken, both, rows - fixed - broken - both])
    candidate = np.where(np.repeat([True, False, True, False], k), label, wrong)
    baseline = np.where(np.repeat([False, True, True, False], k), label, wrong)
    used = n > 0
    sides = [
        Side(label=label[used], prediction=one[used], n=n[used], n_labels=k, n_classes=k)
        for one in (candidate, baseline)
    ]
    names = tuple(f"{code:02d}" for code in range(k))
    return Sample(classes=names, n_labels=k, positive=None, candidate=sides[0], baseline=sides[1], paired=True)


def balanced(sample: Sample) -> Metric:
    """Balanced accuracy."""
    return available(sample)["balanced_accuracy"]


def test_interval__squares_of_the_parts_add_up() -> None:
    """Zou & Donner's formula over Tango's bounds of the labels."""
    fixed, broken, rows = np.array([5, 0, 2]), np.array([1, 0, 6]), np.array([40, 9, 120])
    sample = sample_of_labels(fixed, broken, rows)
    made = Mover(balanced(sample), sample).interval(alpha=0.05, level=0.95)
    low, high = tango.interval(fixed, broken, rows, level=0.95)
    parts = (fixed - broken) / rows

    assert made.low == pytest.approx(parts.mean() - np.sqrt(((parts - low) ** 2).sum()) / 3, abs=1e-12)
    assert made.high == pytest.approx(parts.mean() + np.sqrt(((high - parts) ** 2).sum()) / 3, abs=1e-12)
    assert made.method == "MOVER of Tango score"


@pytest.mark.parametrize(("name", "sign"), [("recall[b]", 1), ("specificity", 1), ("false_positive_rate", -1)])
def test_interval__one_label_is_its_own_score_interval(name: str, sign: int) -> None:
    """Recall of one label is a plain proportion; a rate of errors is that turned round, bounds exchanged."""
    label, baseline, candidate = build.simulated(5, rows=120, classes=2, right=(0.7, 0.85))
    renamed = [[{"c000": "b", "c001": "a"}[one] for one in side] for side in (label, baseline, candidate)]
    sample = sample_of(build.paired(*renamed), positive="a")
    metric = find(name, sample)
    assert metric is not None
    made = Mover(metric, sample)
    counted = tally.tally_of(sample, label=1)
    low, high = (float(bound[0]) for bound in counted.bounds(level=0.9))
    expected = (low, high) if sign > 0 else (-high, -low)

    found = made.interval(alpha=0.1, level=0.9)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)
    assert (found.method, made.p_value()) == ("Tango score", counted.p_values()[0])
    own = mover.of_value(metric, sample.candidate, level=0.9)
    assert own is not None
    value = float(metric.value(sample.candidate.observed())[0])
    bounds = [float(bound[0]) for bound in wilson.wilson(counted.candidate, level=0.9)]
    assert (own.low, own.high) == pytest.approx(
        bounds if sign > 0 else [1 - bound for bound in reversed(bounds)], abs=1e-12
    )
    assert own.low < value < own.high


labels = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 60)), min_size=2, max_size=6)


@settings(max_examples=40)
@given(labels=labels, level=st.sampled_from([0.8, 0.95, 0.999]))
def test_p_value__never_disagrees_with_the_interval(labels: list[tuple[int, int, int]], level: float) -> None:
    """The interval excludes 0 exactly where p is below alpha; it has width and holds the estimate."""
    fixed, broken, more = (np.array(part) for part in zip(*labels, strict=True))
    sample = sample_of_labels(fixed, broken, fixed + broken + more)
    made = Mover(balanced(sample), sample)
    interval = made.interval(alpha=1 - level, level=level)
    estimate = float(((fixed - broken) / (fixed + broken + more)).mean())

    assert interval.low < estimate < interval.high
    assert (made.p_value() < 1 - level) == (interval.low > 0 or interval.high < 0)


def test_one_row_a_label__balanced_accuracy_is_accuracy() -> None:
    """Its interval is no narrower than that of the same number by Tango's."""
    rng = np.random.default_rng(6)
    gained = rng.random(300) < 0.2
    lost = ~gained & (rng.random(300) < 0.2)
    sample = sample_of_labels(gained.astype(np.int64), lost.astype(np.int64), np.ones(300, np.int64))
    made = Mover(balanced(sample), sample).interval(alpha=0.05, level=0.95)
    low, high = tango.interval(np.array([gained.sum()]), np.array([lost.sum()]), np.array([300]), level=0.95)

    assert made.high - made.low >= 0.99 * float(high[0] - low[0])


def test_tags__recall_of_one_is_a_proportion_of_its_rows() -> None:
    """Where rows have several labels, too: Tango's interval of those that have it, whatever else they have."""
    label = ['["a","b"]'] * 30 + ['["b"]'] * 38 + ['["a"]'] * 232
    baseline = ['["b"]'] * 66 + ["[]"] * 2 + ['["a"]'] * 200 + ['["a","b"]'] * 32
    candidate = ["[]", '["b"]'] + ['["b"]'] * 60 + ["[]"] * 6 + ['["a"]'] * 232
    sample = sample_of(build.paired(label, baseline, candidate), positive=None, kind="multilabel")
    recall = find("recall[b]", sample)
    assert recall is not None
    made = Mover(recall, sample).interval(alpha=0.05, level=0.95)
    low, high = tango.interval(np.array([0]), np.array([5]), np.array([68]), level=0.95)

    assert made.low == pytest.approx(float(low[0]))
    assert made.high == pytest.approx(float(high[0]))
    own = mover.of_value(recall, sample.candidate, level=0.95)
    assert own is not None
    assert own.method == wilson.WILSON


def test_no_disagreement__has_width() -> None:
    """Without any disagreement the interval is 0 ± something, and p is 1."""
    nothing = np.zeros(3, dtype=np.int64)
    made = Mover(balanced(sample := sample_of_labels(nothing, nothing, np.array([10, 50, 400]))), sample)
    interval = made.interval(alpha=0.05, level=0.95)

    assert interval.low == pytest.approx(-interval.high)
    assert interval.high > 0.05
    assert made.p_value() == 1.0
    assert made.unfit == ""


def test_unpaired__newcombe_of_each_label() -> None:
    """Two independent samples use Newcombe's interval; a label that one side lacks makes it unfit."""
    ours, theirs = (list("aaaabbbbbb"), list("aaabbbbbba")), (list("aaaabbbbbb"), list("abbabbbaaa"))
    sample = sample_of(build.unpaired(ours, theirs), positive=None)
    made = Mover(balanced(sample), sample)
    interval = made.interval(alpha=0.05, level=0.95)
    lacking = sample_of(build.unpaired(ours, (["a"] * 9, ["a"] * 9)), positive=None)

    assert interval.method == "MOVER of Newcombe hybrid score"
    assert interval.low < 0.75 / 2 + 5 / 12 - 0.5 / 2 - 3 / 12 < interval.high
    assert made.unfit == ""
    assert "no rows on one side" in Mover(balanced(lacking), lacking).unfit


def test_value__no_rows_of_a_label() -> None:
    """One side's balanced accuracy has no interval where a label of the other side is missing."""
    sample = sample_of(build.unpaired((list("ab"), list("ab")), (["a"], ["a"])), positive=None)
    assert sample.baseline is not None

    assert mover.of_value(balanced(sample), sample.baseline, level=0.95) is None
    assert mover.of_value(balanced(sample), sample.candidate, level=0.95) is not None


def test_not_a_sum_of_recalls__is_a_mistake_of_the_caller() -> None:
    """F1 has no such interval."""
    sample = sample_of(build.paired(list("ab"), list("ab"), list("ab")), positive=None)

    with pytest.raises(ValueError, match="f1_macro"):
        Mover(available(sample)["f1_macro"], sample)
    with pytest.raises(ValueError, match="f1_macro"):
        mover.of_value(available(sample)["f1_macro"], sample.candidate, level=0.95)


@pytest.mark.parametrize(
    ("rows", "fixed", "broken"),
    [
        ([25, 25], [0.05, 0.05], [0.05, 0.05]),
        ([500, 500], [0.10, 0.10], [0.02, 0.02]),
        ([2, 198], [0.20, 0.02], [0.05, 0.02]),
        ([20, 1980], [0.30, 0.02], [0.10, 0.02]),
        ([20] * 10, [0.05] * 10, [0.05] * 10),
        ([10] * 3 + [200] * 7, [0.0] * 3 + [0.05] * 7, [0.0] * 3 + [0.05] * 7),
        ([100] * 20, [0.10] * 20, [0.02] * 20),
        ([1] * 150, [0.25] * 150, [0.25] * 150),
        ([3] * 150, [0.16] * 150, [0.16] * 150),
    ],
)
def test_interval__coverage(rows: list[int], fixed: list[float], broken: list[float]) -> None:
    """Of 400 test sets with random class sizes, the 95% interval holds the truth in 93.5% (99% limit: 92.0%)."""
    rng = np.random.default_rng(3)
    truth = float(np.mean(np.array(fixed) - np.array(broken)))
    covered = used = 0
    for drawn in rng.multinomial(sum(rows), np.array(rows) / sum(rows), size=400):
        sizes = np.array(rows) if min(rows) <= _FEW < len(rows) else drawn
        if sizes.min() == 0:
            continue
        gained = rng.binomial(sizes, fixed)
        lost = rng.binomial(sizes - gained, np.array(broken) / (1 - np.array(fixed)))
        sample = sample_of_labels(gained, lost, sizes)
        made = Mover(balanced(sample), sample).interval(alpha=0.05, level=0.95)
        covered += made.low <= truth <= made.high
        used += 1

    assert covered / used >= 0.935


@pytest.mark.parametrize(
    ("rows", "right"),
    [
        ([25, 25], [0.95, 0.95]),
        ([2, 198], [0.7, 0.95]),
        ([20, 1980], [0.7, 0.95]),
        ([20] * 10, [0.98] * 10),
        ([100] * 30, [0.95] * 30),
        ([1] * 150, [0.5] * 150),
        ([2] * 150, [0.7] * 150),
        ([2] * 150 + [200], [0.8] * 151),
    ],
)
def test_value__coverage(rows: list[int], right: list[float]) -> None:
    """Of 600 test sets, one side's 95% interval holds the truth in 93.5% (99% limit: 92.3%), within 0 and 1."""
    rng = np.random.default_rng(4)
    covered = used = 0
    for drawn in rng.multinomial(sum(rows), np.array(rows) / sum(rows), size=600):
        sizes = np.array(rows) if min(rows) <= _FEW < len(rows) else drawn
        if sizes.min() == 0:
            continue
        hits = rng.binomial(sizes, right)
        sample = sample_of_labels(hits, np.zeros_like(hits), sizes)
        made = mover.of_value(balanced(sample), sample.candidate, level=0.95)
        assert made is not None
        assert 0.0 <= made.low < made.high <= 1.0
        covered += made.low <= float(np.mean(right)) <= made.high
        used += 1

    assert covered / used >= 0.935


def test_detectable__grows_as_rows_shrink() -> None:
    """A tenth of the rows detects about √10 times the difference; without disagreement more than the interval spans."""
    fixed, broken, rows = np.array([400, 200]), np.array([400, 200]), np.array([10_000, 4_000])
    large = sample_of_labels(fixed, broken, rows)
    small = sample_of_labels(fixed // 10, broken // 10, rows // 10)
    found = [Mover(balanced(one), one).detectable(alpha=0.05) for one in (large, small)]
    nothing = structs.replace(large, baseline=large.candidate)

    assert found[0] is not None
    assert found[1] == pytest.approx(np.sqrt(10) * found[0], rel=0.02)
    alike = Mover(balanced(nothing), nothing)
    assert (alike.detectable(alpha=0.05) or 0) > alike.interval(alpha=0.05, level=0.95).high


def test_rows_needed__detect_that_difference() -> None:
    """With so many rows in the same shares the difference is what is detected; one label is its own rows', scaled."""
    fixed, broken, rows = np.array([40, 20]), np.array([40, 20]), np.array([1000, 400])
    sample = sample_of_labels(fixed, broken, rows)
    made = Mover(balanced(sample), sample)
    needed = made.rows_needed(0.02, alpha=0.05)
    assert needed is not None
    scale = needed / 1400
    scaled = sample_of_labels(*(np.round(part * scale).astype(np.int64) for part in (fixed, broken, rows)))

    assert Mover(balanced(scaled), scaled).detectable(alpha=0.05) == pytest.approx(0.02, rel=0.01)
    metric = find("recall[01]", sample)
    assert metric is not None
    own = power.rows_needed_paired(40 / 400, 0.02, level=0.95)
    assert Mover(metric, sample).rows_needed(0.02, alpha=0.05) == pytest.approx(own * 1400 / 400, abs=1)


@pytest.mark.parametrize(("rows", "least"), [([1] * 3, 0.05), ([1] * 8, 0.002), ([4, 2, 2], 0.005), ([2] * 10, 5e-6)])
def test_few_rows_all_moved_one_way__are_as_sure_as_their_number(rows: list[int], least: float) -> None:
    """An interval of labels with a row or two excludes zero at no higher level than McNemar's test of as many rows."""
    n = np.array(rows)
    sample = sample_of_labels(n, np.zeros_like(n), n)
    made = Mover(balanced(sample), sample)

    assert made.p_value() > least
    assert made.interval(alpha=1e-9, level=1 - 1e-9).low < 0.0


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("better", [True, False])
def test_no_interval_reaches_beyond_what_differences_can_be(paired: bool, better: bool) -> None:
    """Three labels of two rows that one side alone has right: ±1 is the largest difference, and the sign stays."""
    two, none = np.full(3, 2), np.zeros(3, np.int64)
    fixed, broken = (two, none) if better else (none, two)
    sample = structs.replace(sample_of_labels(fixed, broken, two), paired=paired)
    made = Mover(balanced(sample), sample)
    for alpha in (0.5, 0.05, 1e-6):
        found = made.interval(alpha=alpha, level=1.0 - alpha)
        assert -1.0 <= found.low < found.high <= 1.0
        assert (found.high if better else found.low) == (1.0 if better else -1.0)
        assert (found.low > 0.0 or found.high < 0.0) == (made.p_value() < alpha)
