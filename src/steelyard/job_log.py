"""
Lines that a GitHub job may print without giving orders to its runner.

The runner reads commands off everything that a step prints: `::name …::` after blanks at the beginning of a line, and
the older `##[name …]` anywhere in it (actions/runner, ActionCommand.cs). A line ends at a line feed or at a carriage
return, so that a progress bar begins many. What training prints holds labels, file names and messages that somebody
else chose.

The answer is to break the mark with a blank, not `::stop-commands::`: it holds in whatever order standard output and
standard error are merged, and nothing stays switched off when this process is killed.
"""

from __future__ import annotations

import re

_BLANKS = rb"(?:\A|[\r\n])[^\x21-\x7e\r\n]*"
"""A line's beginning; blanks are whatever is not visible ASCII, which is more than the runner trims."""

_MARK = re.compile(_BLANKS + rb":(?=:)|#(?=\[)")


class JobLog:
    """
    A stream of output in which nothing is a command of the runner.

    Chunks may end anywhere, also inside a character or a mark, and nothing is held back: a progress bar stays alive.
    Every chunk is taken for the beginning of a line, and a colon with which it begins for the second half of a mark,
    since another stream may have written in between; at worst a colon in the middle of a line gets a blank too.
    """

    def __init__(self) -> None:
        self._hash = False
        """The last chunk ended in the first half of `#[`."""

    def feed(self, chunk: bytes) -> bytes:
        """`chunk`, with a blank in every mark that begins or ends in it."""
        if not chunk:
            return b""
        blank = b" " if chunk[:1] == b":" or (self._hash and chunk[:1] == b"[") else b""
        self._hash = chunk[-1:] == b"#"
        return blank + _MARK.sub(rb"\g<0> ", chunk)


def escape_log(text: str) -> str:
    """`text`, one line or several, such that no line of it is a command of GitHub's runner."""
    raw = text.encode("utf-8", "surrogateescape")
    return _MARK.sub(rb"\g<0> ", raw).decode("utf-8", "surrogateescape")
