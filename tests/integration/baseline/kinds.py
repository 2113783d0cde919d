"""Somewhere to keep Evaluations, as the tests of all stores see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from steelyard.baseline import directory, git_store, packages, s3_store
from steelyard.baseline.archive import Archive
from steelyard.baseline.files import Limits


class Place(NamedTuple):
    """Somewhere to keep Evaluations, and a back door to it."""

    kind: str
    path: Path
    """What a store is opened with: the directory itself, or a clone of the repository."""
    open: Callable[[Limits | None], Archive]
    read: Callable[[], dict[str, bytes]]
    """All files that are there, whatever they are."""
    overwrite: Callable[[Mapping[str, bytes | None]], None]
    """Write or (None) remove files as an intruder would."""
    close: Callable[[], None] = lambda: None
    """Ends what makes the place; to be called once."""

    def store(self, *, file: int | None = None, total: int | None = None) -> Archive:
        """A fresh store, with the usual limits unless others are given."""
        usual = {"directory": directory.LIMITS, "packages": packages.LIMITS, "s3": s3_store.LIMITS}.get(
            self.kind, git_store.LIMITS
        )
        return self.open(Limits(file=file or usual.file, total=total or usual.total))
