"""
Where a report goes: the words of `--target`, which only whoever starts the job may choose.

    auto            the change that the job is about (`comment`: without one, the commit)
    pr, mr          the same, and an error when there is none
    pr/N, mr/N      that pull request or merge request
    commit          a comment on the change's own head; commit/SHA: on that one
    issue/N         that issue
    thread          as pr, but as a discussion that is unresolved while a gate fails, on GitLab
    check           a check run of the change's head, on GitHub
    summary, none   the job's own pages only; nothing is asked of the forge
"""

from __future__ import annotations

import re
from typing import Literal

from steelyard.errors import UsageError
from steelyard.model.base import Value
from steelyard.text import quote

Kind = Literal["auto", "change", "thread", "commit", "issue", "check", "summary", "none"]

GRAMMAR = "auto, pr, pr/N, mr, mr/N, thread, commit, commit/SHA, issue/N, check, summary or none"

_KINDS: dict[str, Kind] = {
    "auto": "auto",
    "pr": "change",
    "mr": "change",
    "thread": "thread",
    "commit": "commit",
    "issue": "issue",
    "check": "check",
    "summary": "summary",
    "none": "none",
}
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Target(Value, frozen=True, kw_only=True):
    """Where a report goes."""

    kind: Kind = "auto"
    number: int | None = None
    """Of the change or issue; None: of the change that the job is about."""
    sha: str = ""
    """Of the commit; empty: the change's own head."""

    @property
    def is_posted(self) -> bool:
        """Whether anything is asked of the forge."""
        return self.kind not in {"summary", "none"}


def parse(text: str) -> Target:
    """
    The target that `text` names.

    Raises:
        UsageError: It names none.
    """
    word, slash, rest = text.strip().partition("/")
    kind = _KINDS.get(word)
    if kind in {"change", "issue"} and _NUMBER.fullmatch(rest):
        return Target(kind=kind, number=int(rest))
    if kind == "commit" and _SHA.fullmatch(rest):
        return Target(kind=kind, sha=rest)
    if kind is None or kind == "issue" or slash:
        raise UsageError(f"--target {quote(text)}: expected {GRAMMAR}", hint="a commit is given with all its 40 digits")
    return Target(kind=kind)
