"""Why a prediction set does not have a metric that is asked for, and which one is nearest to it."""

from __future__ import annotations

import re
from collections.abc import Container

from steelyard.stats.aliases import own_name
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.sample import Sample
from steelyard.stats.numbers import measures
from steelyard.stats.scores.topk import k_of
from steelyard.text import count

_OF_POSITIVE = re.compile(
    r"(?P<stem>precision|recall|jaccard|f\d[\d.]{0,7}|specificity|negative_predictive_value|false_(?:pos|neg)itive_rate)"
)
_AVERAGED = re.compile(r"precision|recall|jaccard|f\d.*")
_OF_CLASSES = {"accuracy", "balanced_accuracy", "cohen_kappa", "matthews_corrcoef"}
_OF_TWO = {"roc_auc", "average_precision"}
_OF_SEVERAL = {"roc_auc_ovr", "roc_auc_ovo"}
_OF_SCORES = {*_OF_TWO, *_OF_SEVERAL, "log_loss", "brier_score", "ece"}

_NO_NUMBER = "it is not one number"
_BY_FEATURES = "it judges clusters by the features of rows, which are not read"
_OF_RANKED_LABELS = "it ranks the labels of rows that have several, and scores of such rows are not read"
_OF_ITEMS = "it judges rankings of many items by their relevance, and rows have one label each"

NOT_KEPT = (
    "rows of numbers are compared one by one, and they were not kept; `max_file` of [store] says how large they may "
    "be, and a bucket or a directory takes more than a branch"
)
"""Why a regression, or measures, have no metric at all."""

_UNUSABLE = {
    "auc": "it takes the points of a curve; use roc_auc",
    "calinski_harabasz_score": _BY_FEATURES,
    "class_likelihood_ratios": _NO_NUMBER,
    "classification_report": _NO_NUMBER,
    "confusion_matrix": _NO_NUMBER,
    "confusion_matrix_at_thresholds": _NO_NUMBER,
    "consensus_score": "it compares sets of biclusters",
    "coverage_error": _OF_RANKED_LABELS,
    "d2_brier_score": "it is the Brier score against that of a constant; use brier_score",
    "d2_log_loss_score": "it is the log loss against that of a constant; use log_loss",
    "davies_bouldin_score": _BY_FEATURES,
    "dcg_score": _OF_ITEMS,
    "det_curve": _NO_NUMBER,
    "fbeta_score": "it has no beta of its own; use f0.5 or f2 of two classes, f0.5_macro or f2_macro of several",
    "hinge_loss": "it needs decision values with a margin of 1, which scores need not be; use log_loss",
    "homogeneity_completeness_v_measure": _NO_NUMBER,
    "label_ranking_average_precision_score": _OF_RANKED_LABELS,
    "label_ranking_loss": _OF_RANKED_LABELS,
    "multilabel_confusion_matrix": _NO_NUMBER,
    "ndcg_score": _OF_ITEMS,
    "pair_confusion_matrix": _NO_NUMBER,
    "precision_recall_curve": _NO_NUMBER,
    "precision_recall_fscore_support": _NO_NUMBER,
    "roc_curve": _NO_NUMBER,
    "silhouette_samples": _BY_FEATURES,
    "silhouette_score": _BY_FEATURES,
}
"""scikit-learn's metrics of which nothing here is the same, and that cannot be computed from what is known of rows."""


def absent(name: str, data: SetData, offered: Container[str]) -> str:
    """
    Why the set has no such metric; empty: it may have, or nothing is known of the name.

    Args:
        name: Without the set's; scikit-learn's names are understood.
        data: The prediction set.
        offered: The metrics that it has.
    """
    if reason := _UNUSABLE.get(name) or (NOT_KEPT if data.nothing_kept else ""):
        return reason
    sample, own = data.sample, own_name(name)
    if reason := _of_samples(own, data):
        return reason
    of_scores, of_positive = own in _OF_SCORES or k_of(own) is not None, _OF_POSITIVE.fullmatch(own)
    if sample is None:
        return "it is about classes, and rows have none" if of_scores or of_positive or own in _OF_CLASSES else ""
    if of_scores:
        return "" if own in offered else _of_scores(own, sample, offered)
    if sample.positive is None and of_positive is not None:
        stem = of_positive["stem"]
        instead = f"{stem}_macro or {stem}[label]" if _AVERAGED.fullmatch(stem) else "recall[label]"
        return f"it is about two classes, of which one is positive; use {instead}"
    return ""


def _of_samples(own: str, data: SetData) -> str:
    """Why there is no pass@k."""
    at, rows = measures.split_at_k(own), data.joined.rows
    if at is None or rows is None:
        return ""
    stem, k = at
    made_from = [one for one in rows.measures if one.lower() in measures.PASSING and stem in (one, "pass")]
    sides = (measures.sides_of_measure(data.joined, one, expected=data.has_baseline) for one in made_from)
    return min((measures.why_not_at(one, k) for one in sides), default="")


def _of_scores(own: str, sample: Sample, offered: Container[str]) -> str:
    if sample.sets is not None:
        return "scores of rows with several labels are not read"
    if "log_loss" not in offered:
        return "it needs scores of every class, or of one of two"
    if (k := k_of(own)) is not None:
        return _of_first(k, classes=len(sample.labels))
    if own in _OF_SEVERAL:
        return "it is about more than two classes; use roc_auc"
    return f"it is about two classes; {'use' if own == 'roc_auc' else 'the nearest is'} roc_auc_ovr"


def _of_first(k: int, *, classes: int) -> str:
    if k >= classes:
        return f"of {count(classes, 'class', 'classes')} every row's label is among the first {k}"
    return (
        "of two classes it is the accuracy of the higher score; use accuracy" if k == 1 else "so many are not counted"
    )
