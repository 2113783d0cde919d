"""`steelyard.totals.shelf`: arrays by the piece."""

from __future__ import annotations

import numpy as np

from steelyard.totals.shelf import MemoryShelf


def test_take__pieces_one_after_the_other() -> None:
    """The pieces of several arrays come back in the order asked for."""
    shelf = MemoryShelf()
    places = [shelf.put(np.arange(start, start + 10)) for start in (0, 100, 200)]

    assert shelf.take([places[2], places[0]], [1, 8], [3, 10]).tolist() == [201, 202, 8, 9]
