"""What one value of a file means: as a metric, and as a parameter."""

from __future__ import annotations

import math

from steelyard.model.base import JSON, Scalar
from steelyard.model.evaluation import Metric
from steelyard.sources import numbers
from steelyard.sources.wording import bounded, kind, quote

_INTEGERS = range(-(2**63), 2**64)


def metric(name: str, value: JSON, *, shown: str) -> Metric | str | None:
    """
    The metric; a note about a value that was meant as one and is none; None for anything else.

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
            return f"{quote(name)} in {shown} is {kind(value)}, expected a number; it was skipped"
        case _:
            return None


def parameter(value: JSON) -> Scalar:
    """A value that JSON can carry: what has no word there (NaN, huge integers, dates) becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value in _INTEGERS else bounded(str(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return bounded(str(value))


def _number(name: str, value: float, shown: str) -> Metric:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isfinite(number):
        return Metric(name=name, value=number, file=shown)
    return Metric(name=name, value=None, file=shown, note=f"{'NaN' if math.isnan(number) else 'infinite'} in {shown}")


def _text(name: str, text: str, shown: str) -> Metric | str | None:
    if not text:
        return Metric(name=name, value=None, file=shown, note=f"empty in {shown}")
    number = numbers.parse(text)
    if number is not None and not numbers.is_meant(text):
        return _number(name, number, shown)
    if number is not None or numbers.is_meant(text):
        return f"{quote(name)} in {shown} is the text {quote(text)}, expected a number; it was skipped"
    return None
