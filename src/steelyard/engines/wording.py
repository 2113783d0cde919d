"""How messages and notes show text that came from a file: on one line, bounded, harmless in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice


def quote(text: str, *, limit: int = 60) -> str:
    """`text` in double quotes, cut after `limit` characters; control and direction marks become escapes."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    return f'"{printable(shown)}"'


def printable(text: str) -> str:
    """`text` with everything that is not printable (new lines, escapes, right-to-left marks) as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def listing(texts: Iterable[str], *, limit: int = 20) -> str:
    """`"a", "b", …`: at most `limit` of them, and how many more there are."""
    remaining = iter(texts)
    shown = [quote(text) for text in islice(remaining, limit)]
    more = sum(1 for _ in remaining)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def of_rows(bad: int, rows: int) -> str:
    """`12 of 1,797 rows`."""
    return f"{bad:,} of {rows:,} rows"


def either(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)
