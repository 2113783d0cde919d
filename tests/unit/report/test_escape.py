"""Escaping, proved by rendering: nothing that a branch writes becomes anything but the text that it is."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.report import escape
from steelyard.report.tables import Column, table
from tests.unit.report.rendering import Page, references, to_html, visible
from tests.unit.report.samples import HOSTILE

_PIECES = st.sampled_from(
    [
        *HOSTILE,
        *"`*_{}[]()<>#+-.!|~$&@:=\\/^%\"'\n\r\t \u200b\u202e\u2028\x1b",
        "1.",
        "---",
        "```",
        "~~~",
        "http://a.b",
        "www.a.b",
        "a@b.cd",
        "mailto:a@b.cd",
        "&#64;",
        "&lt;",
        "<b>",
        "</b>",
        "<a href='https://e.x'>",
        "<!--",
        "-->",
        "[x](y)",
        "![",
        "](",
        "[^1]",
        "ref]: /u",
        ":--",
        "deadbeef1",
        "1234567",
        "GH-1",
        "!1",
        "~bug",
        "{+a+}",
        "@a",
    ]
)
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=12).map("".join)


def rendered(markdown: str) -> Page:
    """The Markdown as GitHub would render it."""
    return Page(to_html(markdown))


@given(_TEXTS)
@example("a\\|b")
@example("foo #")
@example("http:/" + "/evil.example")
@example("$1 and $2")
@example("_@a_ __b__ f1_macro")
@example("pass@1 a@1.b a@1-b.c 1@2@3 _@1 pass@1 @1")
def test_text__is_only_text(value: str) -> None:
    """A message in a paragraph is shown as it is: no element, no link, no reference."""
    page = rendered(f"before {escape.text(value)} after")

    assert set(page.tags) <= {"p", "span"}
    assert page.links + page.comments + references(page) == []
    assert f"before {escape.clean(value, limit=escape.TEXT_LIMIT)} after" == visible(page.all_text).rstrip("\n")


@given(_TEXTS)
@example("1. one")
@example("+ x")
@example("--- ")
@example("===")
@example(":--")
@example("#")
def test_text__begins_no_block(value: str) -> None:
    """A message at the start of a line is a paragraph, and no command of the forge."""
    markdown = escape.text(value)
    page = rendered(f"above\n{markdown}\nbelow")

    assert set(page.tags) <= {"p", "br", "span"}
    assert not markdown.startswith("/")
    assert escape.clean(value, limit=escape.TEXT_LIMIT) in visible(page.all_text)


@given(_TEXTS)
@example("a|b")
@example("a\\|b")
@example("`|`")
@example("&lt;")
def test_code__is_only_code_in_a_cell(value: str) -> None:
    """A name in a table is code with exactly that text, and does not leave its cell."""
    page = rendered(table([Column("x", [escape.code(value)]), Column("y", ["next"])]))

    assert page.tags.count("td") == 2
    assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code", "span"}
    assert page.links + page.comments == []
    assert f"\n{escape.clean(value, limit=escape.NAME_LIMIT)}\nnext\n" in visible(page.all_text)


@given(_TEXTS)
def test_text__stays_in_its_cell(value: str) -> None:
    """A message in a table is one cell."""
    page = rendered(table([Column("x", [escape.text(value)]), Column("y", ["next"])]))

    assert page.tags.count("td") == 2
    assert page.links + references(page) == []


@given(_TEXTS)
@example("``a` `b``")
@example("@`a`")
def test_message__makes_nothing_but_code(value: str) -> None:
    """What stands between backticks is code; the rest is text."""
    page = rendered(f"before {escape.message(value)} after")

    assert set(page.tags) <= {"p", "span", "code"}
    assert page.links + page.comments + references(page) == []


@given(_TEXTS)
def test_html__is_only_text_in_a_summary(value: str) -> None:
    """A message in an element has no Markdown in it and ends no element."""
    page = rendered(f"<details><summary>{escape.html(value)}</summary>\n\nbody\n\n</details>")

    assert set(page.tags) <= {"details", "summary", "p", "span"}
    assert page.links + page.comments + references(page) == []
    assert escape.clean(value, limit=escape.TEXT_LIMIT) in visible(page.all_text)


@given(_TEXTS)
def test_attribute__stays_in_its_quotes(value: str) -> None:
    """A text in an attribute is the attribute's value."""
    page = rendered(f'<img alt="{escape.attribute(value)}" src="x.png">')

    assert page.tags == ["img"]
    assert ("alt", escape.clean(value, limit=2_000)) in page.attributes


