"""`steelyard.stats.counts.delta`: normal intervals from influence values."""

from __future__ import annotations

import time

import numpy as np
import pytest

from steelyard.stats.counts import delta
from steelyard.stats.counts.draws import resample
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.sample import Sample, sample_of
from tests.unit.stats import build


def error(name: str, sample: Sample) -> float:
    """The standard error of a difference."""
    assert sample.baseline is not None
    return delta.standard_error_of_difference(available(sample)[name], sample, baseline=sample.baseline)


@pytest.mark.parametrize("name", ["f1_macro", "matthews_corrcoef", "cohen_kappa_quadratic", "precision_weighted"])
@pytest.mark.parametrize("paired", [True, False])
def test_standard_error__is_the_draws(name: str, *, paired: bool) -> None:
    """Within 5% of the standard deviation of the bootstrap, paired and unpaired."""
    label, baseline, candidate = build.simulated(7, rows=3_000, classes=4, right=(0.75, 0.8))
    joined = (
        build.paired(label, baseline, candidate) if paired else build.unpaired((label, candidate), (label, baseline))
    )
    sample = sample_of(joined, positive=None)
    drawn = resample(sample, {name: available(sample)[name]}, wanted=4_999)

    assert error(name, sample) == pytest.approx(drawn.difference(name).std(), rel=0.05)


def test_interval__normal_around_the_value() -> None:
    """1.96 standard errors to either side; without an error there is no interval."""
    made = delta.interval(0.1, 0.01, alpha=0.05, level=0.9)

    assert made is not None
    assert (made.low, made.high) == pytest.approx((0.1 - 0.0196, 0.1 + 0.0196), abs=1e-5)
    assert (made.level, made.method) == (0.9, "delta method")
    for nothing in (0.0, float("nan"), float("inf")):
        assert delta.interval(0.1, nothing, alpha=0.05, level=0.95) is None


def test_unfit__fifty_rows_and_twenty_five_disagreements() -> None:
    """The guards ask for more than they do for draws."""
    large = sample_of(build.paired(*build.simulated(1, rows=2_000, classes=3, right=(0.7, 0.8))), positive=None)
    small = sample_of(build.paired(*build.simulated(1, rows=120, classes=3, right=(0.7, 0.8))), positive=None)
    metric = available(large)["f1_macro"]
    assert large.baseline is not None
    assert small.baseline is not None

    assert delta.unfit(metric, large, baseline=large.baseline) == ""
    assert "50 needed" in delta.unfit(metric, small, baseline=small.baseline)


def test_interval__coverage_at_its_guards() -> None:
    """Of 500 test sets of 400 rows that pass the guards, the 95% interval holds the truth in 93.5% (limit: 92.4%)."""
    truth = build.binary_truth()
    rng = np.random.default_rng(8)
    for name in ("f1", "matthews_corrcoef"):
        expected = build.true_difference(truth, name)
        covered = used = 0
        for n in rng.multinomial(400, truth.chances, size=500):
            sample = sample_of(truth.joined(n), positive="b")
            assert sample.baseline is not None
            metric = available(sample)[name]
            if delta.unfit(metric, sample, baseline=sample.baseline):
                continue
            sides = sample.candidate.observed(), sample.baseline.observed()
            found = float(metric.value(sides[0])[0] - metric.value(sides[1])[0])
            made = delta.interval(found, error(name, sample), alpha=0.05, level=0.95)
            assert made is not None
            covered += made.low <= expected <= made.high
            used += 1
        assert used >= 400
        assert covered / used >= 0.935


def test_hundred_classes__milliseconds() -> None:
    """The difference of macro F1 over 100 classes in under 50 ms of processor time."""
    sample = sample_of(build.paired(*build.simulated(2, rows=50_000, classes=100, right=(0.7, 0.72))), positive=None)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        error("f1_macro", sample)
        seconds.append(time.process_time() - start)

    assert min(seconds) < 0.05
