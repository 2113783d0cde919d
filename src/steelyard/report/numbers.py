"""
Numbers as text: as many digits as the difference and its interval need, the same number of them along a row.

Signs are real minus signs, thousands are separated, and a number that is not there is "missing", never 0 or nan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from steelyard.model.comparison import Interval, Row
from steelyard.text import MINUS, percent

MISSING = "missing"
NBSP = "\N{NO-BREAK SPACE}"
"""Keeps an interval on one line of a narrow table."""

_MAX_DECIMALS = 9
_LONG = 6
"""Decimals beyond which nobody counts zeros for the sake of a single digit."""
_USUAL_DECIMALS = 3
"""Of values such as an accuracy, in a column of which some differ by a hundredth and others by a tenth."""
_MAX_DIGITS = 15
"""A float has no more digits than these that mean something."""


def finite(values: Iterable[float | None]) -> list[float]:
    """The numbers among `values`."""
    return [value for value in values if value is not None and math.isfinite(value)]


def decimals(size: float, *, digits: int) -> int:
    """Decimals that show `digits` significant digits of a number of this size: 0.0072 with 2 digits needs 4."""
    if size == 0 or not math.isfinite(size):
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(size))))


def plain(value: float | None, places: int | None = None) -> str:
    """`1,797`, `0.947`, `−2.5`, `1.2e−12`, `missing`; without `places`, four significant digits."""
    if value is None or not math.isfinite(value):
        return MISSING
    if places is None:
        places = 0 if value == round(value) else decimals(value, digits=4)
    if _needs_exponent(value, places):
        return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", MINUS)
    shown = f"{value:,.{places}f}"
    return shown.removeprefix("-") if float(shown.replace(",", "")) == 0 else shown.replace("-", MINUS)


def needed(number: int, noun: str) -> str:
    """`1,797 rows`, `3.2e25 rows`: how many would do, which may be more than there can be."""
    return f"{plain(number)} {noun if number == 1 else noun + 's'}"


def signed(value: float | None, places: int | None = None) -> str:
    """A difference: `+0.0106`, `−0.007`, and without a sign when it is zero."""
    shown = plain(value, places)
    is_positive = value is not None and math.isfinite(value) and value > 0
    return f"+{shown}" if is_positive and shown.strip("0.,") else shown


def _needs_exponent(value: float, places: int) -> bool:
    """Too small to leave more than one digit, or so large that it would show digits that a float does not hold."""
    if value == 0:
        return False
    single = places > _LONG and 0.5 <= abs(value) * 10.0**places < 10.0
    return single or places > _MAX_DECIMALS or abs(value) >= 10 ** (_MAX_DIGITS - min(places, _MAX_DIGITS - 1))


def interval(bounds: Interval | None, places: int | None, *, sign: bool = True) -> str:
    """`+0.0034 … +0.0177`, or `0.935 … 0.956` for a value; empty without an interval."""
    if bounds is None:
        return ""
    show = signed if sign else plain
    return f"{show(bounds.low, places)}{NBSP}…{NBSP}{show(bounds.high, places)}"


def level(bounds: Interval) -> str:
    """`95% CI`."""
    return f"{percent(bounds.level)} CI"


def printed(row: Row) -> Interval | None:
    """The interval that stands in the report: of the difference, and where there is none the candidate's own."""
    return row.candidate.interval if row.baseline is None or row.difference is None else row.interval


class RowText(NamedTuple):
    """A row's numbers as text; empty where there is nothing to say."""

    baseline: str
    candidate: str
    difference: str
    interval: str


def row_text(row: Row) -> RowText:
    """
    The numbers of one row, with digits chosen for all of them together.

    Difference and bounds share their decimals, and so do the two values. Without a difference the interval is the
    candidate's own.
    """
    if row.baseline is None or row.difference is None:
        own = row.candidate
        places = _bound_places(own.interval, margin=0) if own.interval else None
        baseline = plain(row.baseline.value) if row.baseline is not None else ""
        return RowText(baseline, plain(own.value, places), "", interval(own.interval, places, sign=False))
    values = finite((row.baseline.value, row.candidate.value))
    places = _difference_places(row, values)
    of_values = _value_places(values, row.difference, places) if row.interval is not None else places
    return RowText(
        plain(row.baseline.value, of_values),
        plain(row.candidate.value, of_values),
        signed(row.difference, places),
        interval(row.interval, places),
    )


def _difference_places(row: Row, values: list[float]) -> int:
    """
    Decimals of the difference and its interval.

    Two significant digits of the interval's half width, up to two more so that a difference does not vanish, and as
    many as the verdict needs to be checked by eye. Without an interval three digits of the difference and two of each
    value, four where there is no difference, but no more decimals than the values were written with.
    """
    difference = row.difference or 0.0
    if row.interval is None:
        written = max(map(_written_decimals, values), default=0)
        wanted = max(decimals(difference, digits=3), _value_places(values, difference, 0))
        if not difference:
            wanted = max([wanted, *(decimals(value, digits=4) for value in values)])
        return min(wanted, written, _MAX_DECIMALS)
    places = _bound_places(row.interval, margin=row.margin)
    return max(places, min(decimals(difference, digits=1), places + 2))


def _written_decimals(value: float) -> int:
    """Decimals of the shortest text of a number: 2 for 0.97."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _bound_places(bounds: Interval, *, margin: float) -> int:
    """Decimals of an interval: rounding moves no bound onto or across zero or the margin."""
    half_width = (bounds.high - bounds.low) / 2
    places = decimals(half_width or bounds.high, digits=2)
    while places < _MAX_DECIMALS and not all(
        _side(bound, threshold) == _side(round(bound, places), threshold)
        for bound in finite((bounds.low, bounds.high))
        for threshold in (-margin, 0.0, margin)
    ):
        places += 1
    return places


def _side(value: float, threshold: float) -> int:
    return (value > threshold) - (value < threshold)


def _value_places(values: list[float], difference: float, most: int) -> int:
    """
    Decimals of a row's two values, at most `most` for their difference's sake.

    Their difference with two digits, three decimals where it has them, and no value that shrinks to nothing.
    """
    wanted = min(max(decimals(difference, digits=2), _USUAL_DECIMALS), most) if difference else most
    smallest = min((abs(value) for value in values if value), default=0.0)
    return min(_MAX_DECIMALS, max(wanted, min(decimals(smallest, digits=2), _written_decimals(smallest))))


def p_value(p: float | None) -> str:
    """`p = 0.012`, `p < 0.001`, `p > 0.99`; empty when there is none."""
    if p is None or not math.isfinite(p):
        return ""
    if p < 0.001:
        return "p < 0.001"
    return "p > 0.99" if p > 0.99 else f"p = {p:.{3 if p < 0.1 else 2}f}"
