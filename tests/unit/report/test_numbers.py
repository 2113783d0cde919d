"""Numbers as text: digits, signs, separators, and never a nan."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from steelyard.model.comparison import Estimate, Interval, Row, Verdict
from steelyard.report import numbers
from steelyard.text import MINUS
from tests.unit.report.samples import interval

_NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)


def row(
    before: float | None, after: float | None, bounds: tuple[float, float] | None = None, margin: float = 0.0
) -> Row:
    """A row with these numbers."""
    return Row(
        metric="m",
        candidate=Estimate(value=after),
        baseline=Estimate(value=before),
        difference=after - before if before is not None and after is not None else None,
        interval=interval(*bounds) if bounds else None,
        margin=margin,
    )


def parsed(text: str) -> float:
    """The number that a text says."""
    return float(text.replace(MINUS, "-").replace(",", ""))


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (1797.0, None, "1,797"),
        (0.94661, None, "0.9466"),
        (0.94661, 3, "0.947"),
        (-2.5, 1, "−2.5"),
        (0.0, None, "0"),
        (-0.00001, 2, "0.00"),
        (1234567.891, 1, "1,234,567.9"),
        (1.2e-12, None, "1.2e−12"),
        (1.58e-9, 9, "1.58e−9"),
        (1.58e-8, 9, "0.000000016"),
        (0.0001, 4, "0.0001"),
        (-4e-8, 7, "0.0000000"),
        (2.8e-17, 9, "0.000000000"),
        (3e20, None, "3e20"),
        (None, 2, "missing"),
        (math.nan, 2, "missing"),
        (math.inf, None, "missing"),
    ],
)
def test_plain__cases(value: float | None, places: int | None, text: str) -> None:
    """Separators, a real minus sign, and a word for what is not there."""
    assert text == numbers.plain(value, places)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(0.0106, 4, "+0.0106"), (-0.007, 3, "−0.007"), (0.0, 3, "0.000"), (0.0001, 2, "0.00"), (1230000, 0, "+1,230,000")],
)
def test_signed__cases(value: float, places: int, text: str) -> None:
    """Differences carry a sign, zero does not."""
    assert text == numbers.signed(value, places)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (row(0.936, 0.9466, (0.0034, 0.0177)), ("0.936", "0.947", "+0.0106", "+0.0034 … +0.0177")),
        (row(0.2124, 0.2051, (-0.0191, 0.0043)), ("0.212", "0.205", "−0.007", "−0.019 … +0.004")),
        (row(0.7002, 0.5191, (-0.213, -0.151)), ("0.700", "0.519", "−0.181", "−0.213 … −0.151")),
        (row(5.2, 13.12), ("5.20", "13.12", "+7.92", "")),
        (row(1_250_000, 2_480_000), ("1,250,000", "2,480,000", "+1,230,000", "")),
        (row(0.2296, 0.1171), ("0.230", "0.117", "−0.113", "")),
        (row(5.12, 171.52), ("5.1", "171.5", "+166.4", "")),
        (row(0.9965432, 0.9965432), ("0.9965", "0.9965", "0.0000", "")),
        (row(0.5, 0.5), ("0.5", "0.5", "0.0", "")),
        (row(12.25, None), ("12.25", "missing", "", "")),
        (row(0.9, 0.9, (-0.0072, 0.0072)), ("0.9000", "0.9000", "0.0000", "−0.0072 … +0.0072")),
        (row(0.9, 0.914, (0.00003, 0.0143)), ("0.900", "0.914", "+0.01400", "+0.00003 … +0.01430")),
        (row(0.9, 0.9, (-0.004996, 0.0042), 0.005), ("0.900000", "0.900000", "0.000000", "−0.004996 … +0.004200")),
    ],
)
def test_row_text__cases(case: Row, expected: tuple[str, str, str, str]) -> None:
    """Digits of a whole row."""
    assert tuple(text.replace(" ", numbers.NBSP) for text in expected) == numbers.row_text(case)


@given(_NUMBERS, _NUMBERS, st.floats(1e-6, 1e6), st.floats(0, 1))
def test_row_text__the_verdict_can_be_read_off(before: float, after: float, half: float, margin: float) -> None:
    """Rounding moves no bound across zero or the margin, and all numbers of a column have the same decimals."""
    difference = after - before
    bounds = (difference - half, difference + half)
    case = row(before, after, bounds, margin)

    text = numbers.row_text(case)

    shown = [parsed(bound) for bound in text.interval.split(f"{numbers.NBSP}…{numbers.NBSP}")]
    for exact, printed in zip(bounds, shown, strict=True):
        if abs(exact) > 1e-8:
            assert (exact > 0) == (printed > 0) or abs(exact) < 1e-8
    decimals = {len(part.partition(".")[2]) for part in (text.baseline, text.candidate) if "e" not in part}
    assert len(decimals) <= 1
    assert not re.search("nan|inf|-", "".join(text))


@given(_NUMBERS, _NUMBERS)
def test_row_text__a_change_is_visible(before: float, after: float) -> None:
    """Two values that differ, and a difference that is not zero, do not look equal."""
    text = numbers.row_text(row(before, after))

    if abs(after - before) > 1e-6 * max(abs(before), abs(after), 1):
        assert parsed(text.difference) != 0
        assert text.baseline != text.candidate


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.00002, "p < 0.001"),
        (0.0123, "p = 0.012"),
        (0.4567, "p = 0.46"),
        (0.9999, "p > 0.99"),
        (None, ""),
        (math.nan, ""),
    ],
)
def test_p_value__cases(p: float | None, text: str) -> None:
    """A p-value is never 0.000 or 1.00."""
    assert text == numbers.p_value(p)


def test_interval__of_a_value_has_no_signs() -> None:
    """Only differences are signed."""
    bounds = Interval(low=0.935, high=0.956, level=0.95, method="Wilson score")

    assert f"0.935{numbers.NBSP}…{numbers.NBSP}0.956" == numbers.interval(bounds, 3, sign=False)
    assert numbers.level(bounds) == "95% CI"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1 row"), (31_200, "31,200 rows"), (3_171_234 * 10**19, "3.17e25 rows")]
)
def test_needed__readable_however_many(number: int, text: str) -> None:
    """More rows than could ever be are a size, not thirty digits."""
    assert numbers.needed(number, "row") == text


def test_row_text__verdict_is_not_needed() -> None:
    """The numbers do not depend on the verdict."""
    case = row(0.9, 0.91, (0.0, 0.02))

    assert numbers.row_text(case).interval.startswith("0.000")
    assert case.verdict is not Verdict.BETTER


def test_level__is_never_all() -> None:
    """An interval at a level next to 1 does not claim to be certain."""
    assert numbers.level(Interval(low=0.0, high=1.0, level=0.999999, method="x")) == "99.9999% CI"


def test_printed__of_what_stands_in_the_row() -> None:
    """The difference's interval beside a difference, whether there is one or not; else the value's own."""
    own = interval(0.8, 0.9)
    alone = Row(metric="m", candidate=Estimate(value=0.85, interval=own))
    new = structs.replace(alone, baseline=Estimate(value=None))
    withheld = structs.replace(alone, baseline=Estimate(value=0.8), difference=0.05)
    shown = structs.replace(withheld, interval=interval(0.01, 0.09))

    assert [numbers.printed(one) for one in (alone, new, withheld, shown)] == [own, own, None, shown.interval]
    for one in (alone, new, withheld, shown):
        assert bool(numbers.row_text(one).interval) == (numbers.printed(one) is not None)
