"""Images that training left behind, kept by their content. An image never makes a report fail."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from steelyard.errors import InputError
from steelyard.model.evaluation import File, Plot
from steelyard.sources import files
from steelyard.sources.wording import storable

MAX_IMAGES = 20
"""Images of one Evaluation."""
MAX_BYTES = 5 * 1024 * 1024
"""Of one image."""

SUFFIXES = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".svg": "svg", ".gif": "gif"}
"""Endings of images, and the ending of the side file."""

_STARTS = {"png": (b"\x89PNG\r\n\x1a\n",), "jpg": (b"\xff\xd8\xff",), "gif": (b"GIF87a", b"GIF89a")}
_ENDS = {"png": b"IEND\xaeB`\x82", "jpg": b"\xff\xd9", "gif": b";"}
_TAIL = 64
"""Bytes at the end in which the format's end mark must be; some programs pad their files."""


def keep(paths: Sequence[Path], *, root: Path, into: Path) -> tuple[tuple[Plot, ...], tuple[str, ...]]:
    """
    Copy images into the directory of an Evaluation, each named by the hash of its content.

    An image must begin and end as its ending says. An SVG is only checked to be text with an `<svg>` element: it may
    hold scripts, so whoever shows it links it as an image and never puts its text into a page.

    Args:
        paths: The images, relative to the workspace or absolute.
        root: The workspace.
        into: The directory.

    Returns:
        The images that are kept, and a note for each that is not.
    """
    plots: list[Plot] = []
    notes: list[str] = []
    for index, path in enumerate(paths):
        if len(plots) == MAX_IMAGES:
            notes.append(f"{len(paths) - index:,} more images were left out, at most {MAX_IMAGES} are kept")
            break
        try:
            plots.append(_keep(path, root=root, into=into))
        except InputError as exc:
            notes.append(f"{exc}; the image was left out")
    return tuple(plots), tuple(notes)


def _keep(path: Path, *, root: Path, into: Path) -> Plot:
    shown = files.shown(path, root=root)
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{shown}: expected an image ({', '.join(SUFFIXES)})")
    data = files.read_bytes(path, root=root, limit=MAX_BYTES)
    if not _is_whole(data, kind):
        raise InputError(f"{shown}: not a whole {kind.upper()} image")
    name = f"plot-{blake2b(data, digest_size=16).hexdigest()}.{kind}"
    (into / name).write_bytes(data)
    title = storable(path.stem.replace("_", " ").replace("-", " ").strip() or path.stem)
    return Plot(title=title, file=File(name=name, size=len(data)), path=shown)


def _is_whole(data: bytes, kind: str) -> bool:
    if kind == "svg":
        return _is_svg(data)
    return data.startswith(_STARTS[kind]) and _ENDS[kind] in data[-_TAIL:]


def _is_svg(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return False
    return text.startswith(("<svg", "<?xml", "<!--", "<!DOCTYPE svg")) and "<svg" in text and text.endswith(">")
