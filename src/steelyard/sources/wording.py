"""Text that came from a file: how values keep it, and how messages show it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

MAX_TEXT = 200
"""Characters of a name or of a parameter's value that are kept."""
MAX_NOTES = 20
"""Notes about one file."""

MEND = "mend what writes the file, or name another one in steelyard.toml"
"""What to do about a file that is not what its name says."""

_KINDS = {type(None): "null", bool: "true or false", int: "a number", float: "a number", str: "text"}


def storable(text: str) -> str:
    """
    `text` as a value may carry it: encodable, at most `MAX_TEXT` characters, otherwise as it was.

    A longer text ends with a digest of the whole, so that two long texts that differ in their tails stay different.
    """
    text = text.encode("utf-8", "replace").decode()
    if len(text) <= MAX_TEXT:
        return text
    digest = f"… #{blake2b(text.encode(), digest_size=4).hexdigest()}"
    return text[: MAX_TEXT - len(digest)] + digest


def kind(value: object) -> str:
    """What a parsed value is called in messages."""
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'table'} of {len(value):,}"
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def at_most(notes: Sequence[str], *, shown: str) -> tuple[str, ...]:
    """The first `MAX_NOTES` notes, and how many more there are."""
    if len(notes) <= MAX_NOTES:
        return tuple(notes)
    return (*notes[:MAX_NOTES], f"{len(notes) - MAX_NOTES:,} more notes on {shown} are left out")


def joined(texts: Sequence[str]) -> str:
    """`a, b and c`: at most five, and how many more there are."""
    shown = [*texts[:5], f"{len(texts) - 5:,} more"] if len(texts) > 6 else list(texts)
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)
