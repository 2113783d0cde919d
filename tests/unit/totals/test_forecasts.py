"""`steelyard.totals.forecasts`: neighbours by rank, never separating rows of one score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.totals import forecasts
from steelyard.totals.distribution import Scores
from steelyard.totals.forecasts import ForecastSums


@given(
    rows=st.integers(1, 200),
    values=st.sampled_from([1, 3, 50, 10**6]),
    block=st.sampled_from([1, 3, 1000]),
    seed=st.integers(0, 10**6),
    cells=st.sampled_from([5, 20]),
)
def test_cells__are_those_of_searchsorted(rows: int, values: int, block: int, seed: int, cells: int) -> None:
    """A row's cell is the number of different scores at the cuts that are not above its own."""
    rng = np.random.default_rng(seed)
    score = (rng.integers(0, values, rows) / values).astype(np.float32)
    hit = rng.random(rows) < 0.5
    distinct, place = np.unique(score, return_inverse=True)
    hits, rest = (np.bincount(place[one], minlength=len(distinct)).astype(np.int64) for one in (hit, ~hit))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecasts, "CELLS", cells)
        made = ForecastSums(rows=rows)
        for start in range(0, len(distinct), block):
            here = slice(start, start + block)
            made.add(Scores(score=distinct[here], hits=hits[here], rest=rest[here]))
        found = made.cells()
    edges = np.unique(np.sort(score)[np.arange(1, cells) * rows // cells])
    cell = np.searchsorted(edges, score, side="right")
    expected = [cell == one for one in np.unique(cell)]

    assert [one.n for one in found] == [int(where.sum()) for where in expected]
    assert [one.hits for one in found] == [int(hit[where].sum()) for where in expected]
    assert [one.score for one in found] == pytest.approx([float(score[where].mean(dtype=float)) for where in expected])


def test_cells__no_rows() -> None:
    """Without rows there are none."""
    assert ForecastSums(rows=0).cells() == ()
