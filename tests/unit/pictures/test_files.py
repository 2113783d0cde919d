"""What of a report's files is served."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from PIL import Image

from steelyard.pictures import MAX_PICTURES, clean
from steelyard.pictures.files import readable
from tests.pictures import encoded, svg


def test_readable__only_pictures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no picture, no file, too large or gone is left out with a warning each; the others are shown."""
    (tmp_path / "good.png").write_bytes(encoded(Image.new("L", (3, 3)), "png"))
    (tmp_path / "plot.svg").write_bytes(svg("<script/>"))
    (tmp_path / "script.png").write_text("<html>")
    (tmp_path / "directory.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "large.png").write_bytes(encoded(Image.effect_noise((90, 90), 9), "png"))
    names = ("good.png", "plot.svg", "script.png", "directory.png", "pipe.png", "large.png", "gone\n::error::.png")
    with caplog.at_level(logging.WARNING, logger="steelyard"):
        found = readable({name: tmp_path / name for name in names}, limit=1_000)

    assert found == {name: clean((tmp_path / name).read_bytes(), shown=name) for name in ("good.png", "plot.svg")}
    assert len(caplog.records) == 5
    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_readable__at_most_so_many(tmp_path: Path) -> None:
    """The first pictures are shown when there are too many."""
    (tmp_path / "a.png").write_bytes(encoded(Image.new("L", (3, 3)), "png"))

    assert list(readable({str(number): tmp_path / "a.png" for number in range(MAX_PICTURES + 3)})) == [
        str(number) for number in range(MAX_PICTURES)
    ]
