"""Words and numbers that several notices share."""

from __future__ import annotations

from steelyard.text import count


def rows(number: int) -> str:
    """`1 row`, `1,797 rows`."""
    return count(number, "row")


def no_interval(found: str, needed: int) -> str:
    """Why a value has none, where there are fewer of something than it takes."""
    return f"no interval: {found}, {needed} needed"


def randomised(p: float) -> str:
    """The p-value of a randomisation test, and what it is about."""
    return f"randomisation test of interchangeable models: p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}"
