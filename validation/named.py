"""Coverage of metrics of scikit-learn that are called by name: few repetitions, for a report takes seconds."""

from __future__ import annotations

import numpy as np

from steelyard.model.counts import IntArray, Joined
from validation import joins, tool
from validation.coverage import Coverage, of_truth
from validation.population import Models, Population
from validation.scored import Targets

_REPETITIONS = 100

_ROWS = 1_000_000
"""Rows of a population for metrics that take no weights; their truth is off by less than a hundredth of an interval."""


def studies() -> list[Coverage]:
    """One metric of cells, one of single rows of classes, one of single targets."""
    return [
        _classes(
            "named-fowlkes",
            "400 rows, truly better: fowlkes_mallows_score",
            "fowlkes_mallows_score",
            Models(candidate=(0.86,), together=0.4),
            rows=400,
        ),
        _classes(
            "named-rand",
            "300 rows, 1:3: adjusted_rand_score",
            "adjusted_rand_score",
            Models(shares=(0.75, 0.25), baseline=(0.85, 0.7), candidate=(0.9, 0.75)),
            rows=300,
        ),
        _targets(
            "named-d2",
            "300 rows, truly better: d2_absolute_error_score",
            Targets(rows=300, candidate=0.9),
        ),
    ]


def _classes(name: str, about: str, metric: str, models: Models, *, rows: int) -> Coverage:
    population = models.population()

    def sample(rng: np.random.Generator) -> Joined:
        return joins.paired(population, population.sample(rng, rows))

    both = _on_rows(metric, population, population.candidate), _on_rows(metric, population, population.baseline)
    return of_truth(name, about, sample, {metric: both}, tool.prediction_set(positive="c001"), repetitions=_REPETITIONS)


def _on_rows(metric: str, population: Population, prediction: IntArray) -> float:
    """Scikit-learn's value on a table with as many rows of each cell as its chance says."""
    from sklearn import metrics

    n = np.rint(population.chances * _ROWS).astype(np.int64)
    return float(getattr(metrics, metric)(np.repeat(population.label, n), np.repeat(prediction, n)))


def _targets(name: str, about: str, made: Targets) -> Coverage:
    # The median of a normal target is its mean; both absolute errors are those of normal numbers.
    ours, theirs = (1.0 - scale / made.spread for scale in (made.candidate, made.baseline))
    predictions = tool.prediction_set(kind="regression", label_type="float")
    truth = {"d2_absolute_error_score": (ours, theirs)}
    return of_truth(name, about, made.sample, truth, predictions, repetitions=_REPETITIONS)
