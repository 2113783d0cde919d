"""`steelyard.stats.families.absent`: why a metric that is asked for is not there."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from sklearn import metrics as sk

from steelyard.stats.contrast import SetData
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.families.absent import _UNUSABLE, absent
from steelyard.stats.families.registry import families
from steelyard.stats.foreign.lookup import _KNOWN, foreign
from tests.unit.stats import build
from tests.unit.stats.families.test_aliased import classes, settings
from tests.unit.stats.rows import measured, of_rows, regression

SKLEARN = (*_UNUSABLE, *_KNOWN, "roc_auc_score", "average_precision_score", "brier_score_loss", "top_k_accuracy_score",
           "log_loss")  # fmt: skip


def reason(data: SetData, name: str) -> str:
    """As a report asks for it."""
    return absent(name, data, {metric for one in families(data) for metric in one.directions})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("roc_auc_ovr", "it is about more than two classes; use roc_auc"),
        ("top_1_accuracy", "of two classes it is the accuracy of the higher score; use accuracy"),
        ("top_k_accuracy_score", "of 2 classes every row's label is among the first 2"),
        ("top_5_accuracy", "of 2 classes every row's label is among the first 5"),
        ("hinge_loss", "it needs decision values with a margin of 1, which scores need not be; use log_loss"),
        ("no_such_score", ""),
        ("loss", ""),
        ("top_0_accuracy", ""),
    ],
)
def test_two_classes(name: str, said: str) -> None:
    """What is about several classes, or sure to be right, and what nothing is known of."""
    assert reason(classes(2, name)[0], name) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("roc_auc_score", "it is about two classes; use roc_auc_ovr"),
        ("average_precision_score", "it is about two classes; the nearest is roc_auc_ovr"),
        ("f1_score", "it is about two classes, of which one is positive; use f1_macro or f1[label]"),
        ("f0.5", "it is about two classes, of which one is positive; use f0.5_macro or f0.5[label]"),
        ("specificity", "it is about two classes, of which one is positive; use recall[label]"),
        ("top_4_accuracy", "of 4 classes every row's label is among the first 4"),
        ("fbeta_score", "it has no beta of its own; use f0.5 or f2 of two classes, f0.5_macro or f2_macro of several"),
    ],
)
def test_several_classes(name: str, said: str) -> None:
    """What is about two classes, with the name that is not."""
    data = classes(4, name)[0]

    assert reason(data, name) == said
    assert not any(name in one.directions for one in families(data))


def test_without_scores() -> None:
    """What is made of scores says that there are none; of rows with several labels, that they are not read."""
    data = classes(2, "roc_auc_score")[0]
    bare = structs.replace(data, joined=structs.replace(data.joined, rows=None))
    tags = build.paired(["a", "b", ""], ["a", "", "a"], ["a", "b", "a"])
    several = build.data(tags, sample=sample_of(tags, positive=None, kind="multilabel"))

    assert {reason(bare, name) for name in ("roc_auc_score", "log_loss", "top_3_accuracy")} == {
        "it needs scores of every class, or of one of two"
    }
    assert reason(several, "log_loss") == "scores of rows with several labels are not read"


def test_numbers() -> None:
    """A regression has no classes, so that scikit-learn is not asked either."""
    values = np.arange(300.0)
    data = of_rows(regression(values, values + 1.0), settings=settings("accuracy_score"))

    assert reason(data, "accuracy_score") == reason(data, "f1") == "it is about classes, and rows have none"
    assert reason(data, "rmse") == ""
    assert not any("accuracy_score" in one.directions for one in families(data))


def test_scikit_learn__every_metric_is_offered_or_explained() -> None:
    """Of two, of four classes and of numbers: whatever compares rows in scikit-learn has a value here or a reason."""
    values = np.arange(300.0)
    numbers = of_rows(regression(values, values + 1.0), settings=settings(*SKLEARN))
    for data in (classes(2, *SKLEARN)[0], classes(4, *SKLEARN)[0], numbers):
        offered = {metric for one in families(data) for metric in one.directions}
        assert [name for name in SKLEARN if name not in offered and not absent(name, data, offered)] == []


def test_scikit_learn__nothing_is_forgotten() -> None:
    """Each function of `sklearn.metrics` that measures is among those that are understood, called or refused."""
    others = {"check_scoring", "euclidean_distances", "get_scorer", "get_scorer_names", "make_scorer",
              "metric_at_thresholds", "nan_euclidean_distances", "cluster"}  # fmt: skip
    measures = {name for name in sk.__all__ if name.islower() and not name.startswith("pairwise")} - others

    assert {name for name in measures if name not in {*SKLEARN, "matthews_corrcoef"} and foreign(name) is None} == set()
    assert all(hasattr(sk, name) for name in set(_UNUSABLE) - {"confusion_matrix_at_thresholds", "d2_brier_score"})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pass@1", ""),
        ("pass@2", "1 of 30 problems has fewer than 2 samples"),
        ("passed@2", "1 of 30 problems has fewer than 2 samples"),
        ("pass@6", "30 of 30 problems have fewer than 6 samples"),
        ("reward@2", ""),
        ("speed@2", ""),
    ],
)
def test_pass_at_k_of_problems_with_too_few_samples(name: str, said: str) -> None:
    """One problem with a single sample leaves pass@1; other measures have nothing of the kind."""
    problem = np.repeat(np.arange(30), 5)[4:]
    marks = np.random.default_rng(1).integers(2, size=len(problem)).astype(np.float64)
    data = of_rows(measured({"passed": marks, "reward": 2.0 * marks}, cluster=problem))
    assert reason(data, name) == said


def test_pass_at_k_without_problems() -> None:
    """Rows that no column puts together are no samples; a set without rows says nothing."""
    data = of_rows(measured({"passed": np.tile([0.0, 1.0], 20)}))
    said = "it is about problems with several samples each; name the column of the problem as `cluster`"
    assert reason(data, "pass@1") == said
    assert reason(classes(2, "pass@1")[0], "pass@1") == ""
