"""The reliability diagram: how often what was predicted with a probability came true."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steelyard.model.comparison import Calibration, Reliability
from steelyard.report import figures
from steelyard.report.plot_style import BETTER, FAINT, INK, WORSE, caption
from steelyard.report.reliability import BINS, outside


def figure(calibration: Calibration | None, target: str) -> Figure | None:
    """
    One panel a side; on the diagonal the scores are true, and the band is what chance makes of the diagonal.

    A bin outside of its band is orange and hollow. None where the scores are no probabilities.

    Args:
        calibration: Of one prediction set.
        target: What the baseline is called.
    """
    if calibration is None or not calibration.candidate.bins:
        return None
    sides = [("this change", calibration.candidate)]
    if calibration.baseline is not None:
        sides.insert(0, (caption(target, limit=24), calibration.baseline))
    size = figures.reliability_size(compared=len(sides) == 2)
    made = Figure(figsize=size, layout="constrained")
    panels = made.subplots(1, len(sides), squeeze=False, sharey=True).ravel()
    for axes, (name, side) in zip(panels, sides, strict=True):
        _panel(axes, side)
        axes.set_title(name, color=INK, fontsize=9, parse_math=False)
        axes.set_xlabel("mean score", color=INK, fontsize=8)
    panels[0].set_ylabel("came true", color=INK, fontsize=8)
    return made


def _panel(axes: Axes, side: Reliability) -> None:
    bins = side.bins[:BINS]
    scores = [one.score for one in bins]
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.fill_between(
        scores, [one.low for one in bins], [one.high for one in bins], color=INK, alpha=0.25, linewidth=0, zorder=0
    )
    axes.plot(scores, [one.frequency for one in bins], color=INK, linewidth=1, zorder=2)
    for one in bins:
        colour = WORSE if outside(one) else BETTER
        fill = "none" if outside(one) else colour
        axes.plot(
            [one.score],
            [one.frequency],
            marker="o",
            markersize=5.5,
            markeredgecolor=colour,
            markeredgewidth=1.6,
            markerfacecolor=fill,
            linestyle="none",
            zorder=3,
            clip_on=False,
        )
    _frame(axes)


def _frame(axes: Axes) -> None:
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xticks(ticks, ["0", "0.25", "0.5", "0.75", "1"], fontsize=8)
    axes.set_yticks(ticks, ["0", "0.25", "0.5", "0.75", "1"], fontsize=8)
    axes.grid(color=FAINT, linewidth=0.5)
    axes.tick_params(length=0, colors=INK)
    axes.spines[:].set_visible(False)
