"""
Pictures that somebody else drew, made fit to be shown: decoded, bounded, and written anew.

What training left, what a bundle or a comment's Markdown brings along is a file of which only the name is known. What
comes out of `clean` is a PNG, JPEG or SVG file of ours: no metadata, nothing behind the image's end, no script, no
address of another place. A picture that cannot be read that way is refused, with a reason.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from steelyard.errors import InputError
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


def clean(data: bytes, *, shown: str, expected: str = "") -> Picture:
    """
    The picture in a file, written anew.

    GIF and WebP become PNG; of an animation the first frame is kept. Sixteen bits a channel become eight.

    Args:
        data: The file's content.
        shown: What messages call it.
        expected: The kind that its name promises, a value of `SUFFIXES`; empty: whatever it is.

    Raises:
        InputError: It is none of these, not what its name promises, broken, or larger than the bounds.
    """
    kind = kind_of(data)
    if not kind or kind != (expected or kind):
        what = f"a whole {expected.upper()} image" if expected else "a PNG, JPEG, GIF, WebP or SVG image"
        raise InputError(f"{shown}: not {what}", hint=HINT)
    if len(data) > MAX_BYTES:
        raise InputError(f"{shown}: {len(data):,} bytes, at most {MAX_BYTES:,} are shown", hint=HINT)
    if kind == "svg":
        from steelyard.pictures.vector import clean_svg

        return Picture(kind="svg", data=clean_svg(data, shown=shown))
    from steelyard.pictures.raster import clean_raster

    return clean_raster(data, kind=kind, shown=shown)
