"""Several files of one kind: what a name stands for that two of them give must not be a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

from steelyard.errors import InputError
from steelyard.sources.wording import joined, storable
from steelyard.text import quote

T = TypeVar("T")


def merge(
    files: Mapping[str, Mapping[str, T]], *, key: Callable[[T], object], hint: str
) -> tuple[dict[str, T], tuple[str, ...]]:
    """
    All entries under one name each, in the order of the files, and a note for each name that had to change.

    A name that several files give with the same value is one entry. With different values each is called
    `<file>.<name>`: by the file's stem, or by its path without the ending where stems are equal.

    Args:
        files: What messages call a file, and its entries by name.
        key: What makes two entries the same.
        hint: What to do when two files cannot be told apart.

    Raises:
        InputError: Files that differ in their ending alone disagree.
    """
    called = _called(files)
    disputed = {
        name: holders
        for name, holders in _holders(files).items()
        if len({key(files[shown][name]) for shown in holders}) > 1
    }
    for name, holders in disputed.items():
        if len({called[shown] for shown in holders}) < len(holders):
            raise InputError(f"{quote(name)} has different values in {joined(holders)}", hint=hint)
    merged: dict[str, T] = {}
    for shown, table in files.items():
        for name, entry in table.items():
            merged.setdefault(storable(f"{called[shown]}.{name}") if name in disputed else name, entry)
    notes = tuple(
        f"{quote(name)} has different values in {joined(holders)}; each is called by its file"
        for name, holders in disputed.items()
    )
    return merged, notes


def _holders(files: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The files that give a name, for each name."""
    holders: dict[str, list[str]] = {}
    for shown, names in files.items():
        for name in names:
            holders.setdefault(name, []).append(shown)
    return holders


def _called(files: Iterable[str]) -> dict[str, str]:
    paths = {shown: PurePosixPath(shown) for shown in files}
    stems = Counter(path.stem for path in paths.values())
    return {
        shown: path.stem if stems[path.stem] == 1 else ".".join(path.with_suffix("").parts)
        for shown, path in paths.items()
    }
