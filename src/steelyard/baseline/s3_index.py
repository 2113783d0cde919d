"""
The index of a store in S3: what belongs to it, and in which object each file is.

Every saving writes objects of its own, `<file>/<16 random digits>`, and nobody ever writes one of them again. The index
is the one object that is replaced. So a file is there for readers when an index names its object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from steelyard.baseline import names
from steelyard.baseline.ledger import Ledger
from steelyard.baseline.names import LEDGER
from steelyard.model.base import Value

LARGEST = 16 * 1024 * 1024
"""Bytes of an index."""

_OBJECT = re.compile(r"(?P<name>.+)/(?P<nonce>[0-9a-f]{16})")


class Item(Value, frozen=True, kw_only=True):
    """A file and the object that holds it."""

    name: str
    nonce: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    etag: Annotated[str, Meta(max_length=200)]
    digest: Annotated[str, Meta(max_length=64)] = ""
    """BLAKE2b of the content that its writer wrote; empty: found in the bucket, its writer may still be at work."""

    @property
    def object(self) -> str:
        """What the object is called in the store's place."""
        return f"{self.name}/{self.nonce}"


class Index(Value, frozen=True, kw_only=True):
    """All files of the store."""

    schema: int = 1
    edition: Annotated[str, Meta(max_length=64)] = ""
    """Random: by it a writer knows its own index again."""
    ledger: Ledger
    items: tuple[Item, ...] = ()


def encode(index: Index) -> bytes:
    """As JSON."""
    return msgspec.json.encode(index, order="sorted")


def decode(content: bytes) -> Index | None:
    """What `encode` wrote; None when it is not that, or speaks of files that cannot be ours."""
    try:
        index = msgspec.json.decode(content, type=Index)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    spoken_of = {item.name for item in index.items} | index.ledger.names | {one.key for one in index.ledger.groups}
    return index if index.schema == 1 and all(_is_ours(name) for name in spoken_of) else None


def found(objects: Mapping[str, str]) -> tuple[Item, ...]:
    """
    What can be told of a store without an index from its objects.

    Args:
        objects: ETags by name, the newest object last: of one file, that one counts.
    """
    items: dict[str, Item] = {}
    for name, etag in objects.items():
        if (item := parse(name, etag=etag)) is not None:
            items[item.name] = item
    return tuple(items.values())


def parse(name: str, *, etag: str) -> Item | None:
    """The item whose object is called `name`; None for an object that is not ours."""
    match = _OBJECT.fullmatch(name)
    if match is None or not _is_ours(match["name"]):
        return None
    return Item(name=match["name"], nonce=match["nonce"], etag=etag)


def by_name(items: Iterable[Item]) -> dict[str, Item]:
    """The items by the names of their files."""
    return {item.name: item for item in items}


def _is_ours(name: str) -> bool:
    return name != LEDGER and names.EVALUATIONS.fullmatch(name) is not None
