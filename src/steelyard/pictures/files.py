"""The files of a report's pictures, on their way to where they are served."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from steelyard.errors import InputError
from steelyard.log import logger
from steelyard.pictures import MAX_BYTES, MAX_PICTURES, Picture, clean
from steelyard.text import bounded

_LONGEST_NAME = 100


def readable(images: Mapping[str, Path], *, limit: int = MAX_BYTES) -> dict[str, Picture]:
    """
    The pictures that can be served, at most `MAX_PICTURES` and `limit` bytes each, written anew.

    Others are left out, each with a warning: the text of a report is complete without them.
    """
    if len(images) > MAX_PICTURES:
        logger.warning("%d pictures: the first %d are shown", len(images), MAX_PICTURES)
    pictures: dict[str, Picture] = {}
    for figure, path in islice(images.items(), MAX_PICTURES):
        try:
            pictures[figure] = _within(clean(_read(path), shown=_shown(path)), path, limit=limit)
        except InputError as exc:
            logger.warning("a picture is left out: %s", exc)
    return pictures


def _within(picture: Picture, path: Path, *, limit: int) -> Picture:
    if len(picture.data) > limit:
        raise InputError(f"{_shown(path)}: {len(picture.data):,} bytes, at most {limit:,} are shown")
    return picture


def _shown(path: Path) -> str:
    return bounded(path.name, limit=_LONGEST_NAME)


def _read(path: Path) -> bytes:
    """The content of a regular file, one byte more than is shown at most."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError(f"{_shown(path)}: not a file")
            return file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise InputError(f"{_shown(path)}: cannot be read: {exc.strerror}") from exc
