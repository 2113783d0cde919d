"""Pictures as programs write them."""

from __future__ import annotations

import io
import random
import zlib
from typing import Any

from PIL import Image

from steelyard.pictures import clean

_NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def encoded(picture: Image.Image, kind: str, **how: Any) -> bytes:  # noqa: ANN401  Pillow's own options
    """A picture in a format of Pillow."""
    target = io.BytesIO()
    picture.save(target, format=kind, **how)
    return target.getvalue()


def decoded(data: bytes) -> Image.Image:
    """The picture in a file, whole."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def svg(content: str) -> bytes:
    """An SVG file with this in it."""
    return f'<svg {_NAMESPACES} width="9" height="9">{content}</svg>'.encode()


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def png(width: int, height: int, *, interlaced: bool = False, pixels: bytes | None = None) -> bytes:
    """A grey PNG by its parts: what its header claims, and the pixels that it has."""
    rows = pixels if pixels is not None else b"".join(b"\0" + bytes(width) for _ in range(height))
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, 0, 0, 0, interlaced))
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def picture(seed: int | str, *, side: int = 8) -> bytes:
    """A PNG as it is served, different for every seed, of about `side`² bytes."""
    grey = random.Random(seed).randbytes(side * side)  # noqa: S311  the same every time
    return clean(encoded(Image.frombytes("L", (side, side), grey), "png"), shown="test").data
