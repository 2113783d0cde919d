"""Both sides' values of a column: which rows are left, and what is said of the others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from steelyard.model.counts import FloatArray, Rows, RowsOfSide
from steelyard.stats.intervals.design import Design
from steelyard.stats.numbers.columns import Observed, Sides, missing_rows, sides_of, too_alike, too_few
from tests.unit.stats.rows import of_rows, regression


def predicted(rows: Rows, other: Rows | None = None) -> Sides:
    """The predictions of both sides."""
    data = of_rows(rows, other)
    return sides_of(data.joined, lambda _, side: side.prediction, expected=data.has_baseline)


def test_paired_rows_stay_aligned_with_their_weights_and_targets() -> None:
    """A row that either side misses goes from both."""
    y, weight = np.arange(4.0), np.array([1.0, 2.0, 3.0, 4.0])
    ours, theirs = np.array([9.0, math.nan, 7.0, 6.0]), np.array([1.0, 2.0, -math.inf, 4.0])
    sides = predicted(regression(y, ours, theirs, weight=weight, cluster=np.array([5, 6, 7, 8])))
    assert sides.baseline is not None
    assert sides.candidate.value.tolist() == [9.0, 6.0]
    assert sides.baseline.value.tolist() == [1.0, 4.0]
    assert sides.candidate.target is not None
    assert sides.candidate.target.tolist() == [0.0, 3.0]
    assert sides.candidate.weight.tolist() == [1.0, 4.0]
    assert sides.candidate.design.cluster is not None
    assert sides.candidate.design.cluster.tolist() == [5, 8]
    assert sides.paired
    assert missing_rows(sides) == ("2 rows without a value on either side are left out",)


def test_unpaired_rows_are_left_out_of_their_own_side() -> None:
    """The other side keeps its rows."""
    y = np.arange(4.0)
    sides = predicted(regression(y, y), regression(y, np.array([1.0, math.nan, math.nan, 1.0])))
    assert sides.baseline is not None
    assert (len(sides.candidate.value), len(sides.baseline.value), sides.rows) == (4, 2, 2)
    assert not sides.paired
    assert missing_rows(sides) == ("2 rows without a value on either side are left out",)


def test_a_side_without_the_column_is_no_side() -> None:
    """The candidate's own values remain."""
    y = np.arange(4.0)
    rows = Rows(label=y, candidate=RowsOfSide(prediction=y), baseline=RowsOfSide())
    sides = predicted(rows)
    assert sides.baseline is None
    assert sides.expected
    assert sides.candidate.value.tolist() == y.tolist()


@pytest.mark.parametrize(("values", "why"), [(np.zeros(0), "0"), (np.r_[np.ones(50), np.arange(2.0, 11.0)], "9")])
def test_values_that_are_nearly_all_the_same_have_no_spread_to_trust(values: FloatArray, why: str) -> None:
    """Ten must differ from the others."""
    assert too_alike(values) == f"too few different rows: {why} beside equal ones, 10 needed"
    assert too_alike(np.arange(30.0)) == ""


def test_sides_that_differ_on_few_rows_have_no_interval() -> None:
    """Nine of fifty; and nine rows at all."""
    y, other = np.arange(50.0), np.arange(50.0)
    other[:9] += 1.0
    assert too_few(predicted(regression(y, y, other))).startswith("too few disagreements: the two sides differ on 9")
    assert too_few(predicted(regression(y[:9], y[:9], y[:9] + 1.0))) == "too few rows: 9, 10 needed"
    assert too_few(predicted(regression(y, y))) == ""


def test_clusters_that_differ_count_in_their_sums_where_values_are_averaged() -> None:
    """Ten clusters or more: those that gained or lost; what is too large to be added up is not refused as equal."""
    cluster, zeros = np.repeat(np.arange(20), 2), np.zeros(40)
    swapped = np.tile([1.0, -1.0], 20)
    gained = np.where(np.arange(40) < 18, np.tile([1.0, 0.0], 20), swapped)

    def of(ours: FloatArray) -> str:
        design = Design(cluster=cluster, weight=np.full(40, 0.9))
        pair = (Observed(value=one, design=design) for one in (ours, zeros))
        return too_few(Sides(candidate=next(pair), baseline=next(pair), paired=True, expected=True))

    assert of(gained) == "too few clusters: the two sides differ in 9, 10 needed"
    assert of(swapped + 0.5) == of(1.7e308 * swapped) == ""


def test_clusters_that_differ_are_those_with_a_row_that_does_where_values_are_predictions() -> None:
    """Of fewer than ten clusters the rows tell, as they do without."""
    y, cluster = np.arange(40.0), np.repeat(np.arange(20), 2)
    moved = np.tile([1.0, -1.0], 20)
    few = y + np.where(cluster < 9, moved, 0.0)
    assert too_few(predicted(regression(y, y, few, cluster=cluster))) == (
        "too few clusters: the two sides differ in 9, 10 needed"
    )
    assert too_few(predicted(regression(y, y, y + moved, cluster=cluster))) == ""
    assert too_few(predicted(regression(y, y, few, cluster=cluster // 4))) == ""
