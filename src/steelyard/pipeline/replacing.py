"""Replace an Evaluation's directory by a new one, so that a whole one is there at every moment, whoever is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

from steelyard.errors import UsageError, written
from steelyard.model.evaluation import FILE_NAME

_OURS = re.compile(r"^(testset|pred|plot)-[0-9a-f]{32}\.\w+$")
_PREFIX = ".steelyard-collect-"
_HINT = "name a new directory, or one that `collect` wrote"


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """
    A new directory whose files take the place of those in `target` when the block ends well.

    Side files are called by their content: the new ones come first, then the Evaluation takes the old one's place in
    one step, and then what it does not need goes. Two processes at once do this one after the other.

    Raises:
        UsageError: `target` holds something else, or cannot be written, or there is no room for what the block writes.
    """
    target = Path(os.path.realpath(target))
    with contextlib.ExitStack() as stack:
        with _made(target):
            _refuse_strangers(target)
            temporary = _temporary(target.parent, stack)
        with written(target):
            yield temporary
        with _made(target):
            target.mkdir(exist_ok=True)
            with _locked(target):
                _exchange(temporary, target)


def _temporary(parent: Path, stack: contextlib.ExitStack) -> Path:
    """A directory of this process's own, which the stack removes; whoever sees it unlocked knows that we are dead."""
    parent.mkdir(parents=True, exist_ok=True)
    with _locked(parent):
        _sweep(parent)
        temporary = Path(mkdtemp(prefix=_PREFIX, dir=parent))
        stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        stack.enter_context(_locked(temporary))
    return temporary


@contextlib.contextmanager
def _made(target: Path) -> Iterator[None]:
    try:
        with written(target):
            yield
    except OSError as exc:
        raise UsageError(f"{target}: cannot write there: {exc.strerror}", hint=_HINT) from exc


def _refuse_strangers(target: Path) -> None:
    if not target.exists():
        return
    strangers = ["a file"]
    if target.is_dir():
        strangers = [file.name for file in target.iterdir() if not _is_ours(file)]
    if strangers:
        raise UsageError(f"{target}: not a directory of an evaluation (it holds {strangers[0]})", hint=_HINT)


def _is_ours(file: Path) -> bool:
    return (file.name == FILE_NAME or _OURS.match(file.name) is not None) and not file.is_dir()


def _exchange(new: Path, target: Path) -> None:
    names = {file.name for file in new.iterdir()}
    for name in sorted(names, key=lambda name: name == FILE_NAME):
        (new / name).replace(target / name)
    for old in target.iterdir():
        if old.name not in names and _is_ours(old):
            old.unlink()


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """While this process holds it; the lock ends with the process."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep(parent: Path) -> None:
    """Remove what killed processes left behind: nobody holds its lock."""
    for left in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(handle)
