"""Cells split by cluster: where they are among a sample's, and their sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from steelyard.stats.counts.grouped import Grouped, place_of_cells
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.intervals.design import effective_number
from tests.unit.stats import build
from tests.unit.stats.grouped import groups_of


@given(st.integers(0, 2**32))
def test_cells_are_found_whatever_their_order_and_classes(seed: int) -> None:
    """A label that no row has leaves the label set, and the codes change; empty cells are nowhere."""
    rng = np.random.default_rng(seed)
    rows = tuple([f"c{code}" for code in rng.integers(4, size=30)] for _ in range(3))
    joined = build.paired(*rows)
    assert joined.joint is not None
    n = joined.joint.n.copy()
    n[np.isin(joined.joint.label, joined.joint.label[0])] = 0
    table = structs.replace(joined.joint, n=n)
    sample = sample_of(structs.replace(joined, joint=table), positive=None)
    assert sample.baseline is not None
    sides = (sample.candidate, sample.baseline)
    place = place_of_cells(table, sample, sides)
    assert ((place < 0) == (n == 0)).all()
    for cell in np.flatnonzero(n):
        at = place[cell]
        assert sample.classes[sample.candidate.label[at]] == table.classes[table.label[cell]]
        assert sample.classes[sample.candidate.prediction[at]] == table.classes[table.candidate[cell]]
        assert sample.classes[sample.baseline.prediction[at]] == table.classes[table.baseline[cell]]
        assert sample.candidate.n[at] == n[cell]


def test_sums_of_clusters_add_up_to_those_of_the_side() -> None:
    """By label, by prediction, by hit and by distance; each cluster's are those of its rows."""
    rows = build.simulated(2, rows=200, classes=3, right=(0.6, 0.7))
    cluster = np.arange(200) // 8
    joined = build.paired(*rows)
    assert joined.joint is not None
    sample = sample_of(joined, positive=None)
    assert sample.baseline is not None
    sides = (sample.candidate, sample.baseline)
    table = Grouped(groups_of(joined.joint, rows, cluster=cluster), sides, place_of_cells(joined.joint, sample, sides))
    sums, observed = table.sums_of_clusters(table.sides[0]), sample.candidate.observed()
    for part in ("true", "predicted", "hits", "totals"):
        assert getattr(sums, part).sum(axis=0) == pytest.approx(getattr(observed, part)[0])
    label, ours = np.array(rows[0]), np.array(rows[2])
    for code, name in enumerate(sample.labels):
        assert sums.true[3, code] == (label[cluster == 3] == name).sum()
        assert sums.hits[3, code] == ((label == name) & (ours == name))[cluster == 3].sum()
        expected = effective_number(cluster[label == name])
        assert table.effective_of_labels[code] == pytest.approx(expected)
    differ = sample.candidate.prediction != sample.baseline.prediction
    assert table.clusters_in(differ) == len(set(cluster[ours != np.array(rows[1])]))
    assert table.effective_rows(differ) == (ours != np.array(rows[1])).sum()


def test_weighted_rows_count_by_their_effective_number() -> None:
    """(Σw)² / Σw² of the rows that are meant."""
    rows = (["a", "b"] * 20, ["a"] * 40, ["a", "b"] * 20)
    weight = np.where(np.arange(40) < 2, 10.0, 1.0)
    joined = build.paired(*rows)
    assert joined.joint is not None
    sample = sample_of(joined, positive=None)
    assert sample.baseline is not None
    sides = (sample.candidate, sample.baseline)
    table = Grouped(groups_of(joined.joint, rows, weight=weight), sides, place_of_cells(joined.joint, sample, sides))
    differ = sample.candidate.prediction != sample.baseline.prediction
    assert table.effective_rows(differ) == pytest.approx((10.0 + 19.0) ** 2 / (100.0 + 19.0))
    assert float(table.sides[0].n.sum()) == weight.sum()
