"""Earlier commits of the change: newest first, folded, and only what the comment's own marker says."""

from __future__ import annotations

from steelyard.model.comparison import Verdict
from steelyard.model.report import Earlier, Provenance
from steelyard.report.budget import STEPS
from steelyard.report.build import build
from steelyard.report.markdown import render
from tests.unit.report.samples import better

EARLIER = (
    Earlier(commit="3" * 12, verdict=Verdict.NO_WORSE, value=0.941234, difference=0.0049),
    Earlier(commit="2" * 12, verdict=Verdict.WORSE, value=0.9, difference=-0.0362),
    Earlier(commit="1" * 12, verdict=None, value=None),
)


def test_section__table() -> None:
    """A row a commit, with as many digits as its difference needs, linked where the repository is known."""
    made = Provenance(repository_url="https://github.com/octo/digits")

    text = render(build(better(), provenance=made, earlier=EARLIER), images={})

    start = text.index("<details><summary>3 earlier commits: 1 no worse, 1 worse, 1 no verdict</summary>")
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in text[start:].split("\n")[4:7]]
    url = "https://github.com/octo/digits/commit"
    assert rows == [
        [f"[`3333333`](<{url}/333333333333>)", "0.9412", "+0.0049", "🟢\u00a0no\u00a0worse"],
        [f"[`2222222`](<{url}/222222222222>)", "0.9000", "−0.0362", "🔴\u00a0worse"],
        [f"[`1111111`](<{url}/111111111111>)", "missing", "", ""],
    ]


def test_section__none() -> None:
    """A change's first report says nothing of earlier ones; one earlier commit is counted as one."""
    assert build(better()).earlier is None
    one = build(better(), earlier=EARLIER[:1]).earlier
    assert one is not None
    assert one.summary == "1 earlier commit: no worse"
    assert one.lines[0].url == ""


def test_section__goes_when_room_is_short() -> None:
    """Where the forge takes less, earlier commits go before the confusion matrix does, and the text says so."""
    report = build(better(), earlier=EARLIER)
    dropped = [step for step in STEPS if step.what == "earlier commits"]

    assert len(dropped) == 1
    assert dropped[0].drop(report).earlier is None
    assert [step.what for step in STEPS].index("earlier commits") < [step.what for step in STEPS].index(
        "the confusion matrix"
    )
