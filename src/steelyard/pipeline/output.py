"""Where a command's result goes: a file, whole or not at all, or standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from steelyard.errors import UsageError


def write(text: str, path: Path | None) -> None:
    """
    Write `text` to `path`; None and `-` are standard output.

    Raises:
        UsageError: The file cannot be written.
    """
    if path is None or str(path) == "-":
        sys.stdout.write(text)
        return
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as exc:
        raise UsageError(f"{path}: cannot write: {exc.strerror}", hint="name a file that can be written") from exc
