"""Images that training left behind, kept by their content. An image never makes a report fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from steelyard.errors import InputError
from steelyard.model.evaluation import File, Plot
from steelyard.pictures import MAX_BYTES, MAX_PICTURES, SUFFIXES, clean
from steelyard.sources import files
from steelyard.sources.wording import storable


def keep(paths: Sequence[Path], *, root: Path, into: Path) -> tuple[tuple[Plot, ...], tuple[str, ...]]:
    """
    Write images anew into the directory of an Evaluation, each named by the hash of its content; see `pictures.clean`.

    Args:
        paths: The images, relative to the workspace or absolute.
        root: The workspace.
        into: The directory.

    Returns:
        The images that are kept, and a note for each that is not, or not as it was.
    """
    plots: list[Plot] = []
    notes: list[str] = []
    for index, path in enumerate(paths):
        if len(plots) == MAX_PICTURES:
            notes.append(f"{len(paths) - index:,} more images were left out, at most {MAX_PICTURES} are kept")
            break
        try:
            plot, lost = _keep(path, root=root, into=into)
            plots.append(plot)
            notes += lost
        except InputError as exc:
            notes.append(f"{exc}; the image was left out")
    return tuple(plots), tuple(notes)


def _keep(path: Path, *, root: Path, into: Path) -> tuple[Plot, tuple[str, ...]]:
    shown = files.shown(path, root=root)
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{shown}: expected an image ({', '.join(SUFFIXES)})")
    picture = clean(files.read_bytes(path, root=root, limit=MAX_BYTES), shown=shown, expected=kind)
    name = f"plot-{picture.name}"
    (into / name).write_bytes(picture.data)
    title = storable(path.stem.replace("_", " ").replace("-", " ").strip() or path.stem)
    return Plot(title=title, file=File(name=name, size=len(picture.data)), path=shown), picture.notes
