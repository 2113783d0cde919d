"""The directory that is ours, whatever a change has put in its place."""

from __future__ import annotations

import select
import subprocess
import sys
from pathlib import Path
from typing import IO

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


@pytest.mark.parametrize("left", ["nothing", "empty", "link"])
def test_state__made_by_halves(workspace: Workspace, outside: Path, left: str) -> None:
    """What a process left that was killed, or met a full disk, is made whole by the next one."""
    ignore = workspace.root / ".steelyard" / ".gitignore"
    ignore.parent.mkdir()
    if left == "empty":
        ignore.touch()
    elif left == "link":
        ignore.symlink_to(outside / "precious")
    workspace.state("x")

    assert ignore.read_text(encoding="utf-8") == "*\n"
    assert [file.name for file in ignore.parent.iterdir()] == [".gitignore"]
    assert (outside / "precious").read_text(encoding="utf-8") == "precious"


def test_state__lines_of_the_users_own(workspace: Workspace) -> None:
    """What the user wants git to ignore there, or not to, stays."""
    ignore = workspace.state(".gitignore")
    ignore.write_text("*\n!report.md\n", encoding="utf-8")
    workspace.state("x")

    assert ignore.read_text(encoding="utf-8") == "*\n!report.md\n"


def test_state__disk_full(small_disk: Path) -> None:
    """A full disk is said as such, and there is nothing by halves."""
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "filler").write_bytes(bytes(2 << 20))
    with pytest.raises(UsageError) as caught:
        Workspace.at(small_disk).state("x")

    place = small_disk / ".steelyard"
    assert (str(caught.value), caught.value.hint) == (
        f"{place}: cannot write: No space left on device",
        "free disk space there",
    )
    assert not list(place.iterdir())
    (small_disk / "filler").unlink()
    Workspace.at(small_disk).state("x")
    assert (place / ".gitignore").read_text(encoding="utf-8") == "*\n"


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


def line_of(stream: IO[str] | None) -> str:
    """The next line that a process prints."""
    assert stream is not None
    return stream.readline()


def test_reserved__one_after_the_other(workspace: Workspace) -> None:
    """A second process waits, says so, and goes on when the first has ended, however that was."""
    program = (
        "import pathlib, sys\n"
        "from steelyard import log\n"
        "from steelyard.pipeline.workspace import Workspace\n"
        "log.configure(verbosity=0)\n"
        "with Workspace.at(pathlib.Path(sys.argv[1])).reserved():\n"
        "    print('in', flush=True)\n"
        "    sys.stdin.read()\n"
    )

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program, str(workspace.root)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    with start() as first:
        assert line_of(first.stdout) == "in\n"
        with start() as second:
            assert line_of(second.stderr).startswith("another steelyard is at work in this directory; waiting for it")
            assert second.stdout is not None
            assert not select.select([second.stdout], [], [], 0.2)[0]
            first.kill()
            assert line_of(second.stdout) == "in\n"
            second.kill()


def test_reserved__link_in_its_place(workspace: Workspace, outside: Path) -> None:
    """A change may have committed a link: nothing is made or locked through it."""
    workspace.state("lock").symlink_to(outside / "precious")
    with workspace.reserved():
        assert (workspace.root / ".steelyard" / "lock").is_file()

    assert not (workspace.root / ".steelyard" / "lock").is_symlink()
    assert (outside / "precious").read_text(encoding="utf-8") == "precious"
