"""The index of a store in S3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.baseline.ledger import Group, Ledger, Stored
from steelyard.baseline.s3_index import Index, Item, decode, encode, found, parse

NAME = f"evaluations/default/{1:040x}.json"
SIDE = f"files/pred-{0:032x}.parquet"
ITEM = Item(name=NAME, nonce="0123456789abcdef", etag='"e"', digest="d")
GROUP = Group(key=NAME, files=(Stored(name=NAME, size=1),))


def test_encode__comes_back() -> None:
    """What was written is read again, equal."""
    index = Index(edition="x", ledger=Ledger(groups=(GROUP,)), items=(ITEM,))
    assert decode(encode(index)) == index


@pytest.mark.parametrize(
    "index",
    [
        Index(ledger=Ledger(), items=(Item(name="../../etc/passwd", nonce="0" * 16, etag=""),)),
        Index(ledger=Ledger(), items=(Item(name="ledger.json", nonce="0" * 16, etag=""),)),
        Index(ledger=Ledger(), items=(Item(name=NAME, nonce="../../../../x", etag=""),)),
        Index(ledger=Ledger(groups=(Group(key="../x", files=()),))),
        Index(ledger=Ledger(groups=(Group(key=NAME, files=(Stored(name="x", size=1),)),))),
        Index(schema=2, ledger=Ledger()),
    ],
    ids=["item", "itself", "nonce", "group", "file", "schema"],
)
def test_decode__forged(index: Index) -> None:
    """An index that speaks of anything but files of a store is none."""
    assert decode(encode(index)) is None


@given(st.binary(max_size=200))
def test_decode__anything(content: bytes) -> None:
    """Bytes that are no index are none, without a bug."""
    assert decode(content) is None


def test_decode__deep() -> None:
    """Nor is what nests without end."""
    assert decode(b"[" * 100_000) is None


def test_parse__objects() -> None:
    """An object's name gives its file; what is not ours gives nothing."""
    assert parse(ITEM.object, etag='"e"') == Item(name=NAME, nonce=ITEM.nonce, etag='"e"')
    for name in ("ledger.json", NAME, f"{NAME}/0123", f"notes.txt/{'0' * 16}", f"{NAME}/{'G' * 16}", f"/{ITEM.object}"):
        assert parse(name, etag="") is None


def test_found__newest_counts() -> None:
    """Without an index, the newest object of a file is the file, and its writer is unknown."""
    objects = {f"{SIDE}/{'a' * 16}": "1", f"{NAME}/{'b' * 16}": "2", f"{SIDE}/{'c' * 16}": "3", "notes.txt": "4"}

    items = {item.name: item for item in found(objects)}

    assert items.keys() == {SIDE, NAME}
    assert (items[SIDE].nonce, items[SIDE].etag, items[SIDE].digest) == ("c" * 16, "3", "")
