"""Tables."""

from __future__ import annotations

from steelyard.model.report import Line, Lines
from steelyard.report import tables
from steelyard.report.tables import Column, compact, table


def test_table__leaves_out_what_says_nothing() -> None:
    """A column without any text is not printed; a table without columns is empty."""
    assert table([Column("a", ["1"]), Column("b", [""])]) == "| a   |\n|:----|\n| 1   |"
    assert table([Column("a", [""])]) == ""
    assert table([]) == ""


def test_table__keeps_numbers_as_they_are() -> None:
    """Cells are text: nothing is parsed and rounded."""
    assert "| 1.500" in table([Column("a", ["1.500", "1e3"])])


def test_compact__changes_only_blanks() -> None:
    """Blanks inside cells stay; rows of dashes shrink; other lines stay."""
    wide = "| a b  |    c |\n|:-----|-----:|\n| x    |      |\n  text   here"

    assert compact(wide) == "| a b | c |\n|:--|--:|\n| x | |\n  text   here"


def test_metrics__head_names_level_and_target() -> None:
    """The head says what is beside what, and how sure the interval is."""
    line = Line(name="m", baseline="1", candidate="2", difference="+1", interval="0 … 2")

    head = tables.metrics(Lines(lines=(line,), level="90% CI"), "dev").split("\n")[0]

    assert [cell.strip() for cell in head.strip("|").split("|")] == [
        "metric",
        "dev",
        "this change",
        "difference (90% CI)",
    ]


def test_groups__shared_metric_in_the_head() -> None:
    """One metric for all classes stands once; several have a column."""
    lines = tuple(Line(name=name, metric="f1", direction="up", candidate="1") for name in "ab")
    mixed = (*lines, Line(name="c", metric="recall", candidate="1"))

    assert "class · f1\xa0↑" in tables.groups(Lines(lines=lines), "", "class")
    assert "| metric" in tables.groups(Lines(lines=mixed), "", "class")
