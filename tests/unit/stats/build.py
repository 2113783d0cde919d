"""Builders for the statistics' inputs: rows to counts, and Evaluations around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from steelyard.config import Config, parse
from steelyard.model.base import JSON
from steelyard.model.cells import Cells
from steelyard.model.comparison import Comparison, Row
from steelyard.model.counts import Counts, FloatArray, IntArray, Joined, JointCounts, Pairing, SlicedCounts
from steelyard.model.evaluation import Evaluation, Metric, PredictionSet
from steelyard.stats.compare import compare
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.sample import sample_of

Labels: TypeAlias = Sequence[str]
Codes: TypeAlias = NDArray[np.int64]


def classes_of(label: Labels, *predictions: Labels) -> tuple[tuple[str, ...], int]:
    """The label set, then the stray predictions; and how many labels there are."""
    labels = sorted(set(label))
    stray = sorted({name for side in predictions for name in side} - set(labels))
    return (*labels, *stray), len(labels)


def codes(names: Labels, classes: Sequence[str]) -> Codes:
    """The codes of these names."""
    index = {name: code for code, name in enumerate(classes)}
    return np.array([index[name] for name in names], dtype=np.int64)


def counts(label: Codes, prediction: Codes, *, classes: Sequence[str], n_labels: int) -> Counts:
    """Count rows of one model."""
    cells, n = np.unique(np.stack([label, prediction]), axis=1, return_counts=True)
    return Counts(classes=tuple(classes), n_labels=n_labels, label=cells[0], prediction=cells[1], n=n)


def joint(label: Codes, baseline: Codes, candidate: Codes, *, classes: Sequence[str], n_labels: int) -> JointCounts:
    """Count rows of two models."""
    cells, n = np.unique(np.stack([label, baseline, candidate]), axis=1, return_counts=True)
    return JointCounts(
        classes=tuple(classes), n_labels=n_labels, label=cells[0], baseline=cells[1], candidate=cells[2], n=n
    )


def pairing(rows: int, **changes: object) -> Pairing:
    """All rows of one test set, paired by id."""
    plain = Pairing(method="id", candidate_rows=rows, baseline_rows=rows, common_rows=rows, same_test_set=True)
    return structs.replace(plain, **changes)


def paired(label: Labels, baseline: Labels, candidate: Labels, *, slices: Mapping[str, Labels] | None = None) -> Joined:
    """Two models on the same rows."""
    classes, k = classes_of(label, baseline, candidate)
    y, b, a = (codes(side, classes) for side in (label, baseline, candidate))
    return Joined(
        pairing=pairing(len(label)),
        joint=joint(y, b, a, classes=classes, n_labels=k),
        candidate=counts(y, a, classes=classes, n_labels=k),
        baseline=counts(y, b, classes=classes, n_labels=k),
        slices=tuple(
            sliced(name, values, (y, b, a), classes=classes, n_labels=k) for name, values in (slices or {}).items()
        ),
    )


def sliced(
    name: str, values: Labels, rows: tuple[Codes, Codes, Codes], *, classes: Sequence[str], n_labels: int
) -> SlicedCounts:
    """Count rows of two models within the values of a slice column."""
    names = sorted(set(values))
    cells, n = np.unique(np.stack([codes(values, names), *rows]), axis=1, return_counts=True)
    return SlicedCounts(
        name=name,
        values=tuple(names),
        value=cells[0],
        joint=JointCounts(
            classes=tuple(classes), n_labels=n_labels, label=cells[1], baseline=cells[2], candidate=cells[3], n=n
        ),
    )


def unpaired(ours: tuple[Labels, Labels], theirs: tuple[Labels, Labels], **changes: object) -> Joined:
    """Two models on (label, prediction) rows of their own; `changes` of the pairing."""
    classes, k = classes_of([*ours[0], *theirs[0]], ours[1], theirs[1])
    plain = Pairing(
        method="unpaired", candidate_rows=len(ours[0]), baseline_rows=len(theirs[0]), common_rows=0, reason="no ids"
    )
    return Joined(
        pairing=structs.replace(plain, **changes),
        joint=None,
        candidate=counts(codes(ours[0], classes), codes(ours[1], classes), classes=classes, n_labels=k),
        baseline=counts(codes(theirs[0], classes), codes(theirs[1], classes), classes=classes, n_labels=k),
    )


def alone(label: Labels, prediction: Labels) -> Joined:
    """A candidate without a baseline."""
    classes, k = classes_of(label, prediction)
    empty: IntArray = np.zeros(0, dtype=np.int64)
    return Joined(
        pairing=Pairing(method="unpaired", candidate_rows=len(label), baseline_rows=0, common_rows=0),
        joint=None,
        candidate=counts(codes(label, classes), codes(prediction, classes), classes=classes, n_labels=k),
        baseline=Counts(classes=classes, n_labels=k, label=empty, prediction=empty, n=empty),
    )


def prediction_set(name: str = "test", **changes: object) -> PredictionSet:
    """A prediction set whose rows are elsewhere."""
    plain = PredictionSet(
        name=name,
        source="predictions.csv",
        rows=0,
        key="id",
        label_type="text",
        labels=(),
        fingerprint="0" * 32,
        counts=Cells.of(),
    )
    return structs.replace(plain, **changes)


def evaluation(*sets: PredictionSet, **changes: object) -> Evaluation:
    """An Evaluation with these prediction sets."""
    plain = Evaluation(steelyard="0", created="2026-01-01T00:00:00+00:00", predictions={one.name: one for one in sets})
    return structs.replace(plain, **changes)


def filed(**values: float | None) -> tuple[Metric, ...]:
    """Metrics that training wrote to a file."""
    return tuple(
        Metric(name=name, value=value, file="metrics.json", note="NaN" if value is None else "")
        for name, value in values.items()
    )


def config(**tables: JSON) -> Config:
    """A configuration from its tables."""
    return parse(dict(tables), source="steelyard.toml")


def data(joined: Joined, *, name: str = "test", settings: Config | None = None, **changes: object) -> SetData:
    """All that the statistics know of a prediction set; `positive` and the rest change it."""
    positive = changes.pop("positive", None)
    plain = SetData(
        name=name,
        joined=joined,
        predictions=prediction_set(name, positive=positive),
        sample=sample_of(joined, positive=positive if isinstance(positive, str) else None),
        config=settings or Config(),
    )
    return structs.replace(plain, **changes)


def compared(joined: Joined | Mapping[str, Joined], settings: Config | None = None, **sets: object) -> Comparison:
    """Compare prediction sets alone; `sets` are changes of every prediction set."""
    joins = {"test": joined} if isinstance(joined, Joined) else dict(joined)
    side = evaluation(*(prediction_set(name, **sets) for name in joins))
    return compare(side, side, joins, settings or Config())


def row(comparison: Comparison, metric: str, *, of: str = "") -> Row:
    """The row of a metric."""
    (found,) = [one for one in comparison.rows if one.metric == metric and of in ("", one.set)]
    return found


def simulated(
    seed: int, *, rows: int, classes: int, right: tuple[float, float], shared: float = 0.5
) -> tuple[list[str], list[str], list[str]]:
    """
    Labels, and the predictions of two models that are right with these chances (baseline, candidate).

    `shared` of the rows are hard or easy for both at once.
    """
    rng = np.random.default_rng(seed)
    label = rng.integers(classes, size=rows)
    luck = rng.random(rows)
    together = rng.random(rows) < shared
    sides = []
    for chance in right:
        own = np.where(together, luck, rng.random(rows))
        wrong = (label + 1 + rng.integers(max(classes - 1, 1), size=rows)) % max(classes, 1)
        sides.append(np.where(own < chance, label, wrong))
    baseline, candidate = ([f"c{code:03d}" for code in side] for side in sides)
    return [f"c{code:03d}" for code in label], baseline, candidate


class Truth(NamedTuple):
    """A population of rows with two labels and two models: the chance of each joint cell."""

    label: IntArray
    baseline: IntArray
    candidate: IntArray
    chances: FloatArray

    def joined(self, n: IntArray) -> Joined:
        """A sample of it."""
        used = n > 0
        cells = JointCounts(
            classes=("a", "b"),
            n_labels=2,
            label=self.label[used],
            baseline=self.baseline[used],
            candidate=self.candidate[used],
            n=n[used],
        )
        empty = alone([], []).candidate
        return Joined(pairing=pairing(int(n.sum())), joint=cells, candidate=empty, baseline=empty)


def binary_truth() -> Truth:
    """One third positive; the candidate is right in 85%, the baseline in 80%, half of their errors shared."""
    label, baseline, candidate = (axis.ravel() for axis in np.indices((2, 2, 2)))
    of_label = np.where(label == 1, 1 / 3, 2 / 3)
    right = {(True, True): 0.76, (False, True): 0.09, (True, False): 0.04, (False, False): 0.11}
    chances = [
        share * right[bool(b == y), bool(c == y)]
        for y, b, c, share in zip(label, baseline, candidate, of_label, strict=True)
    ]
    return Truth(label, baseline, candidate, np.array(chances))


def true_difference(truth: Truth, metric: str) -> float:
    """The metric's difference in the population."""
    sample = sample_of(truth.joined(np.round(truth.chances * 300_000).astype(np.int64)), positive="b")
    assert sample.baseline is not None
    value = available(sample)[metric].value
    return float(value(sample.candidate.observed())[0] - value(sample.baseline.observed())[0])
