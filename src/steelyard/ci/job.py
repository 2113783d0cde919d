"""What a forge reads of a job: outputs, the summary and annotations, on GitHub; sections of the log, on both."""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO

from steelyard.ci.context import Context
from steelyard.log import logger, redact

SUMMARY_LIMIT = 1_048_576
"""Bytes that a step's summary may have; beyond it GitHub shows none of it."""

_ANNOTATION_LIMIT = 4_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_CUT = "> [!WARNING]\n> This report is cut at its end, since it is longer than the 1 MiB that GitHub shows.\n\n"


def write_outputs(context: Context, outputs: Mapping[str, str]) -> None:
    """
    Set the step's outputs; without GitHub nothing happens.

    Values may hold anything: each is put between two lines of a delimiter that is drawn anew and cannot be guessed, so
    no value can end early and set another output. When the file cannot be written a warning says so.

    Raises:
        ValueError: A name that is no identifier.
    """
    if context.output_file is None:
        return
    entries = []
    for name, value in outputs.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of an output: {name!r}")
        delimiter = f"steelyard_{secrets.token_hex(16)}"
        entries.append(f"{name}<<{delimiter}\n{redact(value)}\n{delimiter}\n")
    _append(context.output_file, "".join(entries).encode("utf-8", "replace"), what="the step's outputs")


def append_summary(context: Context, markdown: str) -> None:
    """
    Add Markdown to the job's summary; without GitHub nothing happens.

    What does not fit into the step's 1 MiB is cut at the end of a line, and a sentence above it says so.
    """
    if context.summary_file is None:
        return
    room = SUMMARY_LIMIT - _size(context.summary_file)
    content = _fitting(redact(markdown), room=room)
    if content is None:
        logger.warning("the job's summary is full (%d bytes): the report was not added to it", SUMMARY_LIMIT)
        return
    _append(context.summary_file, content, what="the job's summary")


def annotate(
    context: Context,
    message: str,
    *,
    title: str = "steelyard",
    level: Literal["error", "warning", "notice"] = "error",
    stream: TextIO | None = None,
) -> None:
    """
    Show a message on the run's page, by a workflow command; elsewhere than on GitHub nothing is printed.

    Args:
        context: The job.
        message: Any text; it stays one annotation.
        title: Its first line in bold.
        level: Which colour.
        stream: Where the command is printed; default: standard error, which the runner reads too.
    """
    if context.provider != "github":
        return
    shown = redact(message)
    if len(shown) > _ANNOTATION_LIMIT:
        shown = shown[: _ANNOTATION_LIMIT - 1] + "…"
    heading = _data(redact(title)[:200]).replace(":", "%3A").replace(",", "%2C")
    print(f"::{level} title={heading}::{_data(shown)}", file=stream or sys.stderr, flush=True)


@contextmanager
def section(context: Context, title: str, *, stream: TextIO | None = None) -> Iterator[None]:
    """
    A context whose lines the job's page folds under a title; elsewhere than in a job nothing is printed.

    Args:
        context: The job.
        title: One line.
        stream: Where the marks are printed; default: standard output, where a program's own output goes.
    """
    out = stream or sys.stdout
    name = f"steelyard_{secrets.token_hex(4)}"
    begin, end = _SECTIONS.get(context.provider, ("", ""))
    facts = {"name": name, "title": _data(redact(title))}
    if begin:
        print(begin.format(now=int(time.time()), **facts), file=out, flush=True)
    try:
        yield
    finally:
        if end:
            print(end.format(now=int(time.time()), **facts), file=out, flush=True)


_SECTIONS = {
    "github": ("::group::{title}", "::endgroup::"),
    "gitlab": (
        "\x1b[0Ksection_start:{now}:{name}\r\x1b[0K{title}",
        "\x1b[0Ksection_end:{now}:{name}\r\x1b[0K",
    ),
}


def _data(text: str) -> str:
    """Text as the runner decodes it; its other line ends would not end a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _fitting(markdown: str, *, room: int) -> bytes | None:
    """The Markdown's bytes, cut to `room`; None when not even a useful part of it fits."""
    whole = f"{markdown.rstrip()}\n\n".encode("utf-8", "replace")
    if len(whole) <= room:
        return whole
    room -= len(_CUT.encode()) + 2
    if room < 1_000:
        return None
    kept = whole[:room].rpartition(b"\n")[0] or whole[:room]
    return _CUT.encode() + kept.decode("utf-8", "ignore").encode() + b"\n\n"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _append(path: Path, content: bytes, *, what: str) -> None:
    try:
        with path.open("ab") as file:
            file.write(content)
    except OSError as exc:
        logger.warning("cannot write %s: %s", what, exc.strerror)
