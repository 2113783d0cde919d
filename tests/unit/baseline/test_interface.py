"""The nearest commit with an Evaluation."""

from __future__ import annotations

import pytest

from steelyard.baseline.interface import Entry, nearest


@pytest.mark.parametrize(
    ("candidates", "available", "expected"),
    [("abc", "cb", "b"), ("abc", "a", "a"), ("abc", "x", None), ("", "a", None), ("abc", "", None)],
)
def test_nearest(candidates: str, available: str, expected: str | None) -> None:
    """The first candidate that is available, whatever the order of what is available."""
    entries = [Entry(sha=sha, id="default") for sha in available]

    assert nearest(candidates, entries) == expected
