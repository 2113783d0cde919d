"""A tree of tables and lists as named leaves, bounded in depth and number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from steelyard.errors import InputError
from steelyard.model.base import JSON
from steelyard.sources.wording import MEND, storable

MAX_DEPTH = 32
"""Tables and lists inside one another."""
MAX_NODES = 100_000
"""Values of one file, each counted as often as aliases repeat it."""

Table = Mapping[str, JSON]


class Leaf(NamedTuple):
    """`val.f1` and its value."""

    name: str
    value: JSON


def leaves(
    tree: Table, *, shown: str, open_lists: bool, rewrite: Callable[[Table], Table] | None = None
) -> Iterator[Leaf]:
    """
    The leaves in the order of the file, named by their path: `val.f1`, and `layers[0]` in lists.

    Args:
        tree: The file's table; parts of it may be shared.
        shown: What messages call the file.
        open_lists: Go into lists; otherwise a list is a leaf.
        rewrite: Applied to every table before it is opened.

    Raises:
        InputError: The tree is deeper than `MAX_DEPTH` or has more than `MAX_NODES` values.
    """
    opened = [_children("", tree, rewrite=rewrite)]
    seen = 0
    while opened:
        node = next(opened[-1], None)
        if node is None:
            opened.pop()
            continue
        seen += 1
        if seen > MAX_NODES:
            raise InputError(
                f"{shown}: more than {MAX_NODES:,} values",
                hint="write those that the report shows to a file of their own",
            )
        if not isinstance(node.value, dict) and not (open_lists and isinstance(node.value, list)):
            yield node
            continue
        if len(opened) == MAX_DEPTH:
            raise too_deep(shown)
        opened.append(_children(node.name, node.value, rewrite=rewrite))


def repeated(names: Iterable[str]) -> str | None:
    """The first name that has occurred before; None: all are different."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def too_deep(shown: str) -> InputError:
    """The error for a tree that is nested beyond reason."""
    return InputError(f"{shown}: more than {MAX_DEPTH} tables or lists inside one another", hint=MEND)


def _children(name: str, value: Table | list[JSON], *, rewrite: Callable[[Table], Table] | None) -> Iterator[Leaf]:
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield Leaf(storable(f"{name}[{index}]"), child)
        return
    table = rewrite(value) if rewrite is not None else value
    for key, child in table.items():
        own = key or '""'
        yield Leaf(storable(f"{name}.{own}" if name else own), child)
