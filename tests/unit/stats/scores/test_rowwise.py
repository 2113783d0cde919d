"""`steelyard.stats.scores.rowwise`: metrics without a value."""

from __future__ import annotations

from steelyard.stats.scores.rowwise import undefined
from tests.unit.stats.score_tables import two_sides


def test_undefined__says_why() -> None:
    """No value on either side, no interval, and the reason: the given one, else what is wrong with the scores."""
    sides = two_sides([1, 1], [0.5, 0.5], [0.5, 0.5])
    for found, reason in (
        (undefined("log_loss", sides), "undefined: all rows have one label"),
        (undefined("log_loss", sides, reason="because"), "because"),
    ):
        assert found.undefined == found.unfit == reason
        assert found.candidate(level=0.95).value is None
        assert found.interval(alpha=0.05, level=0.95) is None
