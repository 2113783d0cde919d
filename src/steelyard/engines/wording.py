"""Words that several messages and notes about predictions share."""

from __future__ import annotations

from collections.abc import Sequence


def of_rows(bad: int, rows: int) -> str:
    """`12 of 1,797 rows`."""
    return f"{bad:,} of {rows:,} rows"


def either(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)
