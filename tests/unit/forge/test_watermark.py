"""CML's own mark: found at the end of a comment only, label and all."""

from __future__ import annotations

import pytest

from steelyard.forge.watermark import label_of

SHA = "a" * 40


def mark(title: str, *, url: str = f"https://cml.dev/watermark.png#{SHA}") -> str:
    """A watermark with that title."""
    return f'![]({url} "{title}")'


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("CML watermark", ""),
        ("CML watermark gpu run", "gpu run"),
        (r"CML watermark a\_b \*c\* \[d] \<e>", "a_b *c* [d] <e>"),
    ],
)
def test_label_of__what_cml_writes(title: str, label: str) -> None:
    """The label is what the user gave, without the marks that CML puts before some characters."""
    assert label_of(f"# Report\n\n{mark(title)}") == label
    assert label_of(f"# Report\r\n\r\n{mark(title)}\r\n") == label
    assert label_of(mark(title, url="https://cml.dev/watermark.png")) == label


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        f"> {mark('CML watermark')}\n\nWhat is this?",
        mark("CML watermark", url="https://cml.dev.example/watermark.png"),
        mark("something else"),
        mark("CML watermark" + "x" * 300),
    ],
)
def test_label_of__everything_else(body: str) -> None:
    """A quotation, another address or another title is no mark."""
    assert label_of(body) is None
