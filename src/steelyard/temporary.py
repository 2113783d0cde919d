"""Temporary directories that do not pile up where processes are killed."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from steelyard.errors import UsageError, written

_OURS = "steelyard-"
_AGE = 30 * 24 * 60 * 60
"""Seconds after which a directory's process is dead: in one of them the base commit may be trained for days."""


@contextlib.contextmanager
def directory(kind: str) -> Iterator[Path]:
    """
    A context with a temporary directory of ours, of which nothing stays.

    Raises:
        UsageError: There is no room for it, or for what is written in the context.
    """
    start = prefix(kind)
    with written(place()), tempfile.TemporaryDirectory(prefix=start, ignore_cleanup_errors=True) as made:
        yield Path(made)


def place() -> Path:
    """
    Where temporary directories are made.

    Raises:
        UsageError: There is none that can be written to: each place that the system has for them may be full.
    """
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as exc:
        raise UsageError(f"cannot write: {exc.strerror}", hint="free disk space, or name another with TMPDIR") from exc


def prefix(kind: str) -> str:
    """
    How the name of a temporary directory of ours begins, such as `steelyard-git-`.

    What processes that were killed have left a month ago or earlier is removed, once for each process of ours.

    Raises:
        UsageError: As `place`.
    """
    _sweep(place())
    return f"{_OURS}{kind}-"


@functools.cache
def _sweep(where: Path) -> None:
    for path in where.glob(f"{_OURS}*-*"):
        if _is_left_behind(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_left_behind(path: Path) -> bool:
    """A directory of this very user's, no link, that was made long ago."""
    try:
        status = path.lstat()
    except OSError:
        return False
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return mine and status.st_mtime < time.time() - _AGE
