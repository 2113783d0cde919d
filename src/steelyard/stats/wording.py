"""Words and numbers that several notices share."""

from __future__ import annotations

from steelyard.text import count


def rows(number: int) -> str:
    """`1 row`, `1,797 rows`."""
    return count(number, "row")


def percent(share: float) -> str:
    """`97.5%`, `99.95%`: as many digits as it takes not to say 100."""
    return f"{100.0 * share:.4g}%"


def randomised(p: float) -> str:
    """The p-value of a randomisation test, and what it is about."""
    return f"randomisation test of interchangeable models: p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}"
