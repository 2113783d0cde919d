"""
Which way is up for a metric that was read from a file: from the configuration, else from words of its name.

Conservative: a name that says both, or neither, or that is about a count, a threshold or a spread, has no direction,
and a metric without direction gets no verdict.
"""

from __future__ import annotations

import re

from steelyard.config import Metrics


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UP = _words(
    "acc accuracy ap auc auprc auroc average_precision bleu correct dice f1 f2 fbeta hit_rate iou jaccard kappa "
    "map matthews mcc miou mrr ndcg pass passed precision r2 r_squared recall reward rouge rouge1 rouge2 rougel "
    "rsquared sensitivity specificity throughput tnr tpr true_negative_rate true_positive_rate"
)
_UP_ALONE = _words("grade judge judge_grade judge_rating judge_score rating")
"""Whole names: of `grade_level` or `judge_toxicity_rating` nobody knows."""

_DOWN = _words(
    "brier cer cross_entropy crossentropy deviance ece err error false_negative_rate false_positive_rate fid fnr fpr "
    "hinge latency logloss loss mae mape mse msle nll perplexity ppl rmse rmsle smape wer"
)
_NEITHER = _words(
    "baseline best_epoch bins change count counts cutoff delta diff difference drop epoch epochs gap iteration "
    "iterations lambda length minus num number quantile ratio sample samples scale seed size std stddev stderr step "
    "steps support target temperature threshold total variance weight weights worst_epoch"
)

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ONE_MINUS = re.compile(r"\b1\s*[-−]")
_WORD = re.compile(r"[a-z]+[0-9]*")
_LONGEST_PHRASE = 3


def higher_is_better(name: str, *, config: Metrics, set_name: str = "") -> bool | None:
    """
    True, False, or None where nothing says.

    Args:
        name: The metric's name.
        config: Its `higher_is_better` and `lower_is_better` decide first, by name or `set/name`.
        set_name: The prediction set of a computed metric.
    """
    names = {name, f"{set_name}/{name}"} if set_name else {name}
    if names & set(config.higher_is_better):
        return True
    if names & set(config.lower_is_better):
        return False
    return None if set_name else well_known(name)


def well_known(name: str) -> bool | None:
    """The direction that the words of the name agree on."""
    words = _WORD.findall(_CAMEL.sub("_", name[:200]).lower())
    phrases = _phrases(words)
    if phrases & _NEITHER or _ONE_MINUS.search(name[:200]):
        return None
    up, down = bool(phrases & _UP or "_".join(words) in _UP_ALONE), bool(phrases & _DOWN)
    if up == down:
        return None
    # scikit-learn's scorers: neg_mean_squared_error is a loss turned round.
    if words[0] == "neg":
        return True if down else None
    return up


def _phrases(words: list[str]) -> set[str]:
    """The words and the runs of up to three of them, joined by underscores."""
    longest = range(1, _LONGEST_PHRASE + 1)
    return {"_".join(words[i : i + n]) for n in longest for i in range(len(words) - n + 1)}
