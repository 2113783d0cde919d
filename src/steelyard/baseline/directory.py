"""A store in a directory: on a laptop, or on a file system that jobs share."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from steelyard.baseline.archive import Archive
from steelyard.baseline.files import ROOMY, Change, Limits, Unusable
from steelyard.baseline.names import EVALUATIONS, LEDGER
from steelyard.errors import StoreError
from steelyard.text import bounded

LIMITS = ROOMY

_PATIENCE = 60.0
"""Seconds that a writer waits for another one."""

_LONGEST_NAME = 200
_LOCK = ".lock"
_DIRECTORIES = frozenset({"evaluations", "files"})
_PARTIAL = re.compile(r"\.partial-[0-9a-f]{16}")


class DirectoryStore(Archive):
    """`Store` in the directory `root`, which is made when it is first written to."""

    def __init__(self, root: Path, *, limits: Limits = LIMITS) -> None:
        super().__init__(Directory(root, names=EVALUATIONS, limits=limits))


class Directory:
    """
    `Files` in a directory.

    A file appears whole, by rename, and the ledger last. Writers take turns by a lock that the system releases when its
    holder dies. Readers take no lock, so that a store on a read-only file system can be read; one that is pruned
    meanwhile may miss a file, which is an error of that one reader.
    """

    def __init__(self, root: Path, *, names: re.Pattern[str], limits: Limits) -> None:
        self.limits = limits
        self._root = root
        self._names = names

    def describe(self) -> str:
        """For messages: `directory /srv/store`."""
        return f"directory {bounded(str(self._root), limit=_LONGEST_NAME)}"

    def snapshot(self) -> DirectorySnapshot:
        """See `Files.snapshot`."""
        self._check_name()
        try:
            if self._root.exists() and not self._root.is_dir():
                raise StoreError(
                    f"{self.describe()}: a store must be a directory", hint="set another `path` under [store]"
                )
            found = frozenset(name for name in _walk(self._root) if self._names.fullmatch(name))
        except OSError as exc:
            raise StoreError(
                f"cannot read {self.describe()}: {exc.strerror}", hint="is `path` under [store] right, and readable?"
            ) from exc
        return DirectorySnapshot(self._root, found, self.limits)

    def update(self, change: Change) -> None:
        """See `Files.update`."""
        self._check_name()
        try:
            with self._locked():
                _remove_partial(self._root)
                edit = change(self.snapshot())
                for name in sorted(edit.put, key=lambda name: (name == LEDGER, name.startswith("evaluations/"))):
                    _write(self._root / name, edit.put[name])
                for name in sorted(edit.remove - edit.put.keys()):
                    (self._root / name).unlink(missing_ok=True)
        except OSError as exc:
            where = bounded(str(exc.filename or self._root), limit=_LONGEST_NAME)
            raise StoreError(
                f"cannot write to {self.describe()}: {where}: {exc.strerror}",
                hint="is the directory writable, and is there room?",
            ) from exc

    def _check_name(self) -> None:
        """A null byte, or a character that the locale's encoding cannot write, is no `OSError`."""
        try:
            self._root.stat()
        except OSError:
            return
        except ValueError as exc:
            raise StoreError(
                f"{self.describe()} cannot be used: {exc}", hint="set another `path` under [store]"
            ) from exc

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._root.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + _PATIENCE
        with (self._root / _LOCK).open("a") as lock:
            while not _try_lock(lock.fileno()):
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{self.describe()}: another writer has held it for {_PATIENCE:g} s", hint="run the job again"
                    )
                time.sleep(0.02)
            yield


class DirectorySnapshot:
    """The files of a directory; a symbolic link is none of ours."""

    def __init__(self, root: Path, names: frozenset[str], limits: Limits) -> None:
        self.names = names
        self._root = root
        self._limits = limits

    def gather(self, names: Iterable[str]) -> None:
        """See `Snapshot.gather`; all files are near."""

    def read(self, name: str) -> bytes:
        """See `Snapshot.read`."""
        path = self._root / name
        if name not in self.names:
            raise Unusable(f"{path}: there is no such file in the store")
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                content = file.read(self._limits.file + 1)
        except OSError as exc:
            raise StoreError(f"{path}: cannot read: {exc.strerror}") from exc
        if len(content) > self._limits.file:
            raise Unusable(f"{path}: at most {self._limits.file:,} bytes are read")
        return content


def _walk(root: Path) -> Iterator[str]:
    """Names of the regular files where ours are, without following links."""
    for directory, inner, files in os.walk(root, onerror=_unless_missing):
        depth = len(Path(directory).relative_to(root).parts)
        inner[:] = [name for name in inner if name in _DIRECTORIES] if depth == 0 else inner if depth == 1 else []
        for file in files:
            path = Path(directory, file)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def _unless_missing(exc: OSError) -> None:
    if not isinstance(exc, FileNotFoundError):
        raise exc


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".partial-{secrets.token_hex(8)}"
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _remove_partial(root: Path) -> None:
    """What writers left that were killed."""
    for name in _walk(root):
        if _PARTIAL.fullmatch(name.rpartition("/")[2]):
            (root / name).unlink(missing_ok=True)
