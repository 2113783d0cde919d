"""PNG, JPEG, GIF and WebP: decoded by Pillow and encoded again, so that only pixels survive."""

from __future__ import annotations

import io
import warnings
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from steelyard.errors import InputError
from steelyard.pictures.picture import HINT, MAX_BYTES, MAX_PIXELS, MAX_SIDE, Picture

_FORMATS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP"}
_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}
"""What a PNG of ours may be."""
_COLOURS = 256
_QUALITY = 90
_SMALLER = "let training save it smaller"
_FIRST_FRAME = "of the animation the first frame is shown"


def clean_raster(data: bytes, *, kind: str, shown: str) -> Picture:
    """
    See `pictures.clean`.

    Raises:
        InputError: As there.
    """
    if not _is_complete(data, kind):
        raise InputError(f"{shown}: not a whole {kind.upper()} image", hint=HINT)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[_FORMATS[kind]]) as image:
            _check_size(image, shown)
            animated = bool(getattr(image, "is_animated", False))
            image.load()
            _check_size(image, shown)  # a frame of a GIF may be larger than its screen
            written = _jpeg(image) if kind == "jpg" else _png(image)
    except InputError:
        raise
    except Image.DecompressionBombError as exc:
        raise InputError(f"{shown}: more pixels than the {MAX_PIXELS:,} that are shown", hint=_SMALLER) from exc
    except Exception as exc:
        raise InputError(f"{shown}: not a whole {kind.upper()} image", hint=HINT) from exc
    if len(written) > MAX_BYTES:
        raise InputError(f"{shown}: {len(written):,} bytes as it is shown, at most {MAX_BYTES:,}", hint=HINT)
    made: Literal["jpg", "png"] = "jpg" if kind == "jpg" else "png"
    return Picture(kind=made, data=written, notes=(f"{shown}: {_FIRST_FRAME}",) if animated else ())


def _is_complete(data: bytes, kind: str) -> bool:
    """It ends as its format does; some programs pad their files."""
    if kind == "webp":
        return int.from_bytes(data[4:8], "little") + 8 <= len(data)
    return _ENDS[kind] in data[-_TAIL:]


_ENDS = {"png": b"IEND\xaeB`\x82", "jpg": b"\xff\xd9", "gif": b";"}
_TAIL = 64


def _check_size(image: Image.Image, shown: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise InputError(
            f"{shown}: {width:,} × {height:,} pixels, at most {MAX_PIXELS:,} and {MAX_SIDE:,} on a side are shown",
            hint=_SMALLER,
        )


def _png(image: Image.Image) -> bytes:
    """A PNG without interlacing; one that is too large with fewer colours."""
    pixels = _eight_bits(image)
    if pixels.mode not in _MODES:
        pixels = pixels.convert("RGBA" if "A" in pixels.mode else "RGB")
    written = _saved_png(pixels)
    if len(written) > MAX_BYTES and pixels.mode in {"RGB", "RGBA"}:
        method = Image.Quantize.FASTOCTREE if pixels.mode == "RGBA" else Image.Quantize.MEDIANCUT
        written = _saved_png(pixels.quantize(_COLOURS, method=method))
    return written


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts off what does not fit into eight bits, instead of scaling it."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).astype(np.int64).clip(0, 65_535) >> 8).astype(np.uint8))


def _jpeg(image: Image.Image) -> bytes:
    """A JPEG with the quality of the original, upright."""
    upright = ImageOps.exif_transpose(image)
    if image.mode in {"L", "RGB"} and image.getexif().get(_ORIENTATION, 1) == 1:
        return _saved_jpeg(image, quality="keep", subsampling="keep" if image.mode == "RGB" else -1)
    return _saved_jpeg(upright if upright.mode in {"L", "RGB"} else upright.convert("RGB"), quality=_QUALITY)


_ORIENTATION = 0x0112
"""EXIF's tag."""


def _saved_png(image: Image.Image) -> bytes:
    """Written with nothing beside the pixels but which of them are transparent."""
    transparency = image.info.get("transparency")
    image.info = {}
    target = io.BytesIO()
    beside = {} if transparency is None else {"transparency": transparency}
    image.save(target, format="PNG", optimize=image.width * image.height <= _MOST_OPTIMISED, **beside)
    return target.getvalue()


_MOST_OPTIMISED = 4_000_000
"""Pixels; beyond them the smallest encoding takes seconds to find."""


def _saved_jpeg(image: Image.Image, *, quality: int | str, subsampling: int | str = -1) -> bytes:
    """Written with nothing beside the pixels: Pillow would hand on profiles and comments."""
    image.info = {}
    target = io.BytesIO()
    image.save(target, format="JPEG", quality=quality, subsampling=subsampling, exif=b"", icc_profile=None)
    return target.getvalue()
