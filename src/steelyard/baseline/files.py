"""
A small set of files that several jobs read and write: what every place that keeps such files offers.

Files have slash-separated names. Whoever writes says what is to change, given what is there; the place sees to it that
two writers do not undo each other's changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from steelyard.errors import StoreError
from steelyard.model.base import Value

MIB = 1024 * 1024


class Limits(Value, frozen=True, kw_only=True):
    """Bytes."""

    file: int
    """Of one file; a larger one is neither written nor read."""
    total: int
    """Of all files together."""


ROOMY = Limits(file=256 * MIB, total=10_240 * MIB)
"""Of places that were made for large files."""


class Unusable(StoreError):
    """One file is not there or too large; the place itself can be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="the next run on the target branch stores it again")


class Snapshot(Protocol):
    """What was there at one moment."""

    @property
    def names(self) -> frozenset[str]:
        """The files whose names are of the expected form; all others are ignored."""
        ...

    def gather(self, names: Iterable[str]) -> None:
        """Bring some files near in one step, since each of them is about to be read; names that are not there too."""
        ...

    def read(self, name: str) -> bytes:
        """
        The content of a file.

        Raises:
            Unusable: It is not there, or too large.
            StoreError: The place cannot be read.
        """
        ...


class Edit(Value, frozen=True, kw_only=True):
    """What is to change. Files that are put and removed are put."""

    put: dict[str, bytes] = {}
    remove: frozenset[str] = frozenset()
    message: str = ""


Change: TypeAlias = Callable[[Snapshot], Edit]
"""What is to change, given what is there; asked again when another writer came first."""


class Files(Protocol):
    """A place that keeps files."""

    limits: Limits

    def snapshot(self) -> Snapshot:
        """
        What is there now; nothing, when the place has not been made yet.

        Raises:
            StoreError: It cannot be read.
        """
        ...

    def update(self, change: Change) -> None:
        """
        Change what is there, all or nothing as far as readers can tell.

        Raises:
            StoreError: It could not be written.
        """
        ...

    def describe(self) -> str:
        """Where it is, for messages."""
        ...
