"""
Coverage of metrics of the scores of several classes.

What they are in the population is scikit-learn's value on 100,000 rows: off by a fraction of an interval.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, Joined, Rows, RowsOfSide
from validation import joins, tool
from validation.coverage import Coverage, Truth, of_truth
from validation.population import Population, class_names

_MANY = 100_000


class Softmax(Value, frozen=True, kw_only=True, dict=True):
    """Each class's logit is normal, with a mean that is higher for the own one; probabilities are their softmax."""

    rows: int
    shares: tuple[float, ...]
    baseline: float = 1.5
    """How much higher, in standard deviations."""
    candidate: float = 1.5
    together: float = 0.6
    """Correlation of the two models' logits."""

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        label, theirs, ours = self._drawn(rng, self.rows)
        k = len(self.shares)
        cell = (label * k + theirs.argmax(axis=1)) * k + ours.argmax(axis=1)
        made = joins.paired(self._cells, np.bincount(cell, minlength=k**3).astype(np.int64))
        rows = Rows(
            label=label,
            classes=class_names(k),
            scored=tuple(range(k)),
            candidate=RowsOfSide(scores=ours.astype(np.float32)),
            baseline=RowsOfSide(scores=theirs.astype(np.float32)),
        )
        return structs.replace(made, rows=rows)

    def truth(self) -> Truth:
        """Of every metric of such scores."""
        label, theirs, ours = self._drawn(np.random.default_rng(1), _MANY)
        ours_, theirs_ = (_metrics(label, one) for one in (ours, theirs))
        return {name: (value, theirs_[name]) for name, value in ours_.items()}

    @cached_property
    def _cells(self) -> Population:
        """All cells of label and predictions; how frequent they are does not matter here."""
        k = len(self.shares)
        label, theirs, ours = np.unravel_index(np.arange(k**3), (k, k, k))
        chances = np.full(k**3, 1.0 / k**3)
        return Population(
            label=label, baseline=theirs, candidate=ours, chances=chances, n_labels=k, n_classes=k, names=class_names(k)
        )

    def _drawn(self, rng: np.random.Generator, rows: int) -> tuple[IntArray, FloatArray, FloatArray]:
        k = len(self.shares)
        label = rng.choice(k, size=rows, p=np.array(self.shares) / sum(self.shares))
        noise = rng.normal(size=(2, rows, k))
        noise[1] = self.together * noise[0] + np.sqrt(1.0 - self.together**2) * noise[1]
        own = label[:, None] == np.arange(k)
        theirs, ours = (
            _softmax(one + higher * own) for one, higher in zip(noise, (self.baseline, self.candidate), strict=True)
        )
        return label, theirs, ours


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _metrics(label: IntArray, scores: FloatArray) -> dict[str, float]:
    from sklearn import metrics

    indicators = (label[:, None] == np.arange(scores.shape[1])).astype(np.float64)
    return {
        "roc_auc_ovr": float(metrics.roc_auc_score(label, scores, multi_class="ovr")),
        "roc_auc_ovo": float(metrics.roc_auc_score(label, scores, multi_class="ovo")),
        "log_loss": float(metrics.log_loss(label, scores)),
        "brier_score": float(((scores - indicators) ** 2).sum(axis=1).mean()),
        "top_2_accuracy": float(metrics.top_k_accuracy_score(label, scores, k=2)),
    }


def studies() -> list[Coverage]:
    """Few rows, and a rare class."""
    even, rare = (1.0, 1.0, 1.0, 1.0), (0.5, 0.3, 0.18, 0.02)
    return [
        _study("several-300", "300 rows, 4 classes", Softmax(rows=300, shares=even)),
        _study("several-2000-rare", "2,000 rows, 4 classes, one 2%", Softmax(rows=2_000, shares=rare, candidate=1.6)),
    ]


def _study(name: str, about: str, made: Softmax) -> Coverage:
    names = class_names(len(made.shares))
    predictions = tool.prediction_set(scores=names, labels=names)
    return of_truth(name, f"{about}: scores", made.sample, made.truth(), predictions)
