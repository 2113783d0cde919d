"""Temporary directories that killed processes have left."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from steelyard import temporary
from steelyard.errors import UsageError

DAYS = 24 * 60 * 60


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary directories are."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def left(path: Path, *, days: float) -> Path:
    """A directory with something in it, so many days old."""
    (path / "inner").mkdir(parents=True)
    then = time.time() - days * DAYS
    os.utime(path, (then, then))
    return path


def test_prefix__what_is_old_goes(place: Path) -> None:
    """Directories of ours that are older than a month are removed; younger ones and those of others stay."""
    old = left(place / "steelyard-git-abc", days=30.1)
    young = left(place / "steelyard-git-def", days=29.9)
    theirs = left(place / "somebody-git-abc", days=90)
    target = left(place / "target", days=90)
    link = place / "steelyard-base-link"
    link.symlink_to(target)
    file = place / "steelyard-git-file"
    file.write_text("x", encoding="utf-8")
    os.utime(file, (0, 0))

    assert temporary.prefix("git") == "steelyard-git-"

    assert not old.exists()
    assert all(path.exists() for path in (young, theirs, target, link, file))


def test_directory__goes(place: Path) -> None:
    """It is called by what it is for, and nothing of it stays."""
    with temporary.directory("copy") as made:
        assert made.parent == place
        assert made.name.startswith("steelyard-copy-")
        (made / "file").write_text("x", encoding="utf-8")

    assert not list(place.iterdir())


def test_directory__disk_full(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is said to be so, with the place that is full."""
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    with pytest.raises(UsageError) as caught, temporary.directory("copy") as made:
        (made / "file").write_bytes(bytes(2 << 20))

    assert str(caught.value) == f"{small_disk}: cannot write: No space left on device"
    assert not list(small_disk.iterdir())


def test_place__all_full(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room in any place for temporary directories, that is no bug."""
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "filler").write_bytes(bytes(2 << 20))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: [str(small_disk)])

    with pytest.raises(UsageError, match="No usable temporary directory") as caught:
        temporary.prefix("git")
    assert "TMPDIR" in caught.value.hint


def test_prefix__clock_jumps(place: Path) -> None:
    """What seems to be from the future is left alone."""
    future = left(place / "steelyard-git-abc", days=-400)

    temporary.prefix("git")

    assert future.is_dir()
