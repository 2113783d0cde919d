"""Names and sizes of pictures."""

from __future__ import annotations

from steelyard.report import figures


def test_names__are_plain() -> None:
    """Names are made of positions, never of data."""
    assert [figures.confusion(0), figures.confusion(1), figures.plot(0)] == ["confusion", "confusion-2", "plot-1"]


def test_confusion_size__grows() -> None:
    """Two matrices are wider, or higher when there are many classes."""
    assert figures.confusion_size(10, compared=False).pixels == 440
    assert figures.confusion_size(10, compared=True).pixels == 760
    assert figures.confusion_size(30, compared=True).height > figures.confusion_size(30, compared=False).height
