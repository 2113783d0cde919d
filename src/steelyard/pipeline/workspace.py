"""The project that is measured, and the directory in it that is ours."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from steelyard.errors import UsageError, written
from steelyard.log import logger
from steelyard.model.base import Value

STATE = ".steelyard"


class Workspace(Value, frozen=True, kw_only=True):
    """
    The project's directory; everything of ours in it is below `.steelyard`, which git ignores.

    A change may have committed a `.steelyard` of its own, with links to elsewhere: nothing of ours is written or
    removed through a link.
    """

    root: Path

    @classmethod
    def at(cls, directory: Path | None) -> Workspace:
        """
        The workspace at `directory`, or here.

        Raises:
            UsageError: It is not a directory.
        """
        root = (directory or Path()).resolve()
        if not root.is_dir():
            raise UsageError(f"{root}: not a directory", hint="name the project's directory with -C DIR")
        return cls(root=root)

    def state(self, name: str) -> Path:
        """
        `.steelyard/<name>`, whose parent exists and is invisible to git; it is no link.

        Raises:
            UsageError: `.steelyard` is something else than a directory, or cannot be made, or there is no room in it.
        """
        directory = self.root / STATE
        if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
            raise UsageError(f"{directory}: expected a directory, found something else", hint="remove it")
        path = directory / name
        try:
            with written(directory):
                directory.mkdir(exist_ok=True)
                _ignore(directory / ".gitignore")
            if path.is_symlink():
                path.unlink()
        except OSError as exc:
            raise UsageError(f"{directory}: cannot write there: {exc.strerror}", hint="make it writable") from exc
        return path

    def emptied(self, name: str) -> Path:
        """
        `.steelyard/<name>` where nothing is any more.

        Raises:
            UsageError: As `state`, or what is there cannot be removed.
        """
        path = self.state(name)
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as exc:
            raise UsageError(f"{path}: cannot be removed: {exc.strerror}", hint="remove it") from exc
        return path

    @contextlib.contextmanager
    def reserved(self) -> Iterator[None]:
        """
        A context that one process at a time is in: what it puts into `.steelyard` stays there until it has been read.

        The reservation ends with the process, however it ends. A file system without locks has none. Nobody is in it
        while the project's own command runs there, which may call us.

        Raises:
            UsageError: As `state`.
        """
        handle = _opened(self.state("lock"))
        try:
            with contextlib.suppress(OSError):
                _lock(handle)
            yield
        finally:
            os.close(handle)

    @property
    def evaluation(self) -> Path:
        """The directory of the candidate's Evaluation."""
        return self.state("evaluation")

    def shown(self, path: Path) -> str:
        """`path` as messages and reports call it: relative to the workspace where it lies in it."""
        absolute = path if path.is_absolute() else self.root / path
        return absolute.relative_to(self.root).as_posix() if absolute.is_relative_to(self.root) else str(path)


def _ignore(file: Path) -> None:
    """
    Let git ignore what lies beside `file`, which is written where it is not there or empty.

    A process that was killed, or met a full disk, has left it so; a link is as good as none.
    """
    if not file.is_symlink() and file.is_file() and file.stat().st_size:
        return
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        partial.write_text("*\n", encoding="utf-8")
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as exc:
        raise UsageError(f"{path}: cannot write there: {exc.strerror}", hint="make it writable") from exc


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.info("another steelyard is at work in this directory; waiting for it …")
        fcntl.flock(handle, fcntl.LOCK_EX)
