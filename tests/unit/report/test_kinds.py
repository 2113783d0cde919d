"""Reports of scores, numbers, measures and repeated trainings: word for word, and as they are rendered."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from msgspec import structs
from rich.cells import cell_len
from rich.console import Console

from steelyard.model.comparison import Comparison, Confusion, Verdict
from steelyard.report.build import build
from steelyard.report.markdown import COMMENT_LIMIT, HEADROOM, render
from steelyard.report.plots import draw
from steelyard.report.terminal import shown
from tests.golden import Golden
from tests.unit.report.kinds import KIND_IMAGES, KINDS, hostile_kinds, numbers, row, scored
from tests.unit.report.rendering import Page, references, to_html
from tests.unit.report.samples import PROVENANCE, digit_class, digits_set
from tests.unit.report.test_markdown import OURS
from tests.unit.report.weighed import WEIGHED

ALL = KINDS | WEIGHED
LEFTOVERS = re.compile(r"</?(?:details|summary|sub|br|code|span|img)\b|&[a-z#0-9]+;|\*\*|\bnan\b|\binf\b|None")


def markdown(comparison: Comparison, limit: int = COMMENT_LIMIT) -> str:
    """The report as the pipeline would post it."""
    return render(build(comparison, provenance=PROVENANCE), images=KIND_IMAGES, limit=limit)


def screen(comparison: Comparison) -> str:
    """The report in a terminal of eighty columns."""
    return shown(markdown(comparison, 1_000_000), Console(file=io.StringIO(), width=80))


@pytest.mark.parametrize("name", KINDS)
def test_render__golden(name: str, golden: Golden) -> None:
    """Every kind, word for word."""
    golden(f"report/{name}.md", markdown(KINDS[name]()))


def test_show__golden(golden: Golden) -> None:
    """Calibration, remarks and marks in eighty columns, looked at by a person."""
    golden("report/scored.txt", "".join(f"{line.rstrip()}\n" for line in screen(scored()).split("\n")))


@pytest.mark.parametrize("name", ALL)
def test_kinds__well_formed(name: str) -> None:
    """Of what the statistics make, too: only our elements, no residue, and no line of a terminal is too long."""
    comparison = ALL[name]()
    page = Page(to_html(markdown(comparison)))
    shown = screen(comparison)

    assert set(page.tags) <= OURS
    assert page.comments == []
    assert max(map(cell_len, shown.split("\n"))) <= 80
    if comparison.candidate.commit is not None and name != "hostile_kinds":
        assert not LEFTOVERS.search(shown)


@pytest.mark.parametrize("name", WEIGHED)
def test_weighed__everything_is_drawn(name: str, tmp_path: Path) -> None:
    """What the statistics make has a picture of its differences, and of its probabilities where there are some."""
    drawn = draw(WEIGHED[name](), tmp_path)

    assert "forest" in drawn
    assert ("reliability" in drawn) == (name in {"binary", "digits"})


def test_hostile__is_only_text() -> None:
    """Caveats, reasons, further columns and the words of the calibration become nothing but text."""
    page = Page(to_html(markdown(hostile_kinds(), 10_000_000)))

    assert references(page) == []
    assert set(page.tags) <= OURS
    assert not [link for link in page.links if not link.startswith(("images/", "https://forge.example/"))]


@pytest.mark.parametrize("limit", [65_536, 20_000, 12_000, 8_192])
def test_hostile__fits(limit: int) -> None:
    """The longest caveats and columns do not make a comment too long."""
    assert len(markdown(hostile_kinds(), limit)) <= limit - HEADROOM


@pytest.mark.parametrize("limit", [65_536, 8_192])
def test_huge__fits(limit: int) -> None:
    """500 classes and 300 metrics, each with caveats of its own: the comment fits and its remarks are counted."""
    metrics = tuple(
        row(f"metric {n}", 0.9, 0.91, (-0.01, 0.03), Verdict.INCONCLUSIVE, caveats=(f"caveat {n} " + "long " * 30,))
        for n in range(300)
    )
    classes = tuple(
        structs.replace(digit_class(f"class {n}", 0.9, 0.8, Verdict.WORSE), caveats=(f"few rows: {n}",))
        for n in range(500)
    )
    huge = structs.replace(scored(), rows=metrics, sets=(digits_set(classes=classes),))
    made = markdown(huge, limit)

    assert len(made) <= limit - HEADROOM
    assert "metric 0" in made
    if limit == COMMENT_LIMIT:
        assert "<br>… and 6 more remarks</sub>" in made


def test_numbers__nothing_is_right_or_wrong() -> None:
    """A regression has no confusion, no classes, and no fixed and broken rows, not even none of them."""
    made = markdown(numbers()).split("How to read this")[0]

    assert "on the same 1,200 test rows<br>" in made
    assert not re.search("fixed|broken|Confusion|Classes and slices|Calibration", made)


def test_many_classes__mix_ups_without_a_matrix() -> None:
    """Where the statistics keep no labels, because they are too many for a matrix, the mix-ups are shown still."""
    base = scored()
    mixed_up = digits_set(confusion=Confusion(labels=()), classes=(), slices=())

    made = markdown(structs.replace(base, sets=(mixed_up,)))

    assert "<summary>Mix-ups: 1,797 rows</summary>" in made
    assert "31 fixed, 12 broken" in made


def test_flips__without_rows_there_is_nothing_to_unfold() -> None:
    """Counts of flips without a row to show are a sentence and no empty fold."""
    base = scored()
    (one,) = base.sets
    bare = structs.replace(base, sets=(structs.replace(one, fixed_rows=(), broken_rows=()),))

    assert "\n31 examples fixed, 12 broken\n" in markdown(bare)
    assert "<summary>31 examples" not in markdown(bare)
