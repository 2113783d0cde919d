"""The picture of a confusion matrix, and of its difference from the baseline's."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from steelyard.model.comparison import Confusion
from steelyard.report import figures
from steelyard.report.numbers import signed
from steelyard.report.plot_style import BAD, FAINT, GOOD, INK, caption

_NUMBERED = 20
"""Cells of larger matrices have no room for a number."""

_EVEN = 0.21
"""Luminance on which white and dark ink have the same contrast."""

_GOOD = LinearSegmentedColormap.from_list("good", GOOD)
_BAD = LinearSegmentedColormap.from_list("bad", BAD)


def figure(confusion: Confusion) -> Figure | None:
    """
    The candidate's matrix, its rows true classes, shaded by the share of the row; beside it the change in counts.

    Blue is right or improved, orange is wrong or worse. None when there is no matrix.
    """
    if confusion.candidate is None or not confusion.labels:
        return None
    counts = np.asarray(confusion.candidate, dtype=np.int64)
    change = counts - np.asarray(confusion.baseline, dtype=np.int64) if confusion.baseline is not None else None
    panels = 1 if change is None else 2
    beside = figures.stands_beside(len(confusion.labels))
    size = figures.confusion_size(len(confusion.labels), compared=panels == 2)
    made = Figure(figsize=size, layout="constrained")
    axes = made.subplots(1 if beside else panels, panels if beside else 1, squeeze=False).ravel()
    _panel(axes[0], counts, _of_row(counts), confusion.labels)
    axes[0].set_title("this change", color=INK, fontsize=9)
    if change is not None:
        _panel(axes[1], change, _of_largest(change), confusion.labels, is_change=True)
        axes[1].set_title("difference from the baseline", color=INK, fontsize=9)
    return made


def _of_row(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counts as a share of their row's total."""
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _of_largest(change: NDArray[np.int64]) -> NDArray[np.float64]:
    """Changes, whatever their sign, as a share of the largest one."""
    size = np.abs(change)
    return size / max(int(size.max()), 1)


def _panel(
    axes: Axes,
    counts: NDArray[np.int64],
    shares: NDArray[np.float64],
    labels: tuple[str, ...],
    *,
    is_change: bool = False,
) -> None:
    size = len(labels)
    right = np.eye(size, dtype=bool)
    good = right if not is_change else right == (counts > 0)
    colours = np.where(good[..., None], _GOOD(np.sqrt(shares)), _BAD(np.sqrt(shares)))
    colours[counts == 0] = 0
    axes.imshow(colours)
    if size <= _NUMBERED:
        for i, j in np.argwhere(counts):
            number = signed(int(counts[i, j]), 0) if is_change else f"{counts[i, j]:,}"
            ink = "white" if _luminance(colours[i, j]) < _EVEN else "#1f2328"
            font = min(8, 90 / size, 32 / len(number))
            # A cell holds its number: measuring it for the layout is what would take longest.
            axes.text(j, i, number, color=ink, ha="center", va="center", fontsize=font, in_layout=False)
    _frame(axes, labels)


def _frame(axes: Axes, labels: tuple[str, ...]) -> None:
    size = len(labels)
    names = [caption(label, limit=14) for label in labels]
    font = min(8, max(3.5, 150 / size))
    axes.set_xticks(
        range(size), names, fontsize=font, rotation=0 if max(map(len, names)) <= 3 else 90, parse_math=False
    )
    axes.set_yticks(range(size), names, fontsize=font, parse_math=False)
    edges, far = np.arange(-0.5, size), size - 0.5
    axes.vlines(edges, -0.5, far, colors=FAINT, linewidths=0.5)
    axes.hlines(edges, -0.5, far, colors=FAINT, linewidths=0.5)
    axes.tick_params(length=0, colors=INK)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted", color=INK, fontsize=8)
    axes.set_ylabel("true", color=INK, fontsize=8)


def _luminance(colour: NDArray[np.float64]) -> float:
    """Relative luminance of an sRGB colour, 0 to 1, as the accessibility guidelines (WCAG 2) define it."""
    rgb = np.asarray(to_rgb(tuple(colour[:3])))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
