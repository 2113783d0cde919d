"""Bundles that others wrote: what is read of them, and what is refused before it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from steelyard.baseline import bundle
from steelyard.baseline.bundle import MAX_FILES, MAX_JSON, DirectoryEntries
from steelyard.baseline.files import Limits
from steelyard.errors import InputError
from steelyard.model.codec import encode, load_evaluation
from steelyard.model.evaluation import FILE_NAME, Evaluation
from tests.integration.baseline.evaluations import evaluation, side_file


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A bundle that may be read."""
    evaluation(tmp_path / "evaluation", 1)
    into = tmp_path / "bundle"
    into.mkdir()
    bundle.write(tmp_path / "evaluation", into)
    return into


def read(directory: Path, into: Path, *, limits: Limits = bundle.LIMITS) -> Evaluation:
    """Read a directory as a bundle."""
    into.mkdir(exist_ok=True)
    return bundle.read(DirectoryEntries(directory, source="bundle"), into=into, source="bundle", limits=limits)


def test_write__and_read(made: Path, tmp_path: Path) -> None:
    """What is written is read again, the same in every byte, with nothing beside it."""
    found = read(made, tmp_path / "into")

    assert found == load_evaluation(tmp_path / "evaluation")
    assert {file.name for file in (tmp_path / "into").iterdir()} == {file.name for file in made.iterdir()} - {FILE_NAME}
    assert all((made / file.name).read_bytes() == file.read_bytes() for file in (tmp_path / "into").iterdir())


@pytest.mark.parametrize("limits", [Limits(file=20, total=1_000), Limits(file=1_000, total=50)])
def test_write__within_the_bounds(tmp_path: Path, limits: Limits) -> None:
    """What the other side would refuse is not written: a set keeps its counts, and says why."""
    source = evaluation(tmp_path / "evaluation", 1, predictions=b"x" * 40)
    (tmp_path / "bundle").mkdir()
    bundle.write(source, tmp_path / "bundle", limits=limits)
    found = read(tmp_path / "bundle", tmp_path / "into", limits=limits)

    assert found.predictions["test"].testset is None
    assert found.predictions["test"].notes[0].startswith("its rows are not stored")


def test_write__too_large_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Evaluation whose JSON alone is too large is refused where something can be done about it."""
    source = evaluation(tmp_path / "evaluation", 1)
    monkeypatch.setattr(bundle, "MAX_JSON", 100)

    with pytest.raises(InputError, match="bytes of JSON, at most 100 go into a bundle"):
        bundle.write(source, tmp_path)


def _rename(directory: Path) -> None:
    next(directory.glob("pred-*")).rename(directory / "predictions.parquet")


def _spoil(directory: Path) -> None:
    file = next(directory.glob("pred-*"))
    file.write_bytes(file.read_bytes()[::-1])


def _link(directory: Path) -> None:
    file = next(directory.glob("pred-*"))
    file.rename(directory.parent / "elsewhere")
    file.symlink_to(directory.parent / "elsewhere")


def _link_json(directory: Path) -> None:
    (directory / FILE_NAME).rename(directory.parent / FILE_NAME)
    (directory / FILE_NAME).symlink_to(directory.parent / FILE_NAME)


def _pipe(directory: Path) -> None:
    file = next(directory.glob("pred-*"))
    file.unlink()
    os.mkfifo(file)


def _directory(directory: Path) -> None:
    file = next(directory.glob("pred-*"))
    file.unlink()
    file.mkdir()


def _claim(directory: Path, size: int) -> None:
    found = load_evaluation(directory)
    one = found.predictions["test"]
    assert one.predictions is not None
    one = structs.replace(one, predictions=structs.replace(one.predictions, size=size))
    (directory / FILE_NAME).write_bytes(encode(structs.replace(found, predictions={"test": one})))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_rename, 'holds "predictions.parquet", which no bundle has'),
        (_spoil, "its content is not what its name says"),
        (_link, "cannot be read"),
        (_link_json, "cannot be read"),
        (_pipe, "not a file"),
        (_directory, "Is a directory|not a file"),
        (lambda directory: next(directory.glob("pred-*")).unlink(), "is missing"),
        (lambda directory: (directory / FILE_NAME).unlink(), "evaluation.json is missing"),
        (lambda directory: (directory / "steelyard.toml").touch(), 'holds "steelyard.toml", which no bundle has'),
        (lambda directory: (directory / "..\u202e\n").touch(), r'holds "\.\.\\u202e\\n", which no bundle has'),
        (lambda directory: _claim(directory, 17 * 1024 * 1024), "17,825,792 bytes, at most 16,777,216 are read"),
        (lambda directory: _claim(directory, 2**60), "bytes of side files, at most 268,435,456 are read"),
        (lambda directory: _claim(directory, 5), "its content is not what its name says"),
        (lambda directory: (directory / FILE_NAME).write_bytes(b"[" * 100_000), "not a valid Evaluation"),
        (lambda directory: (directory / FILE_NAME).write_bytes(b'{"schema": 99}'), "newer steelyard"),
        (lambda directory: (directory / FILE_NAME).write_bytes(b" " * (MAX_JSON + 1)), "more than 16,777,216 bytes"),
        (lambda directory: [(directory / f"{i}").touch() for i in range(MAX_FILES + 9)], "more than 300 files"),
    ],
)
def test_read__hostile(made: Path, tmp_path: Path, spoil: Callable[[Path], object], said: str) -> None:
    """Names that are none, files that are none, contents and sizes that are not as claimed: a sentence, and no file."""
    spoil(made)

    with pytest.raises(InputError, match=said):
        read(made, tmp_path / "into")


def test_read__nothing_there(tmp_path: Path) -> None:
    """A directory that cannot be read is an error about the bundle."""
    with pytest.raises(InputError, match="cannot read the bundle"):
        DirectoryEntries(tmp_path / "none", source="bundle")


def test_read__names_that_lead_elsewhere(made: Path, tmp_path: Path) -> None:
    """A side file's name that is a path is no name: nothing is read or written by it."""
    text = (made / FILE_NAME).read_text(encoding="utf-8")
    name = side_file(tmp_path / "x", "pred", b"predictions of 1").name
    assert name in text
    (made / FILE_NAME).write_text(text.replace(name, f"../x/{name}"), encoding="utf-8")

    with pytest.raises(InputError, match="not a valid Evaluation"):
        read(made, tmp_path / "into")
