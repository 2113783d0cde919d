"""`steelyard.stats.wording`: rows as a reader expects them."""

from __future__ import annotations

from steelyard.stats.wording import rows


def test_numbers() -> None:
    """A single row is singular."""
    assert [rows(1), rows(1_797)] == ["1 row", "1,797 rows"]
