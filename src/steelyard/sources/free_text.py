"""
Free text: `Accuracy = 0.97, F1 = 0.95`, `accuracy: 97.3%`, `loss 0.12`, in any number of lines, among prose.

Conservative: a name of up to four words at the start of a line or after a separator, then `=` or `:`, then a number
that ends there. Without `=` or `:` only a single word and a number with decimals, alone between separators.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from steelyard.errors import InputError
from steelyard.model.base import JSON
from steelyard.sources.interface import Document
from steelyard.sources.numbers import NUMBER
from steelyard.sources.wording import joined
from steelyard.text import quote

MAX_TEXT = 1_000_000
"""Characters; more is a log, not a file of metrics."""
MAX_LINE = 2_000
"""Characters of a line that are looked at."""

_HINT = "write them as `accuracy: 0.97`, one a line, or as metrics.json"

# Every repetition below is bounded or gives nothing back, and starts only at a separator, so that the time is
# proportional to the length of the text whatever is in it.
_LINES = re.compile(r"[\r\n]+")
_SPACES = re.compile(r"\s\s++")
_CLOCK = re.compile(r"\b[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\b(?!\.[0-9])")
_MARKUP = str.maketrans({"*": None, "`": None, "'": None, '"': None, "−": "-", "\t": "  "})
_SEPARATORS = re.compile(r"[;|]|,(?![0-9])|\s(?:and|&)\s")

_WORD = r"[\w@.^/+-]{0,39}+"
_NAME = rf"[^\W\d_]{_WORD}(?:[ ]\w{_WORD}){{0,3}}+(?:[ ]?\([\w @.%-]{{1,30}}+\))?+"
_START = r"[\s#>•-]{0,8}+"
_VALUE = rf"(?P<value>[-+]?(?>{NUMBER}|(?i:nan|inf(?:inity)?)\b))"
_UNIT = r"(?:\s?(?P<unit>%|(?:us|µs|ms|s|sec|seconds|min|h|kB|KB|MB|GB|KiB|MiB|GiB)\b))?+"
_GOES_ON = r"(?!(?:of|out|in|from|to|per)\b)" + _NAME + r"\s{0,2}+[:=]"
_END = rf"(?=\.?\s{{0,2}}+(?:$|[)\]}}(±#]|\+/-)|\s-\s|\.?\s\s|\.?\s{_GOES_ON})"
_ASSIGNED = rf"{_START}(?P<name>{_NAME})\s{{0,2}}+[:=]\s{{0,2}}+{_VALUE}{_UNIT}{_END}"
_FIRST = re.compile(rf"(?:^|[(\[{{]|\s-\s|\s\s){_ASSIGNED}")
_NEXT = re.compile(rf"\.?{_ASSIGNED}")
_BARE = re.compile(rf"{_START}(?P<name>[^\W\d_]{_WORD})\s{{1,2}}+(?=\S*[.eE%]){_VALUE}{_UNIT}\.?\s*")
_DECIMAL_COMMA = re.compile(r"[:=]\s{0,2}+(?P<value>[-+]?[0-9]++,[0-9]++)")
_NOT_NAME = re.compile(r"[^\w@.^/]+")


class _Found(NamedTuple):
    name: str
    value: float
    note: str


class FreeTextSource:
    """Reads metrics out of text; names are lower case with `_` for spaces, of a repeated name the last value counts."""

    format: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def read(self, text: str, *, shown: str) -> Document:
        """See `Source.read`."""
        if len(text) > MAX_TEXT:
            raise InputError(
                f"{shown}: {len(text):,} characters of free text, at most {MAX_TEXT:,} are read", hint=_HINT
            )
        lines = [_prepared(line) for line in _LINES.split(text)]
        found = [one for line in lines for segment in _SEPARATORS.split(line) for one in _metrics(segment, shown)]
        commas = _commas(lines)
        if not found and commas:
            raise InputError(
                f"{shown}: no metrics found: {commas[0]} has a comma", hint="write numbers with a point, like 0.97"
            )
        if not found:
            raise InputError(f"{shown}: no metrics found", hint=_HINT)
        notes = [f"{shown}: {value} has a comma, expected a number like 0.97; it was skipped" for value in commas]
        last = {one.name: one for one in found}
        notes += [one.note for one in last.values() if one.note]
        again = [quote(name) for name, times in Counter(one.name for one in found).items() if times > 1]
        if again:
            notes.append(f"{shown}: {joined(again)} occur several times, the last value of each counts")
        tree: dict[str, JSON] = {name: one.value for name, one in last.items()}
        return Document(tree=tree, notes=tuple(notes))


def _prepared(line: str) -> str:
    """The mark of a cut is no end of a number."""
    cut = line if len(line) <= MAX_LINE else line[:MAX_LINE] + "…"
    return _CLOCK.sub("…", _SPACES.sub("  ", cut.translate(_MARKUP)))


def _metrics(segment: str, shown: str) -> Iterator[_Found]:
    match = _FIRST.search(segment)
    if match is None and (bare := _BARE.fullmatch(segment)) is not None:
        yield _metric(bare, shown)
    while match is not None:
        yield _metric(match, shown)
        match = _NEXT.match(segment, match.end()) or _FIRST.search(segment, match.end())


def _metric(match: re.Match[str], shown: str) -> _Found:
    """97.3% is 0.973, with a note; any other unit becomes part of the name."""
    name, value, unit = match["name"], match["value"], match["unit"] or ""
    if unit == "%" or "%" in name:
        share = round(float(value) / 100, 12)
        name = _normalised(name)
        return _Found(name, share, f"{shown}: {quote(name)} is {value}%, read as {share:g}")
    unit = {"sec": "s", "seconds": "s"}.get(unit, unit)
    return _Found(_normalised(f"{name} {unit}"), float(value), "")


def _normalised(name: str) -> str:
    return _NOT_NAME.sub("_", name.lower()).strip("_.")


def _commas(lines: list[str]) -> list[str]:
    return [quote(match["value"]) for line in lines for match in _DECIMAL_COMMA.finditer(line)]
