"""
The line by which CML knows its own comments: `![](https://cml.dev/watermark.png#<commit> "CML watermark <label>")`.

A project that comes from CML has such a comment on every open change. Ours takes it over instead of standing beside it.
"""

from __future__ import annotations

import re

_LINE = re.compile(
    r'!\[\]\(https://cml\.dev/watermark\.png(?:#[0-9A-Za-z-]{0,64})? "CML watermark(?P<label>[^"\n]{0,200})"\)\s*\Z'
)
_ESCAPED = re.compile(r"\\([_*\[<])")


def label_of(body: str) -> str | None:
    """The label of the watermark in which a comment ends, empty for one without; None: there is no watermark."""
    found = _LINE.search(body[-1_000:])
    return None if found is None else _ESCAPED.sub(r"\1", found["label"]).strip()
