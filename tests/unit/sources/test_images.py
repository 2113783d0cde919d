"""Whole images are kept under the hash of their content; everything else is a note."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import Image

from steelyard.model.codec import decode, encode
from steelyard.model.evaluation import Plot
from steelyard.pictures import MAX_BYTES, MAX_PICTURES, clean
from steelyard.sources import images
from steelyard.sources.images import keep

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><circle r="3"/></svg>\n'
Keep = Callable[..., tuple[tuple[Plot, ...], tuple[str, ...]]]


def image(kind: str, *, shade: int = 0) -> bytes:
    """A real image of one grey."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8), shade).save(buffer, format=kind)
    return buffer.getvalue()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """The directory of the Evaluation."""
    directory = tmp_path / "into"
    directory.mkdir()
    return directory


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The workspace."""
    directory = tmp_path / "workspace"
    directory.mkdir()
    return directory


@pytest.mark.parametrize(
    ("name", "data", "ending"),
    [
        ("roc.png", image("png"), "png"),
        ("roc.JPG", image("jpeg"), "jpg"),
        ("roc.jpeg", image("jpeg"), "jpg"),
        ("roc.gif", image("gif"), "png"),
        ("roc.webp", image("webp"), "png"),
        ("roc.svg", SVG, "svg"),
        ("roc.svg", b'\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE svg>\n' + SVG, "svg"),
    ],
)
def test_keep__whole_image(root: Path, into: Path, name: str, data: bytes, ending: str) -> None:
    """An image is kept as it is written anew, under a name that says nothing of where it came from."""
    (root / "plots").mkdir()
    (root / "plots" / name).write_bytes(data)
    (plot,), notes = keep([root / "plots" / name], root=root, into=into)

    assert notes == ()
    assert (plot.title, plot.path) == ("roc", f"plots/{name}")
    assert plot.file.name.endswith(f".{ending}")
    assert (into / plot.file.name).read_bytes() == clean(data, shown=name).data
    assert b"script" not in (into / plot.file.name).read_bytes()
    assert plot.file.size == (into / plot.file.name).stat().st_size
    assert decode(encode(plot), Plot, source="plot") == plot


def test_keep__animation(root: Path, into: Path) -> None:
    """What is lost of an image that is kept is a note."""
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 255)]
    frames[0].save(root / "agent.gif", save_all=True, append_images=frames[1:])
    (plot,), notes = keep([root / "agent.gif"], root=root, into=into)

    assert plot.file.name.endswith(".png")
    assert notes == ("agent.gif: of the animation the first frame is shown",)


def test_keep__matplotlib(root: Path, into: Path) -> None:
    """What matplotlib saves is an image, in each of the formats."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2])
    names = [f"loss_by-epoch.{ending}" for ending in ("png", "svg", "jpg", "gif")]
    for name in names:
        figure.savefig(root / name)
    plt.close(figure)
    plots, notes = keep([root / name for name in names], root=root, into=into)

    assert notes == ()
    assert [plot.title for plot in plots] == ["loss by epoch"] * 4


def test_keep__same_content(root: Path, into: Path) -> None:
    """Equal images share a file, different ones do not, and a second time gives the same names."""
    paths = [root / name for name in ("a.png", "b.png", "c.png")]
    for path, shade in zip(paths, (0, 0, 1), strict=True):
        path.write_bytes(image("png", shade=shade))
    first, _ = keep(paths, root=root, into=into)
    second, _ = keep(paths, root=root, into=into)

    assert first == second
    assert first[0].file == first[1].file != first[2].file
    assert len(list(into.iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *(("empty.png", b""), ("other.png", image("gif")), ("cut.png", image("png")[:-1]), ("web.png", SVG)),
        *(("cut.jpg", image("jpeg")[:-2]), ("cut.gif", image("gif")[:-1]), ("page.svg", b"<html><svg></svg></html>")),
        *(("cut.svg", SVG[:-2]), ("binary.svg", image("png")), ("nothing.svg", b"<?xml version='1.0'?><a/>")),
    ],
)
def test_keep__broken_image(root: Path, into: Path, name: str, data: bytes) -> None:
    """What is not the image that its name says is left out, and the report goes on."""
    (root / name).write_bytes(data)
    (root / "good.png").write_bytes(image("png"))
    plots, notes = keep([root / name, root / "good.png"], root=root, into=into)

    assert [plot.title for plot in plots] == ["good"]
    assert notes == (f"{name}: not a whole {name[-3:].upper()} image; the image was left out",)
    assert len(list(into.iterdir())) == 1


def test_keep__what_cannot_be_read(root: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, outside, too large, no image, no file: a note each."""
    monkeypatch.setattr(images, "MAX_BYTES", 10)
    (root / "large.png").write_bytes(image("png"))
    (root / "paper.pdf").write_bytes(b"%PDF")
    (root / "directory.png").mkdir()
    names = ["missing.png", "../secret.png", "large.png", "paper.pdf", "directory.png"]
    plots, notes = keep([root / name for name in names], root=root, into=into)

    assert plots == ()
    assert len(notes) == len(names)
    assert [note.partition(":")[0] for note in notes] == names


def test_keep__bounds(root: Path, into: Path) -> None:
    """At most twenty images of five megabytes; images that are left out for another reason do not count."""
    (root / "broken.png").write_bytes(b"")
    (root / "large.png").write_bytes(image("png")[:-12] + bytes(MAX_BYTES))
    paths = [root / "broken.png", root / "large.png"]
    for number in range(MAX_PICTURES + 2):
        paths.append(root / f"{number:02d}.png")
        paths[-1].write_bytes(image("png", shade=number))
    plots, notes = keep(paths, root=root, into=into)

    assert len(plots) == MAX_PICTURES
    assert plots[-1].title == "19"
    assert notes[0] == "broken.png: not a whole PNG image; the image was left out"
    assert notes[1].startswith("large.png: 5,242")
    assert notes[2] == "2 more images were left out, at most 20 are kept"


def test_keep__hostile_name(root: Path, into: Path) -> None:
    """The name of a file may be anything that a file system allows; a title is never empty."""
    names = [os.fsdecode(b"a\xff\x1b[31m\n<b>.png"), "__.png"]
    for name in names:
        (root / name).write_bytes(image("png"))
    plots, notes = keep([root / name for name in names], root=root, into=into)

    assert notes == ()
    assert [plot.title for plot in plots] == ["a?\x1b[31m\n<b>", "__"]
    assert plots[0].path == "a?\\x1b[31m\\n<b>.png"
    assert all(decode(encode(plot), Plot, source="plot") == plot for plot in plots)
