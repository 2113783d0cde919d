"""Gives files that root made back to the owner of the directory in which they are."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_SLACK = 1.0
"""Seconds: the kernel stamps files with a clock that is a tick behind the one that `time.time` reads."""


def give_back(root: Path, *, since: float) -> int:
    """
    Hand root's files under `root` that were made or changed after `since` to the owner of `root`.

    A later step of the job, and the runner's own clean-up, run as that owner and could neither change nor delete them.
    Links are handed over, never followed; other file systems mounted below `root` are left alone.

    Args:
        root: A directory that the runner mounted: the workspace, the home directory.
        since: Seconds since the epoch, as `time.time` gives them.

    Returns:
        How many files and directories changed hands; 0 when the owner is root, or this process is not.
    """
    owner = root.stat()
    if owner.st_uid == 0 or os.geteuid() != 0:
        return 0
    given = 0
    for _, directories, files, fd in os.fwalk(root, follow_symlinks=False):
        for name in (*directories, *files):
            with contextlib.suppress(OSError):  # it vanished, or it cannot be changed: the others still can
                entry = os.stat(name, dir_fd=fd, follow_symlinks=False)
                if entry.st_dev != owner.st_dev:
                    if name in directories:
                        directories.remove(name)
                elif entry.st_uid == 0 and entry.st_ctime >= since - _SLACK:
                    os.chown(name, owner.st_uid, owner.st_gid, dir_fd=fd, follow_symlinks=False)
                    given += 1
    return given
