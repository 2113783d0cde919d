"""`steelyard.text`: what somebody else chose is shown on one line, bounded and harmless; numbers agree with nouns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.text import alike, blanked, bounded, count, listing, percent, printable, quote, rounded

_ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=200)


@settings(deadline=None)
@given(_ANY_TEXT)
def test_quote__one_printable_bounded_line(text: str) -> None:
    """Nothing that a label contains can break a line, move the cursor, or make a message long."""
    shown = quote(text)

    assert shown.isprintable()
    assert len(shown) <= 60 * len(r"\U0010ffff") + 3


def test_alike__names_that_differ_by_a_slip() -> None:
    """The closest come first, as they are written; what is nothing like them has none."""
    assert alike("comand", ["repeat", "command"], most=2) == ["command"]
    assert alike("F1_MACRO", ["accuracy", "f1", "F1_micro", "f1_Macro"], most=2) == ["f1_Macro", "F1_micro"]
    assert alike("slice", ["slices"], most=1) == ["slices"]
    assert alike("latency", ["accuracy"], most=5) == []
    assert alike("x" * 10_000, (f"x{n}" for n in range(10**7)), most=5) == []


@settings(deadline=None)
@given(_ANY_TEXT)
def test_blanked__one_line_of_the_same_length(text: str) -> None:
    """A message keeps its printable characters where they are."""
    shown = blanked(text)

    assert shown.isprintable()
    assert [char if char.isprintable() else " " for char in text] == list(shown)


def test_printable__keeps_what_can_be_read() -> None:
    """Only what does not print becomes an escape, half of a character too."""
    assert printable("naïve 😀\n\u202e\ud800\0") == "naïve 😀\\n\\u202e\\ud800\\x00"


def test_quote__cut() -> None:
    """A long text is cut, and the cut is marked; characters are counted before they become escapes."""
    assert quote("a\nb\x1b\u202e") == '"a\\nb\\x1b\\u202e"'
    assert quote("x" * 60) == f'"{"x" * 60}"'
    assert quote("x" * 61) == f'"{"x" * 60}…"'
    assert bounded("abc", limit=2) == "ab…"
    assert bounded("\n\nc", limit=2) == "\\n\\n…"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], ""),
        (["a"], '"a"'),
        (["a", "b"], '"a", "b"'),
        (["a", "b", "c"], '"a", "b" and 1 more'),
    ],
)
def test_listing__says_how_many_more(texts: list[str], expected: str) -> None:
    """A long list is cut, and says so; it may be an iterator."""
    assert listing(iter(texts), limit=2) == expected


def test_count__nouns() -> None:
    """One is singular, thousands are separated."""
    assert [count(1, "class", "classes"), count(12, "class", "classes"), count(1797), count(0, "row")] == [
        "1 class",
        "12 classes",
        "1,797",
        "0 rows",
    ]


def test_rounded__with_a_real_minus_sign() -> None:
    """As the project wrote it, or as many digits as are asked for; also of the exponent."""
    assert [rounded(0.005), rounded(2.0), rounded(-0.5), rounded(1e-6)] == ["0.005", "2", "−0.5", "1e−06"]
    assert [rounded(-0.07764, digits=3), rounded(-1234.5, digits=2), rounded(-0.0)] == ["−0.0776", "−1.2e+03", "0"]


def test_percent__is_100_only_of_all() -> None:
    """Four digits, and more where fewer would say that something is certain."""
    assert [percent(share) for share in (0.95, 0.9875, 0.99983, 0.999999, 1.0 - 1e-12, 1.0, 0.0)] == [
        "95%", "98.75%", "99.98%", "99.9999%", "99.9999999999%", "100%", "0%"
    ]  # fmt: skip


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_percent__never_100(share: float) -> None:
    """Whatever is less than all does not become it by rounding."""
    assert float(percent(share).removesuffix("%")) < 100.0


def _texts(source: str) -> Iterator[str]:
    """The texts of a module that are no docstrings."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_messages__name_no_file_of_ours() -> None:
    """Who reads a message has the program, not this repository: no text names a page of its documentation."""
    root = Path(__file__).resolve().parents[2]
    pages = [path.relative_to(root).as_posix() for path in (*root.glob("docs/*.md"), *root.glob("[A-Z]*.md"))]
    ours = re.compile("|".join(re.escape(page) for page in pages if page != "README.md"))
    sources = (*(root / "src").rglob("*.py"), *(root / "templates").rglob("*.j2"))
    texts = {path: path.read_text(encoding="utf-8") for path in sources}

    assert "docs/configuration.md" in pages
    assert [path for path, text in texts.items() if path.suffix == ".j2" and ours.search(text)] == []
    assert [
        one for path, text in texts.items() if path.suffix == ".py" for one in _texts(text) if ours.search(one)
    ] == []
