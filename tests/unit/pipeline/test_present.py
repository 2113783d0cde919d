"""A Comparison as what is shown of it."""

from __future__ import annotations

from steelyard.pipeline.present import Presentation
from steelyard.report.build import build
from tests.unit.report.samples import PROVENANCE, many_classes


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
