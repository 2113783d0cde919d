"""Arrays that do not fit the memory: kept in a file without a name, which is gone when the process is."""

from __future__ import annotations

import errno
import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import NO_ROOM, InputError, UsageError
from steelyard.totals.shelf import joined


class _Filed(NamedTuple):
    """Where an array lies in the file."""

    offset: int
    dtype: np.dtype[Any]


class SpillingShelf:
    """A `Shelf` that keeps arrays in memory as long as there is room, and the others in a file."""

    def __init__(self, file: IO[bytes], *, room: int) -> None:
        self._file, self._room = file, room
        self._places: list[memoryview | _Filed] = []
        self._end = 0

    def put(self, values: NDArray[Any]) -> int:
        """
        See `Shelf.put`.

        Raises:
            InputError: The file cannot be written.
            UsageError: Its disk is full.
        """
        if values.nbytes <= self._room:
            self._room -= values.nbytes
            self._places.append(values.data)
        else:
            self._places.append(_Filed(offset=self._end, dtype=values.dtype))
            self._write(values)
        return len(self._places) - 1

    def take(self, places: Sequence[int], starts: Sequence[int], stops: Sequence[int]) -> NDArray[Any]:
        """See `Shelf.take`."""
        first = self._places[places[0]]
        dtype = first.dtype if isinstance(first, _Filed) else np.dtype(first.format)
        return joined(itertools.starmap(self._piece, zip(places, starts, stops, strict=True)), dtype)

    def _piece(self, place: int, start: int, stop: int) -> memoryview | bytes:
        kept = self._places[place]
        if isinstance(kept, memoryview):
            return kept[start:stop]
        size = kept.dtype.itemsize
        return os.pread(self._file.fileno(), (stop - start) * size, kept.offset + start * size)

    def _write(self, values: NDArray[Any]) -> None:
        data = memoryview(np.ascontiguousarray(values).view(np.uint8).data)
        self._end += len(data)
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as exc:
            kind = UsageError if exc.errno in NO_ROOM else InputError
            room = "let files be larger (`ulimit -f`)" if exc.errno == errno.EFBIG else "free disk space"
            raise kind(
                f"too many scores for the memory, and they cannot be put on the disk: {exc.strerror}",
                hint=f'{room}, raise `memory` in [compare], or set `ranking = "binned"` there',
            ) from exc


@contextmanager
def spilling(directory: Path, *, room: int) -> Iterator[SpillingShelf]:
    """
    A shelf that keeps up to `room` bytes in memory.

    Args:
        directory: Where the file is, if there has to be one.
        room: Bytes.
    """
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        yield SpillingShelf(file, room=room)
