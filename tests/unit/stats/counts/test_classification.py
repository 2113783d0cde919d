"""`steelyard.stats.counts.classification` and `metrics`: scikit-learn's definitions, to the last digits."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn import metrics as sk

from steelyard.model.counts import Counts, FloatArray
from steelyard.stats.counts import classification as c
from steelyard.stats.counts.metrics import available, find
from steelyard.stats.counts.sample import Sample, sample_of_one


class Table:
    """A random table of counts, as cells for us and as weighted rows for scikit-learn."""

    def __init__(self, matrix: NDArray[np.int64]) -> None:
        rows, columns = matrix.shape
        self.label, self.prediction = (axis.ravel() for axis in np.indices(matrix.shape))
        self.n = matrix.ravel()
        self.labels = list(np.flatnonzero(matrix.sum(axis=1)))
        self.columns = columns
        used = self.n > 0
        counts = Counts(
            classes=tuple(f"{code:02d}" for code in range(columns)),
            n_labels=rows,
            label=self.label[used],
            prediction=self.prediction[used],
            n=self.n[used],
        )
        self.sample: Sample = sample_of_one(counts, positive=f"{self.labels[-1]:02d}", kind="classification")

    def ours(self, name: str) -> float:
        """Our value."""
        metric = find(name, self.sample)
        assert metric is not None
        return float(metric.value(self.sample.candidate.observed())[0])

    def theirs(self, function: Callable[..., float], **options: object) -> float:
        """scikit-learn's value, its warnings about odd data aside."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(function(self.label, self.prediction, sample_weight=self.n, **options))

    def only_labels(self) -> Table:
        """The same table with predictions that are labels of some row."""
        matrix = np.zeros((self.columns, self.columns), dtype=np.int64)
        matrix[self.label, self.prediction] = self.n
        shown = matrix[np.ix_(self.labels, self.labels)]
        shown[:, 0] += matrix[self.labels].sum(axis=1) - shown.sum(axis=1)
        return Table(shown)

    def averaged(self, function: Callable[..., float], average: str) -> float:
        """An averaged metric over the label set."""
        return self.theirs(function, labels=self.labels, average=average, zero_division=0)


def shapes() -> st.SearchStrategy[tuple[int, int]]:
    """Labels, and as many classes or up to two more (stray predictions)."""
    return st.integers(1, 6).flatmap(lambda k: st.tuples(st.just(k), st.integers(k, k + 2)))


tables = (
    shapes()
    .flatmap(lambda shape: hnp.arrays(np.int64, shape, elements=st.sampled_from([0, 0, 0, 1, 2, 7, 1000])))
    .filter(lambda matrix: bool(matrix.any()))
    .map(Table)
)


@given(table=tables)
def test_accuracy__equals_sklearn(table: Table) -> None:
    """Accuracy, and the averages that are equal to it."""
    expected = table.theirs(sk.accuracy_score)

    for name in ("accuracy", "recall_micro", "recall_weighted"):
        assert table.ours(name) == pytest.approx(expected, abs=1e-12)
    assert table.averaged(sk.recall_score, "weighted") == pytest.approx(expected, abs=1e-12)
    assert table.averaged(sk.recall_score, "micro") == pytest.approx(expected, abs=1e-12)


@given(table=tables)
def test_balanced_accuracy__equals_sklearn(table: Table) -> None:
    """Balanced accuracy."""
    expected = table.theirs(sk.balanced_accuracy_score)

    assert table.ours("balanced_accuracy") == pytest.approx(expected, abs=1e-12)


@given(table=tables, average=st.sampled_from(["macro", "micro", "weighted"]))
def test_averages__equal_sklearn(table: Table, average: str) -> None:
    """Precision, recall and F1 averaged over the label set, with absent and stray classes."""
    assert table.ours(f"precision_{average}") == pytest.approx(table.averaged(sk.precision_score, average), abs=1e-12)
    assert table.ours(f"recall_{average}") == pytest.approx(table.averaged(sk.recall_score, average), abs=1e-12)
    assert table.ours(f"f1_{average}") == pytest.approx(table.averaged(sk.f1_score, average), abs=1e-12)


