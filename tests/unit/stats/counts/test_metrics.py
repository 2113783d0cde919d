"""`steelyard.stats.counts.metrics`: the catalogue; the values are tested in test_classification."""

from __future__ import annotations

import pytest

from steelyard.stats.counts.metrics import available, by_default, find
from steelyard.stats.counts.sample import sample_of
from tests.unit.stats import build


def test_available__binary_adds_the_positive_label() -> None:
    """Metrics without an average exist only where there is a positive label."""
    plain = sample_of(build.alone(["a", "b"], ["a", "b"]), positive=None)
    binary = sample_of(build.alone(["a", "b"], ["a", "b"]), positive="a")

    assert set(available(binary)) - set(available(plain)) == {
        "precision",
        "recall",
        "f1",
        "jaccard",
        "specificity",
        "negative_predictive_value",
        "false_positive_rate",
        "false_negative_rate",
    }
    assert all(name == metric.name for name, metric in available(binary).items())


def test_by_default__are_available() -> None:
    """Every usual row exists; the headline's is accuracy; one label leaves accuracy alone."""
    for labels, positive in ((["a", "b"], "a"), (["a", "b"], None), (["a", "b", "c"], None), (["a"], None)):
        sample = sample_of(build.alone(labels, labels), positive=positive)
        assert set(by_default(sample)) <= set(available(sample))
        assert by_default(sample)[0] == "accuracy"

    assert by_default(sample_of(build.alone(["a"], ["a"]), positive=None)) == ("accuracy",)


def test_directions__rates_of_errors_fall() -> None:
    """Only what its name calls a rate of errors or a loss is better when lower."""
    binary = available(sample_of(build.alone(["a", "b"], ["a", "b"]), positive="a"))
    sets = available(sample_of(build.alone(['["a"]', "[]"], ["[]", "[]"]), positive=None, kind="multilabel"))

    assert {name for name, one in binary.items() if not one.higher_is_better} == {
        "false_positive_rate",
        "false_negative_rate",
    }
    assert {name for name, one in sets.items() if not one.higher_is_better} == {"hamming_loss"}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("accuracy", True),
        ("f0.5_macro", True),
        ("f2_micro", True),
        ("f2", False),  # there is no positive label
        ("f2_samples", False),
        ("f0_macro", False),
        ("f1.0_macro", False),
        ("f02_macro", False),
        ("f1e3_macro", False),
        ("f" + "9" * 400 + "_macro", False),
        ("f٢_macro", False),
        ("f2_", False),
        ("recall[cat]", True),
        ("recall[dog]", False),
        ("f0.5[cat]", True),
        ("roc_auc[cat]", False),
        ("recall[a]b[c\n|]", True),
        ("recall[", False),
        ("[cat]", False),
        ("", False),
    ],
)
def test_find__by_name(name: str, *, found: bool) -> None:
    """Betas are written plainly; a label in brackets may be any text."""
    labels = ["cat", "a]b[c\n|", "", "x"]
    sample = sample_of(build.alone(labels, labels), positive=None)
    metric = find(name, sample)

    assert (metric is not None) == found
    assert metric is None or metric.name == name


def test_find__one_label_of_a_multilabel_set() -> None:
    """The label in brackets is a single one, not a set."""
    sample = sample_of(build.alone(['["a","b"]', '["b"]'], ['["a"]', '["b"]']), positive=None, kind="multilabel")
    recall = find("recall[b]", sample)

    assert recall is not None
    assert recall.value(sample.candidate.observed())[0] == 0.5
    assert find('recall[["b"]]', sample) is None
