"""A forge's own words in our messages."""

from __future__ import annotations

from steelyard.log import redact
from steelyard.text import blanked

_LIMIT = 300


def one_line(text: str) -> str:
    """Words of a server on one line, bounded, printable, without secrets."""
    line = redact(" ".join(blanked(text[: 4 * _LIMIT]).split()))
    return line if len(line) <= _LIMIT else line[: _LIMIT - 1] + "…"
