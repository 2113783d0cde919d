"""Numbers as files write them."""

from __future__ import annotations

import re

NUMBER = r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?+"
"""A decimal number without its sign; it gives back nothing once it has matched."""

_NUMBER = re.compile(rf"[-+]?{NUMBER}")
_NOT_FINITE = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)
_MEANT = re.compile(r"[-+]?[0-9][0-9.,'_ ]*([eE][-+]?[0-9]+)?\s?%?", re.ASCII)
_MAX_DIGITS = 400


def parse(text: str) -> float | None:
    """The number that the whole of `text` is, NaN and infinities by name included; None: it is none."""
    text = text.strip()
    if _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return float(text)
    return None


def is_meant(text: str) -> bool:
    """Whether somebody wrote a number that `parse` does not take: `97.3%`, `0,97`, `1_797`."""
    return _MEANT.fullmatch(text.strip()) is not None


def integer(digits: str) -> int | float:
    """A decimal integer; one that no float can hold is infinite, whatever its length."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)
