"""Tables."""

from __future__ import annotations

from msgspec import structs

from steelyard.model.comparison import Row, Verdict
from steelyard.model.counts import FlippedRow
from steelyard.model.report import Line, Lines
from steelyard.report import lines, tables
from steelyard.report.tables import Column, compact, table
from tests.unit.report.samples import better, first


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


def test_groups__fixed_and_broken() -> None:
    """How many rows of a class changed sides has a column, where that is known of any."""
    line = Line(name="a", metric="recall", candidate="1", support="20", flips="3\xa0/\xa01")

    head, _, cells = tables.groups(Lines(lines=(line,)), "main", "class").split("\n")
    unpaired = tables.groups(Lines(lines=(structs.replace(line, flips=""),)), "main", "class")

    assert [head.split("|")[3].strip(" "), cells.split("|")[3].strip(" ")] == ["fixed\xa0/ broken", "3\xa0/\xa01"]
    assert "broken" not in unpaired


def test_flips__further_columns() -> None:
    """Each further column has a head; a row that lacks one has an empty cell; what is hostile is escaped."""
    rows = (
        FlippedRow(id="1", label="a", baseline="b", candidate="a", shown=(("x|y", "<b>"), ("z", ""))),
        FlippedRow(id="2", label="a", baseline="b", candidate="a", shown=(("z", "3"),)),
    )

    head, _, first, second = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in tables.flips(rows, "main").split("\n")
    )

    assert head[4:] == ["<code>x&#124;y</code>", "`z`"]
    assert first[4:] == ["<code>&lt;b&gt;</code>", "`(empty)`"]
    assert second[4:] == ["", "`3`"]


def test_metrics__marks_stand_beside_the_verdict() -> None:
    """Without a verdict they stand beside the first note, and without a note alone."""
    plain = Line(name="m", candidate="2", marks=("¹", "²"))
    lines = (
        structs.replace(plain, verdict=Verdict.WORSE, notes=("p = 0.01",)),
        structs.replace(plain, notes=("few",)),
        plain,
    )

    cells = [line.split("|")[-2].strip() for line in tables.metrics(Lines(lines=lines), "").split("\n")[2:]]

    assert cells == [
        "🔴\xa0worse\xa0¹\xa0²<br><sub>p = 0.01</sub>",
        "<sub>few</sub>\xa0¹\xa0²",
        "¹\xa0²",
    ]


def test_metrics__a_value_among_differences() -> None:
    """An interval that is not of a difference says so in the column of differences; alone it needs no word."""
    compared, alone = better().rows[0], structs.replace(first().rows[0], metric="recall")

    def cells(*rows: Row) -> str:
        return tables.metrics(lines.metrics(structs.replace(better(), rows=rows))[0], "main")

    assert " value: 0.935\xa0…\xa00.956 |" in cells(compared, alone)
    assert "value:" not in cells(alone)
