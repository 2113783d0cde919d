"""`steelyard.pipeline.output`: where results go."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from steelyard.errors import UsageError
from steelyard.pipeline.output import write


@pytest.mark.parametrize("name", ["", ".", "/", "file/below", "directory", "a" * 300, "nul\0"])
def test_write__no_place_for_a_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever cannot be written is a usage error that names it, and nothing is left lying about."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "directory").mkdir()
    before = sorted(tmp_path.iterdir())

    with pytest.raises(UsageError, match="cannot write"):
        write("x", Path(name))
    assert sorted(tmp_path.iterdir()) == before


def test_write__keeps_neighbours(tmp_path: Path) -> None:
    """A user's file that is called like an unfinished one stays."""
    (tmp_path / "a.md.partial").write_text("mine", encoding="utf-8")
    write("ours", tmp_path / "a.md")

    assert (tmp_path / "a.md.partial").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "ours"


def test_write__a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """A named pipe gets the text; it is not replaced by a file, and neither is a device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write("text", pipe)
    reader.join(timeout=10)

    assert got == ["text"]
    assert pipe.is_fifo()


def test_write__a_link_is_replaced(tmp_path: Path) -> None:
    """What a link leads to is not ours."""
    (tmp_path / "theirs").write_text("theirs", encoding="utf-8")
    (tmp_path / "link").symlink_to("theirs")
    write("ours", tmp_path / "link")

    assert (tmp_path / "theirs").read_text(encoding="utf-8") == "theirs"
    assert (tmp_path / "link").read_text(encoding="utf-8") == "ours"


def test_write__standard_output_is_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data is what a file would hold, whatever the terminal's encoding has characters for."""
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    write("🟢 é", None)

    assert stdout.buffer.seek(0) == 0
    assert stdout.buffer.read().decode() == "🟢 é"


def test_write__closed_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `>&-` there is none: what would go there goes nowhere."""
    monkeypatch.setattr(sys, "stdout", None)

    write("x", Path("-"))
