"""
Fetch: predictions in S3 become files of ours, before an engine reads them.

DuckDB's own way to S3 is an extension that it loads from the network when it is first used; here nothing is. The files
are in `.steelyard/fetched`, which only this user can read, until the next `collect`.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from steelyard.config import Predictions
from steelyard.errors import InputError, RemoteError, written
from steelyard.log import logger
from steelyard.pipeline.project import Project
from steelyard.pipeline.workspace import Workspace
from steelyard.s3.address import SCHEME, Place, Service, parse
from steelyard.text import quote

if TYPE_CHECKING:
    from steelyard.s3.client import Bucket, Object

LARGEST = 10 * 1024**3
"""Bytes of one file of predictions."""

_DIRECTORY = "fetched"
_PAUSE = 10.0
"""Seconds between two lines of progress."""


def is_fetched(block: Predictions) -> bool:
    """Whether a block's predictions are in S3, and read by an engine that wants a file."""
    return block.engine == "duckdb" and block.path.startswith(SCHEME)


def local(workspace: Workspace, block: Predictions) -> Path:
    """The file that the engine reads."""
    if not is_fetched(block):
        return workspace.root / block.path
    return workspace.state(_DIRECTORY) / f"{block.name}{PurePosixPath(block.path).suffix.lower()[:16]}"


def fetch(project: Project, blocks: Iterable[Predictions]) -> None:
    """
    Bring near what is in S3, in place of what was fetched before; the files are as old as the objects.

    Raises:
        InputError: An address is none, the object is missing, too large or may not be read, it does not fit on the
            disk, or the change comes from a fork, whose configuration must not say what these credentials read.
        UsageError: `.steelyard` cannot be written to.
    """
    wanted = [block for block in blocks if is_fetched(block)]
    if not wanted:
        return
    directory = project.workspace.emptied(_DIRECTORY)
    with written(directory):
        directory.mkdir(mode=0o700)
    for block in wanted:
        bucket, found = _find(project, block)
        _download(bucket, found, local(project.workspace, block), block.path)


def mark(project: Project, block: Predictions) -> tuple[int, int, int] | None:
    """What changes when the object is written again; None: it is not there."""
    try:
        _, found = _find(project, block)
    except InputError:
        return None
    return hash(found.etag), int(found.modified.timestamp() * 1e9), found.size


def _find(project: Project, block: Predictions) -> tuple[Bucket, Object]:
    address = parse(block.path)
    shown = quote(block.path, limit=200)
    if address is None:
        raise InputError(
            f"{shown}, which `predictions.path` names, is no address in S3",
            hint="expected s3://bucket/key with the name of one file, such as s3://models/test/predictions.parquet",
        )
    if project.context.is_governed_by_fork:
        raise InputError(
            f"{shown} is not read in a job for a pull request from a fork: its own configuration says where it is",
            hint="let a job on a branch of this repository report, or let training fetch the predictions itself",
        )
    try:
        from steelyard.s3.client import Bucket

        bucket = Bucket(Place(service=_service(project), bucket=address[0]))
        found = bucket.head(address[1])
    except RemoteError as exc:
        raise InputError(f"cannot read the predictions: {exc}", hint=exc.hint) from exc
    if found is None:
        raise InputError(f"{shown}: there is no such object", hint="does training write it? see [[predictions]]")
    return bucket, found


def _service(project: Project) -> Service:
    """The store's, where it is in S3, too; else what the environment says."""
    store = project.config.store
    return Service(endpoint=store.endpoint, region=store.region) if store.kind == "s3" else Service()


def _download(bucket: Bucket, found: Object, path: Path, shown: str) -> None:
    if found.size > LARGEST:
        raise InputError(
            f"{quote(shown, limit=200)}: is {found.size:,} bytes, at most {LARGEST:,} are fetched",
            hint="write Parquet with the columns that are read alone, or copy the file into the workspace beforehand",
        )
    if found.size > (free := shutil.disk_usage(path.parent).free):
        raise InputError(
            f"{quote(shown, limit=200)}: is {found.size:,} bytes, and the disk has {free:,} left",
            hint="make room, or use a larger runner",
        )
    logger.info("fetching %s (%s bytes) …", shown, f"{found.size:,}")
    try:
        bucket.download(found, path, progress=_Progress(found.size))
        size = path.stat().st_size
    except RemoteError as exc:
        raise InputError(f"cannot read the predictions: {exc}", hint=exc.hint) from exc
    except OSError as exc:
        raise InputError(f"{path}: cannot be written: {exc.strerror}", hint="is there room on the disk?") from exc
    if size != found.size:
        raise InputError(f"{quote(shown, limit=200)}: changed while it was fetched", hint="run the job again")
    os.utime(path, (found.modified.timestamp(),) * 2)


class _Progress:
    """Says now and then how much has come; called from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._come = 0
        self._said = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, come: int) -> None:
        """`come` more bytes are there."""
        with self._lock:
            self._come += come
            if time.monotonic() < self._said + _PAUSE:
                return
            self._said = time.monotonic()
            logger.info("… %d %%", 100 * self._come // max(self._size, 1))
