"""
A bundle: an Evaluation on its way from a job that ran a project's code to one that may speak for the project.

It is the Evaluation's directory, or a zip archive of that: `evaluation.json` and the side files that it refers to, and
nothing else. Its writer may be anybody. What is read is bounded in number and size before it is in memory, names are
those of the schema or it is refused, and a side file has the content that its name promises.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from steelyard.baseline.files import MIB, Limits
from steelyard.baseline.names import pattern
from steelyard.baseline.side_files import belongs, fitting, side_files
from steelyard.errors import InputError
from steelyard.model.base import SideFileName
from steelyard.model.codec import decode, encode, load_evaluation
from steelyard.model.evaluation import FILE_NAME, Evaluation
from steelyard.text import quote

LIMITS = Limits(file=16 * MIB, total=256 * MIB)
MAX_JSON = 16 * MIB
"""Bytes of `evaluation.json`."""
MAX_FILES = 300

_NAME = re.compile(rf"{re.escape(FILE_NAME)}|{pattern(SideFileName)}")
_HINT = "let the job that measures write it with `steelyard ci --bundle DIR`, and hand on that directory as it is"


class Entries(Protocol):
    """The files of a bundle, wherever they are; nobody has looked at their names yet."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, at most one more than `MAX_FILES`."""
        ...

    def read(self, name: str, *, limit: int) -> bytes:
        """
        The content of a file, at most one byte more than `limit`.

        Raises:
            InputError: It cannot be read, or is no regular file.
        """
        ...


def write(directory: Path, into: Path, *, limits: Limits = LIMITS) -> Evaluation:
    """
    Copy the Evaluation in `directory` and the side files that it refers to into the directory `into`.

    What would be too large for whoever reads the bundle is left out, the largest first, with a note.

    Returns:
        The Evaluation as it is in the bundle.

    Raises:
        InputError: The directory holds no valid Evaluation, or its JSON alone is too large.
        OSError: A file cannot be copied.
    """
    evaluation = _within(load_evaluation(directory), limits)
    content = encode(evaluation)
    if len(content) > MAX_JSON:
        raise InputError(
            f"the evaluation is {len(content):,} bytes of JSON, at most {MAX_JSON:,} go into a bundle",
            hint="are there very many classes, or is a number given as a label?",
        )
    for file in side_files(evaluation):
        (into / file.name).write_bytes((directory / file.name).read_bytes())
    (into / FILE_NAME).write_bytes(content)
    return evaluation


def _within(evaluation: Evaluation, limits: Limits) -> Evaluation:
    """Without the largest files, until the others fit."""
    kept = fitting(evaluation, limit=limits.file)
    sizes = [file.size for file in side_files(kept)]
    while sum(sizes) > limits.total or len(sizes) >= MAX_FILES:
        kept = fitting(kept, limit=max(sizes) - 1)
        sizes = [file.size for file in side_files(kept)]
    return kept


def read(entries: Entries, *, into: Path, source: str, limits: Limits = LIMITS) -> Evaluation:
    """
    Check a bundle and write its side files into the directory `into`, which holds nothing that others may change.

    Args:
        entries: Its files.
        into: Directory of the Evaluation that will be made of it.
        source: What messages call the bundle.
        limits: Of the side files.

    Returns:
        What it says of itself: of the right form, and no more than that.

    Raises:
        InputError: It holds what no bundle holds, is too large, is no Evaluation that this build reads, or one of its
            files is not what its name says.
    """
    _check_names(entries.names, source)
    evaluation = _evaluation(entries, source)
    wanted = side_files(evaluation)
    if (total := sum(file.size for file in wanted)) > limits.total:
        raise InputError(f"{source}: {total:,} bytes of side files, at most {limits.total:,} are read", hint=_HINT)
    for file in wanted:
        shown = f"{source}: {file.name}"
        if file.name not in entries.names:
            raise InputError(f"{shown} is missing", hint=_HINT)
        if file.size > limits.file:
            raise InputError(f"{shown}: {file.size:,} bytes, at most {limits.file:,} are read", hint=_HINT)
        content = entries.read(file.name, limit=file.size)
        if len(content) != file.size or not belongs(content, file.name):
            raise InputError(f"{shown}: its content is not what its name says", hint=_HINT)
        (into / file.name).write_bytes(content)
    return evaluation


def _check_names(names: Iterable[str], source: str) -> None:
    found = tuple(names)
    if len(found) > MAX_FILES:
        raise InputError(f"{source}: more than {MAX_FILES} files", hint=_HINT)
    for name in found:
        if _NAME.fullmatch(name) is None:
            raise InputError(f"{source}: holds {quote(name)}, which no bundle has", hint=_HINT)
    if len(set(found)) < len(found):
        raise InputError(f"{source}: holds a file twice", hint=_HINT)
    if FILE_NAME not in found:
        raise InputError(f"{source}: {FILE_NAME} is missing", hint=_HINT)


def _evaluation(entries: Entries, source: str) -> Evaluation:
    content = entries.read(FILE_NAME, limit=MAX_JSON)
    if len(content) > MAX_JSON:
        raise InputError(f"{source}: {FILE_NAME}: more than {MAX_JSON:,} bytes", hint=_HINT)
    return decode(content, Evaluation, source=f"{source}: {FILE_NAME}")


class DirectoryEntries:
    """The files of a directory; a link, a directory or a pipe among them is none of ours."""

    def __init__(self, root: Path, *, source: str) -> None:
        self._root = root
        self._source = source
        try:
            with os.scandir(root) as found:
                self.names = tuple(entry.name for entry, _ in zip(found, range(MAX_FILES + 1), strict=False))
        except OSError as exc:
            raise InputError(f"{source}: cannot read the bundle: {exc.strerror}", hint=_HINT) from exc

    def read(self, name: str, *, limit: int) -> bytes:
        """See `Entries.read`."""
        shown = f"{self._source}: {name}"
        try:
            descriptor = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise InputError(f"{shown}: not a file", hint=_HINT)
                return file.read(limit + 1)
        except OSError as exc:
            raise InputError(f"{shown}: cannot be read: {exc.strerror}", hint=_HINT) from exc
