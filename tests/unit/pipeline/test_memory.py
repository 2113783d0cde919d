"""What a comment remembers of its change's earlier commits."""

from __future__ import annotations

import math
from pathlib import Path

from steelyard.forge import marker
from steelyard.forge.interface import Result, Stamp
from steelyard.model.comparison import Comparison, Estimate, Row, Side, Verdict
from steelyard.model.report import Earlier
from steelyard.pipeline import memory
from tests.integration.baseline.evaluations import evaluation

HEAD, OTHER = "1" * 40, "2" * 40


def comparison(metric: str = "accuracy", value: float = 0.9234567891, difference: float | None = 0.01) -> Comparison:
    """One row."""
    row = Row(metric=metric, candidate=Estimate(value=value), difference=difference, verdict=Verdict.NO_WORSE)
    return Comparison(candidate=Side(), rows=(row,))


def remembered(found: Comparison, *heads: str) -> Stamp:
    """The stamp after the reports of some commits, one after the other."""
    stamp = Stamp(id="a", head_sha=heads[0])
    for head in heads:
        before = memory.earlier(stamp, found, head_sha=head)
        stamp = Stamp(id="a", head_sha=head, results=memory.results(before, found, head_sha=head))
    parsed = marker.parse(marker.seal("text", stamp=stamp))
    assert parsed == stamp
    return stamp


def test_results__commit_after_commit() -> None:
    """Each commit is remembered once, with six digits, and shown newest first without the present one."""
    stamp = remembered(comparison(), HEAD, OTHER, OTHER)

    assert [one.sha for one in stamp.results] == ["1" * 12, "2" * 12]
    assert stamp.results[0].value == 0.923457
    before = memory.earlier(stamp, comparison(), head_sha="3" * 40)
    assert memory.as_lines(before, most=1) == (
        Earlier(commit="2" * 12, verdict=Verdict.NO_WORSE, value=0.923457, difference=0.01),
    )
    assert memory.as_lines(before, most=0) == ()


def test_results__another_metric_starts_anew() -> None:
    """Numbers of another metric are not set beside this one's."""
    stamp = remembered(comparison(), HEAD)

    assert memory.earlier(stamp, comparison("f1_macro"), head_sha=OTHER) == ()


def test_results__are_bounded() -> None:
    """The oldest are forgotten."""
    heads = [f"{i:012x}{0:028x}" for i in range(20)]

    assert len(remembered(comparison(), *heads).results) == marker.MOST_RESULTS


def test_results__what_has_no_value() -> None:
    """A missing value, one that is not finite and an extreme one are all things that a marker can hold."""
    for value in (math.nan, math.inf, -1.234567e-300, 1e300, 0.0):
        stamp = remembered(comparison(value=value, difference=None), HEAD)
        assert stamp.results[0].difference is None
    assert memory.results((), Comparison(candidate=Side()), head_sha=HEAD) == ()


def test_as_lines__a_word_that_is_no_verdict() -> None:
    """What a later version has said is shown without a verdict."""
    known = Result(sha="1" * 12, metric="0" * 8, verdict="splendid", value=1.0)

    assert memory.as_lines((known,), most=5) == (Earlier(commit="1" * 12, value=1.0),)


def test_looks__the_newest_are_kept(tmp_path: Path) -> None:
    """A comment remembers a bounded number of looks; the one that was just taken is among them."""
    place = evaluation(tmp_path / "e", 1)
    before = Stamp(id="a", head_sha=HEAD, looks=tuple(f"{number:012x}" for number in range(marker.MOST_LOOKS)))
    kept = memory.looks(before, place)

    assert len(kept) == marker.MOST_LOOKS
    assert kept[:-1] == before.looks[1:]
    assert memory.looks(Stamp(id="a", head_sha=HEAD, looks=kept), place) == kept
