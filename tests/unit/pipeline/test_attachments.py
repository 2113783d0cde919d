"""Pictures that a Markdown file names by a path."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from steelyard.ci import Context
from steelyard.pipeline.attachments import Origin, attach, local_pictures

PNG = b"\x89PNG\r\n\x1a\nnot much of a picture"


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A workspace with a directory of reports and some files."""
    root = tmp_path / "work"
    (root / "reports").mkdir(parents=True)
    for name in ("a.png", "reports/b c.png", "reports/train.py"):
        (root / name).write_bytes(PNG)
    (tmp_path / "outside.png").write_bytes(PNG)
    context = Context(provider="github", workspace=root, repository="octo/digits")
    return Origin(directory=root / "reports", root=root, scratch=root / ".steelyard" / "embedded", context=context)


def found(markdown: str, origin: Origin) -> list[str]:
    """The files that a text shows, relative to the workspace."""
    return [file.relative_to(origin.root).as_posix() for file in local_pictures(markdown, origin).values()]


def test_local_pictures__relative_to_the_file(origin: Origin) -> None:
    """Paths are relative to the Markdown file, encoded or not; a question mark's rest is no part of a name."""
    text = '![](../a.png) ![](b%20c.png) <img src="b c.png"> ![](../a.png?raw=true#x)'

    assert found(text, origin) == ["a.png", "reports/b c.png", "reports/b c.png", "a.png"]


def test_local_pictures__names_of_the_runner(origin: Origin) -> None:
    """An earlier step that ran outside of this container calls the same workspace something else."""
    runner = "/home/runner/work/digits/digits"
    text = f'![]({runner}/a.png) <img src="/__w/digits/digits/reports/b%20c.png"> ![]({runner}/../../../outside.png)'

    assert found(text, origin) == ["a.png", "reports/b c.png"]


def test_local_pictures__links_are_left_alone(origin: Origin) -> None:
    """A link to a file shows nothing, so nothing of it is served."""
    assert found("[code](train.py) [picture](../a.png) `![](../a.png)`", origin) == []


def test_local_pictures__nothing_outside(origin: Origin, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a path upwards, an absolute path, a link in the file system, nor a directory leads out; each is said."""
    (origin.root / "link.png").symlink_to(origin.root.parent / "outside.png")
    (origin.root / "loop.png").symlink_to(origin.root / "loop.png")
    text = (
        "![](../../outside.png) ![](/etc/hostname) ![](../link.png) ![](..) ![](../loop.png) ![](%00.png) "
        "![](//h/a.png) ![](https://example.org/a.png) ![](file:///etc/hostname) ![](#a)"
    )

    assert found(text, origin) == []
    assert caplog.text.count("no picture") == 6


def test_local_pictures__embedded(origin: Origin) -> None:
    """A picture in the text itself, as DVCLive writes it, becomes a file of ours; one that is broken is left."""
    good = base64.b64encode(PNG).decode()

    pictures = local_pictures(f"![](data:image/png;base64,{good}) ![](data:image/png;base64,=A)", origin)

    (file,) = pictures.values()
    assert file.parent == origin.scratch
    assert file.read_bytes() == PNG


def test_attach__each_file_once(origin: Origin) -> None:
    """A file that is shown twice is served once; one that the host leaves out stays as it is."""
    asked: list[Mapping[str, Path]] = []

    def publish(files: Mapping[str, Path]) -> Mapping[str, str]:
        asked.append(files)
        return {"picture-1": "https://forge.example/1.png?raw=true&x=(1)"}

    text = "![a](../a.png) <img src='../a.png'> ![b](<b c.png>) [a](../a.png)"
    new = attach(text, local_pictures(text, origin), publish)

    assert [sorted(files) for files in asked] == [["picture-1", "picture-2"]]
    assert new == (
        "![a](https://forge.example/1.png?raw=true&x=%281%29) "
        "<img src='https://forge.example/1.png?raw=true&amp;x=%281%29'> ![b](<b c.png>) [a](../a.png)"
    )


def test_attach__no_pictures(origin: Origin) -> None:
    """A text without pictures asks nobody."""
    del origin

    assert attach("text", {}, lambda _: pytest.fail("asked")) == "text"
