"""Files of the workspace: never outside it, never more than is reasonable, always text that is text."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from steelyard.errors import InputError
from steelyard.sources.wording import MEND, storable
from steelyard.text import printable, quote

MAX_TEXT_BYTES = 10 * 1024 * 1024
"""Files of metrics or parameters that are larger are refused."""

_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def shown(path: Path, *, root: Path) -> str:
    """What messages, reports and values call `path`: relative to the workspace where it lies in it; bounded."""
    absolute = root / path
    name = absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else str(absolute)
    return printable(storable(name))


def check_name(path: Path, *, shown: str) -> None:
    """
    Refuse what no file can be called.

    Args:
        path: Any.
        shown: What the message calls it.

    Raises:
        InputError: It has a null byte, or a character that the locale's encoding cannot write.
    """
    try:
        os.lstat(path)
    except UnicodeEncodeError as exc:
        missing = quote(exc.object[exc.start : exc.end])
        raise InputError(
            f"{shown} cannot be found: the locale's encoding, {exc.encoding}, has no {missing}",
            hint="set a UTF-8 locale, for instance LC_ALL=C.UTF-8",
        ) from exc
    except ValueError as exc:
        raise InputError(
            f"{shown} cannot be the name of a file: {exc}", hint="name the file as training writes it"
        ) from exc
    except OSError:
        return


def is_file(path: Path) -> bool:
    """Whether there is a regular file; False for whatever cannot be one, however long its name is."""
    return os.path.isfile(path)  # noqa: PTH113 - before Python 3.14 Path.is_file raises on some errors


def is_inside(path: Path, *, root: Path) -> bool:
    """Whether `path`, all symbolic links resolved, lies in the workspace."""
    try:
        return Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root))
    except ValueError:  # a null byte
        return False


def read_bytes(path: Path, *, root: Path, limit: int) -> bytes:
    """
    The content of a regular file of at most `limit` bytes in the workspace.

    Raises:
        InputError: It is missing, outside, something else than a file, too large, or cannot be read.
    """
    name = shown(path, root=root)
    check_name(root / path, shown=name)
    try:
        if not is_inside(path, root=root):
            raise InputError(f"{name}: leads outside the workspace {root}", hint="copy the file into the project")
        # Without waiting for a writer, should it be a named pipe.
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise InputError(f"{name}: expected a file, found {_type(found.st_mode)}", hint=MEND)
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise InputError(f"{name}: cannot read it: {exc.strerror}", hint="did training write it?") from exc
    if len(data) > limit:
        raise InputError(f"{name}: {found.st_size:,} bytes, at most {limit:,} are read", hint=MEND)
    return data


def read_text(path: Path, *, root: Path) -> str:
    """
    The content of a UTF-8 file, without a byte order mark.

    Raises:
        InputError: As `read_bytes`; or it is blank, or of another encoding.
    """
    name = shown(path, root=root)
    data = read_bytes(path, root=root, limit=MAX_TEXT_BYTES)
    if data.startswith(_WIDE):
        raise InputError(
            f"{name}: expected UTF-8, found UTF-16 or UTF-32", hint='let training write it with encoding="utf-8"'
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise InputError(
            f"{name}: expected UTF-8, found byte 0x{data[exc.start]:02x} in line {line:,}",
            hint='let training write it with encoding="utf-8"',
        ) from exc
    if not text.strip():
        raise InputError(f"{name}: is empty", hint="did training end before it wrote the file?")
    return text


def _type(mode: int) -> str:
    return "a directory" if stat.S_ISDIR(mode) else "a device, a pipe or a socket"