@given(table=tables)
def test_per_class__equals_sklearn(table: Table) -> None:
    """Precision, recall and F1 of each label."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.precision_recall_fscore_support(
            table.label, table.prediction, labels=table.labels, sample_weight=table.n, zero_division=0
        )
    sums = table.sample.candidate.observed()

    assert c.precision_per_class(sums)[0] == pytest.approx(expected[0], abs=1e-12)
    assert c.recall_per_class(sums)[0] == pytest.approx(expected[1], abs=1e-12)
    assert c.f1_per_class(sums)[0] == pytest.approx(expected[2], abs=1e-12)


@given(table=tables)
def test_matthews_corrcoef__equals_sklearn(table: Table) -> None:
    """Matthews correlation over all classes, 0 where a side is constant."""
    expected = table.theirs(sk.matthews_corrcoef)

    assert table.ours("matthews_corrcoef") == pytest.approx(expected, abs=1e-9)


@given(table=tables)
def test_cohen_kappa__equals_sklearn(table: Table) -> None:
    """Cohen's kappa over all classes, NaN where it is undefined."""
    expected = table.theirs(sk.cohen_kappa_score)

    assert table.ours("cohen_kappa") == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(
    matrix=hnp.arrays(np.int64, (2, 2), elements=st.integers(0, 50)).filter(lambda m: bool((m.sum(axis=1) > 0).all()))
)
def test_binary__equals_sklearn(matrix: NDArray[np.int64]) -> None:
    """Precision, recall, F-scores and Jaccard of the positive label; the rates of the negative one."""
    table = Table(matrix)

    for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        expected = table.theirs(function, pos_label=1, zero_division=0)
        assert table.ours(name) == pytest.approx(expected, abs=1e-12)
    specificity = table.theirs(sk.recall_score, pos_label=0, zero_division=0)
    assert table.ours("specificity") == pytest.approx(specificity, abs=1e-12)
    assert table.ours("false_positive_rate") == pytest.approx(1 - specificity, abs=1e-12)
    missed = 1 - table.theirs(sk.recall_score, pos_label=1, zero_division=0)
    assert table.ours("false_negative_rate") == pytest.approx(missed, abs=1e-12)
    for beta in (0.5, 2):
        expected = table.theirs(sk.fbeta_score, beta=beta, pos_label=1, zero_division=0)
        assert table.ours(f"f{beta:g}") == pytest.approx(expected, abs=1e-12)
    expected = table.theirs(sk.jaccard_score, pos_label=1, zero_division=0)
    assert table.ours("jaccard") == pytest.approx(expected, abs=1e-12)
    expected = table.theirs(sk.precision_score, pos_label=0, zero_division=0)
    assert table.ours("negative_predictive_value") == pytest.approx(expected, abs=1e-12)


