"""`steelyard.stats.filed.directions`: which way is up."""

from __future__ import annotations

import pytest

from steelyard.config import Metrics
from steelyard.stats.filed.directions import higher_is_better, well_known
from steelyard.stats.numbers.measures import PASSING


@pytest.mark.parametrize(
    "name",
    ["accuracy", "Test Accuracy", "val/acc", "f1-score", "macro avg.f1-score", "rocAUC", "roc_auc", "mAP@0.5", "R2",
     "BLEU-4", "recall@5", "neg_mean_squared_error", "true_positive_rate", "top1_acc",
     "tests passed", "rating", "grade", "Judge", "judge_score", "judge_rating", *PASSING],
)  # fmt: skip
def test_well_known__up(name: str) -> None:
    """Names that say "higher is better", among them all that pass@k is made from."""
    assert well_known(name) is True


@pytest.mark.parametrize(
    "name",
    ["loss", "val_loss", "logLoss", "log_loss", "MSELoss", "rmse", "Mean Absolute Error", "p95_latency", "perplexity",
     "false_positive_rate", "WER", "brier_score", "max_error"],
)  # fmt: skip
def test_well_known__down(name: str) -> None:
    """Names that say "lower is better"."""
    assert well_known(name) is False


@pytest.mark.parametrize(
    "name",
    ["", "x", "bits", "learning_rate", "accuracy_std", "accuracy_loss", "auc_threshold", "best_epoch", "loss_scale",
     "1 - auc", "error_count", "support", "neg_accuracy", "accuracy_drop", "target_accuracy", "glossary",
     "grade_level", "judge_toxicity", "incorrect", "num_correct", "n" * 10_000],
)  # fmt: skip
def test_well_known__silent(name: str) -> None:
    """Names that say nothing, or both, or are about something else."""
    assert well_known(name) is None


def test_higher_is_better__configuration_wins() -> None:
    """What is configured decides, by name or by set and name."""
    config = Metrics(lower_is_better=("accuracy", "test/recall"), higher_is_better=("loss",))

    assert higher_is_better("accuracy", config=config) is False
    assert higher_is_better("loss", config=config) is True
    assert higher_is_better("recall", config=config, set_name="test") is False
    assert higher_is_better("recall", config=config, set_name="other") is None
    assert higher_is_better("recall", config=config) is True
