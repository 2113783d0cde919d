"""
How messages show text that somebody else chose: on one line, bounded, harmless in a terminal; and how they count.

Names, labels, values and other programs' words come from files and from the network. What Markdown would act upon is
escaped beside the templates, in `report.escape`; this module is for messages, notes and errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice


def printable(text: str) -> str:
    """`text` with everything that is not printable (new lines, escapes, right-to-left marks) as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def bounded(text: str, *, limit: int) -> str:
    """`text` cut after `limit` characters, with a mark of the cut; whatever is not printable becomes an escape."""
    return printable(text if len(text) <= limit else text[:limit] + "…")


def quote(text: str, *, limit: int = 60) -> str:
    """`text` in double quotes, otherwise as `bounded`."""
    return f'"{bounded(text, limit=limit)}"'


def listing(texts: Iterable[str], *, limit: int = 20, show: Callable[[str], str] = quote) -> str:
    """`"a", "b" and 3 more`: at most `limit` of them, as `show` has them, and how many more there are."""
    remaining = iter(texts)
    shown = [show(text) for text in islice(remaining, limit)]
    more = sum(1 for _ in remaining)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


_MOST_COMPARED = 1_000
"""Names that one is compared with; files may hold any number of them."""

_LONGEST_COMPARED = 100


def alike(name: str, known: Iterable[str], *, most: int) -> list[str]:
    """Up to `most` of the known names that differ from this one by a slip; upper and lower case do not matter."""
    from difflib import get_close_matches

    spelled = {one[:_LONGEST_COMPARED].lower(): one for one in islice(known, _MOST_COMPARED)}
    return [spelled[one] for one in get_close_matches(name[:_LONGEST_COMPARED].lower(), spelled, n=most)]


def blanked(text: str) -> str:
    """`text` with a blank for everything that is not printable: one line, for messages that quote hostile input."""
    return "".join(char if char.isprintable() else " " for char in text)


def count(n: int, noun: str = "", plural: str = "") -> str:
    """`1,797`, `1 class`, `12 classes`; `plural` when it is not formed with an s."""
    if not noun:
        return f"{n:,}"
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


MINUS = "\N{MINUS SIGN}"


def rounded(value: float, *, digits: int = 6) -> str:
    """`0.0106`, `−2.5`, `1e−06`: at most so many significant digits, and a real minus sign, as reports have it."""
    shown = f"{value + 0.0:.{digits}g}"  # no zero below zero
    return shown.replace("-", MINUS)


def percent(share: float) -> str:
    """`95%`, `98.75%`, `99.9999%`: four digits, and as many more as it takes not to say 100 of less."""
    digits = next((n for n in range(4, 17) if share >= 1.0 or float(f"{100.0 * share:.{n}g}") < 100.0), 17)
    return f"{100.0 * share:.{digits}g}%"
