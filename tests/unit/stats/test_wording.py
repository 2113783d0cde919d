"""`steelyard.stats.wording`: rows as a reader expects them."""

from __future__ import annotations

from steelyard.stats.wording import few_rows_differ, rows


def test_numbers() -> None:
    """A single row is singular."""
    assert [rows(1), rows(1_797)] == ["1 row", "1,797 rows"]


def test_few_rows_differ() -> None:
    """Rows are counted; weighted ones are equal to no whole number of them, which is said instead."""
    assert few_rows_differ(9.0, 10) == "too few disagreements: 9 rows, 10 needed"
    assert few_rows_differ(7.421, 10) == "too few disagreements: they count as 7.42 equal ones, 10 needed"
