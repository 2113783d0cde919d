"""Numbers that were meant as metrics, and nothing that was not; in a time that grows with the text and no faster."""

from __future__ import annotations

import contextlib
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import InputError
from steelyard.sources.free_text import MAX_LINE, MAX_TEXT, FreeTextSource
from steelyard.sources.interface import Document

Metrics = dict[str, float]


def read(text: str) -> Document:
    """What is read out of a file with this text."""
    return FreeTextSource().read(text, shown="metrics.txt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Accuracy = 0.97, F1 = 0.95", {"accuracy": 0.97, "f1": 0.95}),
        ("accuracy: 0.97", {"accuracy": 0.97}),
        ("Accuracy       :   0.97", {"accuracy": 0.97}),
        ("loss 0.12", {"loss": 0.12}),
        ("accuracy\t0.97\nf1\t0.95", {"accuracy": 0.97, "f1": 0.95}),
        ("loss: 0.12 accuracy: 0.97", {"loss": 0.12, "accuracy": 0.97}),
        ("loss=0.12,acc=0.97|auc=0.9;f1=.8", {"loss": 0.12, "acc": 0.97, "auc": 0.9, "f1": 0.8}),
        ("Accuracy: 0.97. Loss: 1e-3.", {"accuracy": 0.97, "loss": 0.001}),
        ("val loss: 0.1 and val acc: 0.2 & R² = −0.3", {"val_loss": 0.1, "val_acc": 0.2, "r²": -0.3}),
        ("F1 (macro): 0.95", {"f1_macro": 0.95}),
        ("Results (accuracy: 0.97, f1: 0.95)", {"accuracy": 0.97, "f1": 0.95}),
        ("{'accuracy': 0.97, \"f1\": 0.95}", {"accuracy": 0.97, "f1": 0.95}),
        ("## **Accuracy**: `0.97` (+/- 0.01)", {"accuracy": 0.97}),
        ("AUC: 0.99 ± 0.01 # the best", {"auc": 0.99}),
        ("10/10 - 2s - loss: 0.1 - accuracy: 0.9", {"loss": 0.1, "accuracy": 0.9}),
        ("latency: 12 ms, size: 3.2MB, time: 3 seconds", {"latency_ms": 12.0, "size_mb": 3.2, "time_s": 3.0}),
        ("Accuracy: 97.3%", {"accuracy": 0.973}),
        ("Accuracy 97.3 %", {"accuracy": 0.973}),
        ("Accuracy (%): 97.3", {"accuracy": 0.973}),
        ("x: 1e400", {"x": math.inf}),
        ("x: 1e999999999999%", {"x": math.inf}),
        ("Précision: 0.9", {"précision": 0.9}),
        ("precision@5: 0.5\ntop-5 accuracy: 0.9", {"precision@5": 0.5, "top_5_accuracy": 0.9}),
    ],
)
def test_read__what_people_write(text: str, expected: Metrics) -> None:
    """The ways in which metrics are written down for people."""
    assert read(text).tree == expected


@pytest.mark.parametrize(
    "text",
    [
        "The model is good.",
        "Accuracy: 97 of 100",
        "Accuracy: 97/100",
        "Version: 1.2.3",
        "Date: 2026-03-01",
        "finished at 12:30",
        "finished at 12:30:59",
        "loss 12",
        "In the end we saw an accuracy: 0.97",
        "rows 1,797",
        "Accuracy: 0.97x",
        "Accuracy is about 0.97 or so",
        "http://example:8080/",
        ": 0.97",
        "1: 0.97",
        "_: 0.97",
    ],
)
def test_read__prose_is_no_metric(text: str) -> None:
    """A number in a sentence is not taken for a metric."""
    with pytest.raises(InputError, match=r"metrics\.txt: no metrics found"):
        read(text)


def test_read__not_a_number() -> None:
    """A metric that is NaN is known to be missing."""
    tree = read("loss: NaN\nf1 = -inf").tree

    assert isinstance(tree["loss"], float)
    assert math.isnan(tree["loss"])
    assert tree["f1"] == -math.inf


def test_read__percent_is_told() -> None:
    """That 97.3% became 0.973 is said."""
    assert read("Accuracy: 97.3%").notes == ('metrics.txt: "accuracy" is 97.3%, read as 0.973',)


def test_read__log() -> None:
    """Of a value that is printed again and again the last one counts, which is said once."""
    document = read("loss: 0.5\r\nloss: 0.4\rloss: 30%\nf1: 1\nf1: 2")

    assert document.tree == {"loss": 0.3, "f1": 2.0}
    assert document.notes == (
        'metrics.txt: "loss" is 30%, read as 0.3',
        'metrics.txt: "loss" and "f1" occur several times, the last value of each counts',
    )


def test_read__decimal_comma() -> None:
    """`0,97` could be two numbers: it is left out and named, and an error where nothing else is there."""
    note = 'metrics.txt: "0,97" has a comma, expected a number like 0.97; it was skipped'

    assert read("accuracy: 0,97\nf1: 0.95") == Document(tree={"f1": 0.95}, notes=(note,))
    with pytest.raises(InputError) as caught:
        read("accuracy: 0,97")
    assert str(caught.value) == 'metrics.txt: no metrics found: "0,97" has a comma'
    assert caught.value.hint == "write numbers with a point, like 0.97"


def test_read__cut_line() -> None:
    """A number that the cut of a very long line goes through is not read as a shorter one."""
    line = "a: 0.5; " + "x" * (MAX_LINE - 8 - len("; f1: 0.9")) + "; f1: 0.97"

    assert read(line).tree == {"a": 0.5}


def test_read__too_much_text() -> None:
    """A log of megabytes is refused."""
    with pytest.raises(InputError, match="1,000,001 characters of free text"):
        read("a" * (MAX_TEXT + 1))


FRAGMENTS = (
    *(
        " ",
        "a ",
        "(a",
        "( a b c d ",
        " - ",
        "a:1.",
        "  ",
        ":",
        "a: 1 ",
        "a: 1 of ",
        "a: 1 a b c d",
        "(#######",
        "[•",
        ":1,2",
    ),
    *(
        "12:34 ",
        "a@.^/+-",
        "nan",
        "a:1e",
        "a 1.0 ",
        "a  b  c  ",
        "a:1 (b:",
        "x: 1. y z",
        "a" * 30 + " ",
        "(" + "b" * 41,
    ),
)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_read__time_is_linear(fragment: str) -> None:
    """100,000 characters that are made to keep a pattern busy take 0.1 s; with a bad pattern they take minutes."""
    line = (fragment * MAX_LINE)[:MAX_LINE]
    text = "\n".join([line] * 50)
    started = time.process_time()
    with contextlib.suppress(InputError):
        read(text)

    assert time.process_time() - started < 2


@settings(deadline=None)
@given(st.text(max_size=300))
def test_read__any_text(text: str) -> None:
    """Whatever the text is, the result is numbers or an InputError."""
    try:
        document = read(text)
    except InputError:
        return
    assert document.tree
    assert all(isinstance(value, float) for value in document.tree.values())
