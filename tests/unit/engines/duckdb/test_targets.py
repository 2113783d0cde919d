"""Rows without classes: what the order of their targets says of single rows."""

from __future__ import annotations

import pytest

from tests.unit.engines.tables import Bench

FALLING = [float(-index) for index in range(20)]


@pytest.mark.parametrize(
    ("targets", "ambiguous"),
    [
        ([*range(20)], False),
        ([*range(18), 17, 17], False),  # two of 20 repeat another
        ([*range(17), 16, 16, 16], True),
        ([*FALLING[:17], *[FALLING[16]] * 3], True),
        ([1.5] * 20, True),
        ([1, 2, 3, 4, 5] * 4, False),
        ([1] * 10 + [2] * 9 + [1], False),
    ],
)
def test_are_monotone__sorted_with_many_equal_targets(bench: Bench, targets: list[float], ambiguous: bool) -> None:
    """Sorted targets tell rows apart as long as few share one; in any other order nobody has sorted them."""
    made = bench.ingest(bench.table({"label": targets, "prediction": targets}, kind="regression"))

    assert made.monotone_labels is ambiguous
