"""
The report's own pictures: confusion matrices, reliability diagrams, and the differences with their intervals.

Drawn with matplotlib's object interface, its settings at their defaults whatever the user's are; the same Comparison
gives the same bytes. Backgrounds are transparent and the ink is a grey that reads on light and on dark pages. Text from
data is never parsed as mathematics, and a character that the font does not have becomes a box.
"""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from steelyard.model.comparison import Comparison
from steelyard.report import figures, plot_confusion, plot_forest, plot_reliability
from steelyard.report.naming import target_name
from steelyard.report.sets import SETS

DOTS_PER_INCH = 200
"""Twice what the pictures are shown at, for screens with small dots."""


_COLOURS = 128


def draw(comparison: Comparison, directory: Path) -> dict[str, Path]:
    """
    Draw every figure that the Comparison has something for.

    Args:
        comparison: What was found.
        directory: Where the PNG files go; it is made.

    Returns:
        The file of each figure: `forest`, `confusion`, `reliability`, `confusion-2` … The names are those that the
        Report uses.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = {}
    with mpl.rc_context():
        mpl.rcdefaults()
        for name, figure in _figures(comparison).items():
            files[name] = directory / f"{name}.png"
            files[name].write_bytes(_png(figure))
    return files


def _png(figure: Figure) -> bytes:
    """A PNG with a palette: a third of the size, and no sign of when and by what it was made."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DOTS_PER_INCH)
    for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
        patch.set(facecolor="none", edgecolor="none")
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]  # matplotlib's
    picture = Image.frombuffer("RGBA", canvas.get_width_height(), pixels, "raw", "RGBA", 0, 1)
    small = io.BytesIO()
    picture.quantize(_COLOURS).save(small, format="PNG", optimize=True)
    return small.getvalue()


def _figures(comparison: Comparison) -> dict[str, Figure]:
    drawn = {figures.FOREST: plot_forest.figure(comparison)}
    for i, one in enumerate(comparison.sets[:SETS]):
        drawn[figures.confusion(i)] = plot_confusion.figure(one.confusion)
        drawn[figures.reliability(i)] = plot_reliability.figure(one.calibration, target_name(comparison))
    return {name: figure for name, figure in drawn.items() if figure is not None}
