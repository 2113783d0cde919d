"""Failures on demand: a status, a connection that hangs, is cut, or is cut after the work was done."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

Outcome: TypeAlias = int | Literal["hang", "reset", "lost"]
"""
What happens instead of an answer.

A status: nothing is done and this status is answered. `hang`: nothing is done, no answer until the server stops.
`reset`: nothing is done, the connection is cut. `lost`: the request **is carried out**, then the connection is cut, so
the client cannot know; the case in which a careless retry posts a second comment.
"""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that waits for the next request that it fits."""

    method: str
    pattern: str
    """A regular expression that is searched in the path, without prefix and query."""
    outcome: Outcome
    headers: dict[str, str] = {}
    message: str = "Server Error"

    def fits(self, method: str, path: str) -> bool:
        """Whether this request is the one."""
        return method == self.method and re.search(self.pattern, path) is not None
