"""Where the templates are."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.report import templates


def test_directory__has_the_report() -> None:
    """The templates are found in this installation."""
    assert (templates.directory() / "report.md.j2").is_file()


def test_directory__packaged_copy_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel's own copy is used before anything that lies beside it."""
    monkeypatch.setattr(templates, "_PACKAGED", tmp_path)

    assert tmp_path == templates.directory()


def test_directory__broken_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without templates the error says where they were expected."""
    monkeypatch.setattr(templates, "_PACKAGED", tmp_path / "a")
    monkeypatch.setattr(templates, "_CHECKOUT", tmp_path / "b")

    with pytest.raises(FileNotFoundError, match="neither"):
        templates.directory()
