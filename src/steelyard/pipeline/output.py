"""Where a command's result goes: a file, whole or not at all, or standard output."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from steelyard.errors import UsageError

_HINT = "name a file that can be written"


def is_stdout(path: Path | None) -> bool:
    """Whether `write` would write to standard output."""
    return path is None or str(path) == "-"


def write(text: str, path: Path | None) -> None:
    """
    Write `text` to `path`, as UTF-8; None and `-` are standard output.

    A device or a pipe is written to, a file is replaced. So is a link: what it leads to stays as it is.

    Raises:
        UsageError: The file cannot be written.
    """
    data = text.encode("utf-8", "replace")
    if path is None or is_stdout(path):
        _write_stdout(data)
        return
    try:
        _write_file(data, path.absolute())
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise UsageError(f"{path}: cannot write: {reason}", hint=_HINT) from exc


@contextlib.contextmanager
def standard_output() -> Iterator[None]:
    """
    A context in which standard output is written.

    Raises:
        UsageError: It cannot be written, except when its reader has gone: that is the caller's `BrokenPipeError`.
    """
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        _forget_stdout()
        raise UsageError(f"standard output: cannot write: {exc.strerror}", hint="is there room?") from exc


def _write_stdout(data: bytes) -> None:
    """In bytes: what is written is a file's content, whatever encoding the terminal has."""
    if sys.stdout is None:
        return
    with standard_output():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)


def _forget_stdout() -> None:
    """What is still buffered goes nowhere, instead of failing again when this process ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _write_file(data: bytes, file: Path) -> None:
    if _stays(file):
        with file.open("ab") as place:  # a directory is an error here
            place.write(data)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as whole:  # never through a link that was put there
            whole.write(data)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _stays(file: Path) -> bool:
    """It is no regular file, or one of the system's names for one, such as /dev/stdout."""
    if file.parts[1:2] in (("dev",), ("proc",)):
        return True
    try:
        return not stat.S_ISREG(file.stat().st_mode)
    except OSError:
        return False
