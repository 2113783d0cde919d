"""Tests of the text and the order of slices' values."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from steelyard.engines.bins import bin_texts, slice_order


def test_bin_texts__as_few_digits_as_needed() -> None:
    """Four digits, or as many as tell the bounds apart; one value is no range."""
    assert bin_texts([(12.5, 30.0), (31.0, 31.0)]) == ("12.5 … 30", "31")
    assert bin_texts([(1.00001, 1.00002), (1.00003, 2.0)]) == ("1.00001 … 1.00002", "1.00003 … 2")


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=8, unique=True))
def test_bin_texts__are_distinct_and_ordered(bounds: list[float]) -> None:
    """Whatever the bounds, bins have different texts whose order is that of the numbers."""
    edges = sorted({bound + 0.0 for bound in bounds})
    texts = bin_texts(
        [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=False)] or [(edges[0], edges[0])]
    )

    assert len(set(texts)) == len(texts)
    assert slice_order(reversed(texts)) == list(texts)
    assert all(math.isfinite(float(text.split(" … ")[0])) for text in texts)


def test_slice_order__numbers_by_value_text_by_code_point() -> None:
    """Where all values are numbers or bins, their values decide; the missing value comes first."""
    assert slice_order(["10", "", "9", "-1"]) == ["", "-1", "9", "10"]
    assert slice_order(["100 … 200", "2 … 9"]) == ["2 … 9", "100 … 200"]
    assert slice_order(["10", "9", "a"]) == ["10", "9", "a"]
