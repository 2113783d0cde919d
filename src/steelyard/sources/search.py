"""Looks for files in one workspace: by name, by pattern, in a directory. Nothing outside the workspace is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from steelyard.errors import ConfigError, InputError
from steelyard.sources import files
from steelyard.sources.wording import MEND, joined
from steelyard.text import alike, quote

MAX_MATCHES = 1_000
"""Files of one directory, or of one pattern, that are looked at."""


class Search:
    """
    A search in the workspace at `root`.

    Attributes:
        notes: What was left out, and why.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes: list[str] = []

    def shown(self, path: Path) -> str:
        """What messages call a file."""
        return files.shown(path, root=self.root)

    def existing(self, names: Iterable[str]) -> tuple[Path, ...]:
        """Those of the files that are there."""
        return self.inside(self.root / name for name in names)

    def inside(self, paths: Iterable[Path]) -> tuple[Path, ...]:
        """Those of the paths that are files in the workspace; a note on each that leads outside."""
        found = dict.fromkeys(path for path in paths if files.is_file(path))
        outside = [path for path in found if not files.is_inside(path, root=self.root)]
        self.notes += [f"{self.shown(path)} leads outside the workspace and was left out" for path in outside]
        return tuple(path for path in found if path not in outside)

    def listed(self, directory: str) -> Iterator[Path]:
        """What is in a directory of the workspace, by name; hidden entries are left out."""
        return (path for path in self._entries(self.root / directory) if not path.name.startswith("."))

    def named(self, name: str, *, key: str) -> Path:
        """
        The file that the configuration names under `key`.

        Raises:
            InputError: It leads outside the workspace, is missing, is something else than a file, or cannot be a file's
                name.
        """
        path, shown = self.root / name, f"{quote(name, limit=200)}, which {key} names,"
        files.check_name(path, shown=shown)
        if not files.is_inside(path, root=self.root):
            raise InputError(f"{shown} leads outside the workspace", hint="copy it into the project")
        try:
            path.stat()
        except OSError as exc:
            near = self._near(path)
            raise InputError(
                f"{shown} is not there: {exc.strerror}",
                hint=f"did you mean {joined(near)}?" if near else "did training write it?",
            ) from exc
        if not files.is_file(path):
            raise InputError(f"{shown} is not a file", hint=MEND)
        return path

    def matching(self, pattern: str, *, key: str) -> tuple[Path, ...]:
        """
        The files that a glob pattern matches, by name; none is worth a note. Hidden ones only if the pattern says so.

        Raises:
            ConfigError: It is no pattern, absolute or leads upwards.
        """
        try:
            matches = sorted(islice(self._glob(pattern), MAX_MATCHES + 1))
        except (ValueError, NotImplementedError) as exc:
            raise ConfigError(
                f"{key}: expected a pattern of files below the workspace, found {quote(pattern)}",
                hint='for instance "figures/*.png"',
            ) from exc
        except OSError as exc:
            self.notes.append(f"{quote(pattern)}, which {key} names, could not be looked for: {exc.strerror}")
            return ()
        if not matches:
            self.notes.append(f"{quote(pattern)}, which {key} names, matches no file")
        if len(matches) > MAX_MATCHES:
            self.notes.append(f"{quote(pattern)}, which {key} names, matches more than {MAX_MATCHES:,} files")
        return self.inside(matches[:MAX_MATCHES])

    def _glob(self, pattern: str) -> Iterator[Path]:
        parts = PurePosixPath(pattern).parts
        if not parts or ".." in parts:
            raise ValueError(pattern)
        # Before Python 3.13 a final `**` means directories alone.
        matches = self.root.glob("/".join([*parts, "*"] if parts[-1] == "**" else parts))
        wants_hidden = any(part.startswith(".") for part in parts)
        for path in matches:
            hidden = any(part.startswith(".") for part in path.relative_to(self.root).parts)
            if files.is_file(path) and (wants_hidden or not hidden):
                yield path

    def _near(self, path: Path) -> Sequence[str]:
        """Files with a similar name in the same directory, and with the same name in a directory at the top."""
        siblings = {one.name: one for one in self._entries(path.parent) if files.is_file(one)}
        close = [siblings[name] for name in alike(path.name, siblings, most=3)]
        below = [one / path.name for one in self._entries(self.root) if one.is_dir()]
        return [self.shown(one) for one in (*close, *self.inside(below)[:3])]

    @staticmethod
    def _entries(directory: Path) -> list[Path]:
        try:
            return sorted(islice(directory.iterdir(), MAX_MATCHES))
        except OSError:  # missing, no directory, or closed to us: nothing is found there
            return []
