"""Where a report goes: the grammar of `--target`."""

from __future__ import annotations

import pytest

from steelyard.errors import UsageError
from steelyard.forge.target import Target, parse

SHA = "1" * 40


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("auto", Target()),
        ("pr", Target(kind="change")),
        ("mr", Target(kind="change")),
        ("pr/7", Target(kind="change", number=7)),
        ("mr/7", Target(kind="change", number=7)),
        ("thread", Target(kind="thread")),
        ("commit", Target(kind="commit")),
        (f"commit/{SHA}", Target(kind="commit", sha=SHA)),
        (f"commit/{SHA}{'a' * 24}", Target(kind="commit", sha=SHA + "a" * 24)),
        ("issue/12", Target(kind="issue", number=12)),
        ("check", Target(kind="check")),
        (" summary ", Target(kind="summary")),
        ("none", Target(kind="none")),
    ],
)
def test_parse__targets(text: str, target: Target) -> None:
    """Every form of the grammar is understood."""
    assert parse(text) == target


@pytest.mark.parametrize(
    "text",
    ["", "PR", "pr/", "pr/0", "pr/x", "pr/1/2", "pr/9999999999999999", "issue", "issue/", "issue/-1", "commit/abc123",
     "commit/" + "G" * 40, "check/1", "summary/x", "auto/7", "../7", "pr/७"],
)  # fmt: skip
def test_parse__others(text: str) -> None:
    """What is not of the grammar is refused with the grammar."""
    with pytest.raises(UsageError, match=r"expected auto, pr, pr/N") as caught:
        parse(text)

    assert caught.value.hint


@pytest.mark.parametrize(("text", "posted"), [("auto", True), ("check", True), ("summary", False), ("none", False)])
def test_is_posted__asks_the_forge(text: str, *, posted: bool) -> None:
    """Two targets need no forge."""
    assert parse(text).is_posted == posted
