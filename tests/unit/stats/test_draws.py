"""`steelyard.stats.draws`: the bootstrap of a sample's metrics, and how far its intervals can be trusted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from steelyard.model.counts import FloatArray, Joined, JointCounts
from steelyard.stats.draws import Draws, percentile, resample
from steelyard.stats.metrics import available
from steelyard.stats.sample import Sample, sample_of
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
