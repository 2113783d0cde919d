"""Tests of the counts of rows that pass by in batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engines import tallies
from steelyard.engines.tallies import CellTally, counts_fingerprint


@settings(max_examples=60, deadline=None)
@given(
    codes=st.sampled_from([1, 3, 127, 128, 129, 255, 256, 257, 5_000, 65_536, 70_000]),
    sizes=st.lists(st.integers(0, 700), max_size=5),
    seed=st.integers(0, 99),
)
def test_cell_tally__counts_every_row(codes: int, sizes: list[int], seed: int) -> None:
    """However many codes there are and however the rows are cut into batches, the counts are numpy's of all rows."""
    generator = np.random.default_rng(seed)
    batches = [generator.integers(0, codes, size).astype(np.int32) for size in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "_BUFFERED", 256)
        patch.setattr(tallies, "_SMALL_BUFFERED", 256)
        tally = CellTally(codes)
        for batch in batches:
            tally.add(batch)

    everything = np.concatenate([np.zeros(0, np.int64), *batches]).astype(np.int64)
    assert tally.n.tolist() == np.bincount(everything, minlength=codes).tolist()


def test_counts_fingerprint__order_of_labels() -> None:
    """It depends on which label has how many rows and on nothing else."""
    assert counts_fingerprint({"a": 1, "b": 2}) == counts_fingerprint({"b": 2, "a": 1})
    assert counts_fingerprint({"a": 1, "b": 2}) != counts_fingerprint({"a": 2, "b": 1})
