"""The report in a terminal: what is folded on a forge stands under headings, and no HTML is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import ClassVar

from markdown_it.token import Token
from rich import box, markdown
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from steelyard.job_log import escape_log
from steelyard.report.widths import GAP, Needs, fitted

_THEME = Theme(
    {
        "markdown.code": "cyan",
        "markdown.code_block": "default",
        "markdown.h3": "bold",
        "markdown.h4": "bold",
        "markdown.link_url": "underline",
        "markdown.table.header": "bold",
        "markdown.table.border": "dim",
    }
)
_NUMBERS_SHARE = 0.8
"""Columns of numbers that need more of the width than this are broken, lest the others vanish."""

_SUMMARY = re.compile(r"<summary>(?P<text>.*?)</summary>", re.DOTALL)
_IMAGE = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r'\balt="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_INVISIBLE = re.compile("[\u200b\u2066-\u2069]")


def shown(report: str, console: Console | None = None) -> str:
    """
    The Markdown of a report as a console (default: this process's) would print it; pictures become their description.

    In a job, the console is its log: no label at the beginning of a line is a command of the runner.
    """
    console = console or Console()
    made = _Report(report, code_theme="ansi_dark")
    made.parsed = list(_blocks(made.parsed))
    with console.use_theme(_THEME), console.capture() as captured:
        console.print(made)
    return escape_log(captured.get())


class _Table(markdown.TableElement):
    """A table whose numbers and verdicts are not broken, if there is room for them at all."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Columns that are aligned to the right hold numbers."""
        cells = self.header.row.cells if self.header is not None and self.header.row is not None else []
        rows = [[cell.content for cell in row.cells] for row in self.body.rows] if self.body is not None else []
        columns = [[_head(cell, below := [row[i] for row in rows]), *below] for i, cell in enumerate(cells)]
        needs = [_needs(column, is_number=cell.justify == "right") for column, cell in zip(columns, cells, strict=True)]
        made = Table(
            box=box.SIMPLE, pad_edge=False, show_edge=False, collapse_padding=True, style="markdown.table.border"
        )
        widths = fitted(needs, width=options.max_width)
        if widths is None:
            numbers = sum(GAP + need.natural for need in needs if need.is_number)
            whole = numbers <= _NUMBERS_SHARE * options.max_width
            for column, need in zip(columns, needs, strict=True):
                made.add_column(column[0], no_wrap=whole and need.is_number, overflow="fold")
        else:
            for i, (need, width) in enumerate(zip(needs, widths, strict=True)):
                if need.is_number and width < need.natural:
                    columns[i] = [_in_two(cell) for cell in columns[i]]
                made.add_column(columns[i][0], width=width, overflow="fold")
        for row in zip(*(column[1:] for column in columns), strict=True):
            made.add_row(*row)
        yield made


def _needs(column: Sequence[Text], *, is_number: bool) -> Needs:
    return Needs(natural=max(map(_width, column)), least=max(map(_longest_word, column)), is_number=is_number)


def _head(cell: markdown.TableDataElement, column: Sequence[Text]) -> Text:
    """A column's head; above narrow numbers, one word below the other."""
    head = cell.content
    if cell.justify == "right" and _width(head) > max(map(_width, column), default=0):
        head = Text("\n").join(head.split(" "))
        head.justify = cell.justify
    head.stylize("markdown.table.header")
    return head


def _in_two(cell: Text) -> Text:
    """The first word above the others."""
    first = cell.plain.find(" ")
    if first < 0:
        return cell
    made = Text("\n").join([cell[:first], cell[first + 1 :]])
    made.justify = cell.justify
    return made


def _width(cell: Text) -> int:
    return max((line.cell_len for line in cell.split("\n")), default=0)


def _longest_word(cell: Text) -> int:
    return max((cell_len(word) for word in cell.plain.replace("\n", " ").split(" ")), default=0)


class _Report(markdown.Markdown):
    elements: ClassVar[dict[str, type[markdown.MarkdownElement]]] = {
        **markdown.Markdown.elements,
        "table_open": _Table,
    }


def _blocks(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "html_block":
            yield from _of_html(token.content)
        elif token.type == "inline":
            token.children = list(_inlines(token.children or []))
            yield token
        else:
            token.content = _INVISIBLE.sub("", token.content)
            yield token


def _of_html(content: str) -> Iterator[Token]:
    """The summary of a fold as a heading; other blocks of HTML hold nothing that a terminal can show."""
    summary = _SUMMARY.search(content)
    if summary is not None:
        yield from _wrapped("heading", "h4", "▸ " + _plain(summary["text"]))
    elif described := [_ALT.search(image) for image in _IMAGE.findall(content)]:
        words = ", ".join(unescape(alt[1]) for alt in described if alt is not None)
        yield from _wrapped("paragraph", "p", f"[picture: {words}]")


def _wrapped(kind: str, tag: str, text: str) -> Iterator[Token]:
    yield Token(f"{kind}_open", tag, 1)
    yield Token("inline", "", 0, children=[Token("text", "", 0, content=text)], content=text)
    yield Token(f"{kind}_close", tag, -1)


def _inlines(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type != "html_inline":
            token.content = _INVISIBLE.sub("", token.content)
            yield token
        elif token.content == "<br>":
            yield Token("hardbreak", "br", 0)
        elif token.content in {"<code>", "</code>"}:
            yield Token(
                f"code_{'close' if '/' in token.content else 'open'}", "code", -1 if "/" in token.content else 1
            )
        elif _IMAGE.match(token.content):
            alt = _ALT.search(token.content)
            yield Token("text", "", 0, content=f"[picture: {unescape(alt[1]) if alt else ''}]")


def _plain(html: str) -> str:
    return _INVISIBLE.sub("", unescape(_TAG.sub("", html)))
