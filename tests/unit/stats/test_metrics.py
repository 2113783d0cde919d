"""`steelyard.stats.metrics`: the catalogue; the values are tested in test_classification."""

from __future__ import annotations

from steelyard.stats.metrics import available, by_default
from steelyard.stats.sample import sample_of
from tests.unit.stats import build


def test_available__binary_adds_the_positive_label() -> None:
    """Precision, recall and F1 without an average exist only where there is a positive label."""
    plain = sample_of(build.alone(["a", "b"], ["a", "b"]), positive=None)
    binary = sample_of(build.alone(["a", "b"], ["a", "b"]), positive="a")

    assert set(available(binary)) - set(available(plain)) == {"precision", "recall", "f1"}
    assert all(name == metric.name for name, metric in available(binary).items())


def test_by_default__are_available() -> None:
    """Every usual row exists; the headline's is accuracy; one label leaves accuracy alone."""
    for labels, positive in ((["a", "b"], "a"), (["a", "b"], None), (["a", "b", "c"], None), (["a"], None)):
        sample = sample_of(build.alone(labels, labels), positive=positive)
        assert set(by_default(sample)) <= set(available(sample))
        assert by_default(sample)[0] == "accuracy"

    assert by_default(sample_of(build.alone(["a"], ["a"]), positive=None)) == ("accuracy",)
