"""
scikit-learn's `classification_report(output_dict=True)`, wherever in a file it is.

Its averages become `f1_macro`, `precision_weighted` …, its classes `f1[setosa]` …, and the number of rows `support`
and `support[setosa]`; the names are those of metrics that are computed from predictions.
"""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.model.base import JSON

_AVERAGES = {"micro avg": "micro", "macro avg": "macro", "weighted avg": "weighted", "samples avg": "samples"}
_METRICS = {"precision": "precision", "recall": "recall", "f1-score": "f1"}
_SUPPORT = "support"


def rewrite(table: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The table with the names above where it is a classification report; otherwise as it was."""
    macro = table.get("macro avg")
    if not _is_scores(macro):
        return table
    total = macro.get(_SUPPORT) if isinstance(macro, dict) else None
    averages: dict[str, JSON] = {}
    classes: dict[str, JSON] = {}
    rest: dict[str, JSON] = {}
    for key, value in table.items():
        if not isinstance(value, dict) or not _is_scores(value):
            rest[key] = value
        elif key in _AVERAGES:
            averages |= {f"{ours}_{_AVERAGES[key]}": value[theirs] for theirs, ours in _METRICS.items()}
        else:
            classes |= {f"{ours}[{key}]": value[theirs] for theirs, ours in (*_METRICS.items(), (_SUPPORT, _SUPPORT))}
    return {**rest, **averages, _SUPPORT: total, **classes}


def _is_scores(value: JSON) -> bool:
    return isinstance(value, dict) and _METRICS.keys() <= value.keys() and _SUPPORT in value
