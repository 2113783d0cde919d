"""What is copied from one store into another, and in which order."""

from __future__ import annotations

import pytest

from steelyard.baseline.interface import Entry
from steelyard.pipeline.copies import addable, mirrored


def entries(shas: str) -> tuple[Entry, ...]:
    """Evaluations of commits that are called by one letter, newest first."""
    return tuple(Entry(sha=sha, id="default") for sha in shas)


def names(found: tuple[Entry, ...]) -> str:
    """Their commits, in this order."""
    return "".join(entry.sha for entry in found)


@pytest.mark.parametrize(
    ("source", "target", "last", "expected"),
    [
        ("", "", 5, ""),
        ("cba", "", 5, "abc"),
        ("cba", "", 2, "bc"),
        ("cba", "cba", 5, ""),
        ("dcba", "cba", 5, "d"),
        ("dcba", "dca", 5, "bcd"),  # what follows a gap is written again, so that the order is the same
        ("cba", "c", 3, "abc"),
        ("cb", "cba", 5, ""),  # what the store has dropped stays in the copy
    ],
)
def test_mirrored(source: str, target: str, last: int, expected: str) -> None:
    """A copy gets what it lacks of the newest, in the store's order."""
    assert names(mirrored(entries(source), entries(target), last=last)) == expected


@pytest.mark.parametrize(
    ("source", "target", "keep", "expected"),
    [
        ("cba", "", 5, "abc"),
        ("cba", "", 2, "bc"),
        ("dcba", "ba", 5, "cd"),
        ("dcba", "xb", 5, "cd"),  # a is older than b, which both have
        ("cba", "cba", 5, ""),
        ("cba", "xyz", 4, "c"),  # nothing that is there is dropped
        ("cba", "xyz", 3, ""),
        ("cba", "uvwxyz", 3, ""),
    ],
)
def test_addable(source: str, target: str, keep: int, expected: str) -> None:
    """A store gets what is newer than anything that both have, as far as there is room."""
    assert names(addable(entries(source), entries(target), keep=keep)) == expected
