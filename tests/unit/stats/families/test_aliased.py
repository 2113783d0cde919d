"""`steelyard.stats.families.aliased`: metrics by scikit-learn's names, with our values and intervals."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from sklearn import metrics as sk

from steelyard.config import Config
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.aliases import _OWN, own_name
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.families.means import Means
from steelyard.stats.families.named import Named
from steelyard.stats.families.registry import families
from tests.unit.stats import build
from tests.unit.stats.rows import of_rows, regression
from tests.unit.stats.score_tables import rows_of

ROWS = 400
OF_SEVERAL = ("accuracy_score", "balanced_accuracy_score", "cohen_kappa_score", "brier_score_loss",
              "top_k_accuracy_score")  # fmt: skip
OF_NUMBERS = tuple(name for name, own in _OWN.items() if own in {"mae", "mse", "rmse", "mape", "r2", "pinball_0.5",
                                                                 "explained_variance"})  # fmt: skip
OF_TWO = tuple(name for name in _OWN if name not in {*OF_NUMBERS, "top_k_accuracy_score"})


def contrast(data: SetData, name: str) -> Contrast:
    """By the first family that offers it, which is none that calls scikit-learn."""
    family = next(one for one in families(data) if name in one.directions)
    assert not isinstance(family, Named)
    return family.contrasts([name])[name]


def settings(*names: str, **gate: float) -> Config:
    """A configuration that reports these metrics, with a gate on the first if it has a margin."""
    gates = [{"metric": names[0], "fail_if": "worse", **gate}] if gate else []
    return build.config(metrics={"report": list(names)}, gates=gates)


def classes(size: int, *names: str, **gate: float) -> tuple[SetData, IntArray, FloatArray]:
    """A set of so many classes, its labels and the candidate's probabilities, which are exact in float32."""
    rng = np.random.default_rng(size)
    label = rng.integers(size, size=ROWS)
    parts = 1 << 20

    def side(lift: float) -> FloatArray:
        chances = (rng.dirichlet(np.ones(size), ROWS) + lift * np.eye(size)[label]) / (1.0 + lift)
        found: FloatArray = rng.multinomial(parts, chances) / parts
        return found

    ours, theirs = side(0.6), side(0.4)
    texts = [["abcdef"[code] for code in codes] for codes in (label, theirs.argmax(axis=1), ours.argmax(axis=1))]
    columns = (ours[:, 1], theirs[:, 1]) if size == 2 else (ours, theirs)
    joined = structs.replace(build.paired(texts[0], texts[1], texts[2]), rows=rows_of(label, *columns))
    positive = "b" if size == 2 else None
    return build.data(joined, settings=settings(*names, **gate), positive=positive), label, ours


@pytest.mark.parametrize("name", OF_TWO)
def test_two_classes__the_value_is_scikit_learns(name: str) -> None:
    """With default arguments each function gives what the metric of our name is, and an interval that is ours."""
    data, label, scores = classes(2, name)
    of_scores = own_name(name) in {"roc_auc", "average_precision", "brier_score"}
    expected = getattr(sk, name)(label, scores[:, 1] if of_scores else scores.argmax(axis=1))
    one, own = contrast(data, name), contrast(data, own_name(name))

    assert one.candidate(level=0.95).value == pytest.approx(expected, rel=1e-6)
    assert one.interval(alpha=0.05, level=0.95) == own.interval(alpha=0.05, level=0.95) is not None


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_several_classes__the_value_is_scikit_learns(name: str) -> None:
    """The same of four classes, where a function's defaults allow them."""
    data, label, scores = classes(4, name)
    of_scores = own_name(name) in {"top_2_accuracy", "brier_score"}
    expected = getattr(sk, name)(label, scores if of_scores else scores.argmax(axis=1))

    assert contrast(data, name).candidate(level=0.95).value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers__the_value_is_scikit_learns(name: str) -> None:
    """The same of a regression."""
    rng = np.random.default_rng(7)
    target = rng.normal(size=ROWS) + 5.0
    ours, theirs = (target + rng.normal(size=ROWS) * error for error in (0.5, 0.8))
    data = of_rows(regression(target, ours, theirs), settings=settings(name))

    assert contrast(data, name).candidate(level=0.95).value == pytest.approx(getattr(sk, name)(target, ours))


def test_both_names__are_one_metric() -> None:
    """A report with both has two rows of one contrast, from the same draws."""
    data, _, _ = classes(2, "f1", "f1_score")
    family = families(data)[0]
    found = family.contrasts(["f1_score", "f1"])

    assert set(found) == {"f1", "f1_score"}
    assert found["f1"] is found["f1_score"]


def test_directions__only_what_is_mentioned() -> None:
    """Another name is offered where the configuration uses it, with the direction of the metric."""
    data, _, _ = classes(2, "brier_score_loss", "test/f1_score")
    offered = {name: up for one in families(data) for name, up in one.directions.items()}

    assert (offered["brier_score_loss"], offered["f1_score"]) == (False, True)
    assert "accuracy_score" not in offered
    assert [one.defaults for one in families(data)[:2]] == [
        ("accuracy", "f1", "precision", "recall", "balanced_accuracy", "matthews_corrcoef"), ("roc_auc",)
    ]  # fmt: skip


def test_margins__by_either_name() -> None:
    """A gate that uses scikit-learn's name sets the margin at which the metric's draws must decide."""
    data, _, _ = classes(2, "f1_score", margin=0.02)

    assert data.margins("f1") == data.margins("f1_score") == (0.0, 0.02)
    assert data.margins("accuracy") == (0.0,)


def test_named_function_without_a_value_here__is_its_own() -> None:
    """Where nothing here has a function's value, scikit-learn is called for it."""
    data, _, _ = classes(2, "fowlkes_mallows_score")
    offering = [one for one in families(data) if "fowlkes_mallows_score" in one.directions]

    assert [type(one) for one in offering] == [Named]
    assert Means(data).directions == {}


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("name", ["zero_one_loss", "hamming_loss"])
def test_what_is_missing_from_accuracy(name: str, size: int) -> None:
    """These losses are scikit-learn's values, better when lower, and are asked of accuracy by its own name's gates."""
    data, label, scores = classes(size, name, margin=0.03)
    family = next(one for one in families(data) if name in one.directions)

    assert family.directions[name] is False
    assert contrast(data, name).candidate(level=0.95).value == pytest.approx(
        getattr(sk, name)(label, scores.argmax(axis=1)), abs=1e-12
    )
    assert data.margins("accuracy") == data.margins(name) == (0.0, 0.03)
