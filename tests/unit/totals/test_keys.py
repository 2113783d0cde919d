"""`steelyard.totals.keys`: whole numbers in the order of scores."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steelyard.totals.keys import ordered_keys, scores_of


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_ordered_keys__sort_as_the_scores_do(values: list[float]) -> None:
    """Keys compare as the scores do, 0 and -0 alike, and give the scores back."""
    score = np.array(values, dtype=np.float32)
    keys = ordered_keys(score)

    assert ((score[:, None] < score) == (keys[:, None] < keys)).all()
    assert ((score[:, None] == score) == (keys[:, None] == keys)).all()
    assert scores_of(keys).tolist() == (score + np.float32(0.0)).tolist()
