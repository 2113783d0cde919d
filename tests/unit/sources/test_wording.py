"""Text from files is bounded in values and harmless in messages."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.sources.wording import MAX_NOTES, MAX_TEXT, at_most, joined, kind, storable


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=300))
def test_storable__any_text(text: str) -> None:
    """The result can be encoded, is bounded, and is the text itself where that is so already."""
    result = storable(text)

    assert result.encode().decode() == result
    assert len(result) <= MAX_TEXT
    if len(text) <= MAX_TEXT and not any("\ud800" <= char <= "\udfff" for char in text):
        assert result == text


def test_storable__tails() -> None:
    """Long texts that differ only in their tails stay different."""
    assert storable("a" * 1000 + "b") != storable("a" * 1000 + "c")
    assert len(storable("a" * 1000)) == MAX_TEXT


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (list("abcdef"), "a, b, c, d, e and f"),
        (list("abcdefg"), "a, b, c, d, e and 2 more"),
    ],
)
def test_joined(texts: list[str], expected: str) -> None:
    """As in a sentence, a few of them."""
    assert joined(texts) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true or false"),
        (1.5, "a number"),
        ("a", "text"),
        ([1, 2], "a list of 2"),
        ({}, "a table of 0"),
        (dt.date(2026, 3, 1), "a date"),
    ],
)
def test_kind(value: object, expected: str) -> None:
    """In the words of somebody who writes files."""
    assert kind(value) == expected


def test_at_most() -> None:
    """Twenty notes are enough; how many more there are is told."""
    notes = [str(number) for number in range(MAX_NOTES + 3)]

    assert at_most(notes[:MAX_NOTES], shown="a.json") == tuple(notes[:MAX_NOTES])
    assert at_most(notes, shown="a.json") == (*notes[:MAX_NOTES], "3 more notes on a.json are left out")
