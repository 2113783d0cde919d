"""`steelyard.stats.wording`: text from files, made harmless."""

from __future__ import annotations

from steelyard.stats.wording import bounded, listing, percent, quote, rows


def test_quote__one_line_bounded() -> None:
    """New lines and direction marks become escapes, long text is cut."""
    assert quote("a\nb\u202e") == '"a\\nb\\u202e"'
    assert quote("x" * 100) == f'"{"x" * 60}…"'
    assert bounded("abc", limit=2) == "ab…"


def test_listing__five_and_how_many_more() -> None:
    """A long list is counted."""
    assert listing(["a", "b"]) == '"a", "b"'
    assert listing(list("abcdefg")) == '"a", "b", "c", "d", "e" and 2 more'


def test_numbers() -> None:
    """Rows and percentages as a reader expects them."""
    assert [rows(1), rows(1_797)] == ["1 row", "1,797 rows"]
    assert [percent(0.95), percent(0.9975), percent(0.99983)] == ["95%", "99.75%", "99.98%"]
