"""What is peculiar to a store in a directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from steelyard.baseline import directory
from steelyard.baseline.directory import DirectoryStore
from steelyard.errors import StoreError, UsageError
from steelyard.model.evaluation import FILE_NAME
from tests.integration.baseline.evaluations import evaluation, sha_of


def test_links__are_not_followed(tmp_path: Path) -> None:
    """A symbolic link in place of a file or a directory leads nowhere, for reading and for writing."""
    store = DirectoryStore(tmp_path / "store")
    store.save(evaluation(tmp_path / "made", 1), keep=5)
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    evaluations = tmp_path / "store" / "evaluations"
    (evaluations / "default" / f"{sha_of(2)}.json").symlink_to(secret)
    (evaluations / "linked").symlink_to(evaluations / "default")

    assert [entry.sha for entry in store.entries("default")] == [sha_of(1)]
    assert store.entries("linked") == ()
    store.save(evaluation(tmp_path / "two", 2), keep=5)
    assert secret.read_text() == "{}"
    assert not (evaluations / "default" / f"{sha_of(2)}.json").is_symlink()


def test_load__disk_full(tmp_path: Path, small_disk: Path) -> None:
    """Where an Evaluation does not fit, no half of it passes for one, and the disk is said to be full."""
    store = DirectoryStore(tmp_path / "store")
    store.save(evaluation(tmp_path / "made", 1, predictions=bytes(2 << 20)), keep=5)

    with pytest.raises(UsageError) as caught:
        store.load("default", sha_of(1), into=small_disk / "into")

    assert str(caught.value) == f"{small_disk / 'into'}: cannot write: No space left on device"
    assert not (small_disk / "into" / FILE_NAME).exists()


def test_pipes__do_not_hang(tmp_path: Path) -> None:
    """A named pipe in place of a file is no file of ours."""
    store = DirectoryStore(tmp_path / "store")
    store.save(evaluation(tmp_path / "made", 1), keep=5)
    os.mkfifo(tmp_path / "store" / "evaluations" / "default" / f"{sha_of(2)}.json")

    assert [entry.sha for entry in store.entries("default")] == [sha_of(1)]


def test_not_a_directory(tmp_path: Path) -> None:
    """A file in the store's place is an error for every operation, with what to do."""
    (tmp_path / "store").write_text("a file")
    store = DirectoryStore(tmp_path / "store")

    with pytest.raises(StoreError, match="must be a directory") as caught:
        store.entries("default")
    assert caught.value.hint
    with pytest.raises(StoreError, match="cannot write"):
        store.save(evaluation(tmp_path / "made", 1), keep=5)


def test_no_name(tmp_path: Path) -> None:
    """What no directory can be called is an error for every operation, with the null byte as an escape."""
    store = DirectoryStore(tmp_path / "a\0b")

    with pytest.raises(StoreError, match=r"/a\\x00b cannot be used: .*null byte"):
        store.entries("default")
    with pytest.raises(StoreError, match=r"/a\\x00b cannot be used: .*null byte"):
        store.save(evaluation(tmp_path / "made", 1), keep=5)


def test_not_writable(tmp_path: Path) -> None:
    """A place that cannot be written to is an error with what to do."""
    store = DirectoryStore(Path("/proc/steelyard"))

    with pytest.raises(StoreError, match="cannot write to directory /proc/steelyard") as caught:
        store.save(evaluation(tmp_path / "made", 1), keep=5)
    assert "writable" in caught.value.hint


def test_lock__is_waited_for_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that never ends is an error after a while; readers do not wait for it."""
    monkeypatch.setattr(directory, "_PATIENCE", 0.1)
    store = DirectoryStore(tmp_path / "store")
    store.save(evaluation(tmp_path / "made", 1), keep=5)

    with (tmp_path / "store" / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert len(store.entries("default")) == 1
        with pytest.raises(StoreError, match="another writer"):
            store.save(evaluation(tmp_path / "two", 2), keep=5)

    store.save(evaluation(tmp_path / "two", 2), keep=5)
    assert len(store.entries("default")) == 2


def test_leftovers__of_a_killed_writer_go(tmp_path: Path) -> None:
    """What a killed writer left half written is removed by the next one."""
    store = DirectoryStore(tmp_path / "store")
    store.save(evaluation(tmp_path / "made", 1), keep=5)
    leftover = tmp_path / "store" / "files" / ".partial-0123456789abcdef"
    leftover.write_bytes(b"half")
    other = tmp_path / "store" / "notes.txt"
    other.write_text("the user's own")

    store.save(evaluation(tmp_path / "two", 2), keep=5)

    assert not leftover.exists()
    assert other.read_text() == "the user's own"


def test_save__is_durable_and_complete_for_readers(tmp_path: Path) -> None:
    """At no moment does a reader see an Evaluation whose side files are not there yet."""
    store = DirectoryStore(tmp_path / "store")
    seen: list[int] = []
    real = directory._write

    def write(path: Path, content: bytes) -> None:
        real(path, content)
        for entry in DirectoryStore(tmp_path / "store").entries("default"):
            DirectoryStore(tmp_path / "store").load("default", entry.sha, into=tmp_path / "loaded")
            seen.append(1)

    directory._write = write
    try:
        store.save(evaluation(tmp_path / "made", 1), keep=5)
        store.save(evaluation(tmp_path / "two", 2), keep=5)
    finally:
        directory._write = real
    assert seen
