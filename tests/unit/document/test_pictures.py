"""Where a Markdown text names its pictures; everything else in it stays as it is, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from steelyard.document.pictures import addresses, replaced

TEXT = r"""a ![x](y.png 'z') `![n](code.png)` [l](link.png) [![in](in.png)](to.html)

| a \| b |
|--|
| ![t](t\_1.png) |

```
![code](fence.png)
```

    ![code](indented.png)

<img alt="a>b" width=3 src='q&amp;1.png'> text <IMG src=r.png> <!-- <img src="comment.png"> -->

<div>
<img src="block.png">
</div>

[ref]: <foo bar.png> "t"
[only]: link.png

![ref] [only] ![p](a(b).png) ![sp](my file.png) \![esc](escaped.png) ![]()
"""


def urls(markdown: str) -> list[str]:
    """What the pictures' addresses mean."""
    return [one.url for one in addresses(markdown)]


def test_addresses__pictures_and_nothing_else() -> None:
    """Inline, by reference, in a table and in HTML; neither code, links, comments nor what is escaped."""
    assert urls(TEXT) == [
        *("y.png", "in.png", "t_1.png", "q&1.png", "r.png", "block.png", "foo bar.png", "a(b).png"),
    ]


def test_addresses__places_in_the_text() -> None:
    """Each is where it says it is, as it is written."""
    assert [TEXT[one.start : one.end] for one in addresses(TEXT)] == [
        *("y.png", "in.png", r"t\_1.png", "q&amp;1.png", "r.png", "block.png", "foo bar.png", "a(b).png"),
    ]


def test_replaced__only_the_addresses() -> None:
    """The other bytes stay, line ends and trailing blanks too."""
    markdown = "![a](a.png)  \r\n* x\t\r\n\r\n<img src=b.png>\r\n"

    new = replaced(markdown, dict(zip(addresses(markdown), ["1", "2"], strict=True)))

    assert new == "![a](1)  \r\n* x\t\r\n\r\n<img src=2>\r\n"


def test_addresses__our_own_word_in_the_text() -> None:
    """A text that holds the word by which places are marked is read all the same."""
    assert urls("steelyardpicture0x ![a](steelyardpicture0x) ![b](b.png)") == ["steelyardpicture0x", "b.png"]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ('<img data-src="later.png" src="now.png">', ["now.png"]),
        ("<img\n  width=3\n  src='a.png' />", ["a.png"]),
        ("> [r]: a.png\n\n![r]", ["a.png"]),
        ("- x\n\n  [r]: a.png 'T'\n\n[![r]](l.png)", ["a.png"]),
        ("[r]:\r\n  a.png\n\n![x][r]", ["a.png"]),
        ("**[1]: ![x](a.png)**\n[2]: ![y](b.png)", ["a.png", "b.png"]),
        ("![x](a((b)).png)", []),
        ("<pre>\n![x](a.png)\n</pre>\n", []),
        ("".join(f"[l{number}](l{number}.html)\n" for number in range(500)) + "![p](p.png)", ["p.png"]),
    ],
)
def test_addresses__written_otherwise(markdown: str, expected: list[str]) -> None:
    """However a picture is written: that one and the whole of its address, or nothing."""
    assert urls(markdown) == expected


parts = st.sampled_from(
    ["![", "](", ")", "a.png", "[", "]", "<img src=", "'", '"', ">", "`", "```\n", "\n", "\n\n", "\\", "<!--", "-->",
     "<", " ", "(", ":", "[a]: b.png\n", "![a]", "|", "&amp;", "    ", "> ", "* "],
)  # fmt: skip


@given(st.lists(parts, max_size=40).map("".join))
def test_addresses__agree_with_a_parser(markdown: str) -> None:
    """Whatever the text is: putting back what stands there changes nothing, and every place is one of a picture."""
    found = addresses(markdown)

    assert replaced(markdown, {one: markdown[one.start : one.end] for one in found}) == markdown
    marked = replaced(markdown, {one: f"z{number}z" for number, one in enumerate(found)})
    shown = MarkdownIt("commonmark").enable("table").render(marked)
    assert all(f"z{number}z" in shown for number in range(len(found)))


@pytest.mark.parametrize(
    "hostile",
    ["![" * 30_000, "[a]:\n" * 20_000, "[a]: ![b](c)" * 5_000,
     "<img " * 20_000, "<img a='" * 20_000, "[" * 30_000 + "](x)", "](" * 30_000, "](a" + "(" * 20_000,
     "<!--<img src='x'>" * 3_000, "[a]: " * 20_000, "<img src" * 9_000, "\\" * 50_000, "> " * 20_000 + "![a](b)"],
    ids=range(13),
)  # fmt: skip
def test_addresses__hostile(hostile: str) -> None:
    """Texts made to be slow to read are read."""
    assert len(addresses(hostile)) <= 10_000
