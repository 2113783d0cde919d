"""Where arrays are put that are needed again only piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Shelf(Protocol):
    """Keeps arrays; in memory, or elsewhere where they do not fit."""

    def put(self, values: NDArray[Any]) -> int:
        """Keep an array, which is not changed any more; returns its place."""
        ...

    def take(self, places: Sequence[int], starts: Sequence[int], stops: Sequence[int]) -> NDArray[Any]:
        """
        Of each of these arrays the elements from a start to before a stop, one array after the other.

        The arrays have one type. May be asked for in several threads.
        """
        ...


class MemoryShelf:
    """A `Shelf` in memory."""

    def __init__(self) -> None:
        self._arrays: list[memoryview] = []

    def put(self, values: NDArray[Any]) -> int:
        """See `Shelf.put`."""
        self._arrays.append(values.data)
        return len(self._arrays) - 1

    def take(self, places: Sequence[int], starts: Sequence[int], stops: Sequence[int]) -> NDArray[Any]:
        """See `Shelf.take`."""
        arrays = self._arrays
        pieces = [arrays[place][i:j] for place, i, j in zip(places, starts, stops, strict=True)]
        return joined(pieces, np.dtype(arrays[places[0]].format))


def joined(pieces: Iterable[memoryview | bytes], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Arrays of this type, one after the other; where they are short, numpy takes twice as long for it."""
    return np.frombuffer(b"".join(pieces), dtype=dtype)
