"""Root's files go back to the owner of the workspace, and nothing else does."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from steelyard.action.ownership import give_back

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that belong to somebody else")

OWNER = 4321
OTHER = 4322


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A directory of an ordinary user."""
    root = tmp_path / "workspace"
    root.mkdir()
    os.chown(root, OWNER, OWNER)
    return root


def owner(path: Path) -> int:
    """The user to whom `path` itself belongs."""
    return path.lstat().st_uid


def test_give_back__new_files_and_directories(workspace: Path) -> None:
    """All that root made, at any depth, belongs to the workspace's owner afterwards."""
    since = time.time()
    deep = workspace / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    (workspace / "unreadable").write_text("x")
    (workspace / "unreadable").chmod(0)

    given = give_back(workspace, since=since)

    assert given == 4
    assert {OWNER} == {owner(path) for path in workspace.rglob("*")}
    assert (workspace / "unreadable").stat().st_mode & 0o777 == 0o000


def test_give_back__leaves_what_was_there_before(workspace: Path) -> None:
    """A file that already was root's when the run began is none of ours."""
    old = workspace / "old"
    old.write_text("x")

    assert give_back(workspace, since=time.time() + 60) == 0
    assert owner(old) == 0


def test_give_back__leaves_files_of_others(workspace: Path) -> None:
    """Only root's files change hands."""
    foreign = workspace / "foreign"
    foreign.write_text("x")
    os.chown(foreign, OTHER, OTHER)

    assert give_back(workspace, since=0) == 0
    assert owner(foreign) == OTHER


def test_give_back__follows_no_link(workspace: Path, tmp_path: Path) -> None:
    """A link out of the workspace is handed over itself; what it points to keeps its owner."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("x")
    (workspace / "directory").symlink_to(outside)
    (workspace / "file").symlink_to(outside / "secret")
    (workspace / "dangling").symlink_to("nowhere")

    give_back(workspace, since=0)

    assert (owner(outside), owner(outside / "secret")) == (0, 0)
    assert {OWNER} == {owner(workspace / name) for name in ("directory", "file", "dangling")}


def test_give_back__nothing_to_do_for_root(tmp_path: Path) -> None:
    """On a self-hosted runner that runs as root everything is right already."""
    (tmp_path / "file").write_text("x")

    assert give_back(tmp_path, since=0) == 0


def test_give_back__other_file_systems_are_left_alone(workspace: Path) -> None:
    """What is mounted below the workspace does not belong to it."""
    mount = workspace / "mounted"
    mount.mkdir()
    if os.system(f"mount -t tmpfs none '{mount}' 2>/dev/null") != 0:  # noqa: S605  a fixed command
        pytest.skip("this machine lets nobody mount a file system")
    try:
        (mount / "file").write_text("x")
        give_back(workspace, since=0)

        assert (owner(mount), owner(mount / "file")) == (0, 0)
    finally:
        os.system(f"umount '{mount}'")  # noqa: S605  a fixed command
