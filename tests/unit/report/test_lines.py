"""Rows as lines of tables."""

from __future__ import annotations

from msgspec import structs

from steelyard.model.comparison import Estimate, Verdict
from steelyard.report import lines
from tests.unit.report.samples import (
    accuracy,
    better,
    digit_class,
    digits_set,
    first,
    from_file,
    interval,
    many_classes,
    slice_row,
)


def test_metrics__first_screen_and_the_rest() -> None:
    """The first screen has the first metrics and every gated one, in their order."""
    rows = [from_file(f"m{n}", 1.0, 2.0) for n in range(30)]
    rows[20] = structs.replace(rows[20], gated=True)

    shown, more = lines.metrics(structs.replace(better(), rows=tuple(rows)))

    assert [*(f"m{n}" for n in range(12)), "m20"] == [line.name for line in shown.lines]
    assert len(more.lines) == 17
    assert (shown.left_out, more.left_out) == (0, 0)


def test_metrics__are_bounded() -> None:
    """Ten thousand metrics are not all printed, but counted."""
    rows = tuple(from_file(f"m{n}", 1.0, 2.0) for n in range(10_000))

    shown, more = lines.metrics(structs.replace(better(), rows=rows))

    assert len(shown.lines) + len(more.lines) + more.left_out == 10_000


def test_groups__the_most_harmful_first() -> None:
    """What got worse is on top, and the lowest difference within a verdict."""
    rows = [
        digit_class("b", 0.9, 0.95, Verdict.BETTER),
        digit_class("i2", 0.9, 0.91, Verdict.INCONCLUSIVE),
        digit_class("i1", 0.9, 0.89, Verdict.INCONCLUSIVE),
        digit_class("w", 0.9, 0.85, Verdict.WORSE),
    ]

    assert [line.name for line in lines.groups(rows).lines] == ["w", "i1", "i2", "b"]


def test_groups__lower_is_better() -> None:
    """The harm of an error rate is its rise."""
    rows = [
        structs.replace(digit_class(name, 0.1, after, Verdict.INCONCLUSIVE), higher_is_better=False)
        for name, after in (("less", 0.05), ("more", 0.2))
    ]

    assert [line.name for line in lines.groups(rows).lines] == ["more", "less"]


def test_groups__without_baseline_the_lowest_first() -> None:
    """Alone, the weakest class is on top."""
    assert lines.groups(first().sets[0].classes[::-1]).lines[0].name == "0"


def test_groups__are_bounded() -> None:
    """A table says how many rows it leaves out."""
    found = lines.groups(many_classes(250).sets[0].classes)

    assert (len(found.lines), found.left_out) == (lines.GROUPS, 150)


def test_groups__names_of_slices() -> None:
    """A slice's value is named with its column."""
    assert lines.groups([slice_row("ink", "heavy", 0.9, 0.9, 5)]).lines[0].name == "ink = heavy"


def test_groups__fixed_and_broken() -> None:
    """Beside a class or a slice stands how many of its rows changed sides; nothing where rows are not paired."""
    paired = structs.replace(slice_row("ink", "heavy", 0.9, 0.9, 5_000), fixed=1_012, broken=0)
    unpaired = structs.replace(paired, fixed=None, broken=None)

    assert [line.flips for line in lines.groups([paired, unpaired]).lines] == ["1,012\xa0/\xa00", ""]


def test_line__notes() -> None:
    """Whatever qualifies a verdict stands beside it."""
    row = accuracy(
        0.9, 0.91, (-0.01, 0.02), Verdict.INCONCLUSIVE, p_value=0.2, margin=0.002, detectable=0.0163, reason="few rows"
    )
    row = structs.replace(row, adjustment="")
    adjusted = structs.replace(row, adjustment="simultaneous over 2 gated metrics")

    assert "adjusted p = 0.20" in lines.line(adjusted, name="a").notes
    assert lines.line(row, name="a").notes == (
        "few rows",
        "p = 0.20",
        "margin 0.002",
        "detects 0.016 with 80% probability",
    )


def test_line__unknown_direction() -> None:
    """A difference without direction says why it has no verdict; it has no arrow."""
    found = lines.line(from_file("parameters", 1.0, 2.0), name="parameters")

    assert "direction unknown" in found.notes
    assert found.direction == ""


def test_line__unknown_direction_of_an_interval() -> None:
    """What keeps it from a verdict is said once."""
    reason = "the direction of the metric is unknown"
    known = from_file("hinge", 0.5, 0.6)
    undirected = structs.replace(known, interval=interval(0.05, 0.15), reason=reason)

    assert [note for note in lines.line(undirected, name="hinge").notes if "direction" in note] == [reason]


def test_line__missing_value() -> None:
    """A missing value is a word with a reason."""
    found = lines.line(from_file("x", 1.0, None, reason="missing: NaN in metrics.json"), name="x")

    assert (found.candidate, found.notes[-1]) == ("missing", "missing: NaN in metrics.json")


