"""Pixels survive, and nothing else does; what cannot be decoded within the bounds is refused."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from steelyard import pictures
from steelyard.errors import InputError
from steelyard.pictures import MAX_PIXELS, MAX_SIDE, clean
from tests.pictures import chunk, decoded, encoded, png

CANARY = b"canaryInTheMetadata"
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8))


def same(left: Image.Image, right: Image.Image) -> bool:
    """The same pixels, however they are stored."""
    return left.convert("RGBA").tobytes() == right.convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_clean__png(mode: str) -> None:
    """Every kind of PNG keeps its pixels and its kind, and is the same when it is cleaned again."""
    before = NOISE.convert(mode)
    after = clean(encoded(before, "png"), shown="a.png")

    assert after.kind == "png"
    assert decoded(after.data).mode == mode
    assert same(decoded(after.data), before)
    assert clean(after.data, shown="a.png") == after


@pytest.mark.parametrize("transparency", [0, bytes([0, 128, 255])])
def test_clean__transparent_palette(transparency: int | bytes) -> None:
    """What is transparent in a palette stays so: the report's own pictures are such."""
    before = encoded(NOISE.quantize(8), "png", transparency=transparency)
    after = clean(before, shown="a.png")

    assert decoded(after.data).mode == "P"
    assert same(decoded(after.data), decoded(before))


def test_clean__sixteen_bits() -> None:
    """A grey of sixteen bits is scaled to eight, not cut off."""
    grey = np.array([[0, 255, 256, 32_768, 65_535]], dtype=np.uint16)
    after = decoded(clean(encoded(Image.fromarray(grey), "png"), shown="a.png").data)

    assert after.mode == "L"
    assert np.asarray(after).tolist() == [[0, 0, 1, 128, 255]]


def test_clean__interlaced() -> None:
    """An interlaced PNG is written line by line."""
    sizes = ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
    passes = b"".join(bytes(1 + width) for width, rows in sizes for _ in range(rows))
    after = clean(png(8, 8, interlaced=True, pixels=passes), shown="a.png").data

    assert after[28] == 0
    assert decoded(after).size == (8, 8)


def test_clean__metadata() -> None:
    """Comments, profiles, times, private chunks and whatever stands behind the end are gone."""
    said = PngInfo()
    said.add_text("Comment", CANARY.decode())
    said.add_itxt("Author", CANARY.decode())
    told = encoded(NOISE, "png", pnginfo=said, exif=b"Exif\0\0" + CANARY, icc_profile=CANARY, dpi=(300, 300))
    private = told[:33] + chunk(b"caNy", CANARY) + told[33:] + CANARY
    photo = encoded(NOISE, "jpeg", comment=CANARY, icc_profile=CANARY) + CANARY
    moving = encoded(NOISE.quantize(8), "gif", comment=CANARY)

    for data in (told, private, photo, moving):
        assert CANARY in data or data is told
        assert CANARY not in clean(data, shown="a").data
    assert decoded(clean(told, shown="a").data).info == {}


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_clean__jpeg(mode: str) -> None:
    """A JPEG stays one, nearly as it was, in colours that browsers show."""
    grey = Image.linear_gradient("L")
    photo = Image.merge("RGB", [grey, grey.rotate(90), grey.rotate(180)])
    before = encoded(photo.convert(mode), "jpeg", quality=85)
    after = clean(before, shown="a.jpg")
    ours, theirs = (np.asarray(decoded(data).convert("RGB"), int) for data in (after.data, before))

    assert after.kind == "jpg"
    assert decoded(after.data).mode in {"L", "RGB"}
    assert np.abs(ours - theirs).mean() < 2


def test_clean__turned_jpeg() -> None:
    """A camera's note which side is up is carried out, since it goes with the metadata."""
    exif = Image.Exif()
    exif[0x0112] = 6
    after = clean(encoded(NOISE, "jpeg", exif=exif), shown="a.jpg")

    assert decoded(after.data).size == (NOISE.height, NOISE.width)


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_clean__animation(kind: str) -> None:
    """The first frame is kept, and it is said that there were others."""
    other = Image.new("RGB", NOISE.size, "red")
    data = encoded(NOISE, kind, save_all=True, append_images=[other], **({"lossless": True} if kind == "webp" else {}))
    after = clean(data, shown="agent")

    assert after.kind == "png"
    assert after.notes == ("agent: of the animation the first frame is shown",)
    assert not same(decoded(after.data), other)
    assert not getattr(decoded(after.data), "is_animated", False)


@pytest.mark.parametrize(
    "data",
    [
        png(50_000, 50_000, pixels=b""),
        png(MAX_SIDE + 1, 1),
        png(5_001, 5_000, pixels=bytes(5_002 * 5_000)),
        png(2**31 - 1, 2**31 - 1, pixels=b""),
        encoded(Image.new("1", (6_000, 6_000)), "gif"),
    ],
    ids=["claims to be huge", "too long", "just too many", "overflows", "of another kind"],
)
def test_clean__pixel_bomb(data: bytes) -> None:
    """More pixels than are shown are refused by what the header says, before any of them is there."""
    with pytest.raises(InputError, match=f"pixels.*{MAX_PIXELS:,}"):
        clean(data, shown="a.png")


def test_clean__inflating_metadata() -> None:
    """A comment that would inflate to gigabytes is no picture of ours."""
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    data = png(2, 2)

    try:
        made = clean(data[:33] + bomb + data[33:], shown="a.png").data
    except InputError as exc:
        assert str(exc) == "a.png: not a whole PNG image"  # noqa: PT017  either is right, by the version of Pillow
    else:
        assert len(made) < 200


def test_clean__larger_than_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large once it is written anew gets fewer colours; if that does not help it is refused."""
    photo = np.random.default_rng(1).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(photo), "webp", quality=10)
    for limit, mode in ((1_000_000, "RGB"), (300_000, "P")):
        monkeypatch.setattr("steelyard.pictures.raster.MAX_BYTES", limit)
        assert decoded(clean(data, shown="a.webp").data).mode == mode
    monkeypatch.setattr("steelyard.pictures.raster.MAX_BYTES", 50_000)

    with pytest.raises(InputError, match="as it is shown, at most 50,000"):
        clean(data, shown="a.webp")


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
def test_clean__cut(kind: str) -> None:
    """A file that ends in the middle is no picture."""
    data = encoded(NOISE, kind)

    for length in (len(data) - 1 if kind != "jpeg" else len(data) - 2, len(data) // 2, 30, 12):
        with pytest.raises(InputError):
            clean(data[:length], shown="a")


def test_clean__too_large() -> None:
    """More bytes than are shown are not decoded."""
    with pytest.raises(InputError, match="5,242,881 bytes, at most 5,242,880"):
        clean(png(1, 1).ljust(pictures.MAX_BYTES + 1, b"\0"), shown="a.png")


_WHOLE = [encoded(NOISE, kind) for kind in ("png", "jpeg", "gif", "webp")]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(_WHOLE), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=20), st.data()
)
def test_clean__damaged(whole: bytes, damage: list[tuple[int, int]], data: st.DataObject) -> None:
    """Whatever stands in a file: it is refused in a sentence, or a picture of ours comes of it."""
    content = bytearray(whole)
    for place, value in damage:
        content[place % len(content)] = value
    cut = data.draw(st.integers(0, len(content)))
    try:
        made = clean(bytes(content[: len(content) - cut % 7]), shown="a")
    except InputError:
        return
    assert decoded(made.data).format == {"png": "PNG", "jpg": "JPEG"}[made.kind]
