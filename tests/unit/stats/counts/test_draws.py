"""`steelyard.stats.counts.draws`: the bootstrap of a sample's metrics, and how far its intervals can be trusted."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import f1_score

from steelyard.model.counts import FloatArray, Joined, JointCounts
from steelyard.stats.counts.draws import PATIENCE, Draws, near, percentile, resample, settled_percentile, tenfold
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.sample import Sample, sample_of
from steelyard.stats.numerics import multinomial
from tests.unit.stats import build


def drawn(sample: Sample, *names: str, wanted: int = 9_999) -> Draws:
    """Draws of these metrics."""
    known = available(sample)
    return resample(sample, {name: known[name] for name in names}, wanted=wanted)


def macro_f1(label: FloatArray, prediction: FloatArray) -> float:
    """scikit-learn's macro F1 over three labels."""
    return float(f1_score(label, prediction, labels=[0, 1, 2], average="macro", zero_division=0))


def test_resample__agrees_with_resampling_rows() -> None:
    """The bounds are those of resampling rows and calling scikit-learn, within Monte Carlo error."""
    rows, repeats = 400, 1_500
    names = build.simulated(5, rows=rows, classes=3, right=(0.75, 0.8))
    sample = sample_of(build.paired(*names), positive=None)
    ours = drawn(sample, "f1_macro").difference("f1_macro")
    label, baseline, candidate = (np.array([int(name[1:]) for name in side], dtype=np.float64) for side in names)
    rng = np.random.default_rng(1)
    naive = np.empty(repeats)
    for i in range(repeats):
        index = rng.integers(rows, size=rows)
        naive[i] = macro_f1(label[index], candidate[index]) - macro_f1(label[index], baseline[index])

    for share in (0.025, 0.5, 0.975):
        bound = np.quantile(ours, share)
        density = np.mean(np.abs(ours - bound) < 0.004) / 0.008
        error = np.sqrt(share * (1 - share) * (1 / repeats + 1 / len(ours))) / density
        assert np.quantile(naive, share) == pytest.approx(bound, abs=4 * error)
    assert naive.std() == pytest.approx(ours.std(), rel=4 / np.sqrt(2 * repeats))


def test_resample__deterministic() -> None:
    """The same counts give the same bytes, other counts other draws."""
    names = build.simulated(5, rows=300, classes=3, right=(0.75, 0.8))
    sample = sample_of(build.paired(*names), positive=None)
    other = sample_of(build.paired(*(side[:-1] for side in names)), positive=None)
    one = drawn(sample, "f1_macro", "accuracy")

    assert one.difference("f1_macro").tobytes() == drawn(sample, "f1_macro").difference("f1_macro").tobytes()
    assert one.difference("f1_macro").tobytes() != drawn(other, "f1_macro").difference("f1_macro").tobytes()


def test_resample__identical_models_differ_by_nothing() -> None:
    """Paired draws of one model against itself are 0 throughout: the reason why such intervals are withheld."""
    label, model, _ = build.simulated(5, rows=300, classes=3, right=(0.75, 0.8))
    sample = sample_of(build.paired(label, model, model), positive=None)

    assert not drawn(sample, "f1_macro").difference("f1_macro").any()


def test_resample__independent_sides() -> None:
    """Unpaired sides are drawn apart: the variance of the difference is the sum of theirs."""
    label, baseline, candidate = build.simulated(5, rows=400, classes=3, right=(0.75, 0.8), shared=1.0)
    sample = sample_of(build.unpaired((label, candidate), (label, baseline)), positive=None)
    made = drawn(sample, "f1_macro")
    both = made.candidate["f1_macro"].var() + made.baseline["f1_macro"].var()

    assert made.difference("f1_macro").var() == pytest.approx(both, rel=0.05)


def test_resample__nothing_to_draw() -> None:
    """Without rows, or with more cells than can be drawn, there are no draws."""
    huge = 300_000
    index = np.arange(huge)
    joint = JointCounts(
        classes=tuple(str(i) for i in range(huge)),
        n_labels=huge,
        label=index,
        baseline=index,
        candidate=(index + 1) % huge,
        n=np.full(huge, 50),
    )
    single = build.alone(["a"], ["a"]).candidate
    joined = Joined(pairing=build.pairing(1), joint=joint, candidate=single, baseline=single)

    assert drawn(sample_of(joined, positive=None), "f1_macro").count == 0
    assert drawn(sample_of(build.alone([], []), positive=None), "f1_macro").count == 0


def test_percentile__order_statistics() -> None:
    """With 9,999 draws the bounds at 95% are the 250th and the 9,750th."""
    values = np.random.default_rng(1).permutation(np.arange(1.0, 10_000.0))
    made = percentile(values, alpha=0.05, level=0.95)

    assert made is not None
    assert (made.low, made.high, made.level) == (250.0, 9_750.0, 0.95)
    assert made.method == "multinomial percentile, 9,999 draws"


def test_percentile__refuses() -> None:
    """An undefined draw, or too few draws for the level, give no interval."""
    assert percentile(np.array([1.0, np.nan] * 500), alpha=0.05, level=0.95) is None
    assert percentile(np.arange(999.0), alpha=0.001, level=0.999) is None


