"""Tests of types, spelling and order of labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engines.labels import Labels, LabelType, common_type, infer_type, label_order, natural_order, read_labels
from steelyard.errors import InputError
from tests.unit.engines.tables import HOSTILE


def read(labels: list[str], predictions: list[str] | None = None) -> Labels:
    """The classes of these distinct values."""
    return read_labels(labels, labels if predictions is None else predictions, shown="p.csv")


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "10", "-2", "0"], "integer"),
        (["1.0", "2.0"], "integer"),
        (["1e0", "2.50e1"], "integer"),
        (["0.5", "1"], "float"),
        (["True", "false"], "boolean"),
        (["True", "true"], "text"),
        (["007", "8"], "text"),
        (["1.1", "1.10"], "text"),
        (["3", "3.0"], "text"),
        (["1", "cat"], "text"),
        (["1", "nan"], "integer"),
        (["nan"], "text"),
        (["+1", "2"], "text"),
        (["1_000"], "text"),
        (["٣"], "text"),
        (["inf"], "text"),
        (["1e999"], "text"),
        ([" 1"], "text"),
        (list(HOSTILE), "text"),
    ],
)
def test_infer_type__cases(texts: list[str], kind: LabelType) -> None:
    """Only text whose every value is one number, or one truth value, becomes that."""
    assert kind == infer_type(texts)


def test_read_labels__upcast_predictions_equal_integer_labels() -> None:
    """A prediction 3.0 is the label 3, and the notes say so."""
    labels = read(["3", "10", "2"], ["3.0", "2.0", "7.0"])

    assert labels.labels == ("2", "3", "10")
    assert labels.strays == ("7",)
    assert labels.recode == {"3.0": "3", "2.0": "2", "7.0": "7"}
    assert any('"2.0" is read as "2"' in note for note in labels.notes)


def test_read_labels__upcast_labels_equal_integer_predictions() -> None:
    """The other way round it is the same."""
    labels = read(["3.0", "2.0"], ["3", "2"])

    assert labels.labels == ("2", "3")
    assert labels.strays == ()
    assert labels.type == "integer"


def test_read_labels__text_stays_as_it_is() -> None:
    """Neither trimmed nor folded; look-alikes are pointed out."""
    labels = read(["Cat", "cat", " cat", "007"])

    assert labels.labels == (" cat", "007", "Cat", "cat")
    assert labels.recode == {}
    assert any("only case or white space differ" in note for note in labels.notes)


def test_read_labels__missing_number() -> None:
    """Among numbers, "nan" is no class but a missing value."""
    labels = read(["1", "2"], ["1", "NaN"])

    assert labels.recode["NaN"] is None
    assert labels.strays == ()


def test_read_labels__booleans_of_pandas() -> None:
    """`True` in CSV and `true` in JSON are the same."""
    labels = read(["True", "False"], ["true"])

    assert labels.labels == ("false", "true")
    assert labels.canonical("TRUE") == "true"


def test_read_labels__configured_order() -> None:
    """A configured label set decides the order and may hold labels that no row has; spelled as numbers are."""
    labels = read_labels(["1.0", "3.0"], ["2", "9"], shown="p.csv", order=("3", "2", "1"))

    assert labels.labels == ("3", "2", "1")
    assert labels.strays == ("9",)


@pytest.mark.parametrize(
    ("order", "says"),
    [(("a",), 'the label column has "b", expected only "a"'), (("a", "b", "a"), '"a" more than once')],
)
def test_read_labels__configured_order_that_does_not_fit(order: tuple[str, ...], says: str) -> None:
    """A label outside the configured set is an error, as is a set that names one twice."""
    with pytest.raises(InputError, match=says) as error:
        read_labels(["a", "b"], ["a"], shown="p.csv", order=order)

    assert error.value.hint


def test_label_order__configured_order_is_kept() -> None:
    """The order of one side is kept where it is not the natural one; labels of the other side follow."""
    assert label_order({"a", "b", "c"}, "text", first=("b", "a")) == ("b", "a", "c")
    assert label_order({"10", "9", "2"}, "integer", first=("9", "10")) == ("2", "9", "10")


def test_read_labels__few_fractions_are_classes() -> None:
    """Ratings in half steps are classes."""
    assert read([str(i / 2) for i in range(10)]).type == "float"


@pytest.mark.parametrize(
    ("labels", "predictions"),
    [
        (["true", "false"], ["0", "1"]),
        (["cat", "dog"], ["0", "1"]),
        (["0", "1"], ["no", "yes"]),
        (["0", "1"], [str(i / 97) for i in range(1, 50)]),
        (["0", "1"], ["0.0", "1.0", *(str(i / 97) for i in range(1, 50))]),
    ],
)
def test_read_labels__different_notation(labels: list[str], predictions: list[str]) -> None:
    """Predictions of another type than the labels are an error, not an accuracy of 0."""
    with pytest.raises(InputError, match="written differently"):
        read(labels, predictions)


def test_read_labels__nothing_right_is_possible() -> None:
    """A model that never predicts the one class of the test set is only noted."""
    labels = read(["a"], ["b"])

    assert labels.strays == ("b",)
    assert any("no prediction is one of the labels" in note for note in labels.notes)


def test_natural_order__numbers_by_value_then_the_rest() -> None:
    """10 comes after 9, what is no number last; a broken type does not crash."""
    assert natural_order(["10", "x", "9.5", "-1", "2"], "float") == ("-1", "2", "9.5", "10", "x")
    assert natural_order(["9", "10"], "text") == ("10", "9")


def test_common_type__numbers_stay_numbers() -> None:
    """Integers and floats have an order in common; anything else is text."""
    assert common_type("integer", "float") == "float"
    assert common_type("boolean", "boolean") == "boolean"
    assert common_type("integer", "text") == "text"


@given(st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=20, unique=True))
def test_read_labels__float_text_of_integers(values: list[int]) -> None:
    """However numpy prints an integer that became a float, it is the same class."""
    labels = read([str(value) for value in values], [repr(float(np.float64(value))) for value in values])

    assert labels.strays == ()
    assert [str(value) for value in sorted(values)] == list(labels.labels)


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=20, unique=True))
def test_read_labels__never_merges_labels(texts: list[str]) -> None:
    """As many classes come out as went in, save for missing numbers."""
    labels = read(texts)

    assert len(labels.labels) == len([text for text in texts if labels.recode.get(text, text) is not None])


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=20, unique=True))
def test_read_labels__is_idempotent(texts: list[str]) -> None:
    """What came out is read as itself."""
    once = read(texts)
    if once.labels:
        twice = read(list(once.labels))

        assert once.labels == twice.labels
        assert twice.recode == {}


@pytest.mark.parametrize("sign", ["", "-"])
def test_natural_order__numbers_longer_than_any(sign: str) -> None:
    """A store may hold a label of more digits than are read as a number: it is text, behind the numbers."""
    long = sign + "1" * 5_000

    assert natural_order([long, "10", "9"], "integer") == ("9", "10", long)
