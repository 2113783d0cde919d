"""Temporary directories that do not pile up where processes are killed."""

from __future__ import annotations

import functools
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

_OURS = "steelyard-"
_AGE = 30 * 24 * 60 * 60
"""Seconds after which a directory's process is dead: in one of them the base commit may be trained for days."""


def prefix(kind: str) -> str:
    """
    How the name of a temporary directory of ours begins, such as `steelyard-git-`.

    What processes that were killed have left a month ago or earlier is removed, once for each process of ours.
    """
    _sweep(tempfile.gettempdir())
    return f"{_OURS}{kind}-"


@functools.cache
def _sweep(where: str) -> None:
    for path in Path(where).glob(f"{_OURS}*-*"):
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
