"""Which reader a picture is for."""

from __future__ import annotations

from steelyard.errors import InputError
from steelyard.pictures.picture import HINT, MAX_BYTES, Picture, kind_of


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
