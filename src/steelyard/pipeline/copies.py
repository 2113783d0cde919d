"""Copies of Evaluations: from one store into another, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steelyard import temporary
from steelyard.baseline.interface import Entry, Store
from steelyard.errors import RemoteError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.text import count

_BATCH = 64 * 1024 * 1024
"""Bytes that are written at once, as far as they are known."""

_MOST_AT_ONCE = 20


class Copied(Value, frozen=True, kw_only=True):
    """What became of a copy."""

    copied: tuple[Entry, ...] = ()
    """Oldest first."""
    broken: dict[str, str] = {}
    """Why others could not be read, by commit."""


def mirrored(source: Sequence[Entry], target: Sequence[Entry], *, last: int) -> tuple[Entry, ...]:
    """
    What a copy lacks to have the `last` newest of `source`, oldest first.

    From the first that is missing on, all are written again, so that the copy has them in the same order.

    Args:
        source: Newest first.
        target: Newest first.
        last: How many.
    """
    there = {entry.sha for entry in target}
    wanted = tuple(reversed(source[:last]))
    first = next((number for number, entry in enumerate(wanted) if entry.sha not in there), len(wanted))
    return wanted[first:]


def addable(source: Sequence[Entry], target: Sequence[Entry], *, keep: int) -> tuple[Entry, ...]:
    """
    What can be added to `target` without dropping anything and without mixing up its order, oldest first.

    A store remembers only in which order it was written, so what `source` has before the newest that both have cannot
    be put in its place any more.

    Args:
        source: Newest first.
        target: Newest first.
        keep: How many the target keeps.
    """
    there = {entry.sha for entry in target}
    common = next((number for number, entry in enumerate(source) if entry.sha in there), len(source))
    return tuple(reversed(source[: min(common, max(keep - len(target), 0))]))


def copy(entries: Sequence[Entry], source: Store, target: Store, *, keep: int) -> Copied:
    """
    Write Evaluations into a store, in this order; one that cannot be read is left out.

    Args:
        entries: What to copy; what the target has already is read there.
        source: Where they are.
        target: Where they go.
        keep: How many the target keeps.

    Raises:
        StoreError: The target could not be read or written.
        UsageError: There is no room for temporary files.
    """
    copied: list[Entry] = []
    broken: dict[str, str] = {}
    for batch in _batches(entries):
        near = {entry.sha for one in {entry.id for entry in batch} for entry in target.entries(one)}
        with temporary.directory("copy") as scratch:
            loaded = []
            for entry in batch:
                try:
                    store = target if entry.sha in near else source
                    loaded.append(store.load(entry.id, entry.sha, into=scratch / entry.sha))
                except RemoteError as exc:
                    logger.warning("%s is left out: %s", entry.sha[:12], exc)
                    broken[entry.sha] = str(exc)
            if loaded:
                copied += target.add(loaded, keep=keep)
                logger.info("%s of %d", count(len(copied), "evaluation"), len(entries))
    return Copied(copied=tuple(copied), broken=broken)


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    for entry in entries:
        if batch and (len(batch) >= _MOST_AT_ONCE or sum(one.size for one in batch) + entry.size > _BATCH):
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch
