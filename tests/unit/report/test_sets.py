"""Sections of a prediction set."""

from __future__ import annotations

import pytest
from msgspec import structs

from steelyard.model.comparison import Confusion, GroupCounts, Row, Verdict
from steelyard.model.report import MixUpLine
from steelyard.report import sets
from tests.unit.report.kinds import numbers, repeated
from tests.unit.report.samples import better, digits_set, first, flipped, hostile, many_classes, several_sets


def test_sections__matrix() -> None:
    """Counts, shades and changes of a matrix."""
    (one,) = sets.sections(better())

    assert one.matrix is not None
    cell = one.matrix.rows[8][3]
    assert (cell.n, cell.shade, cell.change) == (31, 2, -21)
    assert (one.figure, one.figure_width) == ("confusion", 760)


def test_sections__without_baseline() -> None:
    """Alone, a matrix has no changes and nothing was fixed."""
    (one,) = sets.sections(first())

    assert one.matrix is not None
    assert {None} == {cell.change for row in one.matrix.rows for cell in row}
    assert (one.flips_summary, one.groups_summary, one.figure_width) == ("", "10", 440)


def test_sections__many_classes() -> None:
    """Beyond fifteen classes there is a list of mix-ups."""
    (one,) = sets.sections(many_classes())

    assert one.matrix is None
    assert (
        MixUpLine(label="species 000", prediction="species 001", baseline="38", candidate="40", change="+2")
        == one.mix_ups[0]
    )
    assert one.groups_summary == "3 worse, 9 better of 104"


@pytest.mark.parametrize(("n", "shade"), [(0, 0), (1, 1), (5, 1), (6, 2), (20, 2), (21, 3), (100, 3)])
def test_shade__shares(n: int, shade: int) -> None:
    """Shades are shares of the row; any error has one."""
    assert shade == sets.shade(n, 100)


def test_shade__empty_row() -> None:
    """A class without rows has no shade."""
    assert sets.shade(0, 0) == 0


def test_sections__several() -> None:
    """Several sets are named, and their figures are told apart."""
    found = sets.sections(several_sets())

    assert [(one.name, one.figure) for one in found] == [("test", "confusion"), ("ood", "confusion-2")]


def test_sections__bounded() -> None:
    """Samples and notes are bounded, and so are their texts."""
    one = sets.sections(hostile())[0]
    texts = [row.id for row in one.broken_rows] + list(one.notes)

    assert len(one.broken_rows) <= 12
    assert max(map(len, texts)) <= 300
    assert not any("\n" in text for text in texts)


def test_sections__empty_matrix() -> None:
    """A set without labels has no matrix."""
    empty = structs.replace(better(), sets=(digits_set(confusion=Confusion(labels=())),))

    assert sets.sections(empty)[0].matrix is None


def test_sections__further_columns_are_bounded() -> None:
    """Of a flipped row at most eight further columns are shown, names and texts cut."""
    shown = tuple((f"column {n} " + "x" * 100, "y" * 500) for n in range(20))
    rows = tuple(structs.replace(row, shown=shown) for row in flipped(2, to="candidate"))
    (one,) = sets.sections(structs.replace(better(), sets=(digits_set(fixed_rows=rows),)))

    assert {len(row.shown) for row in one.fixed_rows} == {8}
    assert {(len(name), len(value)) for row in one.fixed_rows for name, value in row.shown} == {(60, 120)}


def test_sections__numbers() -> None:
    """A set without classes has no matrix, no classes and no flips; its notes stay."""
    (one,) = sets.sections(numbers())

    assert (one.matrix, one.labels, one.groups_summary, one.flips_summary) == (None, 0, "", "")
    assert one.notes == ("3 rows miss a prediction on either side and are left out of both.",)


def test_sections__several_trainings() -> None:
    """The matrix and the flips say that they are of the first trainings."""
    (one,) = sets.sections(repeated())

    assert one.training == "first training of each side"
    assert one.flips_summary == "31 examples fixed, 12 broken (first training of each side)"


def test_groups__of_several_trainings() -> None:
    """Rows are fixed and broken by the first training of each side, which the table of classes says of its column."""
    once, often, alone = (
        sets.sections(structs.replace(better(), sets=(one,)))[0].classes.methods
        for one in (digits_set(), digits_set(trainings=(3, 3)), digits_set(trainings=(3, 3), classes=()))
    )

    assert (*once, "fixed and broken: first training of each side") == often
    assert alone == ()


def test_groups_summary__counts_what_was_judged() -> None:
    """A class without an interval, or of another test set, is not one that is no worse."""
    base = better()
    judged = base.sets[0].classes[0]
    small = structs.replace(judged, interval=None, verdict=Verdict.INCONCLUSIVE)
    apart = structs.replace(judged, verdict=Verdict.INCOMPARABLE)

    def summary(*classes: Row) -> str:
        changed = structs.replace(base.sets[0], classes=classes, slices=())
        return sets.sections(structs.replace(base, sets=(changed,)))[0].groups_summary

    assert summary(structs.replace(judged, verdict=Verdict.WORSE), small, apart) == "1 worse of 1; 2 not judged"
    assert summary(small, apart) == "none of 2 could be judged"


def test_groups_summary__counts_groups_that_are_not_listed() -> None:
    """Of many only some have rows; the summary and the table's end speak of all."""
    base = better()
    more = GroupCounts(groups=3_600, judged=3_000, worse=2, better=1)
    changed = structs.replace(base.sets[0], more_slices=more)
    before, (after,) = sets.sections(base)[0], sets.sections(structs.replace(base, sets=(changed,)))
    judged = len(base.sets[0].classes) + len(base.sets[0].slices)

    assert before.groups_summary.endswith(f"of {judged}")
    assert after.groups_summary.endswith(f"of {judged + 3_000:,}; 600 not judged")
    assert (after.slices.left_out, after.classes.left_out) == (before.slices.left_out + 3_600, before.classes.left_out)
