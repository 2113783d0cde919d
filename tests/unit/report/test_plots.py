"""Pictures: which are drawn, their size and their bytes. What they look like was looked at."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from msgspec import structs
from PIL import Image

from steelyard.model.comparison import Comparison, Confusion, Verdict
from steelyard.report import figures
from steelyard.report.build import build
from steelyard.report.plot_forest import _Line, _own_scales
from steelyard.report.plot_style import caption
from steelyard.report.plots import draw
from tests.unit.report.samples import (
    HOSTILE,
    LOG_LOSS,
    accuracy,
    better,
    digits_set,
    equivalent,
    failed,
    file_metrics,
    first,
    hostile,
    interval,
    many_classes,
    several_sets,
)

LIMIT = 100 * 1024


@pytest.mark.parametrize(
    ("comparison", "names"),
    [
        (better(), {"forest", "confusion"}),
        (equivalent(), {"forest", "confusion"}),
        (first(), {"confusion"}),
        (several_sets(), {"forest", "confusion", "confusion-2"}),
        (many_classes(), {"forest"}),
        (file_metrics(), set()),
        (failed(), set()),
        (hostile(), {"forest", "confusion", "confusion-2"}),
    ],
)
def test_draw__figures(comparison: Comparison, names: set[str], tmp_path: Path) -> None:
    """What there is something for is drawn as a small PNG under a name that the Report uses."""
    drawn = draw(comparison, tmp_path / "images")

    assert names == set(drawn)
    assert all(file.read_bytes().startswith(b"\x89PNG") and file.stat().st_size < LIMIT for file in drawn.values())
    assert names <= {"forest", *(one.figure for one in build(comparison).sets)}


def test_draw__same_bytes_whatever_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same Comparison gives the same bytes, also with a user's own settings, which stay as they are."""
    first_time = draw(better(), tmp_path / "a")
    monkeypatch.setitem(mpl.rcParams, "font.size", 30.0)
    second_time = draw(better(), tmp_path / "b")
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfont.size: 40\nlines.linewidth: 9\n")
    code = """if True:
        import pathlib, sys
        from steelyard.report.plots import draw
        from tests.unit.report.samples import better
        draw(better(), pathlib.Path(sys.argv[1]))"""
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "c")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )

    for name, file in first_time.items():
        assert file.read_bytes() == second_time[name].read_bytes() == (tmp_path / "c" / file.name).read_bytes()
    assert mpl.rcParams["font.size"] == 30.0


def test_draw__size_is_the_reports(tmp_path: Path) -> None:
    """A picture is drawn at twice the width that the report shows it at."""
    drawn = draw(better(), tmp_path)

    with Image.open(drawn["confusion"]) as confusion, Image.open(drawn["forest"]) as forest:
        assert confusion.width == 2 * figures.confusion_size(10, compared=True).pixels
        assert forest.width == 2 * figures.forest_size(3).pixels


@pytest.mark.parametrize("labels", [1, 2, 15, 50])
def test_draw__any_number_of_classes(labels: int, tmp_path: Path) -> None:
    """From one class to as many as a Comparison has a matrix for."""
    counts = tuple(tuple(100_000 * (i == j) + (i * j) % 7 for j in range(labels)) for i in range(labels))
    other = tuple(tuple(reversed(row)) for row in counts)
    confusion = Confusion(labels=tuple(f"a long label {n}" for n in range(labels)), candidate=counts, baseline=other)

    drawn = draw(structs.replace(better(), sets=(digits_set(confusion=confusion),)), tmp_path)

    assert drawn["confusion"].stat().st_size < LIMIT


def test_draw__nothing_right_and_nothing_changed(tmp_path: Path) -> None:
    """Empty rows and a difference of zero divide nothing by zero: warnings are errors here."""
    zeros = ((0, 0), (3, 0))

    drawn = draw(
        structs.replace(
            better(), sets=(digits_set(confusion=Confusion(labels=("a", "b"), candidate=zeros, baseline=zeros)),)
        ),
        tmp_path,
    )

    assert drawn["confusion"].is_file()


def test_draw__labels_are_not_mathematics(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Dollars, unknown scripts and emoji are drawn without a complaint: warnings are errors here."""
    labels = ("$\\frac{$", "$x$", "日本語", "😀 emoji", "\u202eleft", *HOSTILE[:5])
    size = len(labels)
    counts = tuple(tuple(int(i == j) for j in range(size)) for i in range(size))
    rows = tuple(accuracy(0.9, 0.91, (0.0, 0.02), Verdict.BETTER, metric=label) for label in labels)
    with caplog.at_level(logging.WARNING):
        draw(
            structs.replace(
                better(), rows=rows, sets=(digits_set(confusion=Confusion(labels=labels, candidate=counts)),)
            ),
            tmp_path,
        )

    assert caplog.messages == []


def test_draw__own_scales(tmp_path: Path) -> None:
    """Metrics of very different size are each drawn on a scale of their own."""
    rows = (
        accuracy(0.9, 0.91, (0.001, 0.02), Verdict.BETTER),
        accuracy(900.0, 950.0, (-20.0, 120.0), Verdict.INCONCLUSIVE, metric="latency", higher_is_better=False),
    )
    alone = draw(structs.replace(better(), rows=rows[:1]), tmp_path / "one")["forest"].read_bytes()

    assert alone != draw(structs.replace(better(), rows=rows), tmp_path / "two")["forest"].read_bytes()


def test_caption__boxes_for_unknown_characters() -> None:
    """A character that the font lacks is a box, so that its number and place still show."""
    assert caption("ab日本") == "ab▯▯"
    assert caption("é ↑ −") == "é ↑ −"


def test_draw__no_line_without_extent(tmp_path: Path) -> None:
    """A metric that did not move at all, or has an infinite bound, has no line."""
    flat = accuracy(0.9, 0.9, (0.0, 0.0), Verdict.INCONCLUSIVE)
    endless = accuracy(0.9, 0.91, (-float("inf"), 0.1), Verdict.INCONCLUSIVE)

    assert "forest" not in draw(structs.replace(better(), rows=(flat, endless)), tmp_path)


def test_own_scales__in_half_widths() -> None:
    """Metrics of different units have intervals of one length, unless a difference would lie beyond the edge."""
    lines = [
        _Line(LOG_LOSS, 300.0, interval(100.0, 500.0), 500.0),
        _Line(LOG_LOSS, 0.001, interval(-0.001, 0.003), 0.003),
        _Line(LOG_LOSS, 20.0, interval(19.0, 21.0), 21.0),
    ]

    scales = _own_scales(lines)

    assert scales == [pytest.approx(1_200.0), pytest.approx(0.012), pytest.approx(21.0)]
    assert all(line.extent <= scale for line, scale in zip(lines, scales, strict=True))


def test_own_scales__reach_no_farther_than_needed() -> None:
    """Where no difference is far from zero in half widths, the lines fill the width."""
    lines = [
        _Line(LOG_LOSS, 0.0, interval(-100.0, 100.0), 100.0),
        _Line(LOG_LOSS, 0.001, interval(-0.001, 0.003), 0.003),
    ]

    assert _own_scales(lines) == [pytest.approx(150.0), pytest.approx(0.003)]
