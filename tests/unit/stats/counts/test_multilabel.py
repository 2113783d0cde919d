"""`steelyard.stats.counts.multilabel`: scikit-learn's definitions on indicator matrices, from cells of sets."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn import metrics as sk

from steelyard.stats.counts.influence import influence
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.multilabel import Sets
from steelyard.stats.counts.sample import Sample, sample_of
from tests.unit.stats import build

Matrix = NDArray[np.int64]


def texts(matrix: Matrix) -> list[str]:
    """Each row's set as canonical JSON."""
    return [msgspec.json.encode([f"l{j}" for j in np.flatnonzero(row)]).decode() for row in matrix]


def sample_from(true: Matrix, candidate: Matrix, baseline: Matrix | None = None) -> Sample:
    """The cells of rows of sets."""
    joined = (
        build.alone(texts(true), texts(candidate))
        if baseline is None
        else build.paired(texts(true), texts(baseline), texts(candidate))
    )
    return sample_of(joined, positive=None, kind="multilabel")


def ours(sample: Sample, name: str) -> float:
    """Our value."""
    return float(available(sample)[name].value(sample.candidate.observed())[0])


def theirs(function: Callable[..., float], true: Matrix, predicted: Matrix, **options: object) -> float:
    """scikit-learn's value, its warnings about odd data aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(function(true, predicted, **options))


pairs = st.tuples(st.integers(1, 12), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(*(hnp.arrays(np.int64, shape, elements=st.integers(0, 1)) for _ in range(2)))
)


@given(pair=pairs)
def test_values__equal_sklearn(pair: tuple[Matrix, Matrix]) -> None:
    """Every metric, over the labels that some row has; rows with empty sets among them."""
    true, predicted = pair
    had = np.flatnonzero(true.any(axis=0))
    sample = sample_from(true, predicted)

    assert sample.labels == tuple(f"l{j}" for j in had)
    assert ours(sample, "accuracy") == pytest.approx(theirs(sk.accuracy_score, true, predicted), abs=1e-12)
    if len(had) < 2:
        return  # scikit-learn takes a single column for a binary problem
    inside = true[:, had], predicted[:, had]
    assert ours(sample, "hamming_loss") == pytest.approx(theirs(sk.hamming_loss, *inside), abs=1e-12)
    functions: dict[str, Callable[..., float]] = {
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "f1": sk.f1_score,
        "jaccard": sk.jaccard_score,
    }
    for stem, function in functions.items():
        for average in ("macro", "micro", "weighted", "samples"):
            expected = theirs(function, *inside, average=average, zero_division=0)
            assert ours(sample, f"{stem}_{average}") == pytest.approx(expected, abs=1e-12)


def rows(seed: int, *, count: int = 400) -> tuple[Matrix, Matrix, Matrix]:
    """Random sets of five labels, and two models that flip some memberships."""
    rng = np.random.default_rng(seed)
    true = (rng.random((count, 5)) < [0.5, 0.3, 0.3, 0.1, 0.05]).astype(np.int64)
    sides = [true ^ (rng.random(true.shape) < chance) for chance in (0.1, 0.15)]
    return true, sides[0], sides[1]


def test_adder__draws_are_resampled_rows() -> None:
    """Sums of a drawn table are those of its rows: the cells know what they count in, in draws, too."""
    true, candidate, baseline = rows(1)
    sample = sample_from(true, candidate, baseline)
    rng = np.random.default_rng(2)
    weights = rng.multinomial(400, sample.candidate.n / 400, size=3).astype(np.float64)
    sums = sample.candidate.adder()(weights)

    for name, metric in available(sample).items():
        for i, drawn in enumerate(weights):
            label = [sample.classes[code] for code in np.repeat(sample.candidate.label, drawn.astype(int))]
            predicted = [sample.classes[code] for code in np.repeat(sample.candidate.prediction, drawn.astype(int))]
            again = sample_of(build.alone(label, predicted), positive=None, kind="multilabel")
            assert metric.value(sums)[i] == pytest.approx(ours(again, name), abs=1e-12)


def test_influence__is_the_bootstrap_variance() -> None:
    """Σ n ψ² agrees with the variance over resampled rows, for every metric."""
    true, candidate, _ = rows(3)
    sample = sample_from(true, candidate)
    side = sample.candidate
    drawn = np.random.default_rng(4).multinomial(400, side.n / 400, size=4_000).astype(np.float64)
    sums = side.adder()(drawn)

    for metric in available(sample).values():
        psi = influence(metric, side)
        assert (side.n * psi).sum() == pytest.approx(0.0, abs=1e-9)
        assert (side.n * psi**2).sum() == pytest.approx(metric.value(sums).var(), rel=0.15)


def test_sets__odd_text_is_a_label_of_its_own() -> None:
    """What is no JSON list of text, however hostile, raises nothing."""
    odd = ["[", "[1]", "cat", '{"a":1}', "[" * 100_000, '["a","a"]', "[]"]
    sets = Sets.of(odd, n_labels=len(odd))

    assert set(sets.labels) == {"[", "[1]", "cat", '{"a":1}', "[" * 100_000, "a"}
    assert len(sets.members[-1]) == 0


def test_stray_label__is_wrong_but_dilutes_nothing() -> None:
    """A label that no row has makes the set wrong, and is no label of the averages."""
    sample = sample_of(build.alone(['["a"]'] * 10, ['["a"]'] * 9 + ['["a","zz"]']), positive=None, kind="multilabel")

    assert sample.labels == ("a",)
    assert ours(sample, "accuracy") == 0.9
    assert ours(sample, "f1_macro") == 1.0
    assert ours(sample, "hamming_loss") == 0.0


@pytest.mark.parametrize(
    ("sets", "reason", "notice"),
    [
        (["[]"] * 30, "undefined: no row has a label", "No row has a label: "),
        (
            ["[]"] * 28 + ['["a"]'] * 2,
            'undefined: no row has another label than "a"',
            'No row has another label than "a": ',
        ),
        (['["a","b"]'] * 30, "", ""),
    ],
)
def test_few_labels__are_told_as_they_are(sets: list[str], reason: str, notice: str) -> None:
    """Rows without labels, or with one label between them, have no average over labels, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = build.compared(
            build.paired(sets, sets, sets),
            build.config(metrics={"report": ["f1_macro", "f1_weighted", "hamming_loss"]}),
            kind="multilabel",
        )

    assert build.row(made, "f1_macro").reason.startswith("undefined: ") == bool(reason)
    assert build.row(made, "f1_macro").reason.startswith(reason)
    assert [one.startswith(notice) for one in made.notices] == [True] * bool(notice)


def test_sets__members_are_in_order() -> None:
    """So that no sum over them depends on the order in which a process happens to keep a set."""
    names = [f"label {number}" for number in range(40)]
    members = Sets.of([json.dumps(names[::-1])], n_labels=1).members[0]

    assert members.tolist() == list(range(40))
