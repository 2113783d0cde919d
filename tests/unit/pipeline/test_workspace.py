"""The directory that is ours, whatever a change has put in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.errors import UsageError
from steelyard.pipeline.workspace import Workspace


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory with a file, beside the workspace."""
    directory = tmp_path / "outside"
    directory.mkdir()
    (directory / "precious").write_text("precious", encoding="utf-8")
    return directory


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    (tmp_path / "workspace").mkdir()
    return Workspace.at(tmp_path / "workspace")


def test_state__is_made_invisible_to_git(workspace: Workspace) -> None:
    """The directory is made with the first thing in it, and git ignores it."""
    assert workspace.state("x") == workspace.root / ".steelyard" / "x"
    assert (workspace.root / ".steelyard" / ".gitignore").read_text(encoding="utf-8") == "*\n"


@pytest.mark.parametrize("kind", ["link", "dangling link", "file"])
def test_state__something_else(workspace: Workspace, outside: Path, kind: str) -> None:
    """`.steelyard` that is no directory of its own is refused."""
    state = workspace.root / ".steelyard"
    if kind == "file":
        state.write_text("x", encoding="utf-8")
    else:
        state.symlink_to(outside if kind == "link" else outside / "nothing")

    with pytest.raises(UsageError, match="expected a directory"):
        workspace.state("x")
    assert not (outside / ".gitignore").exists()


def test_state__link_inside(workspace: Workspace, outside: Path) -> None:
    """A link in the place of something of ours is removed, not followed."""
    workspace.state("x").symlink_to(outside / "precious")
    workspace.state("x").write_text("ours", encoding="utf-8")

    assert (outside / "precious").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("kind", ["nothing", "file", "link", "directory"])
def test_emptied(workspace: Workspace, outside: Path, kind: str) -> None:
    """Whatever was there is gone, and nothing elsewhere with it."""
    path = workspace.state("x")
    match kind:
        case "file":
            path.write_text("x", encoding="utf-8")
        case "link":
            path.symlink_to(outside)
        case "directory":
            path.mkdir()
            (path / "link").symlink_to(outside)
    gone = workspace.emptied("x")

    assert not gone.exists()
    assert not gone.is_symlink()
    assert (outside / "precious").exists()
