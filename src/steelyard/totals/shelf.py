"""Where arrays are put that are needed again only piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Shelf(Protocol):
    """Keeps arrays; in memory, or elsewhere where they do not fit."""

    def put(self, values: NDArray[Any]) -> int:
        """Keep an array, which is not changed any more; returns its place."""
        ...

    def take(self, places: Sequence[int], starts: Sequence[int], stops: Sequence[int]) -> NDArray[Any]:
        """Of each of these arrays the elements from a start to before a stop, one array after the other."""
        ...


class MemoryShelf:
    """A `Shelf` in memory."""

    def __init__(self) -> None:
        self._arrays: list[NDArray[Any]] = []

    def put(self, values: NDArray[Any]) -> int:
        """See `Shelf.put`."""
        self._arrays.append(values)
        return len(self._arrays) - 1

    def take(self, places: Sequence[int], starts: Sequence[int], stops: Sequence[int]) -> NDArray[Any]:
        """See `Shelf.take`."""
        arrays = self._arrays
        return np.concatenate([arrays[place][i:j] for place, i, j in zip(places, starts, stops, strict=True)])
