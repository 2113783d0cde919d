"""
Slice columns whose rows this change may have picked itself, so that a difference within a slice says nothing of models.

Where rows have another value of a column than in the baseline, they lie in a slice because of what this change's
training made of them (its confidence, its prediction, the length of its answer). Such a slice is chosen by the luck of
one side and measured on the same rows: of two exchangeable trainings the one whose confidence sorts the rows looks
better where it is sure and worse where it is not (regression to the mean). A few such rows are in no slice; with more
of them, and where the baseline does not have the column, nothing is judged.
"""

from __future__ import annotations

from steelyard.model.counts import Pairing
from steelyard.stats.wording import rows

NEW = "the baseline does not have this slice"


def unlike(pairing: Pairing) -> dict[str, str]:
    """The slice columns that are shown but not judged, and why."""
    what = "have another value or bin of the slice than in the baseline"
    return dict.fromkeys(pairing.new_slices, NEW) | {
        one.name: f"{rows(one.rows)} of {pairing.compared_rows:,} {what}"
        for one in pairing.changed_columns
        if one.role == "slice" and not one.left_out
    }
