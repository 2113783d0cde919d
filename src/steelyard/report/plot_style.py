"""What the pictures of the report have in common: ink, colours, and text that is only text."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.font_manager import get_font

from steelyard.report.escape import clean

INK: Final = "#777c84"
"""Contrast above 4 on both #ffffff and #0d1117."""

FAINT: Final = "#777c8440"
"""The same, for lines that only guide the eye."""

GOOD: Final = ("#d3e5f7", "#1a5fa8")
BAD: Final = ("#fde0c2", "#b5480a")
"""From little to much. Blue and orange stay apart for all kinds of colour vision."""

BETTER: Final = "#3d8bdb"
WORSE: Final = "#d9691f"
"""Between the ends of those scales: thin lines need a contrast on dark pages too."""

_FONT = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
_BOX = "▯"


def caption(text: str, *, limit: int = 18) -> str:
    """Text from data as the pictures show it: bounded, and only characters that the font has."""
    known = _characters()
    return "".join(char if ord(char) in known else _BOX for char in clean(text, limit=limit))


@cache
def _characters() -> frozenset[int]:
    return frozenset(get_font(str(_FONT)).get_charmap())
