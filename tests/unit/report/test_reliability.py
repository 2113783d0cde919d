"""The calibration section: numbers as text, bins outside of their band, and the diagram."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs
from PIL import Image

from steelyard.model.comparison import Calibration, Comparison
from steelyard.model.report import CalibrationSection
from steelyard.report import figures, reliability
from steelyard.report.build import build
from steelyard.report.plots import draw
from tests.unit.report.kinds import calibration, first_scored, scored
from tests.unit.report.kinds import reliability as side
from tests.unit.report.samples import HOSTILE, better, digits_set


def section(of: Calibration | None) -> CalibrationSection | None:
    """The section of a prediction set with this calibration."""
    return reliability.section(digits_set(calibration=of), 0, "main")


def test_section__both_sides() -> None:
    """The baseline stands above this change; how many bins are off is counted."""
    found = section(calibration())

    assert found is not None
    assert found.summary == "ECE 0.021 → 0.084"
    assert [(line.side, line.ece, line.outside) for line in found.lines] == [
        ("main", "0.021", "1 of 5"),
        ("this change", "0.084", "3 of 5"),
    ]
    assert found.lines[1].expected == "0.0071\xa0…\xa00.0170"
    assert [bin_.outside for bin_ in found.bins] == ["", "above", "", "below", "below"]
    assert found.level == "95%"


def test_section__small_and_certain_scores() -> None:
    """Scores near 0 and 1 keep the digits that tell them from 0 and 1."""
    found = section(calibration(candidate=side((0.00004, 0.0), (0.99996, 1.0), ece=0.5)))

    assert found is not None
    assert [bin_.score for bin_ in found.bins] == ["0.000040", "0.999960"]
    assert [bin_.frequency for bin_ in found.bins] == ["0", "1"]


def test_section__without_probabilities() -> None:
    """Where scores are no probabilities there is no section and no diagram."""
    assert section(None) is None
    assert build(better()).sets[0].calibration is None


def test_section__without_baseline() -> None:
    """One side alone has one line, and a narrower picture."""
    found = section(calibration(baseline=None))

    assert found is not None
    assert found.summary == "ECE 0.084"
    assert [line.side for line in found.lines] == ["this change"]
    assert found.figure_width == figures.reliability_size(compared=False).pixels


def test_section__bounded() -> None:
    """Thousands of bins and endless words do not make the section long."""
    many = side(*((n / 5_000, n / 5_000) for n in range(5_000)), ece=0.0)
    found = section(calibration(candidate=many, note="x" * 10_000, of="y" * 10_000))

    assert found is not None
    assert len(found.bins) == reliability.BINS
    assert (len(found.note), len(found.of)) == (300, 60)
    assert found.lines[1].outside == "0 of 5,000"


@pytest.mark.parametrize(("comparison", "compared"), [(scored(), True), (first_scored(), False)])
def test_draw__size_is_the_reports(comparison: Comparison, compared: bool, tmp_path: Path) -> None:
    """The diagram is drawn at twice the width that the report shows it at, as a small file."""
    drawn = draw(comparison, tmp_path)["reliability"]

    with Image.open(drawn) as picture:
        assert picture.width == 2 * figures.reliability_size(compared=compared).pixels
    assert drawn.stat().st_size < 50_000


def test_draw__bins_outside_look_otherwise(tmp_path: Path) -> None:
    """The picture depends on whether a bin lies inside of its band."""
    pairs = ((0.2, 0.3), (0.6, 0.65))
    one = structs.replace(
        scored(), sets=(digits_set(calibration=calibration(candidate=side(*pairs, ece=0.1, half=0.12))),)
    )
    other = structs.replace(
        scored(), sets=(digits_set(calibration=calibration(candidate=side(*pairs, ece=0.1, half=0.02))),)
    )

    assert (
        draw(one, tmp_path / "a")["reliability"].read_bytes() != draw(other, tmp_path / "b")["reliability"].read_bytes()
    )


@pytest.mark.parametrize("target", HOSTILE[:12])
def test_draw__hostile_branch(target: str, tmp_path: Path) -> None:
    """The baseline's name is only text, and one that the font lacks characters of is drawn without a complaint."""
    base = scored()
    assert base.choice is not None

    draw(structs.replace(base, choice=structs.replace(base.choice, target=target)), tmp_path)


def test_draw__one_bin_and_none(tmp_path: Path) -> None:
    """A constant score is one bin; no bins have no diagram."""
    one = calibration(candidate=side((0.5, 0.5), ece=0.0), baseline=side(ece=0.0))
    none = calibration(candidate=side(ece=0.0))

    assert "reliability" in draw(structs.replace(scored(), sets=(digits_set(calibration=one),)), tmp_path)
    assert "reliability" not in draw(structs.replace(scored(), sets=(digits_set(calibration=none),)), tmp_path)