@given(st.lists(_TEXTS, max_size=8))
@example(["```", "/close", "````", "<!-- steelyard"])
def test_fence__keeps_its_lines(lines: list[str]) -> None:
    """A log is one block of code: no fence inside ends it, and no line of it is a command of the forge."""
    markdown = escape.fence(escape.log_lines(tuple(lines), limit=50))
    page = rendered(f"above\n\n{markdown}\n\nbelow")

    assert page.tags == ["p", "pre", "code", "p"]
    assert "<!--" not in markdown
    assert not re.search("^/", markdown, re.MULTILINE)


@pytest.mark.parametrize(
    "line", ["::", "::error::x", "  ::add-mask::x", "\t:::stop-commands::x", "a ##[error]x", "##[group]x"]
)
def test_fence__no_command_for_the_runner(line: str) -> None:
    """A report that a job prints (`-o -`) has the log in it, of which the runner reads every line."""
    markdown = escape.fence(escape.log_lines(("before", line, "after"), limit=50))

    assert not [one for one in markdown.splitlines() if one.strip().startswith("::") or "##[" in one]
    assert re.sub(r"\s", "", line) in re.sub(r"\s", "", markdown)


@given(_TEXTS)
def test_nothing__forges_the_marker(value: str) -> None:
    """No way of printing leaves the beginning of a hidden marker."""
    printed = [escape.text, escape.code, escape.html, escape.message, escape.attribute]
    hostile = f"{value}<!-- steelyard{value}"

    assert [way.__name__ for way in printed if "<!--" in way(hostile)] == []


@given(_TEXTS)
def test_clean__is_idempotent_and_bounded(value: str) -> None:
    """Clean text is one bounded, visible line, and cleaning it again changes nothing."""
    shown = escape.clean(value, limit=40)

    assert len(shown) <= 40
    assert shown == escape.clean(shown, limit=40)
    assert {unicodedata.category(char) for char in shown if char not in "\u200c\u200d"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl"}
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", "(empty)"),
        (" a ", "␣a␣"),
        ("  ", "␣␣"),
        ("a\r\nb\nc\u2028d", "a↵b↵c↵d"),
        ("a\tb", "a b"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\u202eevil", "⟨U+202E⟩evil"),
        ("\ufeffbom", "⟨U+FEFF⟩bom"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("a\ufe0fb\u3164", "a⟨U+FE0F⟩b⟨U+3164⟩"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("\ud800", "⟨U+D800⟩"),
        ("Z" + "\u0335" * 50, "Z" + "\u0335" * 3),
        ("x" * 100, "x" * 59 + "…"),
    ],
)
def test_clean__makes_the_invisible_visible(value: str, shown: str) -> None:
    """What cannot be seen, or draws over other lines, is written out or left out."""
    assert shown == escape.clean(value, limit=60)


def test_text__leaves_usual_text_alone() -> None:
    """Numbers, names with underscores and plain words need no escapes, so that the source can be read."""
    usual = "f1_macro +0.0106 (95% CI −0.0034 … 0.0177): 1,797 rows, 12.5% at 10:30, resnet-50"

    assert usual == escape.text(usual)


def test_text__isolates_right_to_left() -> None:
    """A Hebrew label does not reorder the numbers beside it."""
    assert escape.text("אבג").startswith("&#8296;")
    assert escape.text("אבג").endswith("&#8297;")
    assert escape.code("אבג") == "&#8296;`אבג`&#8297;"


def test_clean__bounds_its_work() -> None:
    """A label of many megabytes costs no more than its beginning."""
    assert len(escape.text("a" * 50_000_000)) == 200


def test_log_lines__are_what_a_terminal_leaves() -> None:
    """Colours are gone, a progress bar is in its last state, and only the end is kept."""
    log = ("gone", "\x1b[1mbold\x1b[0m\n", "10%\r50%\r100%", "", "  indented")

    assert escape.log_lines(log, limit=4) == ("bold", "100%", "", "  indented")


def test_text__pass_at_k_is_whole() -> None:
    """A metric's name that no forge takes for a mention can be copied from the report."""
    assert escape.text("pass@1") == "pass@1"
    assert "\u200b" in escape.text("pass@1.example").replace("&#8203;", "\u200b")
    assert "&#8203;" in escape.text("pass@k")
