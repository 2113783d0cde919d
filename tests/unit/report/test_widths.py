"""Widths of a table's columns in a terminal."""

from __future__ import annotations

import pytest

from steelyard.report.widths import Needs, fitted

NAME = Needs(natural=15, least=8, is_number=False)
LONG = Needs(natural=30, least=30, is_number=False)
ROWS = Needs(natural=4, least=4, is_number=True)
DIFFERENCE = Needs(natural=26, least=17, is_number=True)
VERDICT = Needs(natural=20, least=15, is_number=False)


@pytest.mark.parametrize(
    ("columns", "width", "expected"),
    [
        ((NAME, ROWS, DIFFERENCE, VERDICT), 80, [15, 4, 26, 20]),
        ((NAME, ROWS, DIFFERENCE, VERDICT), 68, [15, 4, 26, 17]),
        ((NAME, ROWS, DIFFERENCE, VERDICT), 60, [9, 4, 26, 15]),
        ((NAME, ROWS, DIFFERENCE, VERDICT), 57, [15, 4, 17, 15]),
        ((LONG, ROWS, DIFFERENCE, VERDICT), 70, [28, 4, 17, 15]),
        ((LONG, ROWS, DIFFERENCE, VERDICT), 50, [8, 4, 17, 15]),
        ((LONG, ROWS, DIFFERENCE, VERDICT), 49, None),
        ((ROWS, ROWS), 10, [4, 4]),
        ((ROWS, ROWS), 9, None),
        ((NAME,), 10, [10]),
        ((), 10, []),
    ],
)
def test_fitted__what_gives_way_first(columns: tuple[Needs, ...], width: int, expected: list[int] | None) -> None:
    """Remarks, then names between words, then intervals below their differences, then names within words."""
    assert fitted(columns, width=width) == expected
