"""
The last line of every comment of ours: invisible, and the only thing by which it is found again.

    <!-- steelyard id=default head=<full commit> run=123 attempt=1 v=1 -->

With `looks=` before `v=1` where predictions were shown: one after the other, the newest `MOST_LOOKS` of them. It counts
at the very end of a body only, where no label and no quotation can be; and only in a comment of our own.
"""

from __future__ import annotations

import re

from steelyard.forge.interface import Stamp

MOST_LOOKS = 100
"""Looks that a marker holds."""

_LOOK = 12

ROOM = 256 + len(" looks=") + MOST_LOOKS * _LOOK
"""Characters that a marker and the line ends before it never exceed."""

_MARKER = re.compile(
    r"(?:\A|\n)<!-- steelyard id=(?P<id>[A-Za-z0-9][A-Za-z0-9_-]{0,63}) head=(?P<head>[0-9a-f]{40}(?:[0-9a-f]{24})?)"
    r" run=(?P<run>0|[1-9][0-9]{0,18}) attempt=(?P<attempt>[1-9][0-9]{0,8})"
    rf"(?: looks=(?P<looks>(?:[0-9a-f]{{{_LOOK}}}){{1,{MOST_LOOKS}}}))? v=1 -->\Z"
)


def seal(markdown: str, *, stamp: Stamp) -> str:
    """
    The comment's body: the Markdown, a blank line, the marker.

    Raises:
        ValueError: The stamp has no full commit, or an id or number that a marker cannot hold.
    """
    looks = f" looks={''.join(stamp.looks)}" if stamp.looks else ""
    report = f"id={stamp.id} head={stamp.head_sha} run={stamp.run} attempt={stamp.attempt}{looks}"
    line = f"<!-- steelyard {report} v=1 -->"
    if parse(line) != stamp:
        raise ValueError(f"not a stamp: {stamp}")
    return f"{plain(markdown)}\n\n{line}"


def parse(body: str) -> Stamp | None:
    """The stamp in a body's marker; None when it does not end in one."""
    match = _MARKER.search(plain(body)[-ROOM:])
    if match is None:
        return None
    looks = match["looks"] or ""
    return Stamp(
        id=match["id"],
        head_sha=match["head"],
        run=int(match["run"]),
        attempt=int(match["attempt"]),
        looks=tuple(looks[at : at + _LOOK] for at in range(0, len(looks), _LOOK)),
    )


def plain(body: str) -> str:
    """A body without what forges change in it: the kind of line ends, and blanks at its end."""
    return body.replace("\r\n", "\n").rstrip()
