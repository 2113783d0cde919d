"""`steelyard.stats.counts.randomisation`: p by swapping predictions within rows."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from steelyard.model.counts import Joined, JointCounts
from steelyard.stats.counts.metrics import available, find
from steelyard.stats.counts.randomisation import randomisation_p
from steelyard.stats.counts.sample import Sample, sample_of
from steelyard.stats.counts.tally import tally_of
from tests.unit.stats import build, mcnemar


def p_of(name: str, sample: Sample, *, draws: int = 9_999) -> float:
    """The p-value of a metric that has one."""
    metric = find(name, sample)
    assert metric is not None
    p = randomisation_p(metric, sample, draws)
    assert p is not None
    return p


@pytest.mark.parametrize("seed", range(8))
def test_accuracy__is_the_exact_mcnemar_test(seed: int) -> None:
    """Within four Monte Carlo errors, whatever the third kinds of errors."""
    label, baseline, candidate = build.simulated(seed, rows=150, classes=3, right=(0.75, 0.8))
    sample = sample_of(build.paired(label, baseline, candidate), positive=None)
    counted = tally_of(sample, label=None)
    assert counted.fixed is not None
    assert counted.broken is not None
    expected = float(mcnemar.exact(counted.fixed, counted.broken)[0])
    error = np.sqrt(expected * (1 - expected) / 9_999) + 1e-4

    assert p_of("accuracy", sample) == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("name", ["f1_macro", "matthews_corrcoef", "balanced_accuracy", "cohen_kappa_linear"])
def test_any_metric__equals_full_enumeration(name: str) -> None:
    """Twelve rows on which the models differ can be swapped in 4,096 ways; all of them, row by row, give p."""
    label, baseline, candidate = build.simulated(4, rows=40, classes=3, right=(0.75, 0.85))
    differ = [i for i in range(len(label)) if baseline[i] != candidate[i]][:12]
    keep = [i for i in range(len(label)) if baseline[i] == candidate[i]] + differ
    label, baseline, candidate = ([side[i] for i in keep] for side in (label, baseline, candidate))
    sample = sample_of(build.paired(label, baseline, candidate), positive=None)
    metric = available(sample)[name]

    def difference(swapped: tuple[bool, ...]) -> float:
        last = len(label) - len(swapped)
        sides = [list(candidate), list(baseline)]
        for offset, swap in enumerate(swapped):
            if swap:
                i = last + offset
                sides[0][i], sides[1][i] = sides[1][i], sides[0][i]
        one = sample_of(build.paired(label, sides[1], sides[0]), positive=None)
        assert one.baseline is not None
        return float(metric.value(one.candidate.observed())[0] - metric.value(one.baseline.observed())[0])

    observed = abs(difference((False,) * len(differ)))
    # One half of all swaps is the other half turned round, with the opposite difference.
    half = itertools.product([False, True], repeat=len(differ) - 1)
    expected = float(np.mean([abs(difference((False, *rest))) >= observed - 1e-9 for rest in half]))
    error = np.sqrt(expected * (1 - expected) / 9_999) + 1e-4

    assert p_of(name, sample) == pytest.approx(expected, abs=4 * error)


def test_multilabel__sets_are_swapped_as_wholes() -> None:
    """Subset accuracy of sets is again McNemar's exact test."""
    names = build.simulated(3, rows=120, classes=4, right=(0.7, 0.85))
    sets = {f"c{code:03d}": text for code, text in enumerate(['["a"]', '["a","b"]', '["b","c"]', "[]"])}
    label, baseline, candidate = ([sets[name] for name in side] for side in names)
    sample = sample_of(build.paired(label, baseline, candidate), positive=None, kind="multilabel")
    counted = tally_of(sample, label=None)
    assert counted.fixed is not None
    assert counted.broken is not None
    expected = float(mcnemar.exact(counted.fixed, counted.broken)[0])

    assert p_of("accuracy", sample) == pytest.approx(expected, abs=4 * np.sqrt(expected / 9_999) + 1e-4)
    assert 0 < p_of("f1_macro", sample) <= 1


def test_identical_models__p_is_one() -> None:
    """Nothing to swap, nothing extreme."""
    label, model, _ = build.simulated(1, rows=50, classes=3, right=(0.7, 0.7))

    assert p_of("f1_macro", sample_of(build.paired(label, model, model), positive=None)) == 1.0


def test_unpaired_or_undefined__has_no_p() -> None:
    """Without pairs there is nothing to swap within; without a value nothing to compare."""
    label, model, other = build.simulated(1, rows=50, classes=3, right=(0.7, 0.7))
    apart = sample_of(build.unpaired((label, model), (label, other)), positive=None)
    constant = sample_of(build.paired(["a"] * 5, ["a"] * 5, ["a"] * 5), positive=None)

    assert randomisation_p(available(apart)["f1_macro"], apart) is None
    assert randomisation_p(available(constant)["cohen_kappa"], constant) is None


def test_deterministic__and_the_same_for_either_order_of_the_sides() -> None:
    """The same counts give the same p; two-sided, so the order of the models does not matter but for the draws."""
    label, baseline, candidate = build.simulated(6, rows=200, classes=3, right=(0.7, 0.75))
    sample = sample_of(build.paired(label, baseline, candidate), positive=None)
    turned = sample_of(build.paired(label, candidate, baseline), positive=None)

    assert p_of("f1_macro", sample) == p_of("f1_macro", sample) == p_of("f1_macro", turned)


def test_under_exchangeability__p_is_valid() -> None:
    """Of 400 test sets with random swaps, at most 5% (99.9% limit: 8.7%) have p <= 0.05, even with a tiny class."""
    label, baseline, candidate = build.simulated(9, rows=80, classes=3, right=(0.6, 0.8))
    label[:2] = ["rare", "rare"]
    rng = np.random.default_rng(1)
    rejected = 0
    for _ in range(400):
        swap = rng.random(len(label)) < 0.5
        sides = [np.where(swap, one, other).tolist() for one, other in ((baseline, candidate), (candidate, baseline))]
        rejected += p_of("f1_macro", sample_of(build.paired(label, *sides), positive=None), draws=999) <= 0.05

    assert rejected / 400 <= 0.087


def test_cost__does_not_depend_on_rows() -> None:
    """A hundred million rows take as long as a hundred thousand."""
    label, baseline, candidate = (axis.ravel() for axis in np.indices((4, 4, 4)))
    seconds = []
    for scale in (1_000, 1_000_000):
        joint = JointCounts(
            classes=tuple("abcd"),
            n_labels=4,
            label=label,
            baseline=baseline,
            candidate=candidate,
            n=scale * (1 + (label == baseline) * 20 + (label == candidate) * 21),
        )
        empty = build.alone([], []).candidate
        sample = sample_of(
            Joined(pairing=build.pairing(1), joint=joint, candidate=empty, baseline=empty), positive=None
        )
        start = time.process_time()
        p_of("f1_macro", sample)
        seconds.append(time.process_time() - start)

    assert seconds[1] < 5 * seconds[0] + 0.2
