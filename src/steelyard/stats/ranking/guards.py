"""When the interval of an area or of average precision is withheld, and what is said beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from steelyard.stats.counts.guards import FEWEST
from steelyard.stats.intervals.carriers import FEW_CARRIERS, FEWEST_CARRIERS
from steelyard.stats.intervals.design import Spread
from steelyard.stats.scores.scored import LabelledSides
from steelyard.stats.wording import few_disagreements, no_interval
from steelyard.stats.wording import rows as of_rows
from steelyard.text import quote

FEW = 20
"""Rows of a class, or what weighted ones count as, below which the interval carries a caveat."""

_FEW_FOR_A_PRECISION = 150
"""
The same for a difference of average precisions, and for the clusters of its rows.

Rows of a class that few are above decide most of it. In simulations intervals that nothing else was said of missed in
7.5% with 50 rows of each class, in 7% with 75, in 5.5% with 105, in 5% with 150. Influence values know little of rows
that weigh much: they missed at 37 effective positives in 9%, at 12 in 12%, at 5 in 18%. With 150 positives in 60
clusters they missed in 11%, with 1,000 in 200 in 5%.
"""

FEWEST_WRONG = 3.0
"""Rows of the smallest class, times the share that is ranked wrong, below which the interval carries a caveat."""

_FEWEST_WRONG_ALONE = 1.0
"""The same for a side's own interval, which is not shown below it."""

RIGHT = "too few disagreements: both models rank all rows right"
ALIKE = "too few disagreements: both models rank all rows alike"


def scarce(sides: LabelledSides) -> str:
    """Why there are too few rows of a class for any interval; empty: there are not."""
    fewest = _smallest(sides)
    return f"too few rows: {fewest}, {FEWEST} needed" if fewest.effective < FEWEST else ""


def alike(values: Sequence[float], spread: Spread, *, paired: bool) -> str:
    """
    Why two sides cannot be told apart; empty: they can.

    Args:
        values: Of both.
        spread: Of the difference.
        paired: They have the same rows.
    """
    if all(value == 1.0 for value in values):
        return RIGHT
    return ALIKE if paired and spread.standard_error == 0.0 else ""


def too_few(resting: float) -> str:
    """Why a difference that rests on so many `carriers` has no interval; empty: they are enough."""
    return "" if resting >= FEWEST_CARRIERS else few_disagreements(resting, FEWEST_CARRIERS)


_FEWEST_FOR_A_PRECISION = 500
"""Rows of the smaller class, or clusters, below which a side's own average precision has no interval."""


def few(name: str, sides: LabelledSides, *, clusters: float | None = None) -> tuple[str, ...]:
    """What is said where a class has few rows, or where rows lie in few `clusters`, as what these count as."""
    fewest = _smallest(sides)
    if name == "average_precision" and clusters is not None and clusters < _FEW_FOR_A_PRECISION:
        return (f"few clusters for an average precision: as many as {clusters:.3g} equal ones, the interval is rough",)
    enough = _FEW_FOR_A_PRECISION if name == "average_precision" else FEW
    return (f"few rows: {fewest}, the interval is rough",) if fewest.effective < enough else ()


def lopsided(name: str, value: float, spread: Spread, sides: LabelledSides) -> str:
    """
    Why a side's own interval is not to be trusted; empty: it is.

    That of an area close to 1: with 50 positives among 1,050 rows and an area of 0.99 it missed the truth in 14% of
    simulated test sets. That of an average precision of few rows, whose value is too high on average: with 50 positives
    among 100 rows it missed in 13%, with 20 among 2,000 in 9%; with 200 clusters of 10 rows in 7%. Differences of two
    models on the same rows have neither.
    """
    fewest = _smallest(sides)
    if name == "average_precision":
        clusters = spread.effective_clusters
        if clusters is not None and clusters < _FEWEST_FOR_A_PRECISION:
            return no_interval(f"the clusters count as {clusters:.3g} equal ones", _FEWEST_FOR_A_PRECISION)
        enough = fewest.effective >= _FEWEST_FOR_A_PRECISION
        return "" if enough else no_interval(str(fewest), _FEWEST_FOR_A_PRECISION)
    wrong = fewest.effective * (1.0 - value)
    # Rounded down, so that it never reads as enough.
    shown = f"{math.floor(10.0 * wrong) / 10.0:g} of the rarest class, {_FEWEST_WRONG_ALONE:.0f} needed"
    return f"too few rows are ranked wrong: {shown}" if wrong < _FEWEST_WRONG_ALONE else ""


def rough(name: str, sides: LabelledSides, values: Sequence[float], resting: float) -> tuple[str, ...]:
    """
    What is said where few rows decide.

    For areas these are the rows of the smallest class that are ranked wrong, which are known better than how much each
    of them weighs: in simulations the intervals missed the truth too often where they were fewer than 3.
    """
    if name == "average_precision":
        decide = resting < FEW_CARRIERS
        return (f"few rows decide: the difference rests on as many as {resting:.2g} equal ones",) if decide else ()
    wrong = _smallest(sides).effective * (1.0 - sum(values) / len(values))
    said = f"few rows are ranked wrong: as many as {wrong:.2g} of the rarest class, the interval is rough"
    return (said,) if wrong < FEWEST_WRONG else ()


class _Smallest(NamedTuple):
    """The label that has the fewest rows, and what they count as."""

    effective: float
    label: str
    weighted: bool

    def __str__(self) -> str:
        if not self.weighted:
            return f"{of_rows(int(self.effective))} with the label {quote(self.label)}"
        # Rounded down, so that it never reads as enough.
        shown = math.floor(10.0 * self.effective) / 10.0
        return f"the rows with the label {quote(self.label)} count as {shown:g} equal ones"


def _smallest(sides: LabelledSides) -> _Smallest:
    return min(
        _Smallest(effective=float(rows), label=label, weighted=side.design.weight is not None)
        for side in sides.known
        for label, rows in zip(side.classes, side.effective, strict=True)
        if rows
    )