@given(table=tables, average=st.sampled_from(["macro", "micro", "weighted"]), beta=st.sampled_from([0.5, 2, 0.1, 10]))
def test_fbeta_and_jaccard__equal_sklearn(table: Table, average: str, beta: float) -> None:
    """F-beta with any beta in its name, and Jaccard, averaged over the label set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.fbeta_score(
            table.label,
            table.prediction,
            beta=beta,
            labels=table.labels,
            average=average,
            sample_weight=table.n,
            zero_division=0,
        )

    assert table.ours(f"f{beta:g}_{average}") == pytest.approx(expected, abs=1e-12)
    assert table.ours(f"jaccard_{average}") == pytest.approx(table.averaged(sk.jaccard_score, average), abs=1e-12)


@given(table=tables, which=st.integers(0, 5))
def test_one_label__equals_sklearn(table: Table, which: int) -> None:
    """Precision, recall, F1, F2 and Jaccard of the label in brackets."""
    label = int(table.labels[which % len(table.labels)])
    functions: dict[str, Callable[..., float]] = {
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "f1": sk.f1_score,
        "jaccard": sk.jaccard_score,
    }

    for name, function in functions.items():
        expected = table.theirs(function, labels=[label], average="macro", zero_division=0)
        assert table.ours(f"{name}[{label:02d}]") == pytest.approx(expected, abs=1e-12)
    expected = table.theirs(sk.fbeta_score, beta=2, labels=[label], average="macro", zero_division=0)
    assert table.ours(f"f2[{label:02d}]") == pytest.approx(expected, abs=1e-12)


@given(table=tables, weights=st.sampled_from(["linear", "quadratic"]))
def test_weighted_kappa__equals_sklearn(table: Table, weights: str) -> None:
    """Kappa by the distance in the order of the labels, where nothing else is predicted."""
    known = table.only_labels()
    expected = known.theirs(sk.cohen_kappa_score, labels=known.labels, weights=weights)

    assert known.ours(f"cohen_kappa_{weights}") == pytest.approx(expected, abs=1e-9, nan_ok=True)


class Graded:
    """A random table of labels in an order, and of predictions of which some have no place in it."""

    def __init__(self, matrix: NDArray[np.int64], strays: tuple[str, ...]) -> None:
        self.matrix = matrix
        k = len(matrix)
        names = (*(f"{2 * code}" for code in range(k)), *strays)
        label, prediction = np.nonzero(matrix)
        counts = Counts(classes=names, n_labels=k, label=label, prediction=prediction, n=matrix[label, prediction])
        self.side = (sample := sample_of_one(counts, positive=None, kind="classification")).candidate
        self.metrics = available(sample)
        place = [self.place(int(name) / 2, k) if name.lstrip("-").isdigit() else None for name in names]
        self.answered = np.array([one is not None for one in place])
        self.distance = np.array([[k - 1 if j is None else abs(i - j) for j in place] for i in range(k)])

    @staticmethod
    def place(value: float, k: int) -> float | None:
        """None beyond all labels."""
        return value if 0 <= value <= k - 1 else None

    def oracle(self, matrix: NDArray[np.float64], power: int) -> float:
        """1 - the distance of all pairs of a label and a prediction / the same of independent ones with a place."""
        if not matrix[:, self.answered].any():
            return np.nan
        label, prediction = matrix.sum(axis=1) / matrix.sum(), matrix.sum(axis=0) * self.answered
        by_chance = float((np.outer(label, prediction / prediction.sum()) * self.distance**power).sum())
        return 1.0 - float((matrix * self.distance**power).sum() / matrix.sum()) / by_chance if by_chance else np.nan


graded = st.tuples(
    st.integers(1, 5), st.lists(st.sampled_from(["", "n/a", "(missing)", "-3", "3", "99"]), unique=True, max_size=4)
).flatmap(
    lambda drawn: st.builds(
        Graded,
        hnp.arrays(
            np.int64, (drawn[0], drawn[0] + len(drawn[1])), elements=st.sampled_from([0, 0, 1, 2, 7, 1000])
        ).filter(lambda matrix: bool((matrix.sum(axis=1) > 0).all())),
        st.just(tuple(drawn[1])),
    )
)


@given(table=graded, power=st.sampled_from([1, 2]), seed=st.integers(0, 99))
def test_weighted_kappa__equals_the_double_sum(table: Graded, power: int, seed: int) -> None:
    """Predictions without a place are as far as places can be, also by chance, in the data and in every draw."""
    metric = table.metrics["cohen_kappa_linear" if power == 1 else "cohen_kappa_quadratic"]
    draws = np.random.default_rng(seed).multinomial(200, table.side.n / table.side.n.sum(), size=5).astype(np.float64)
    label, prediction = np.nonzero(table.matrix)
    matrices = np.zeros((5, *table.matrix.shape))
    matrices[:, label, prediction] = draws

    assert metric.value(table.side.observed())[0] == pytest.approx(
        table.oracle(table.matrix.astype(np.float64), power), abs=1e-9, nan_ok=True
    )
    assert metric.value(table.side.adder()(draws)) == pytest.approx(
        np.array([table.oracle(one, power) for one in matrices]), abs=1e-9, nan_ok=True
    )


@given(
    matrix=hnp.arrays(np.int64, (4, 5), elements=st.integers(1, 50)),
    power=st.sampled_from([1, 2]),
    taken=st.integers(1, 10),
)
def test_weighted_kappa__not_answering_is_worth_no_more_than_being_wrong(
    matrix: NDArray[np.int64], power: int, taken: int
) -> None:
    """Whoever takes back a share of all wrong answers, whichever rows these are of, gains nothing."""
    wrong = matrix - np.diag(np.diag(matrix[:, :4])) @ np.eye(4, 5, dtype=np.int64)
    wrong[:, 4] = 0
    silent = matrix * 10 - wrong * taken
    silent[:, 4] += (wrong * taken).sum(axis=1)
    name = "cohen_kappa_linear" if power == 1 else "cohen_kappa_quadratic"
    before, after = (
        float(table.metrics[name].value(table.side.observed())[0])
        for table in (Graded(matrix * 10, ("n/a",)), Graded(silent, ("n/a",)))
    )

    assert after <= before + 1e-12


@pytest.mark.parametrize("name", ["cohen_kappa_linear", "cohen_kappa_quadratic"])
def test_weighted_kappa__nothing_is_answered(name: str) -> None:
    """Nothing says how far chance would be off."""
    table = Graded(np.array([[0, 0, 0, 30], [0, 0, 0, 50], [0, 0, 0, 20]]), ("n/a",))

    assert np.isnan(table.metrics[name].value(table.side.observed())[0])


@pytest.mark.parametrize("name", ["cohen_kappa_linear", "cohen_kappa_quadratic"])
def test_weighted_kappa__a_million_classes(name: str) -> None:
    """In time and memory of their number: half of the rows of each grade are right, the other half are not answered."""
    size = 1_000_000
    codes = np.repeat(np.arange(size), 2)
    counts = Counts(
        classes=(*(f"{code:06d}" for code in range(size)), "(missing)"),
        n_labels=size,
        label=codes,
        prediction=np.where(np.arange(2 * size) % 2, size, codes),
        n=np.ones(2 * size, dtype=np.int64),
    )
    sample = sample_of_one(counts, positive=None, kind="classification")
    mean, farthest = (
        ((size**2 - 1) / (3 * size), size - 1) if name.endswith("r") else ((size**2 - 1) / 6, (size - 1) ** 2)
    )
    tracemalloc.start()
    value = available(sample)[name].value(sample.candidate.observed())[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert value == pytest.approx(1 - farthest / 2 / mean)
    assert peak < 300e6


def test_stray_prediction__does_not_dilute_the_macro_average() -> None:
    """One stray prediction costs one row, not a class: scikit-learn's default would average over 11 classes."""
    matrix = np.zeros((10, 11), dtype=np.int64)
    matrix[np.arange(10), np.arange(10)] = 100
    matrix[0, 10] = 1
    table = Table(matrix)

    assert table.ours("f1_macro") == pytest.approx((9 + 200 / 201) / 10)
    assert table.theirs(sk.f1_score, average="macro", zero_division=0) < 0.91


@given(table=tables, weights=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_draws__are_independent_of_each_other(table: Table, weights: list[int]) -> None:
    """Each row of the draws gives what it gives alone, whichever way the cells are added up."""
    side = table.sample.candidate
    tables = np.stack([side.n * weight for weight in weights]).astype(np.float64)
    tables[0, 0] += 3
    together = side.adder()(tables)

    for metric in available(table.sample).values():
        alone: list[FloatArray] = [metric.value(side.adder()(tables[i : i + 1])) for i in range(len(weights))]
        np.testing.assert_allclose(metric.value(together), np.concatenate(alone), atol=1e-12)
