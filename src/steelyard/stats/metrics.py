"""The classification metrics by name: how each is computed, and what its uncertainty depends on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats import classification as c
from steelyard.stats.classification import Sums
from steelyard.stats.sample import Sample

Function: TypeAlias = Callable[[Sums], FloatArray]


class Metric(Value, frozen=True, kw_only=True):
    """
    A metric of a confusion matrix.

    `proportion_of` names the rows that it is a plain proportion of ("all", or those with the "positive" label): such a
    metric has score intervals that hold in small samples. The others are drawn, and `depends_on` says on which counts
    their draws lean (see `guards`):

        each       every label counts alike, however rare (macro averages)
        predicted  the same, and each label's predictions are a denominator
        majority   labels count by their rows; what matters is all but the most frequent one
        positive   the positive label's rows and predictions
    """

    name: str
    value: Function
    proportion_of: Literal["", "all", "positive"] = ""
    depends_on: Literal["each", "predicted", "majority", "positive"] = "each"
    only_correctness: bool = False
    """A row matters only by being right or wrong, not by which wrong label it got."""
    single_class: bool = True
    """Means something where all rows have one label."""


def available(sample: Sample) -> dict[str, Metric]:
    """The metrics of a sample by name: the binary ones where it is binary."""
    known = [*_COMMON, *(_binary(sample.positive) if sample.positive is not None else ())]
    return {metric.name: metric for metric in known}


def by_default(sample: Sample) -> tuple[str, ...]:
    """The names that a report shows unless the configuration says otherwise, the headline's first."""
    if sample.n_labels < 2:
        return ("accuracy",)
    if sample.positive is not None:
        return "accuracy", "f1", "precision", "recall", "balanced_accuracy", "matthews_corrcoef"
    return "accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef"


_COMMON = (
    Metric(name="accuracy", value=c.accuracy, proportion_of="all"),
    Metric(name="balanced_accuracy", value=c.balanced_accuracy, only_correctness=True, single_class=False),
    Metric(name="f1_macro", value=lambda sums: c.macro(c.f1_per_class(sums)), single_class=False),
    Metric(
        name="precision_macro",
        value=lambda sums: c.macro(c.precision_per_class(sums)),
        depends_on="predicted",
        single_class=False,
    ),
    Metric(
        name="recall_macro",
        value=lambda sums: c.macro(c.recall_per_class(sums)),
        only_correctness=True,
        single_class=False,
    ),
    Metric(name="f1_weighted", value=lambda sums: c.weighted(c.f1_per_class(sums), sums), depends_on="majority"),
    Metric(
        name="precision_weighted",
        value=lambda sums: c.weighted(c.precision_per_class(sums), sums),
        depends_on="majority",
    ),
    Metric(name="recall_weighted", value=c.accuracy, proportion_of="all"),
    Metric(name="f1_micro", value=c.f1_micro, depends_on="majority"),
    Metric(name="precision_micro", value=c.precision_micro, depends_on="majority"),
    Metric(name="recall_micro", value=c.accuracy, proportion_of="all"),
    Metric(name="matthews_corrcoef", value=c.matthews_corrcoef, depends_on="majority", single_class=False),
    Metric(name="cohen_kappa", value=c.cohen_kappa, depends_on="majority", single_class=False),
)


def _binary(positive: int) -> tuple[Metric, ...]:
    return (
        Metric(
            name="precision",
            value=lambda sums: c.precision_per_class(sums)[:, positive],
            depends_on="positive",
        ),
        Metric(name="recall", value=lambda sums: c.recall_per_class(sums)[:, positive], proportion_of="positive"),
        Metric(name="f1", value=lambda sums: c.f1_per_class(sums)[:, positive], depends_on="positive"),
    )
