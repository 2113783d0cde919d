"""The picture of all differences with their intervals, turned so that right is better."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steelyard.model.comparison import Comparison, Interval, Row, Verdict
from steelyard.report import figures
from steelyard.report.naming import metric_name
from steelyard.report.numbers import row_text
from steelyard.report.plot_style import BETTER, INK, WORSE, caption

_ROWS = 20

_COLOURS = {
    Verdict.BETTER: BETTER,
    Verdict.NO_WORSE: BETTER,
    Verdict.EQUIVALENT: BETTER,
    Verdict.WORSE: WORSE,
}

_ALIKE = 8.0
"""Metrics whose differences are at most this many times apart share one scale."""

_HALF_WIDTHS = 6.0
"""On scales of their own, lines reach so many half widths of their interval to either side, if that is enough."""


class _Line(NamedTuple):
    """A metric that can be drawn: it has a difference, an interval and a direction."""

    row: Row
    difference: float
    bounds: Interval
    extent: float
    """How far it reaches from zero, its margin included."""

    @property
    def half_width(self) -> float:
        """Of the interval."""
        return (self.bounds.high - self.bounds.low) / 2.0


def figure(comparison: Comparison) -> Figure | None:
    """One line a metric that has an interval and a direction; None when there is none."""
    lines = list(islice(_lines(comparison), _ROWS))
    if not lines:
        return None
    extents = [line.extent for line in lines]
    shared = max(extents) <= _ALIKE * min(extents)
    scales = [max(extents)] * len(lines) if shared else _own_scales(lines)
    made = Figure(figsize=figures.forest_size(len(lines)), layout="constrained")
    axes = made.subplots()
    for i, line in enumerate(lines):
        _draw(axes, line, place=-i, scale=scales[i])
    _frame(axes, [_name(line.row, comparison) for line in lines])
    remark = "" if shared else "     (each line on its own scale)"
    axes.set_xlabel(f"← worse     better →{remark}", color=INK, fontsize=8)
    return made


def _own_scales(lines: Sequence[_Line]) -> list[float]:
    """
    What each line is divided by, for metrics of different units.

    Differences are measured in half widths of their own interval, so that all intervals are equally long and a line
    that is farther from zero is surer; only one that would lie beyond the edge has a shorter interval.
    """
    reach = min(_HALF_WIDTHS, max(line.extent / line.half_width for line in lines))
    return [max(reach * line.half_width, line.extent) for line in lines]


def _lines(comparison: Comparison) -> Iterator[_Line]:
    for row in comparison.rows:
        if row.interval is None or row.difference is None or row.higher_is_better is None:
            continue
        reach = (row.interval.low, row.interval.high, row.difference, row.margin)
        extent = max(abs(end) for end in reach)
        if row.interval.low < row.interval.high and extent < math.inf:
            yield _Line(row, row.difference, row.interval, extent)


def _name(row: Row, comparison: Comparison) -> str:
    return f"{caption(metric_name(row, comparison), limit=24)} {'↑' if row.higher_is_better else '↓'}"


def _draw(axes: Axes, line: _Line, *, place: int, scale: float) -> None:
    row = line.row
    turn = (1 if row.higher_is_better else -1) / scale
    colour = _COLOURS.get(row.verdict, INK) if row.verdict is not None else INK
    ends = [line.bounds.low * turn, line.bounds.high * turn]
    axes.plot(ends, [place, place], color=colour, linewidth=2, solid_capstyle="butt")
    for end in ends:
        axes.plot([end, end], [place - 0.14, place + 0.14], color=colour, linewidth=2)
    axes.plot([line.difference * turn], [place], marker="o", markersize=5.5, color=colour)
    if row.margin:
        margin = row.margin / scale
        axes.fill_betweenx([place - 0.4, place + 0.4], -margin, margin, color=INK, alpha=0.16, linewidth=0)
    shown = row_text(row)
    axes.annotate(
        f"{shown.difference}  ({shown.interval})",
        (1.02, place),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=8,
        color=INK,
        parse_math=False,
    )


def _frame(axes: Axes, names: list[str]) -> None:
    axes.axvline(0, color=INK, linewidth=1, zorder=0)
    axes.set_xlim(-1.08, 1.08)
    axes.set_ylim(-len(names) + 0.4, 0.6)
    axes.set_yticks(range(0, -len(names), -1), names, fontsize=9, parse_math=False)
    axes.tick_params(length=0, colors=INK)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
