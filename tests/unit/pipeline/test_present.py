"""A Comparison as what is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.pipeline.present import Presentation, present
from steelyard.pipeline.project import Project
from steelyard.report.build import build
from tests.unit.report.samples import PROVENANCE, better, many_classes


def test_page__is_whole() -> None:
    """What does not fit into a comment is on the page, which the comment's last lines name."""
    presentation = Presentation(report=build(many_classes(), provenance=PROVENANCE))
    comment, page = presentation.markdown(images={}, limit=12_000), presentation.page()

    assert "Left out to fit here" in comment
    assert "steelyard report --html FILE" in comment
    assert "Left out to fit here" not in page
    assert len(page) > 12_000


def test_page__title() -> None:
    """A browser's tab says what the headline says."""
    page = Presentation(report=build(many_classes(), provenance=PROVENANCE)).page()

    assert "<title>steelyard · Better · accuracy " in page


def test_present__disk_full(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A report whose pictures cannot be written is complete without them, and none is left by halves."""
    project = Project.open(small_disk, config=None)
    images = project.workspace.state("images")
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "filler").write_bytes(bytes(2 << 20))

    presentation = present(better(), project)

    assert presentation.figures == {}
    assert "accuracy" in presentation.page()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        ".steelyard/images: the pictures cannot be written: No space left on device"
    ]
    assert not images.exists()
