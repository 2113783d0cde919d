"""Do the numbers that training wrote agree with what its predictions give?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from steelyard.model.counts import Counts
from steelyard.model.evaluation import Evaluation, Metric
from steelyard.stats.comparison.selection import Catalogue
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.metrics import find
from steelyard.stats.counts.sample import Sample, sample_of_one
from steelyard.stats.filed import differences
from steelyard.text import bounded, quote

_AVERAGES = ("macro", "weighted", "micro")
_MOST_LABELS = 20
"""Labels whose single values a file's number is held against."""

_LONGEST = 100


def disagreements(
    evaluation: Evaluation,
    counts: dict[str, Counts],
    *,
    catalogue: Catalogue,
    sets: Mapping[str, SetData],
    side: str,
) -> tuple[str, ...]:
    """
    A sentence for each metric that a file and the predictions give differently.

    Args:
        evaluation: One side.
        counts: Its own counts over all of its rows, by prediction set.
        catalogue: Which file metrics the predictions give.
        sets: What is known of each prediction set.
        side: What the sentence calls it.

    Where training was repeated, a file's number is a mean over the runs, and there is nothing to compare it with.
    """
    if evaluation.training is not None and evaluation.training.runs > 1:
        return ()
    written = differences.by_name(evaluation.metrics)
    said = [
        _said(written[name], key.metric, _sample(counts[key.set], sets[key.set]), side=side)
        for name, key in catalogue.computed_from_file.items()
        if name in written and key.set in counts
    ]
    return tuple(text for text in said if text)


def _sample(counts: Counts, data: SetData) -> Sample:
    """One side's own, over all of its rows."""
    multilabel = data.sample is not None and data.sample.sets is not None
    positive = None if data.predictions is None else data.predictions.positive
    return sample_of_one(counts, positive=positive, kind="multilabel" if multilabel else "classification")


def _said(written: Metric, name: str, sample: Sample, *, side: str) -> str:
    text = differences.disagreement(written, _value(name, sample), side=side)
    return f"{text}{_instead(written, name, sample)}" if text else ""


def _instead(written: Metric, name: str, sample: Sample) -> str:
    """Which other average, or which one label's value, the file's number is, where just one agrees with it."""
    stem = re.split(r"[_\[]", name)[0]
    others = (*(f"{stem}[{label}]" for label in sample.labels[:_MOST_LABELS]), *(f"{stem}_{one}" for one in _AVERAGES))
    found: dict[float, str] = {}
    for other in others:
        value = _value(other, sample)
        if value is not None and written.value is not None and differences.agrees(written.value, value):
            found.setdefault(round(value, 12), other)
    if len(found) != 1:
        return ""
    (other,) = found.values()
    label = other.removeprefix(f"{stem}[").removesuffix("]") if other.endswith("]") else ""
    mend = f" (`positive = {quote(label)}` in [[predictions]] reports that)" if label and name == stem else ""
    return f"; the file's number is {bounded(other, limit=_LONGEST)}{mend}"


def _value(name: str, sample: Sample) -> float | None:
    metric = find(name, sample) if sample.rows else None
    return None if metric is None else metric.of(sample.candidate)
