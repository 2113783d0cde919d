"""Tests of how messages show text from files."""

from __future__ import annotations

import pytest

from steelyard.engines.wording import either, listing, of_rows, printable, quote
from tests.unit.engines.tables import HOSTILE


@pytest.mark.parametrize("text", [*HOSTILE, "\x1b[2J", "\ud800", "x" * 10_000])
def test_quote__one_printable_bounded_line(text: str) -> None:
    """Nothing that a label contains can break a line or move the cursor."""
    shown = quote(text)

    assert shown.isprintable()
    assert len(shown) < 300


def test_printable__keeps_what_can_be_read() -> None:
    """Only what does not print becomes an escape."""
    assert printable("naïve 😀\n\u202e") == "naïve 😀\\n\\u202e"


def test_listing__says_how_many_more() -> None:
    """A long list is cut, and says so."""
    assert listing(["a", "b", "c"], limit=2) == '"a", "b" and 1 more'
    assert listing([]) == ""


def test_of_rows__thousands() -> None:
    """Numbers are grouped."""
    assert of_rows(12, 1797) == "12 of 1,797 rows"


def test_either__words() -> None:
    """A choice reads like one."""
    assert either(["a", "b", "c"]) == "a, b or c"
    assert either(["a"]) == "a"
