"""Remarks on rows: what stands in them, what stands below the table, and how one leads to the other."""

from __future__ import annotations

from msgspec import structs

from steelyard.model.comparison import Row, Verdict
from steelyard.report.footnotes import IN_CELL, MOST, REASON_IN_CELL, footnotes, some
from steelyard.report.lines import metrics
from tests.unit.report.kinds import FEW, HEAVY, row, scored

LONG = "long " * 30


def undecided(metric: str = "a", **changed: object) -> Row:
    """A row without a verdict to speak of."""
    return row(metric, 0.9, 0.91, (-0.01, 0.03), Verdict.INCONCLUSIVE, **changed)


def test_footnotes__short_ones_stay_in_the_row() -> None:
    """A short reason and a short caveat need no mark."""
    (said,), below, left_out = footnotes([undecided(reason="few", caveats=("rough",))], ["a"])

    assert (said.reason, said.caveats, said.marks) == ("few", ("rough",), ())
    assert (below, left_out) == ((), 0)


def test_footnotes__long_ones_stand_below() -> None:
    """A long reason and a long caveat are said below, the reason first."""
    (said,), below, _ = footnotes([undecided(reason=LONG, caveats=(HEAVY,))], ["a"])

    assert (said.reason, said.caveats, said.marks) == ("", (), ("¹", "²"))
    assert [(note.mark, note.names, note.text[:4]) for note in below] == [("¹", "a", "long"), ("²", "a", "heav")]


def test_footnotes__shared_caveat_is_said_once() -> None:
    """However short, a caveat of several rows is said once, with their names."""
    rows = [undecided(name, caveats=("few rows",)) for name in "abcde"]
    remarks, below, _ = footnotes(rows, list("abcde"))

    assert [said.marks for said in remarks] == [("¹",)] * 5
    assert [(note.names, note.text) for note in below] == [("a, b, c and 2 more", "few rows")]


def test_footnotes__reason_of_one_row_has_more_room() -> None:
    """The reason of one row alone stays with it a little longer than one that several rows share."""
    reason = "x" * REASON_IN_CELL
    alone, _, _ = footnotes([undecided(reason=reason)], ["a"])
    shared, below, _ = footnotes([undecided(reason=reason)] * 2, ["a", "b"])

    assert IN_CELL < REASON_IN_CELL
    assert alone[0].reason == reason
    assert [(said.reason, said.marks) for said in shared] == [("", ("¹",))] * 2
    assert below[0].names == "a, b"


def test_footnotes__verdict_is_not_said_twice() -> None:
    """The reason of an unusual number does not begin with the word that stands above it."""
    unusual = structs.replace(undecided(reason="unusual: predicted 5 … 6"), verdict=Verdict.UNUSUAL)

    (said,), _, _ = footnotes([unusual], ["a"])

    assert said.reason == "predicted 5 … 6"


def test_footnotes__bounded() -> None:
    """Beyond the number of remarks that a table has room for they are counted, and no mark leads nowhere."""
    rows = [undecided(caveats=tuple(f"{LONG}{n} {m}"[-80:] for m in range(3))) for n in range(20)]
    remarks, below, left_out = footnotes(rows, [str(n) for n in range(20)])

    assert (len(below), left_out) == (MOST, 60 - MOST)
    assert {mark for said in remarks for mark in said.marks} == {note.mark for note in below}


def test_footnotes__of_nothing() -> None:
    """A table without rows has no remarks."""
    assert footnotes([], []) == ((), (), 0)


def test_metrics__marks_lead_to_footnotes() -> None:
    """In the metric table every mark has its remark and every remark its mark."""
    table, _ = metrics(scored())

    assert [line.marks for line in table.lines] == [(), ("¹", "²"), ("¹",), ()]
    assert [(note.mark, note.names, note.text) for note in table.footnotes] == [
        ("¹", "log_loss, brier_score", FEW),
        ("²", "log_loss", HEAVY),
    ]


def test_metrics__further_metrics_have_their_own() -> None:
    """The marks of the second table begin at one again."""
    rows = tuple(undecided(f"m{n}", caveats=(f"{LONG}{n}"[-70:],)) for n in range(14))
    first, more = metrics(structs.replace(scored(), rows=rows))

    assert first.more_footnotes == 12 - MOST
    assert [note.mark for note in more.footnotes] == ["¹", "²"]


def test_some__each_once() -> None:
    """A name is not repeated, and the ones beyond three are counted."""
    assert some(["a", "b", "a"]) == "a, b"
    assert some([str(n) for n in range(1_005)]) == "0, 1, 2 and 1,002 more"
