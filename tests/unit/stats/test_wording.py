"""`steelyard.stats.wording`: rows and percentages as a reader expects them."""

from __future__ import annotations

from steelyard.stats.wording import percent, rows


def test_numbers() -> None:
    """A single row is singular; a percentage has as many digits as it takes not to say 100."""
    assert [rows(1), rows(1_797)] == ["1 row", "1,797 rows"]
    assert [percent(0.95), percent(0.9975), percent(0.99983)] == ["95%", "99.75%", "99.98%"]
