"""
Markdown as a self-contained page that looks like the forge's.

Two things stand between a hostile label and the page: the report's own escaping, and this module, which lets through a
fixed list of elements and attributes, whatever the Markdown says. A content security policy forbids scripts and every
request.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

_STYLE = Path(__file__).with_name("page.css")

_PLAIN = (
    "b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i li p pre s span strong sub summary sup table tbody thead tr ul"
)
_ELEMENTS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(_PLAIN.split(), frozenset()),
    "a": frozenset({"href"}),
    "details": frozenset({"open"}),
    "img": frozenset({"alt", "src", "width"}),
    "ol": frozenset({"start"}),
    "td": frozenset({"style"}),
    "th": frozenset({"style"}),
}
"""The elements that are let through, each with the attributes that it may have."""

_VOID = {"br", "hr", "img"}
_STYLES = {"text-align:left", "text-align:right", "text-align:center"}
_IMAGE_TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".svg": "svg+xml"}


def page(markdown: str, images: Mapping[str, Path], title: str) -> str:
    """
    One HTML file without anything outside it.

    Args:
        markdown: The report, or any Markdown.
        images: The file of each image address that the Markdown uses; an address that is not among them becomes its
            alternative text.
        title: Of the browser's window.

    Raises:
        OSError: An image cannot be read.
    """
    body = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    filtered = _Filter({address: _data_uri(file) for address, file in images.items()})
    filtered.feed(body)
    filtered.close()
    style = _STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src-elem 'sha256-{digest}'; style-src-attr 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{filtered.result()}\n</main>\n</body>\n</html>\n"
    )


def _data_uri(file: Path) -> str:
    kind = _IMAGE_TYPES.get(file.suffix.lower(), "png")
    return f"data:image/{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


class _Filter(HTMLParser):
    """
    HTML with nothing but the known elements and attributes in it, always well formed.

    What is not known is dropped and its text kept; what was left open is closed.
    """

    def __init__(self, images: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._images = images
        self._parts: list[str] = []
        self._open: list[str] = []

    def result(self) -> str:
        """The HTML so far, every element closed."""
        return "".join([*self._parts, *(f"</{name}>" for name in reversed(self._open))])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Let a known element through."""
        if tag not in _ELEMENTS:
            return
        kept = {name: value or "" for name, value in attrs if name in _ELEMENTS[tag]}
        if tag == "img":
            source = self._images.get(kept.get("src", ""))
            if source is None:
                self.handle_data(kept.get("alt", ""))
                return
            kept["src"] = source
        shown = "".join(f' {name}="{escape(value)}"' for name, value in kept.items() if _allowed(name, value))
        self._parts.append(f"<{tag}{shown}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element that is open, and whatever is open inside it."""
        if tag not in self._open:
            return
        while (last := self._open.pop()) != tag:
            self._parts.append(f"</{last}>")
        self._parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text is text."""
        self._parts.append(escape(data))


def _allowed(name: str, value: str) -> bool:
    match name:
        case "href":
            return value.startswith(("https://", "http://", "#"))
        case "style":
            return value in _STYLES
        case "width" | "start":
            return value.isascii() and value.isdigit()
        case _:
            return True
