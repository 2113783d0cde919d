"""
The one exception tree.

    SteelyardError            1   never raised itself
    ├── UsageError            2   a flag, or a combination of flags
    ├── ConfigError           2   steelyard.toml
    ├── InputError            3   a file that training left, or an Evaluation that cannot be used
    ├── RemoteError           4   something outside this machine
    │   ├── ForgeError        4   GitHub, GitLab
    │   ├── StoreError        4   where baselines and images are kept
    │   └── GitError          4   git itself
    ├── TrainingFailed        5   the training command
    └── GateFailed           10   a gate of the project's config

The number is the exit code of the command. `cli.main` prints the message and the hint, one line each; an exception
that is not in this tree is a bug and exits 1 with a traceback.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final


class SteelyardError(Exception):
    """
    What is wrong, in one line that names the file, the key, what was expected and what was found.

    Attributes:
        hint: What to do about it, in one line; may be empty.
        exit_code: The exit code of a command that ends with this error.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(SteelyardError):
    """A flag, or a combination of flags, that makes no sense."""

    exit_code = 2


NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The numbers of errors of writing to a disk, or a part of it, that is full, or more than one file may have."""


def no_room(place: Path | None, number: int) -> UsageError:
    """The error about a directory, maybe unknown, where nothing more can be written; `number` is of `NO_ROOM`."""
    what = "cannot write a file" if place is None else f"{place}: cannot write"
    hint = "free disk space, also where TMPDIR is" if place is None else "free disk space there"
    if number == errno.EFBIG:
        hint = "let files be larger: `ulimit -f` says how large they may be"
    return UsageError(f"{what}: {os.strerror(number)}", hint=hint)


@contextlib.contextmanager
def written(place: Path) -> Iterator[None]:
    """
    A context in which files are written to the directory `place`.

    Raises:
        UsageError: There is no room for them.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno in NO_ROOM:
            raise no_room(place, exc.errno) from exc
        raise


class ConfigError(SteelyardError):
    """The configuration has an unknown key, a wrong type or values that contradict each other."""

    exit_code = 2


class InputError(SteelyardError):
    """A file that training left behind is missing, broken or not what the config says."""

    exit_code = 3


class RemoteError(SteelyardError):
    """Something outside this machine refused or did not answer."""

    exit_code = 4


class ForgeError(RemoteError):
    """
    GitHub or GitLab refused a request or did not answer.

    Attributes:
        status: The HTTP status, or None when there was no answer.
    """

    def __init__(self, message: str, *, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class StoreError(RemoteError):
    """The store of baselines or images could not be read or written."""


class GitError(RemoteError):
    """A git command failed."""


class TrainingFailed(SteelyardError):
    """The training command failed; its Evaluation says how."""

    exit_code = 5


class GateFailed(SteelyardError):
    """A gate of the project's config failed."""

    exit_code = 10
