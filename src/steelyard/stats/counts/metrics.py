"""The classification metrics by name: how each is computed, and what its uncertainty depends on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats.counts import classification as c
from steelyard.stats.counts import multilabel
from steelyard.stats.counts.classification import Sums
from steelyard.stats.counts.sample import Sample, Side

Function: TypeAlias = Callable[[Sums], FloatArray]


class Metric(Value, frozen=True, kw_only=True):
    """
    A metric of a confusion matrix.

    `proportion_of` names the rows that it is a plain proportion of ("all", or those with the "positive" label): such a
    metric has score intervals that hold in small samples. One that `recalls` says how to sum has them, too (see
    `mover`). The others are drawn, and `depends_on` says on which counts their draws lean (see `guards`):

        each       every label counts alike, however rare (macro averages)
        predicted  the same, and each label's predictions are a denominator
        majority   labels count by their rows; what matters is all but the most frequent one
        label      one label's rows and predictions
        rows       every row counts alike, whatever its labels
    """

    name: str
    value: Function
    mean_of: Function | None = None
    """A value a label, where `value` is the mean of these and each hangs on the sums of its own label alone."""
    by_rows: bool = False
    """In that mean labels count by their rows."""
    slopes: Callable[[Sums], Sums] | None = None
    """The derivative of `value` in each of the sums, where it is not left to `influence`."""
    proportion_of: Literal["", "all", "positive"] = ""
    depends_on: Literal["each", "predicted", "majority", "label", "rows"] = "each"
    label: int | None = None
    """The code of the one label that it is about; None: it is about all."""
    recalls: Callable[[int], FloatArray] | None = None
    """
    A weight for the recall of each of K labels, `(K,)`, where the metric is a weighted sum of them, up to a constant;
    None: it is not.
    """
    uses_totals: bool = False
    """Needs `Sums.totals`."""
    higher_is_better: bool = True
    only_correctness: bool = False
    """A row matters only by being right or wrong, not by which wrong label it got."""
    ordinal: bool = False
    """Classes have an order: two with the same counts do not count alike."""
    own_rows: bool = False
    """Only rows that have `label` matter."""
    single_class: bool = True
    """Means something where all rows have one label."""

    def of(self, side: Side) -> float | None:
        """The value of the data themselves; None where it is undefined."""
        value = float(self.value(side.observed(totals=self.uses_totals))[0])
        return value if math.isfinite(value) else None

    @property
    def method(self) -> Literal["score", "mover", "draws"]:
        """Where its intervals come from: score intervals of one proportion, of several (MOVER), or draws."""
        if self.proportion_of:
            return "score"
        return "mover" if self.recalls is not None else "draws"


def available(sample: Sample) -> dict[str, Metric]:
    """The metrics of a sample by name, as far as the names can be listed: the binary ones where it is binary."""
    if sample.sets is not None:
        known = _MULTILABEL
    else:
        known = (*_MULTICLASS, *_ordinal(sample), *(_binary(sample.positive) if sample.positive is not None else ()))
    return {metric.name: metric for metric in known}


def find(name: str, sample: Sample) -> Metric | None:
    """
    The metric that a name means in this sample; None: there is none.

    Besides the `available` ones: F-beta with any beta above 0 (`f0.5`, `f2_macro`), and `precision`, `recall`, `f1`,
    F-beta and `jaccard` of one label in brackets (`recall[cat]`), where rows have that label. Hostile text is a name
    like any other.
    """
    if (known := available(sample).get(name)) is not None:
        return known
    if name.endswith("]"):
        stem, _, label = name[:-1].partition("[")
        if (per_class := _per_class(stem)) is None or label not in sample.labels:
            return None
        found = _of_label(name, per_class, sample.labels.index(label), share=stem == "recall")
        return structs.replace(found, own_rows=stem == "recall")
    stem, _, average = name.partition("_")
    if _beta(stem) is None or (per_class := _per_class(stem)) is None:
        return None
    if not average and sample.positive is not None:
        return _of_label(name, per_class, sample.positive, share=False)
    return next((one for one in _averages(stem, per_class) if one.name == name), None) if average else None


def by_default(sample: Sample) -> tuple[str, ...]:
    """The names that a report shows unless the configuration says otherwise, the headline's first."""
    if sample.sets is not None:
        return "accuracy", "f1_macro", "f1_micro", "hamming_loss"
    if sample.n_labels < 2:
        return ("accuracy",)
    if sample.positive is not None:
        return "accuracy", "f1", "precision", "recall", "balanced_accuracy", "matthews_corrcoef"
    return "accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef"


_LONGEST_BETA = 8


def _beta(stem: str) -> float | None:
    """The beta of `f2`, `f0.5`, written as plainly as it can be."""
    digits = stem.removeprefix("f")
    if stem == digits or len(digits) > _LONGEST_BETA or not digits.replace(".", "", 1).isdecimal():
        return None
    beta = float(digits)
    return beta if beta > 0.0 and f"{beta:.8g}" == digits else None


def _per_class(stem: str) -> Function | None:
    """A function from sums to a value a label."""
    named = {"precision": c.precision_per_class, "recall": c.recall_per_class, "jaccard": c.jaccard_per_class}
    if stem in named:
        return named[stem]
    beta = _beta(stem)
    return None if beta is None else lambda sums: c.fbeta_per_class(sums, beta=beta)