@pytest.mark.parametrize("metric", ["f1_macro", "matthews_corrcoef", "precision"])
def test_percentile__coverage(metric: str) -> None:
    """Of 500 test sets of 300 rows, the 95% interval holds the true difference in 93% at least (99% limit: 92.2%)."""
    truth = build.binary_truth()
    expected = build.true_difference(truth, metric)
    rng = np.random.default_rng(11)
    covered = 0
    for n in rng.multinomial(300, truth.chances, size=500):
        sample = sample_of(truth.joined(n), positive="b")
        made = percentile(drawn(sample, metric, wanted=999).difference(metric), alpha=0.05, level=0.95)
        assert made is not None
        covered += made.low <= expected <= made.high

    assert covered / 500 >= 0.93


def test_percentile__never_without_width() -> None:
    """From all right to all wrong, every draw is -1: that is no reason to print an interval of no width."""
    assert percentile(np.full(9_999, -1.0), alpha=0.05, level=0.95) is None


def test_near__three_monte_carlo_errors_in_ranks() -> None:
    """Of 9,999 draws the lower bound is the 250th; decisions between the 203rd and the 297th leave it open."""
    values = np.random.default_rng(1).permutation(np.arange(1.0, 10_000.0))

    for decision, open_ in ((202.0, False), (203.0, True), (250.0, True), (297.0, True), (298.0, False)):
        assert near(values, alpha=0.05, decisions=[decision]) == open_
        assert near(values, alpha=0.05, decisions=[10_000.0 - decision]) == open_
    assert near(values, alpha=0.05, decisions=[-5.0, 250.0])
    assert not near(values, alpha=0.05, decisions=[])
    assert not near(np.array([np.nan] * 999), alpha=0.05, decisions=[0.0])


def test_near__is_how_far_another_seed_may_move_a_bound() -> None:
    """Of 300 other seeds, at most 1% put the bound beyond a decision that was not near."""
    rng = np.random.default_rng(3)
    draws = rng.exponential(size=999)
    ordered = np.sort(draws)
    low = next(value for value in ordered[24::-1] if not near(draws, alpha=0.05, decisions=[value]))
    high = next(value for value in ordered[24:] if not near(draws, alpha=0.05, decisions=[value]))
    bounds = np.partition(rng.exponential(size=(300, 999)), 24, axis=1)[:, 24]

    assert ((bounds < low) | (bounds > high)).mean() <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 300)


def test_settled_percentile__draws_again_only_where_it_matters() -> None:
    """Far from every decision the draws stand; near one, ten times as many decide alone."""
    names = build.simulated(5, rows=300, classes=3, right=(0.75, 0.8))
    sample = sample_of(build.paired(*names), positive=None)
    draws = drawn(sample, "f1_macro", wanted=999).difference("f1_macro")
    asked = list[int]()

    def redraw() -> FloatArray:
        asked.append(tenfold(999))
        metric = {"f1_macro": available(sample)["f1_macro"]}
        return resample(sample, metric, wanted=tenfold(999), patience=PATIENCE).difference("f1_macro")

    plain = percentile(draws, alpha=0.05, level=0.95)
    assert plain is not None
    far = settled_percentile(draws, redraw, alpha=0.05, level=0.95, decisions=[5.0])
    assert (far, asked) == (plain, [])
    settled = settled_percentile(draws, redraw, alpha=0.05, level=0.95, decisions=[plain.low])
    assert (settled, asked) == (percentile(redraw(), alpha=0.05, level=0.95), [9_999, 9_999])
    assert settled is not None
    assert settled.method == "multinomial percentile, 9,999 draws"


def test_settled_percentile__too_large_to_draw_again() -> None:
    """Where more draws cannot be afforded, those at hand stand."""
    draws = np.arange(-500.0, 499.0)

    assert settled_percentile(draws, lambda: draws[:0], alpha=0.05, level=0.95, decisions=[-475.0]) == percentile(
        draws, alpha=0.05, level=0.95
    )


def test_patience__affords_more() -> None:
    """Settling a verdict may take longer than drawing at first."""
    n = np.full(15_000, 4)
    once, settling = (
        multinomial.affordable_draws(n, n_classes=10, wanted=99_999, patience=patience) for patience in (1.0, PATIENCE)
    )

    assert 3.5 * once <= settling <= 4.5 * once


def test_resample__speed_and_memory() -> None:
    """9,999 paired draws of macro F1's difference with ten classes: under a second, under 300 MB."""
    label, baseline, candidate = (axis.ravel() for axis in np.indices((10, 10, 10)))
    joint = JointCounts(
        classes=tuple("abcdefghij"),
        n_labels=10,
        label=label,
        baseline=baseline,
        candidate=candidate,
        n=10 + 1_000 * ((label == baseline) & (label == candidate)),
    )
    empty = build.alone([], []).candidate
    sample = sample_of(Joined(pairing=build.pairing(1), joint=joint, candidate=empty, baseline=empty), positive=None)
    tracemalloc.start()
    drawn(sample, "f1_macro", wanted=999)  # in chunks: the peak does not grow with the draws
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    start = time.process_time()
    made = drawn(sample, "f1_macro")

    assert time.process_time() - start < 3.0  # three times the promise: other work shares the machine
    assert peak < 100e6
    assert made.count == 9_999
