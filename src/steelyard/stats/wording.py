"""Words and numbers that several notices share."""

from __future__ import annotations

from collections.abc import Iterable

from steelyard.text import bounded, count, listing

NO_WIDTH = "the draws give no interval: undefined in some of them, the same in all, or too few"
"""Why draws of a value, or of a difference, give none."""


def rows(number: int) -> str:
    """`1 row`, `1,797 rows`."""
    return count(number, "row")


def classes(texts: Iterable[str], *, sets: bool) -> str:
    """Some classes: labels in quotes, sets of labels as the report's tables have them, `["cat","dog"]` as code."""
    return (
        listing(texts, limit=5, show=lambda text: f"`{bounded(text, limit=60)}`") if sets else listing(texts, limit=5)
    )


def no_interval(found: str, needed: int) -> str:
    """Why a value has none, where there are fewer of something than it takes."""
    return f"no interval: {found}, {needed} needed"


def few_disagreements(effective: float, needed: float) -> str:
    """Why a difference has no interval, where what differs counts as too few rows or carriers of equal weight."""
    return f"too few disagreements: they count as {effective:.3g} equal ones, {needed:.0f} needed"


def few_rows_differ(effective: float, needed: int) -> str:
    """The same of rows; weighted ones are hardly ever equal to a whole number, and are then said to be weighted."""
    if effective.is_integer():
        return f"too few disagreements: {rows(int(effective))}, {needed} needed"
    return few_disagreements(effective, needed)


def few_clusters_differ(found: int, needed: int) -> str:
    """Why a difference has no interval, where the two sides differ in few clusters; empty: they differ in enough."""
    return f"too few clusters: the two sides differ in {found:,}, {needed} needed" if found < needed else ""


def none_rarer(what: str) -> tuple[str, ...]:
    """
    The caveat of a verdict that nothing is lost, where a few rare rows may make most of a mean.

    Samples that lack these look harmless, so that no rule that looks at the sample tells them apart, and one that
    withholds the others leaves these.

    Args:
        what: Such rows: `far larger errors`.
    """
    return (f"the interval presumes that no {what} exist that are too rare for this test set to have",)


NO_RARER_UNITS = none_rarer("clusters far from the others")
"""What a share of right rows presumes where whole clusters of them (problems, patients) may go wrong together."""


def randomised(p: float) -> str:
    """The p-value of a randomisation test, and what it is about."""
    return f"randomisation test of interchangeable models: p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}"
