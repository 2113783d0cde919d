"""
Where a Markdown text names its pictures.

No byte of somebody else's text is changed but the addresses of pictures, so that nothing is parsed and written out
again. Whether something is a picture (and not code, a link, or text that looks like one) is decided by a CommonMark
parser: every address that may be one's is replaced by a word of ours, the text is parsed, and the words that come out
as the address of a picture tell which of them are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from steelyard.model.base import Value

MOST = 10_000
"""Addresses of one text that are looked at, those of links among them."""

_DESTINATION = r"<(?P<{0}a>[^<>\n]*)>|(?P<{0}b>(?:[^\s()<>\\]|\\.|\((?:[^\s()\\]|\\.)*\))+)"
_INLINE = re.compile(r"\]\([ \t\n]*(?:" + _DESTINATION.format("i") + r")")
_DEFINITION = re.compile(r"\[(?:[^\[\]\\\n]|\\.)+\]:[ \t]*(?:\r?\n[ \t>]*)?(?:" + _DESTINATION.format("d") + r")")
_HTML = re.compile(
    r"""<img\b(?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){0,2000}?(?<![\w-])src\s*=\s*(?:"(?P<ha>[^"]*)"|'(?P<hb>[^']*)'|(?P<hc>[^\s"'=<>`]+))""",
    re.IGNORECASE,
)
_IMG = re.compile(r"""<img\b(?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){0,2000}>""", re.IGNORECASE)


class Address(Value, frozen=True, kw_only=True):
    """The address of a picture."""

    start: int
    end: int
    """Where it stands in the text, without what encloses it."""
    url: str
    """What it means: without escapes."""
    in_html: bool = False


def addresses(markdown: str) -> tuple[Address, ...]:
    """The addresses of all pictures of a text, in their order; at most `MOST` places are looked at."""
    found = _apart(sorted(_candidates(markdown), key=lambda one: one.start))[:MOST]
    if not found:
        return ()
    word = _unused(markdown)
    marked = replaced(markdown, {one: f"{word}{number}x" for number, one in enumerate(found)})
    seen = set(_shown(_parser().parse(marked), re.compile(rf"{word}(\d+)x")))
    return tuple(one for number, one in enumerate(found) if str(number) in seen)


def replaced(markdown: str, urls: Mapping[Address, str]) -> str:
    """The text with other addresses in these places, every other byte as it was."""
    parts, at = [], 0
    for one in sorted(urls, key=lambda one: one.start):
        parts += [markdown[at : one.start], urls[one]]
        at = one.end
    return "".join([*parts, markdown[at:]])


def _candidates(markdown: str) -> Iterator[Address]:
    for pattern in (_INLINE, _DEFINITION, _HTML):
        for match in pattern.finditer(markdown):
            name = next(name for name, value in match.groupdict().items() if value is not None)
            raw, in_html = match[name], pattern is _HTML
            url = html.unescape(raw) if in_html else unescapeAll(raw)
            yield Address(start=match.start(name), end=match.end(name), url=url, in_html=in_html)


def _apart(found: list[Address]) -> list[Address]:
    """Of places that overlap, as what may be a definition and a picture within it do, the one that begins last."""
    apart: list[Address] = []
    for one in found:
        if apart and one.start < apart[-1].end:
            apart.pop()
        apart.append(one)
    return apart


def _shown(tokens: list[Token], word: re.Pattern[str]) -> Iterator[str]:
    """The numbers of our words that are the whole address of a picture, or stand in one that is written in HTML."""
    for token in tokens:
        if token.type == "image":
            found = word.fullmatch(str(token.attrs.get("src", "")))
            yield from found.groups() if found else ()
        elif token.type in {"html_block", "html_inline"}:
            for image in _IMG.findall(_without_comments(token.content)):
                yield from word.findall(image)
        yield from _shown(token.children or [], word)


def _without_comments(content: str) -> str:
    kept, rest = [], content
    while rest:
        before, begun, rest = rest.partition("<!--")
        kept.append(before)
        rest = rest.partition("-->")[2] if begun else ""
    return "".join(kept)


def _unused(markdown: str) -> str:
    """A word that is not in the text and that no parser changes."""
    word = "steelyardpicture"
    while word in markdown:
        word += "q"
    return word


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")
