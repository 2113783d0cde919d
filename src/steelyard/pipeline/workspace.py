"""The project that is measured, and the directory in it that is ours."""

from __future__ import annotations

from pathlib import Path

from steelyard.errors import UsageError
from steelyard.model.base import Value

STATE = ".steelyard"


class Workspace(Value, frozen=True, kw_only=True):
    """The project's directory; everything of ours in it is below `.steelyard`, which git ignores."""

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
        """`.steelyard/<name>`, whose parent exists and is invisible to git."""
        directory = self.root / STATE
        if not directory.is_dir():
            directory.mkdir()
            (directory / ".gitignore").write_text("*\n", encoding="utf-8")
        return directory / name

    @property
    def evaluation(self) -> Path:
        """The directory of the candidate's Evaluation."""
        return self.state("evaluation")

    def shown(self, path: Path) -> str:
        """`path` as messages and reports call it: relative to the workspace where it lies in it."""
        absolute = path if path.is_absolute() else self.root / path
        return absolute.relative_to(self.root).as_posix() if absolute.is_relative_to(self.root) else str(path)
