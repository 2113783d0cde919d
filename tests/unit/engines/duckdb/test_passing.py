"""Tests of the pass that counts rows without keeping them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from steelyard.engines.duckdb.codes import Codes
from steelyard.engines.duckdb.passing import _tallied

CODES = Codes(labels=("a", "b"), predictions=("a", "b"))
KNOWN = int(np.flatnonzero(~CODES.unknown)[0])


def test_tallied__gives_up_where_values_have_no_code() -> None:
    """Of a sorted file nearly all further rows have no code: the first such batch shows it."""
    seen = 0

    def batches() -> Iterator[list[NDArray[np.uint8]]]:
        nonlocal seen
        for cell in (KNOWN, 0, 0, 0):
            seen += 1
            yield [np.full(100_000, cell, dtype=np.uint8)]

    assert _tallied(batches(), CODES) is None
    assert seen == 2


def test_tallied__a_single_row_without_a_code() -> None:
    """One that is not looked at in passing is found at the end."""
    cells = np.full(100_000, KNOWN, dtype=np.uint8)
    known = _tallied([[cells]], CODES)
    cells[1] = 0

    assert known is not None
    assert int(known.sum()) == 100_000
    assert _tallied([[cells]], CODES) is None
