"""
The ledger: which files belong together, how large they are, and in which order they were written.

It lies beside the files, so that listing, pruning and size limits need not read them, and so that "newest" means what
the store saw last: the writers' clocks may jump, and the history of main is not known to a store. It is a convenience,
not a source of truth: where it does not agree with the files that are there, the files are right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from steelyard.model.base import Value

_Short = Annotated[str, Meta(max_length=200)]


class Stored(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A file."""

    name: _Short
    size: Annotated[int, Meta(ge=0)]
    """Bytes."""
    age: Annotated[int, Meta(ge=0)] = 0
    """How often its group was written without it since."""


class Group(Value, frozen=True, kw_only=True):
    """Files that are written and dropped together; groups may share files."""

    key: _Short
    """The name of the group's main file, or what its files have in common."""
    created: _Short = ""
    files: tuple[Stored, ...]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)


class Ledger(Value, frozen=True, kw_only=True):
    """All groups, the one that was written last at the end."""

    schema: int = 1
    groups: tuple[Group, ...] = ()

    def get(self, key: str) -> Group | None:
        """The group of that key."""
        return next((group for group in self.groups if group.key == key), None)

    def having(self, group: Group) -> Ledger:
        """With this group as the newest, in place of an earlier one of its key."""
        return self.without((group.key,)).appending((group,))

    def without(self, keys: Iterable[str]) -> Ledger:
        """Without the groups of these keys."""
        dropped = frozenset(keys)
        return msgspec.structs.replace(self, groups=tuple(one for one in self.groups if one.key not in dropped))

    def appending(self, groups: Iterable[Group]) -> Ledger:
        """With these groups as the newest."""
        return msgspec.structs.replace(self, groups=(*self.groups, *groups))

    @property
    def names(self) -> frozenset[str]:
        """All files, each once."""
        return frozenset(file.name for group in self.groups for file in group.files)

    @property
    def size(self) -> int:
        """Bytes of all files, each counted once."""
        return sum({file.name: file.size for group in self.groups for file in group.files}.values())


def encode(ledger: Ledger) -> bytes:
    """JSON, one line a group, so that it can be read and compared."""
    lines = ",\n ".join(msgspec.json.encode(group, order="sorted").decode() for group in ledger.groups)
    return f'{{"schema": {ledger.schema}, "groups": [\n {lines}\n]}}\n'.encode()


def decode(data: bytes) -> Ledger:
    """What `encode` wrote; an empty ledger when it is not that."""
    try:
        return msgspec.json.decode(data, type=Ledger)
    except (msgspec.DecodeError, RecursionError):
        return Ledger()


def reconcile(ledger: Ledger, *, keys: frozenset[str], names: frozenset[str], read: Callable[[str], Group]) -> Ledger:
    """
    The ledger that agrees with what is there.

    Args:
        ledger: What was written down.
        keys: The groups that are there.
        names: The files that are there.
        read: Finds out about a group that the ledger does not have; such groups are the newest.
    """
    kept = [
        msgspec.structs.replace(group, files=tuple(file for file in group.files if file.name in names))
        for group in {group.key: group for group in ledger.groups}.values()
        if group.key in keys
    ]
    found = [read(key) for key in sorted(keys - {group.key for group in kept})]
    return Ledger(groups=(*kept, *sorted(found, key=lambda group: (group.created, group.key))))


def surplus(ledger: Ledger, *, total: int, family: Callable[[str], str], protect: str) -> tuple[str, ...]:
    """
    The groups to drop until all files together have at most `total` bytes.

    The oldest group of the family that takes most is dropped first, so that one busy family does not push out the
    others; the last group of a family stays, and so does `protect`. What is left may still be too large.
    """
    dropped: list[str] = []
    while ledger.size > total:
        families: dict[str, list[Group]] = {}
        for group in ledger.groups:
            families.setdefault(family(group.key), []).append(group)
        crowded = [groups for groups in families.values() if len(groups) > 1]
        if not crowded:
            break
        largest = max(crowded, key=lambda groups: sum(group.size for group in groups))
        victim = next(group for group in largest if group.key != protect)
        dropped.append(victim.key)
        ledger = ledger.without((victim.key,))
    return tuple(dropped)
