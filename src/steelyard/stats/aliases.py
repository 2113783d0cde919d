"""What scikit-learn's functions are here with their default arguments: a metric of another name, or 1 - one."""

from __future__ import annotations

_OWN = {
    "accuracy_score": "accuracy",
    "average_precision_score": "average_precision",
    "balanced_accuracy_score": "balanced_accuracy",
    "brier_score_loss": "brier_score",
    "cohen_kappa_score": "cohen_kappa",
    "d2_tweedie_score": "r2",
    "explained_variance_score": "explained_variance",
    "f1_score": "f1",
    "jaccard_score": "jaccard",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "mean_pinball_loss": "pinball_0.5",
    "mean_squared_error": "mse",
    "mean_tweedie_deviance": "mse",
    "precision_score": "precision",
    "r2_score": "r2",
    "recall_score": "recall",
    "roc_auc_score": "roc_auc",
    "root_mean_squared_error": "rmse",
    "top_k_accuracy_score": "top_2_accuracy",
}


def own_name(name: str) -> str:
    """The name here of what scikit-learn calls so: `f1_score` → `f1`; every other name as it is."""
    return _OWN.get(name, name)


_REST = {"hamming_loss": "accuracy", "zero_one_loss": "accuracy"}
"""Of sets of classes, `hamming_loss` is another one, which is known by its own name."""


def counterpart(name: str) -> str:
    """The metric of which this one is what is missing from 1: `zero_one_loss` → `accuracy`; empty: there is none."""
    return _REST.get(name, "")
