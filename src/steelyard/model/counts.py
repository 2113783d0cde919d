"""
Counts: the sufficient statistic of every confusion-based metric and of its difference. An engine makes them.

Codes index `classes`: the label set first (`n_labels` of them, in natural order), then predictions that no label has
("stray"). One label set serves both models and all draws.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]


class Counts(Value, frozen=True, kw_only=True):
    """One model: `n[i]` rows have label `label[i]` and prediction `prediction[i]`. Cells are unique and sorted."""

    classes: tuple[str, ...]
    n_labels: int
    label: IntArray
    prediction: IntArray
    n: IntArray


class JointCounts(Value, frozen=True, kw_only=True):
    """Two models on the same rows: `n[i]` rows have this label, baseline prediction and candidate prediction."""

    classes: tuple[str, ...]
    n_labels: int
    label: IntArray
    baseline: IntArray
    candidate: IntArray
    n: IntArray


class SlicedCounts(Value, frozen=True, kw_only=True):
    """Joint counts within each value of one slice column; `value[i]` indexes `values`."""

    name: str
    values: tuple[str, ...]
    value: IntArray
    joint: JointCounts


class FlippedRow(Value, frozen=True, kw_only=True):
    """A row that exactly one of the two models has right."""

    id: str
    """The id as training wrote it, where the candidate's file is at hand; else empty."""
    label: str
    baseline: str
    candidate: str


class Pairing(Value, frozen=True, kw_only=True):
    """How the rows of the two sides were brought together, and what was lost on the way."""

    method: str
    """`id`, `position` or `unpaired`."""
    candidate_rows: int
    baseline_rows: int
    common_rows: int
    changed_labels: int = 0
    """Rows that both sides have, with different labels; they are left out of the comparison."""
    same_test_set: bool = False
    """The fingerprints of (key, label) are equal."""
    reason: str = ""
    """Why it is not paired by id, in a sentence."""


class Joined(Value, frozen=True, kw_only=True):
    """All that the statistics need of one prediction set that both sides have."""

    pairing: Pairing
    joint: JointCounts | None
    """None when unpaired."""
    candidate: Counts
    baseline: Counts
    """Each side's own counts over all of its rows, coded with the same classes as each other."""
    slices: tuple[SlicedCounts, ...] = ()
    broken: tuple[FlippedRow, ...] = ()
    """A bounded sample of the rows that the candidate alone has wrong."""
    fixed: tuple[FlippedRow, ...] = ()
