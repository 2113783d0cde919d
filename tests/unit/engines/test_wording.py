"""Tests of the words that messages about predictions share."""

from __future__ import annotations

from steelyard.engines.wording import either, of_rows


def test_of_rows__thousands() -> None:
    """Numbers are grouped; the rows are all rows, so that they stay plural."""
    assert of_rows(12, 1797) == "12 of 1,797 rows"
    assert of_rows(1, 1) == "1 of 1 rows"


def test_either__words() -> None:
    """A choice reads like one."""
    assert either(["a", "b", "c"]) == "a, b or c"
    assert either(["a"]) == "a"
