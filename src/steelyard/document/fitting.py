"""As much of a Markdown text as fits: cut between its blocks, so that what is left is whole."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

_DETAILS = re.compile(r"<(?P<end>/?)details\b", re.IGNORECASE)
_CLOSED = "\n</details>"


def fitting(markdown: str, *, limit: int, note: str) -> str:
    """
    The text itself, or its beginning with a note where it has more than `limit` characters.

    Args:
        markdown: The text.
        limit: Characters in all.
        note: Markdown that stands below a text that was cut.

    Raises:
        ValueError: There is not even room for the note.
    """
    if len(markdown) <= limit:
        return markdown
    room = limit - len(note) - len("\n\n\n\n")
    if room < 0:
        raise ValueError(f"no room for a note of {len(note)} characters in {limit}")
    kept = _blocks(markdown, room)
    return f"{kept}\n\n{note}\n" if kept else f"{note}\n"


def _blocks(markdown: str, room: int) -> str:
    """The longest beginning that ends with a block and, once open folds are closed, has at most `room` characters."""
    lines = markdown.split("\n")
    seen = _within(lines, room)
    parsed = MarkdownIt("commonmark").enable("table").parse("\n".join(seen))
    ends = sorted({token.map[1] for token in parsed if token.map is not None and token.level == 0}, reverse=True)
    for end in ends:
        kept = "\n".join(lines[:end]).rstrip()
        kept += _CLOSED * _open_folds(kept)
        if len(kept) <= room and end < len(seen):  # the last block may go on beyond what was looked at
            return kept
    return ""


def _within(lines: list[str], room: int) -> list[str]:
    """Whole lines of at most `room` characters, and one line more."""
    size = 0
    for number, line in enumerate(lines):
        size += len(line) + 1
        if size > room:
            return lines[: number + 1]
    return lines


def _open_folds(markdown: str) -> int:
    """How many `<details>` are not closed; what stands in code is counted too, which closes at most too many."""
    depth = 0
    for found in _DETAILS.finditer(markdown):
        depth = max(0, depth - 1) if found["end"] else depth + 1
    return depth