def test_metrics__positive_class() -> None:
    """Of two classes it is said which one is the positive one: nobody may have chosen it."""
    usual, other = better().sets[0], structs.replace(better().sets[0], name="ood", positive="spam\n")

    one = lines.metrics(structs.replace(better(), sets=(structs.replace(usual, positive="ham"),)))[0]
    several = lines.metrics(structs.replace(better(), sets=(usual, other)))[0]

    assert one.methods[0] == "positive class: ham"
    assert several.methods[0] == "positive class of ood: spam↵"
    assert not any("positive class" in method for method in lines.metrics(better())[0].methods)


def test_methods__grouped() -> None:
    """Each way of making an interval is named once, with the metrics that it was used for."""
    rows = [accuracy(0.9, 0.9, (0, 1), Verdict.BETTER, metric=f"m{n}", adjustment="") for n in range(5)]

    assert lines.methods(rows, [row.metric for row in rows]) == ("95% CI by Tango score: m0, m1, m2 and 2 more",)


def test_methods__of_values() -> None:
    """Without a difference the interval of the value counts."""
    row = structs.replace(first().rows[0], baseline=Estimate(value=None))

    assert lines.methods([first().rows[0]], ["accuracy"]) == ("95% CI by Wilson: accuracy",)
    # Among differences it is said that it is of a value.
    assert lines.methods([row], ["accuracy"]) == ("95% CI of the value by Wilson: accuracy",)


def test_methods__only_of_intervals_that_are_printed() -> None:
    """Where the difference has no interval none stands in the row: what the value's own was made by is nobody's."""
    withheld = accuracy(0.9, 0.91, (-0.01, 0.03), Verdict.INCONCLUSIVE, adjustment="", interval=None, metric="f1_macro")
    withheld = structs.replace(withheld, candidate=first().rows[0].candidate)
    shown = accuracy(0.9, 0.91, (-0.01, 0.03), Verdict.INCONCLUSIVE, adjustment="")

    table, more = lines.metrics(structs.replace(better(), rows=(shown, withheld)))

    assert withheld.candidate.interval is not None
    assert table.methods == ("95% CI by Tango score: accuracy",)
    assert [line.interval for line in table.lines] == ["−0.010\xa0…\xa0+0.030", ""]
    assert more.methods == ()


def test_methods__each_table_has_its_own() -> None:
    """What the first screen has no room for says below its own table how its intervals were made."""
    rows = [accuracy(0.9, 0.9, (0, 1), Verdict.BETTER, metric=f"m{n}", adjustment="", gated=False) for n in range(12)]
    rows.append(structs.replace(rows[0], metric="last", interval=interval(0, 1, "DeLong")))

    shown, more = lines.metrics(structs.replace(better(), rows=tuple(rows)))

    assert shown.methods == ("95% CI by Tango score: m0, m1, m2 and 9 more",)
    assert more.methods == ("95% CI by DeLong: last",)


def test_line__inconclusive_without_power() -> None:
    """What cannot be computed is left out."""
    row = accuracy(0.9, 0.91, (-0.01, 0.02), Verdict.INCONCLUSIVE)

    assert lines.detects(row) == ""
    assert lines.line(row, name="a").notes == ()


def test_detects__only_where_nothing_was() -> None:
    """A difference that the interval shows, and waits on its margin, was detected."""
    open_ = accuracy(0.9, 0.91, (-0.01, 0.03), Verdict.INCONCLUSIVE, detectable=0.0163, margin=0.02)
    shown = structs.replace(open_, interval=interval(-0.03, -0.001))

    assert lines.detects(open_) == "0.016 with 80% probability"
    assert lines.detects(shown) == ""
    assert lines.detects(structs.replace(open_, verdict=Verdict.NO_WORSE)) == ""
    assert lines.detects(structs.replace(open_, interval=None)) == ""


def test_detects__nothing_where_predictions_are_identical() -> None:
    """How two models differ that never do was not seen; their scores may differ all the same."""
    same = accuracy(0.9, 0.9, (-0.01, 0.01), Verdict.INCONCLUSIVE, detectable=0.0163)
    scored = structs.replace(same, metric="roc_auc", difference=0.002)

    table, _ = lines.metrics(structs.replace(better(), rows=(same, scored), sets=(digits_set(identical=True),)))

    assert [any("detects" in note for note in line.notes) for line in table.lines] == [False, True]


def test_groups__nothing_known() -> None:
    """A class without a value stands among the others without breaking their order."""
    unknown = digit_class("x", 0.9, 0.9, Verdict.INCOMPARABLE)
    rows = [
        structs.replace(unknown, difference=None, candidate=Estimate(value=None)),
        digit_class("w", 0.9, 0.8, Verdict.WORSE),
    ]

    assert [line.name for line in lines.groups(rows).lines] == ["w", "x"]
