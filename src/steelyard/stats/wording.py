"""How notices show text that came from a file: on one line, bounded, harmless."""

from __future__ import annotations

from collections.abc import Sequence

_LIMIT = 60
_NAMED = 5


def quote(text: str) -> str:
    """`text` in double quotes, cut after 60 characters; whatever is not printable becomes an escape."""
    return f'"{bounded(text, limit=_LIMIT)}"'


def bounded(text: str, *, limit: int) -> str:
    """`text` on one line, cut after `limit` characters; whatever is not printable becomes an escape."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)


def listing(texts: Sequence[str]) -> str:
    """The first five, quoted, and how many more there are."""
    shown = ", ".join(quote(text) for text in texts[:_NAMED])
    more = len(texts) - _NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown


def rows(number: int) -> str:
    """`1 row`, `1,797 rows`."""
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def percent(share: float) -> str:
    """`97.5%`, `99.95%`: as many digits as it takes not to say 100."""
    return f"{100.0 * share:.4g}%"
