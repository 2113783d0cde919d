"""
Populations of rows whose true metrics are known exactly.

A population is a list of cells (label, baseline's prediction, candidate's prediction) with the chance of each. A sample
of n rows is one multinomial draw over the cells, which is what n independent rows give when they are counted. The truth
is scikit-learn's metric on the cells themselves, each weighted by its chance: no estimator of the project is involved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray


class Population(Value, frozen=True, kw_only=True):
    """Cells and their chances; codes of labels are below `n_labels`, a prediction beyond is stray."""

    label: IntArray
    baseline: IntArray
    candidate: IntArray
    chances: FloatArray
    """They sum to 1."""
    n_labels: int
    n_classes: int
    names: tuple[str, ...] = ()
    """Of the classes, in alphabetical order; empty: made up."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names in the order of their codes."""
        return self.names or class_names(self.n_classes)

    def sample(self, rng: np.random.Generator, rows: int) -> IntArray:
        """Rows in each cell."""
        return rng.multinomial(rows, self.chances)

    def truth(self, metric: str) -> tuple[float, float]:
        """The metric's true value of the candidate and of the baseline."""
        labels = np.arange(self.n_labels)
        one = partial(metric_value, metric, self.label, weights=self.chances, labels=labels)
        return one(self.candidate), one(self.baseline)


def class_names(count: int) -> tuple[str, ...]:
    """Names whose alphabetical order is the order of their codes."""
    return tuple(f"c{code:03d}" for code in range(count))


_MISSED = {"false_positive_rate": "specificity", "false_negative_rate": "recall"}
"""Rates of errors, which scikit-learn has no function for."""


def metric_value(metric: str, label: IntArray, prediction: IntArray, *, weights: FloatArray, labels: IntArray) -> float:
    """Scikit-learn's value, with the project's label set and zero division; the last label is the positive one."""
    from sklearn import metrics as m

    if metric in _MISSED:
        return 1.0 - metric_value(_MISSED[metric], label, prediction, weights=weights, labels=labels)
    function, options = _definitions(m, labels)[metric]
    return float(function(label, prediction, sample_weight=weights, **options))


def _definitions(m: object, labels: IntArray) -> Mapping[str, tuple[Callable[..., float], dict[str, object]]]:
    positive = {"pos_label": int(labels[-1]), "labels": labels, "average": "binary", "zero_division": 0}

    def averaged(how: str) -> dict[str, object]:
        return {"labels": labels, "average": how, "zero_division": 0}

    found = {
        "accuracy": ("accuracy_score", {}),
        "balanced_accuracy": ("recall_score", averaged("macro")),
        "matthews_corrcoef": ("matthews_corrcoef", {}),
        "cohen_kappa": ("cohen_kappa_score", {}),
    }
    negative = positive | {"pos_label": int(labels[0])}
    found |= {
        "f2": ("fbeta_score", positive | {"beta": 2.0}),
        "negative_predictive_value": ("precision_score", negative),
        "specificity": ("recall_score", negative),
        "cohen_kappa_linear": ("cohen_kappa_score", {"weights": "linear"}),
        "cohen_kappa_quadratic": ("cohen_kappa_score", {"weights": "quadratic"}),
    }
    for name in ("precision", "recall", "f1", "jaccard"):
        found[name] = (f"{name}_score", positive)
        found |= {f"{name}_{how}": (f"{name}_score", averaged(how)) for how in ("macro", "micro", "weighted")}
    return {name: (getattr(m, function), options) for name, (function, options) in found.items()}


class Models(Value, frozen=True, kw_only=True):
    """How two models behave on a population; a tuple gives one number a class, the last one for all further classes."""

    classes: int = 2
    shares: tuple[float, ...] = (1.0,)
    """Relative sizes of the classes."""
    baseline: tuple[float, ...] = (0.8,)
    """Chance that the baseline is right, by class."""
    candidate: tuple[float, ...] = (0.8,)
    together: float = 0.5
    """Correlation of the two models' being right, from 0 (independent) to 1 (as alike as their accuracies allow)."""
    same_error: float = 0.5
    """Where both are wrong, the chance that they say the same."""
    stray: float = 0.0
    """Share of wrong predictions that are no label at all."""

    def population(self) -> Population:
        """The cells of these two models."""
        columns = [np.array(column) for column in zip(*self._cells(), strict=True)]
        label, baseline, candidate, chances = columns
        return Population(
            label=label.astype(np.int64),
            baseline=baseline.astype(np.int64),
            candidate=candidate.astype(np.int64),
            chances=chances / chances.sum(),
            n_labels=self.classes,
            n_classes=self.classes + (1 if self.stray else 0),
        )

    def _cells(self) -> list[tuple[int, int, int, float]]:
        cells: dict[tuple[int, int, int], float] = {}
        shares = np.array([_of_class(self.shares, y) for y in range(self.classes)])
        for y, share in enumerate(shares / shares.sum()):
            for baseline, candidate, chance in self._predictions(y):
                key = y, baseline, candidate
                cells[key] = cells.get(key, 0.0) + share * chance
        return [(*key, chance) for key, chance in sorted(cells.items()) if chance > 0.0]

    def _predictions(self, y: int) -> list[tuple[int, int, float]]:
        """Pairs of predictions of a row of class y, and their chances."""
        theirs, ours = _of_class(self.baseline, y), _of_class(self.candidate, y)
        apart, alike = theirs * ours, min(theirs, ours)
        both = apart + self.together * (alike - apart)
        wrong = self._wrong(y)
        found = [(y, y, both)]
        for error, chance in wrong:
            found += [(error, y, (ours - both) * chance), (y, error, (theirs - both) * chance)]
            found.append((error, error, (1.0 - theirs - ours + both) * self.same_error * chance))
            rest = (1.0 - theirs - ours + both) * (1.0 - self.same_error) * chance
            found += [(error, other, rest * share) for other, share in wrong]
        return found

    def _wrong(self, y: int) -> list[tuple[int, float]]:
        """What a wrong prediction says: mostly a neighbour."""
        near = list(zip((1, 2, 3), (0.6, 0.3, 0.1), strict=True))[: self.classes - 1]
        total = sum(chance for _, chance in near) / (1.0 - self.stray)
        found = [((y + step) % self.classes, chance / total) for step, chance in near]
        return [*found, (self.classes, self.stray)] if self.stray else found


def _of_class(values: tuple[float, ...], y: int) -> float:
    return values[min(y, len(values) - 1)]
