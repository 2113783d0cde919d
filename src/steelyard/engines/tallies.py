"""Counts of rows that pass by in batches: cells of label and prediction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import IntArray
from steelyard.totals.memory import keep_freed_memory

_BUFFERED: Final = 1 << 22
"""Rows that are counted at a time: a histogram over a million cells costs less a row, the more rows it is of."""

_SMALL_BUFFERED: Final = 1 << 20
"""The same of few cells."""

_BYTE: Final = 1 << 8
"""Codes that fit a byte."""


class CellTally:
    """
    How many rows have each code.

    Args:
        codes: Their number, the codes being 0 … `codes` - 1.
    """

    def __init__(self, codes: int) -> None:
        self._codes = codes
        self._small = codes <= _BYTE
        # Two rows with codes of a byte are counted as one number of two.
        self._n: IntArray = np.zeros(_BYTE * _BYTE if self._small else codes, dtype=np.int64)
        # Others are widened here: `bincount` would do it to all of them at once, in memory that is fresh each time.
        self._buffer = np.empty(_SMALL_BUFFERED, dtype=np.uint8) if self._small else np.empty(_BUFFERED, dtype=np.int64)
        self._used = 0
        self._padded = 0
        keep_freed_memory()

    def add(self, batch: NDArray[Any]) -> bool:
        """The codes of some more rows; whether `counted` has more of them now."""
        before = self._used + len(batch)
        while len(batch):
            taken = min(len(batch), len(self._buffer) - self._used)
            self._buffer[self._used : self._used + taken] = batch[:taken]
            self._used += taken
            batch = batch[taken:]
            if self._used == len(self._buffer):
                self._count()
        return before >= len(self._buffer)

    @property
    def counted(self) -> IntArray:
        """As `n`, but for the last few million rows; at no cost."""
        if not self._small:
            return self._n
        pairs = self._n.reshape(_BYTE, _BYTE)
        sums: IntArray = pairs.sum(axis=1) + pairs.sum(axis=0)
        sums[0] -= self._padded
        return sums[: self._codes]

    @property
    def n(self) -> IntArray:
        """Rows of each code, `(codes,)`."""
        self._count()
        return self.counted

    def _count(self) -> None:
        if self._small and self._used % 2:
            self._buffer[self._used] = 0
            self._used += 1
            self._padded += 1
        codes = self._buffer[: self._used]
        self._n += np.bincount(codes.view(np.uint16) if self._small else codes, minlength=len(self._n))
        self._used = 0


def counts_fingerprint(rows_of_labels: Mapping[str, int]) -> str:
    """Hash of how many rows have each label, for rows that are not told apart: 128 bits of BLAKE2b in hexadecimal."""
    digest = hashlib.blake2b(b"steelyard labels 1", digest_size=16)
    for label, n in sorted(rows_of_labels.items()):
        digest.update(f"{len(label.encode())} {n} {label}".encode())
    return digest.hexdigest()
