"""Counts of rows that pass by once, some at a time: cells of label and prediction, and the order of the labels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import IntArray

_PAIRED: Final = 1 << 8
"""Up to so many codes, two neighbours are counted as one number."""

_SPREAD: Final = 1 << 16
"""From so many codes on, counting in place is cheaper than a histogram of each batch."""


def code_type(codes: int) -> np.dtype[Any]:
    """The smallest little-endian type that holds the codes 0 … `codes` - 1."""
    return np.dtype("u1" if codes <= 1 << 8 else "<u2" if codes <= 1 << 16 else "<i4")


class CellTally:
    """
    How many rows have each code.

    Args:
        codes: Their number, the codes being 0 … `codes` - 1.
    """

    def __init__(self, codes: int) -> None:
        self._codes = codes
        self._pairs = codes <= _PAIRED
        self._n: IntArray = np.zeros(_PAIRED**2 if self._pairs else codes, dtype=np.int64)
        self._odd: IntArray = np.zeros(_PAIRED, dtype=np.int64)

    def add(self, batch: NDArray[Any]) -> None:
        """Some more rows, as contiguous codes of the type `code_type(codes)`."""
        if self._pairs:
            # Half as many numbers to count: a byte and the next one are a number of 16 bits.
            even = len(batch) & ~1
            self._n += np.bincount(batch[:even].view(np.uint16), minlength=_PAIRED**2)
            self._odd[batch[even:]] += 1
        elif self._codes < _SPREAD:
            self._n += np.bincount(batch, minlength=self._codes)
        else:
            np.add.at(self._n, batch, 1)

    @property
    def n(self) -> IntArray:
        """Rows of each code, `(codes,)`."""
        if not self._pairs:
            return self._n
        square = self._n.reshape(_PAIRED, _PAIRED)
        counted: IntArray = square.sum(axis=0) + square.sum(axis=1) + self._odd
        return counted[: self._codes]


class LabelOrder:
    """
    The labels of all rows in the order of the file: a hash of them, and whether equal ones are next to each other.

    Args:
        labels: The number of distinct labels, all of which occur; they have their codes in natural order.
    """

    def __init__(self, labels: int) -> None:
        self._labels = labels
        self._type = code_type(labels)
        self._digest = hashlib.blake2b(b"steelyard order 1", digest_size=16)
        self._last = -1
        self._runs = 0

    def add(self, codes: NDArray[Any]) -> None:
        """The labels of the next rows."""
        if not len(codes):
            return
        here = np.ascontiguousarray(codes, dtype=self._type)
        self._digest.update(here.data)
        self._runs += int(np.count_nonzero(here[1:] != here[:-1])) + (int(here[0]) != self._last)
        self._last = int(here[-1])

    def fingerprint(self, labels: Sequence[str]) -> str:
        """
        Hash of the sequence of labels: 128 bits of BLAKE2b in hexadecimal.

        Args:
            labels: The distinct labels in the order of their codes, in their one spelling.
        """
        digest = self._digest.copy()
        for label in labels:
            digest.update(f" {len(label.encode())} {label}".encode())
        return digest.hexdigest()

    @property
    def contiguous(self) -> bool:
        """Whether each label's rows are next to each other: constant, sorted, or written class by class."""
        return self._runs <= self._labels


def counts_fingerprint(labels: Sequence[str], rows: Sequence[int]) -> str:
    """
    Hash of how many rows have each label, for rows whose ids are not read: 128 bits of BLAKE2b in hexadecimal.

    The order of the rows says nothing where they have ids.
    """
    digest = hashlib.blake2b(b"steelyard labels 1", digest_size=16)
    for label, n in sorted(zip(labels, rows, strict=True)):
        digest.update(f"{len(label.encode())} {n} {label}".encode())
    return digest.hexdigest()
