"""Counts of rows that pass by in batches: cells of label and prediction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import IntArray

_BUFFERED: Final = 1 << 22
"""Rows that are counted at a time: a histogram over a million cells costs less a row, the more rows it is of."""


class CellTally:
    """
    How many rows have each code.

    Args:
        codes: Their number, the codes being 0 … `codes` - 1.
    """

    def __init__(self, codes: int) -> None:
        self._n: IntArray = np.zeros(codes, dtype=np.int64)
        self._buffer = np.empty(_BUFFERED, dtype=np.int32)
        self._used = 0

    def add(self, batch: NDArray[Any]) -> None:
        """The codes of some more rows."""
        while len(batch):
            taken = min(len(batch), _BUFFERED - self._used)
            self._buffer[self._used : self._used + taken] = batch[:taken]
            self._used += taken
            batch = batch[taken:]
            if self._used == _BUFFERED:
                self._count()

    @property
    def n(self) -> IntArray:
        """Rows of each code, `(codes,)`."""
        self._count()
        return self._n

    def _count(self) -> None:
        self._n += np.bincount(self._buffer[: self._used], minlength=len(self._n))
        self._used = 0


def counts_fingerprint(labels: Sequence[str], rows: Sequence[int]) -> str:
    """Hash of how many rows have each label, for rows that are not told apart: 128 bits of BLAKE2b in hexadecimal."""
    digest = hashlib.blake2b(b"steelyard labels 1", digest_size=16)
    for label, n in sorted(zip(labels, rows, strict=True)):
        digest.update(f"{len(label.encode())} {n} {label}".encode())
    return digest.hexdigest()
