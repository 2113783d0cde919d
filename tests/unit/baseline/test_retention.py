"""Which pictures have had their time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from steelyard.baseline.ledger import Group, Ledger
from steelyard.baseline.retention import MOST_ASKED, change_of, doubtful, without_closed

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def group(key: str, *, days: float | None = None) -> Group:
    """Pictures that were written so many days ago; None: nobody knows."""
    created = (NOW - timedelta(days=days)).isoformat() if days is not None else ""
    return Group(key=key, created=created, files=())


def ledger(*groups: Group) -> Ledger:
    """What is on the branch."""
    return Ledger(groups=groups)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], ()),
        ([group("pr-1/a", days=29.9)], ()),
        ([group("pr-1/a", days=30.1)], (1,)),
        ([group("pr-1/a", days=40), group("pr-1/b", days=2)], ()),
        ([group("pr-2/a", days=90), group("pr-1/a", days=40), group("pr-2/b", days=40)], (2, 1)),
        ([group("pr-1/a")], (1,)),
        ([group("pr-1/a", days=-3000)], (1,)),  # a clock was wrong: the forge knows better
        ([group("pr-7/a", days=90)], ()),
        ([group("elsewhere/a", days=90)], ()),
        ([group(f"pr-{2**31}/a", days=90)], ()),
        ([Group(key="pr-1/a", created="yesterday", files=())], (1,)),
        ([Group(key="pr-1/a", created="2026-01-01T00:00:00", files=())], (1,)),
    ],
)
def test_doubtful(groups: list[Group], expected: tuple[int, ...]) -> None:
    """Those whose last pictures are a month old may be closed for so long; the reported change, number 7, is not."""
    assert doubtful(ledger(*groups), now=NOW, apart_from="pr-7") == expected


def test_doubtful__bounded() -> None:
    """Not more are asked about than one request takes."""
    many = ledger(*(group(f"pr-{number}/a", days=60) for number in range(100, 300)))

    assert doubtful(many, now=NOW, apart_from="pr-7") == tuple(range(100, 100 + MOST_ASKED))


def test_without_closed() -> None:
    """All reports of a closed change go, and no others'."""
    kept = without_closed(ledger(group("pr-1/a"), group("pr-1/b"), group("pr-11/a")), {1})

    assert [one.key for one in kept.groups] == ["pr-11/a"]


@pytest.mark.parametrize(("key", "number"), [("pr-7/default", 7), ("pr-07/a", 0), ("pr-/a", 0), ("x/pr-7/a", 0)])
def test_change_of(key: str, number: int) -> None:
    """The number is taken from keys of the expected form only."""
    assert change_of(group(key)) == number
