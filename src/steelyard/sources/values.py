"""What one value of a file means: as a metric, and as a parameter."""

from __future__ import annotations

import math

from steelyard.model.base import JSON, Scalar, Value
from steelyard.model.evaluation import Metric
from steelyard.sources import numbers
from steelyard.sources.wording import kind, storable
from steelyard.text import quote

_INTEGERS = range(-(2**63), 2**64)


class NoNumber(Value, frozen=True, kw_only=True):
    """A value that was meant as a metric and is none."""

    name: str
    found: str
    """What it is, in words."""

    def note(self, shown: str) -> str:
        """For an Evaluation that has other metrics."""
        return f"{quote(self.name)} in {shown} is {self.found}, expected a number; it was skipped"


def metric(name: str, value: JSON, *, shown: str) -> Metric | NoNumber | None:
    """
    The metric; a value that was meant as one and is none; None for anything else.

    NaN, infinity (as numbers or, since JSON has no word for them, as text), null and blank text are metrics without
    a value. True, false and words are no metrics. A list and a number in quotes are none either, but worth a note.
    """
    match value:
        case bool():
            return None
        case None:
            return Metric(name=name, value=None, file=shown, note=f"null in {shown}")
        case int() | float():
            return _number(name, value, shown)
        case str():
            return _text(name, value.strip(), shown)
        case list():
            return NoNumber(name=name, found=kind(value))
        case _:
            return None


def parameter(value: JSON) -> Scalar:
    """A value that JSON can carry: what has no word there (NaN, huge integers, dates) becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value in _INTEGERS else storable(str(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return storable(str(value))


def _number(name: str, value: float, shown: str) -> Metric:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isfinite(number):
        return Metric(name=name, value=number, file=shown)
    return Metric(name=name, value=None, file=shown, note=f"{'NaN' if math.isnan(number) else 'infinite'} in {shown}")


def _text(name: str, text: str, shown: str) -> Metric | NoNumber | None:
    if not text:
        return Metric(name=name, value=None, file=shown, note=f"empty in {shown}")
    number = numbers.parse(text)
    if number is not None and not numbers.is_meant(text):
        return _number(name, number, shown)
    if number is not None or numbers.is_meant(text):
        return NoNumber(name=name, found=f"the text {quote(text)}")
    return None
