"""`steelyard.pipeline.replacing`: an Evaluation's directory is whole at every moment."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from steelyard.errors import UsageError
from steelyard.model.evaluation import FILE_NAME
from steelyard.pipeline.replacing import replacing


def side_file(letter: str) -> str:
    """The name of a side file."""
    return f"plot-{letter * 32}.png"


def fill(target: Path, letter: str) -> None:
    """An Evaluation with one side file that its text names."""
    with replacing(target) as new:
        (new / side_file(letter)).write_text(letter, encoding="utf-8")
        (new / FILE_NAME).write_text(side_file(letter), encoding="utf-8")


def names(directory: Path) -> set[str]:
    """What is in a directory."""
    return {file.name for file in directory.iterdir()}


def test_replacing__old_files_go(tmp_path: Path) -> None:
    """Side files that the new Evaluation does not need are removed, and nothing temporary is left."""
    fill(tmp_path / "a", "a")
    fill(tmp_path / "a", "b")

    assert names(tmp_path / "a") == {FILE_NAME, side_file("b")}
    assert names(tmp_path) == {"a"}


def test_replacing__failure_keeps_the_old(tmp_path: Path) -> None:
    """What ends in an error changes nothing."""
    fill(tmp_path / "a", "a")
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "a"):
        _ = 1 / 0

    assert names(tmp_path / "a") == {FILE_NAME, side_file("a")}
    assert names(tmp_path) == {"a"}


@pytest.mark.parametrize("stranger", ["notes.txt", f"{FILE_NAME}/", "plot-1.png"])
def test_replacing__strangers_stay(tmp_path: Path, stranger: str) -> None:
    """A directory with anything that is not ours is not touched."""
    path = tmp_path / "a" / stranger
    path.parent.mkdir()
    path.mkdir() if stranger.endswith("/") else path.write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="not a directory of an evaluation"):
        fill(tmp_path / "a", "a")
    assert path.exists()


@pytest.mark.parametrize("name", ["file/below", "a" * 300])
def test_replacing__cannot_be_written(tmp_path: Path, name: str) -> None:
    """A place where no directory can be is a usage error."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot write there"):
        fill(tmp_path / name, "a")


def test_replacing__sweeps_what_the_killed_left(tmp_path: Path) -> None:
    """The temporary directory of a process that is gone is removed; that of a living one is not."""
    (tmp_path / ".steelyard-collect-dead").mkdir()
    with replacing(tmp_path / "a") as alive:
        (alive / FILE_NAME).write_text("a", encoding="utf-8")
        fill(tmp_path / "b", "b")

        assert names(tmp_path) == {alive.name, "b"}


def _many(target: Path, letter: str) -> None:
    for _ in range(40):
        fill(target, letter)


def test_replacing__two_at_once(tmp_path: Path) -> None:
    """Whichever is last, its Evaluation is whole."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_many, args=(tmp_path / "a", letter)) for letter in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert [worker.exitcode for worker in workers] == [0, 0]
    needed = (tmp_path / "a" / FILE_NAME).read_text(encoding="utf-8")
    assert names(tmp_path / "a") == {FILE_NAME, needed}


def test_replacing__disk_full(small_disk: Path) -> None:
    """A disk that is full before all is written is said as such, and nothing of the attempt is left."""
    with pytest.raises(UsageError) as caught, replacing(small_disk / "a") as new:
        (new / FILE_NAME).write_bytes(bytes(2 << 20))

    assert str(caught.value) == f"{small_disk / 'a'}: cannot write: No space left on device"
    assert caught.value.hint == "free disk space there"
    assert names(small_disk) == set()


def test_replacing__other_errors(tmp_path: Path) -> None:
    """Errors of reading within the block are not taken for errors of writing."""
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a"):
        (tmp_path / "missing").read_bytes()
