"""What a picture is: its kind, and the bounds that all of them keep to."""

from __future__ import annotations

import hashlib
from typing import Literal

from steelyard.model.base import Value

MAX_PICTURES = 20
"""Of one report."""
MAX_BYTES = 5 * 1024 * 1024
"""Of one picture, as it comes and as it goes."""
MAX_PIXELS = 25_000_000
MAX_SIDE = 16_384
"""Pixels of its width, and of its height."""

SUFFIXES = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".gif": "gif", ".webp": "webp", ".svg": "svg"}
"""Endings of pictures, and what is expected in such a file."""

HINT = "let training save it as PNG"


class Picture(Value, frozen=True, kw_only=True):
    """A picture that may be shown."""

    kind: Literal["png", "jpg", "svg"]
    data: bytes
    notes: tuple[str, ...] = ()
    """What of the original is lost."""

    @property
    def name(self) -> str:
        """Of a file that holds it: the hash of its content (BLAKE2b, 128 bits) and its ending."""
        return f"{hashlib.blake2b(self.data, digest_size=16).hexdigest()}.{self.kind}"


def kind_of(data: bytes) -> str:
    """`png`, `jpg`, `gif`, `webp` or `svg` by the first bytes; empty: none of these."""
    for kind, mark in _MARKS.items():
        if data.startswith(mark):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    start = data[:1_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    return "svg" if start.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg")) else ""


_MARKS = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "gif": b"GIF8"}
