"""A text is cut between its blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.document.fitting import fitting

NOTE = "> cut"


def test_fitting__short_enough() -> None:
    """What fits is not touched."""
    assert fitting("text\r\n", limit=6, note=NOTE) == "text\r\n"


def test_fitting__between_blocks() -> None:
    """A paragraph, a table or a list is there as a whole or not at all; the note stands by itself."""
    text = "one\n\n| a |\n|---|\n| 1 |\n| 2 |\n\nthree " + "x" * 100

    assert fitting(text, limit=60, note=NOTE) == "one\n\n| a |\n|---|\n| 1 |\n| 2 |\n\n> cut\n"
    assert fitting(text, limit=30, note=NOTE) == "one\n\n> cut\n"


def test_fitting__closes_what_is_folded() -> None:
    """A fold that the cut leaves open is closed, so that the note is seen."""
    text = "a\n\n<details><summary>x</summary>\n\n" + "\n\n".join(f"line {i}" for i in range(100)) + "\n\n</details>\n"

    cut = fitting(text, limit=200, note=NOTE)

    assert cut.count("<details>") == cut.count("</details>") == 1
    assert cut.endswith("</details>\n\n> cut\n")


def test_fitting__no_block_fits() -> None:
    """One long block leaves the note alone: half a code block would swallow it."""
    assert fitting("```\n" + "x\n" * 1000 + "```\n", limit=100, note=NOTE) == "> cut\n"


def test_fitting__no_room() -> None:
    """A limit that is too small for the note is an error, not an endless loop."""
    with pytest.raises(ValueError, match="no room"):
        fitting("x" * 100, limit=5, note=NOTE)


@given(
    st.lists(st.sampled_from(["# a\n", "text\n", "\n", "```\n", "<details>\n", "</details>\n", "* x\n", "> y\n"])).map(
        "".join
    ),
    st.integers(min_value=30, max_value=300),
)
def test_fitting__never_longer(text: str, limit: int) -> None:
    """Whatever the text is, the limit holds, and the beginning is the text's own."""
    cut = fitting(text, limit=limit, note=NOTE)

    assert len(cut) <= limit
    assert cut == text or text.startswith(cut.removesuffix(f"{NOTE}\n").rstrip().partition("\n</details>")[0])
