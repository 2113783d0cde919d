"""A forge's own words."""

from __future__ import annotations

from steelyard.forge.words import one_line
from steelyard.log import register_secret


def test_one_line__hostile_words() -> None:
    """A server's words stay on one line, bounded, without control characters and without secrets."""
    register_secret("ghs_abcdefghij")

    shown = one_line("a\n::error::b\x1b[31m ghs_abcdefghij" + "x" * 10_000)

    assert shown.startswith("a ::error::b [31m ***")
    assert len(shown) == 300
