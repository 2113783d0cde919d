"""Do the numbers that training wrote agree with what its predictions give?"""

from __future__ import annotations

import math

from steelyard.model.counts import Counts
from steelyard.model.evaluation import Evaluation
from steelyard.stats.comparison.selection import Catalogue
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.sample import sample_of_one
from steelyard.stats.filed import differences


def disagreements(
    evaluation: Evaluation,
    counts: dict[str, Counts],
    *,
    catalogue: Catalogue,
    positive: dict[str, str | None],
    side: str,
) -> tuple[str, ...]:
    """
    A sentence for each metric that a file and the predictions give differently.

    Args:
        evaluation: One side.
        counts: Its own counts over all of its rows, by prediction set.
        catalogue: Which file metrics the predictions give.
        positive: The positive label, by prediction set.
        side: What the sentence calls it.

    Where training was repeated, a file's number is a mean over the runs, and there is nothing to compare it with.
    """
    if evaluation.training is not None and evaluation.training.runs > 1:
        return ()
    written = differences.by_name(evaluation.metrics)
    said = [
        differences.disagreement(
            written[name], _value(counts[key.set], key.metric, positive=positive.get(key.set)), side=side
        )
        for name, key in catalogue.computed_from_file.items()
        if name in written and key.set in counts
    ]
    return tuple(text for text in said if text)


def _value(counts: Counts, name: str, *, positive: str | None) -> float | None:
    sample = sample_of_one(counts, positive=positive)
    metric = available(sample).get(name)
    if metric is None or sample.rows == 0:
        return None
    value = float(metric.value(sample.candidate.observed())[0])
    return value if math.isfinite(value) else None
