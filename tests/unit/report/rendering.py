"""Markdown as GitHub renders it, taken apart: what a hostile text must not have become."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from cmarkgfm import markdown_to_html_with_extensions
from cmarkgfm.cmark import Options

_EXTENSIONS = ["table", "autolink", "tagfilter", "strikethrough", "tasklist"]

_MENTION = re.compile(r"(?<![\w`/])@[A-Za-z0-9]")
_REFERENCE = re.compile(r"(?:#|\bGH-)\d", re.IGNORECASE)
_COMMIT = re.compile(r"(?<![\w.,])(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}(?!\w)", re.IGNORECASE)
_EMOJI = re.compile(r":[\w+-]+:")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S|www\.\S", re.IGNORECASE)
_MATH = re.compile(r"\$")
_GITLAB = re.compile(r'[!%~&*^](?=[\w"])|\{[+-]|\[[+-]')
_FORGE = (_MENTION, _REFERENCE, _COMMIT, _EMOJI, _ADDRESS, _MATH)


def to_html(markdown: str) -> str:
    """GitHub's own renderer with its extensions, HTML let through, line ends as in comments."""
    html: str = markdown_to_html_with_extensions(
        markdown,
        options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS,
        extensions=_EXTENSIONS,
    )
    return html


class Page(HTMLParser):
    """The elements, addresses and texts of rendered Markdown."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.comments: list[str] = []
        self.texts: list[str] = []
        """Text nodes outside code, in which a forge looks for references."""
        self.all_text = ""
        self._code = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        self._code += tag in {"code", "pre"}
        if tag not in {"code", "span"}:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        """Leave code."""
        self._code -= tag in {"code", "pre"}

    def handle_comment(self, data: str) -> None:
        """Note a comment; no text may make one."""
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        """Note the text, by the element that it is in."""
        self.all_text += data
        if not self._code:
            self.texts.append(data)


def references(page: Page) -> list[str]:
    """What a forge would turn into a link, a mention, a picture or mathematics, in the rendered text."""
    found = [match[0] for text in page.texts for pattern in _FORGE for match in pattern.finditer(text) if text != "$"]
    return found + [match[0] for text in page.texts for match in _GITLAB.finditer(text)]


def visible(text: str) -> str:
    """Rendered text without the marks that only break references."""
    return re.sub("[\u200b\u2068\u2069]", "", text)
