"""The page's pictures: coverage of every stated interval, and false verdicts of pairs that do not differ."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from steelyard.report.plot_style import BAD, FAINT, GOOD, INK
from validation.coverage import LOWEST
from validation.study import Finding, Result

_DOTS_PER_INCH = 160
_COLOURS = 64
_LEAST = 0.85
"""Where the axis of coverage starts; what is below is drawn at the edge."""


def write(results: Sequence[Result], directory: Path) -> list[Path]:
    """Draw all pictures; the same results give the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    made = {"validation-coverage": _coverage, "validation-same": _same}
    written = []
    with mpl.rc_context():
        mpl.rcdefaults()
        for name, draw in made.items():
            if (figure := draw(results)) is not None:
                written.append(directory / f"{name}.png")
                written[-1].write_bytes(_png(figure))
    return written


def _png(figure: Figure) -> bytes:
    FigureCanvasAgg(figure)
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, dpi=_DOTS_PER_INCH, transparent=True)
    with Image.open(drawn) as picture:
        picture.quantize(_COLOURS).save(small, format="PNG", optimize=True)
    return small.getvalue()


def _coverage(results: Sequence[Result]) -> Figure | None:
    shown = [(one, stated) for one in results if one.kind == "coverage" and (stated := _stated(one))]
    if not shown:
        return None
    figure = Figure(figsize=(8.0, 1.1 + 0.21 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    for place, (_, findings) in enumerate(reversed(shown)):
        for finding in findings:
            covered, error = finding.numbers["coverage"] or 0.0, finding.numbers["error"] or 0.0
            colour = BAD[1] if finding.passed is False else GOOD[1]
            mark = "D" if finding.subject.startswith("value") else "o"
            axes.errorbar(
                max(covered, _LEAST), place, xerr=error, fmt=mark, ms=3.2, lw=0.7, color=colour, alpha=0.75, mew=0
            )
    _lines(axes, {LOWEST: BAD[1], 0.95: INK})
    axes.set_xlim(_LEAST - 0.003, 1.003)
    axes.set_yticks(range(len(shown)), [one.name for one, _ in reversed(shown)], fontsize=7)
    axes.set_xlabel("share of printed 95% intervals that contain the truth (● difference, ◆ value; bars: ± 1 error)")
    return _styled(figure, axes)


def _stated(result: Result) -> list[Finding]:
    """Findings about intervals that are stated without a caveat in at least half of the reports."""
    return [one for one in result.findings if (one.numbers.get("stated") or 0.0) >= 0.5]


def _same(results: Sequence[Result]) -> Figure | None:
    shown = [(one, one.findings[0]) for one in results if one.kind == "same"]
    if not shown:
        return None
    figure = Figure(figsize=(8.0, 1.1 + 0.25 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    for place, (one, finding) in enumerate(reversed(shown)):
        rate, error = finding.numbers["rate"] or 0.0, finding.numbers["error"] or 0.0
        colour = BAD[1] if finding.passed is False else GOOD[1]
        axes.errorbar(rate, place, xerr=error, fmt="o", ms=4.0, lw=0.9, color=colour)
        limit = (finding.numbers["limit"] or 0.0) / one.repetitions
        axes.plot([limit, limit], [place - 0.3, place + 0.3], color=BAD[1], lw=1.0)
    _lines(axes, {0.05: INK})
    axes.set_xlim(0.0, 0.09)
    axes.set_yticks(range(len(shown)), [one.name for one, _ in reversed(shown)], fontsize=8)
    axes.set_xlabel("share of reports with a false verdict on any gated metric (bar: the limit at 99%)")
    return _styled(figure, axes)


def _lines(axes: Axes, at: dict[float, str]) -> None:
    for value, colour in at.items():
        axes.axvline(value, color=colour, lw=0.8, ls="--", zorder=0)


def _styled(figure: Figure, axes: Axes) -> Figure:
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.tick_params(colors=INK, labelcolor=INK, length=0)
    axes.xaxis.label.set_color(INK)
    axes.xaxis.label.set_fontsize(8)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure
