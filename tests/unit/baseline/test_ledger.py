"""The ledger of a store: what belongs together, in which order, and what has to go."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.baseline.ledger import Group, Ledger, Stored, decode, encode, reconcile, surplus


def group(key: str, *files: tuple[str, int], created: str = "") -> Group:
    """A group with files of given sizes; its main file has its key's name."""
    return Group(key=key, created=created, files=tuple(Stored(name=name, size=size) for name, size in files))


ONE = group("a/1", ("a/1", 10), ("shared", 100))
TWO = group("a/2", ("a/2", 10), ("shared", 100), ("own", 5))


def test_encode__back() -> None:
    """What is written is read back equal, and is JSON with one line a group."""
    ledger = Ledger(groups=(ONE, TWO))

    assert decode(encode(ledger)) == ledger
    assert encode(ledger).count(b"\n") == 4
    assert json.loads(encode(ledger))["schema"] == 1
    assert decode(encode(Ledger())) == Ledger()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"groups": 1}',
        b'{"groups": [{"key": "x"}]}',
        b"[" * 100_000,
        b'{"schema": "x"}',
        b'{"groups": [{"key": "x", "files": [{"name": "y", "size": -1}]}]}',
    ],
)
def test_decode__useless(data: bytes) -> None:
    """Anything else is an empty ledger."""
    assert decode(data) == Ledger()


def test_size__shared_files_count_once() -> None:
    """Files that groups share are there once."""
    assert Ledger(groups=(ONE, TWO)).size == 10 + 10 + 100 + 5
    assert ONE.size == 110


def test_having__is_newest_and_replaces() -> None:
    """A group that is written again is the newest, and there once."""
    ledger = Ledger(groups=(ONE, TWO)).having(group("a/1", ("a/1", 11)))

    assert [one.key for one in ledger.groups] == ["a/2", "a/1"]
    assert ledger.get("a/1") == group("a/1", ("a/1", 11))
    assert ledger.names == {"a/1", "a/2", "shared", "own"}


def test_reconcile__files_are_right() -> None:
    """Groups that are not there go, unknown ones are read and are the newest, files that are gone are forgotten."""
    ledger = Ledger(groups=(group("gone", ("gone", 1)), TWO, TWO))

    def read(key: str) -> Group:
        return group(key, (key, 7), created={"new": "2026", "older": "2025"}[key])

    found = reconcile(
        ledger, keys=frozenset({"a/2", "new", "older"}), names=frozenset({"a/2", "own", "new", "older"}), read=read
    )

    assert [one.key for one in found.groups] == ["a/2", "older", "new"]
    assert found.groups[0] == group("a/2", ("a/2", 10), ("own", 5))


def family(key: str) -> str:
    """What stands before the slash."""
    return key.partition("/")[0]


def test_surplus__oldest_of_the_largest_family() -> None:
    """The family that takes most gives first, oldest first."""
    ledger = Ledger(groups=(group("b/1", ("b/1", 30)), *(group(f"a/{n}", (f"a/{n}", 20)) for n in (1, 2, 3))))

    assert surplus(ledger, total=90, family=family, protect="a/3") == ()
    assert surplus(ledger, total=70, family=family, protect="a/3") == ("a/1",)
    assert surplus(ledger, total=50, family=family, protect="a/3") == ("a/1", "a/2")
    assert surplus(ledger, total=0, family=family, protect="a/3") == ("a/1", "a/2")


_GROUPS = st.lists(
    st.builds(
        lambda number, name, size, shared: group(
            f"{name}/{number}", (f"{name}/{number}", size), (f"s{shared}", shared)
        ),
        number=st.integers(0, 9),
        name=st.sampled_from("abc"),
        size=st.integers(0, 50),
        shared=st.integers(0, 3),
    ),
    max_size=12,
    unique_by=lambda one: one.key,
)


@given(groups=_GROUPS, total=st.integers(0, 300))
def test_surplus__enough_and_no_more(groups: list[Group], total: int) -> None:
    """What is left fits unless only last ones are left; every family keeps one; the protected group stays."""
    ledger = Ledger(groups=tuple(groups))
    protect = groups[0].key if groups else ""

    dropped = surplus(ledger, total=total, family=family, protect=protect)
    left = ledger.without(dropped)

    assert protect not in dropped
    assert {family(one.key) for one in left.groups} == {family(one.key) for one in groups}
    assert left.size <= total or len(left.groups) == len({family(one.key) for one in groups})
    if dropped:
        assert ledger.without(dropped[:-1]).size > total