def _of_label(name: str, per_class: Function, label: int, *, share: bool) -> Metric:
    """One label's value; its recall is a share of its rows."""
    return Metric(
        name=name,
        value=lambda sums: per_class(sums)[:, label],
        depends_on="label",
        label=label,
        recalls=_only(label) if share else None,
        only_correctness=share,
        own_rows=share,
    )


def _averages(stem: str, per_class: Function) -> tuple[Metric, ...]:
    return (
        Metric(
            name=f"{stem}_macro",
            value=lambda sums: c.macro(per_class(sums)),
            mean_of=per_class,
            depends_on="predicted" if stem == "precision" else "each",
            single_class=False,
        ),
        Metric(
            name=f"{stem}_weighted",
            value=lambda sums: c.weighted(per_class(sums), sums),
            mean_of=per_class,
            by_rows=True,
            depends_on="majority",
        ),
        Metric(name=f"{stem}_micro", value=lambda sums: per_class(c.pooled(sums))[:, 0], depends_on="majority"),
    )


def _only(label: int, *, sign: float = 1.0) -> Callable[[int], FloatArray]:
    return lambda labels: np.where(np.arange(labels) == label, sign, 0.0)


def _equally(labels: int) -> FloatArray:
    return np.full(labels, 1.0 / labels)


_BALANCED = Metric(
    name="balanced_accuracy",
    value=c.balanced_accuracy,
    recalls=_equally,
    only_correctness=True,
    single_class=False,
)

_MULTICLASS = (
    Metric(name="accuracy", value=c.accuracy, proportion_of="all"),
    _BALANCED,
    *_averages("f1", c.f1_per_class),
    *_averages("precision", c.precision_per_class),
    Metric(
        name="recall_macro",
        value=lambda sums: c.macro(c.recall_per_class(sums)),
        recalls=_equally,
        only_correctness=True,
        single_class=False,
    ),
    Metric(name="recall_weighted", value=c.accuracy, proportion_of="all"),
    Metric(name="recall_micro", value=c.accuracy, proportion_of="all"),
    *_averages("jaccard", c.jaccard_per_class),
    Metric(
        name="matthews_corrcoef",
        value=c.matthews_corrcoef,
        slopes=c.slopes_of_matthews_corrcoef,
        depends_on="majority",
        single_class=False,
    ),
    Metric(
        name="cohen_kappa",
        value=c.cohen_kappa,
        slopes=c.slopes_of_cohen_kappa,
        depends_on="majority",
        single_class=False,
    ),
)

_MULTILABEL = (
    Metric(name="accuracy", value=multilabel.exact, proportion_of="all"),
    Metric(name="hamming_loss", value=multilabel.hamming_loss, depends_on="rows", higher_is_better=False),
    *_averages("f1", c.f1_per_class),
    *_averages("precision", c.precision_per_class),
    *_averages("recall", c.recall_per_class),
    *_averages("jaccard", c.jaccard_per_class),
    Metric(name="precision_samples", value=multilabel.precision_samples, depends_on="rows"),
    Metric(name="recall_samples", value=multilabel.recall_samples, depends_on="rows"),
    Metric(name="f1_samples", value=multilabel.f1_samples, depends_on="rows"),
    Metric(name="jaccard_samples", value=multilabel.jaccard_samples, depends_on="rows"),
)


def _ordinal(sample: Sample) -> tuple[Metric, ...]:
    """Kappa by the distance of classes in their order."""
    position = sample.candidate.position
    if position is None:
        return ()
    return (
        Metric(
            name="cohen_kappa_linear",
            uses_totals=True,
            ordinal=True,
            value=lambda sums: c.cohen_kappa_weighted(sums, position=position, power=1),
            depends_on="majority",
            single_class=False,
        ),
        Metric(
            name="cohen_kappa_quadratic",
            uses_totals=True,
            ordinal=True,
            value=lambda sums: c.cohen_kappa_weighted(sums, position=position, power=2),
            depends_on="majority",
            single_class=False,
        ),
    )


def _binary(positive: int) -> tuple[Metric, ...]:
    """Those of the positive label, and of the other one; a stray prediction is wrong for either."""
    negative = 1 - positive
    return (
        _of_label("precision", c.precision_per_class, positive, share=False),
        Metric(
            name="recall",
            value=lambda sums: c.recall_per_class(sums)[:, positive],
            proportion_of="positive",
            label=positive,
            own_rows=True,
        ),
        _of_label("f1", c.f1_per_class, positive, share=False),
        _of_label("jaccard", c.jaccard_per_class, positive, share=False),
        _of_label("specificity", c.recall_per_class, negative, share=True),
        _of_label("negative_predictive_value", c.precision_per_class, negative, share=False),
        _missed("false_positive_rate", negative),
        _missed("false_negative_rate", positive),
    )


def _missed(name: str, label: int) -> Metric:
    """The share of a label's rows that are predicted otherwise: 1 - recall."""
    return Metric(
        name=name,
        value=lambda sums: 1.0 - c.recall_per_class(sums)[:, label],
        depends_on="label",
        label=label,
        recalls=_only(label, sign=-1.0),
        higher_is_better=False,
        only_correctness=True,
        own_rows=True,
    )
