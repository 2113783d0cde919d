"""
Coverage of metrics that some rows move far more than others, and of averages over hundreds of labels with a row or two.

Disagreements where they hardly matter say nothing about those where they do: an interval from draws of the first alone
is too narrow, or is nowhere near.
"""

from __future__ import annotations

import itertools

import numpy as np

from steelyard.model.counts import Joined
from validation import joins, tool
from validation.coverage import Coverage, of_truth
from validation.population import Models, Population

_RATES = ("negative_predictive_value", "specificity", "false_positive_rate", "false_negative_rate", "f2", "jaccard")
_KAPPAS = ("cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic")


def studies() -> list[Coverage]:
    """All of them."""
    rare = Models(shares=(0.98, 0.02), baseline=(0.95, 0.84), candidate=(0.95, 0.9), together=0.4)
    sure = Models(baseline=(0.985, 0.8), candidate=(0.99, 0.82), together=0.3)
    return [
        *(_of_models(f"rates-{rows}-rare", rows, "1:49: rates", rare, _RATES) for rows in (1_000, 8_000)),
        _of_models("precise-400", 400, "balanced, precision 0.98", sure, ("precision", "negative_predictive_value")),
        *(
            _of_cells(f"seldom-{rows}", rows, "a class that is seldom predicted", _seldom(), _AVERAGES)
            for rows in (400, 3_000)
        ),
        *(
            _of_cells(f"grades-{rows}", rows, "5 grades, near errors", _grades(far=0.0), _KAPPAS)
            for rows in (300, 5_000)
        ),
        _of_cells("grades-300-far", 300, "5 grades, now and then a far error", _grades(far=0.006), _KAPPAS),
        *(
            _of_models(
                f"labels-300x{each}",
                300 * each,
                "300 labels",
                Models(classes=300, baseline=(right,), candidate=(right + 0.02,), together=together),
                ("accuracy", "balanced_accuracy"),
            )
            for each, right, together in ((1, 0.5, 0.0), (2, 0.7, 0.3), (4, 0.85, 0.3))
        ),
    ]


_AVERAGES = ("precision_weighted", "precision_macro", "f1_weighted", "jaccard_macro")


def _of_models(name: str, rows: int, about: str, models: Models, metrics: tuple[str, ...]) -> Coverage:
    return _of_cells(name, rows, about, models.population(), metrics)


def _of_cells(name: str, rows: int, about: str, population: Population, metrics: tuple[str, ...]) -> Coverage:
    positive = population.classes[1] if population.n_labels == 2 else None

    def sample(rng: np.random.Generator) -> Joined:
        return joins.paired(population, population.sample(rng, rows))

    truth = {metric: population.truth(metric) for metric in metrics}
    return of_truth(name, f"{rows:,} rows, {about}", sample, truth, tool.prediction_set(positive=positive))


def _seldom() -> Population:
    """Half of the rows are of the first class; the last one is seldom predicted, by one model more often."""
    cells: dict[tuple[int, int, int], float] = {}
    for label, share in ((0, 0.5), (1, 0.25)):
        other = 1 - label
        for theirs, ours, chance in (
            (label, label, 0.8),
            (other, label, 0.06),
            (label, other, 0.06),
            (other, other, 0.07),
            (2, label, 0.002),
            (label, 2, 0.008),
        ):
            cells[label, theirs, ours] = share * chance
    for theirs, ours, chance in ((0, 0, 0.6), (1, 1, 0.2), (0, 1, 0.08), (1, 0, 0.08), (2, 2, 0.04)):
        cells[2, theirs, ours] = 0.25 * chance
    return _population(cells, names=("a", "b", "c"))


def _grades(*, far: float = 0.0) -> Population:
    """Both models err to the next grade; with `far`, one of them also to the farthest one."""
    cells: dict[tuple[int, int, int], float] = {}
    for label in range(5):
        near = label + 1 if label < 4 else 3
        for (theirs, ours), chance in zip(
            itertools.product((label, near), repeat=2), (0.8 - far, 0.06, 0.05, 0.09), strict=True
        ):
            cells[label, theirs, ours] = 0.2 * chance
        if far:
            cells[label, label, 4 if label < 2 else 0] = 0.2 * far
    return _population(cells, names=tuple("12345"))


def _population(cells: dict[tuple[int, int, int], float], *, names: tuple[str, ...]) -> Population:
    columns = np.array(sorted(cells))
    chances = np.array([cells[label, theirs, ours] for label, theirs, ours in columns.tolist()])
    return Population(
        label=columns[:, 0],
        baseline=columns[:, 1],
        candidate=columns[:, 2],
        chances=chances / chances.sum(),
        n_labels=len(names),
        n_classes=len(names),
        names=names,
    )
