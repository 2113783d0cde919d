"""
Slice columns whose rows this change picks itself, so that a difference within a slice says nothing of the models.

Where rows have another value of a column than in the baseline, they lie in a slice because of what this change's
training made of them (its confidence, its prediction, the length of its answer). Such a slice is chosen by the luck of
one side and measured on the same rows: of two exchangeable trainings the one whose confidence sorts the rows looks
better where it is sure and worse where it is not (regression to the mean).
"""

from __future__ import annotations

from steelyard.model.counts import Pairing
from steelyard.stats.wording import rows

FEWEST_CHANGED = 10
"""Rows with another value up to which a column is judged: a handful of corrections moves no slice."""

LARGEST_SHARE = 0.01
"""Share of the compared rows up to which a column is judged; see docs/method.md for what it lets pass."""


def unlike(pairing: Pairing) -> dict[str, str]:
    """The slice columns that are shown but not judged, and why."""
    most = max(float(FEWEST_CHANGED), LARGEST_SHARE * pairing.compared_rows)
    return {
        one.name: f"{rows(one.rows)} of {pairing.compared_rows:,} have another value of the slice than in the baseline"
        for one in pairing.changed_columns
        if one.role == "slice" and one.rows > most
    }
