"""
Labels that are sets of classes: a row may have several, or none.

A set is one text: the JSON list of its classes, each once, sorted by code point. Counting code treats that text as it
treats any class; whoever needs the single classes reads the list.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from steelyard.engines.labels import Labels, natural_order
from steelyard.errors import InputError
from steelyard.text import listing


def read_sets(labels: Collection[str], predictions: Collection[str], *, shown: str, allowed: Sequence[str]) -> Labels:
    """
    The distinct sets of both columns as classes.

    Args:
        labels: Distinct sets of the label column, at least one, as JSON lists.
        predictions: Distinct sets of the prediction column.
        shown: What messages call the file.
        allowed: The configured classes; empty: whatever the label column has.

    Raises:
        InputError: A class of the label column is not among the configured ones.
    """
    known, predicted = _classes(labels), _classes(predictions)
    if allowed and (unknown := sorted(known - set(allowed))):
        raise InputError(
            f"{shown}: the label column has {listing(unknown, limit=5)}, expected only {listing(allowed, limit=10)}",
            hint="add it to `labels` in [[predictions]], or leave `labels` out",
        )
    strange = sorted(predicted - known - set(allowed))
    return Labels(
        type="text",
        labels=natural_order(set(labels), "text"),
        strays=natural_order(set(predictions) - set(labels), "text"),
        recode={},
        notes=(f"predicted, but never a label: {listing(strange, limit=5)}",) if strange else (),
    )


def _classes(sets: Collection[str]) -> set[str]:
    return {name for text in sets for name in json.loads(text)}
