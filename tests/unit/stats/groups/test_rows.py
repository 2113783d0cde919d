"""`steelyard.stats.groups.rows`: classes and slices, corrected for how many there are."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.comparison import GroupCounts, Verdict
from steelyard.stats.analysis import Analysis
from steelyard.stats.groups import rows
from steelyard.stats.numbers.regression import NO_RARER
from tests.unit.stats import build
from tests.unit.stats.grouped import groups_of
from tests.unit.stats.rows import in_regions, measured, of_rows


def with_bad_slice(*, slices: int = 20, rows: int = 100) -> tuple[list[str], list[str], list[str], list[str]]:
    """Two models that are equal but for one slice, in which the candidate breaks 30 rows."""
    label, baseline, candidate = build.simulated(2, rows=slices * rows, classes=2, right=(0.8, 0.8), shared=0.9)
    names = [f"s{i // rows:02d}" for i in range(len(label))]
    good = [i for i in range(3 * rows, 4 * rows) if baseline[i] == label[i]]
    for i in good[:30]:
        candidate[i] = "c001" if label[i] == "c000" else "c000"
    return label, baseline, candidate, names


def test_slice_rows__finds_the_bad_one() -> None:
    """The one bad slice of twenty is worse after correction, no other one is."""
    label, baseline, candidate, names = with_bad_slice()
    made = build.compared(build.paired(label, baseline, candidate, slices={"where": names})).sets[0]
    worse = [row for row in made.slices if row.verdict is Verdict.WORSE]

    assert [(row.slice, row.group, row.support) for row in worse] == [("where", "s03", 100)]
    assert "Benjamini–Hochberg over 20 slice values" in worse[0].adjustment
    assert worse[0].interval is not None
    assert worse[0].interval.level == pytest.approx(1 - 0.05 * 1 / 20)
    assert worse[0].p_value is not None
    assert worse[0].p_value < 0.05


def test_slice_rows__all_columns_are_one_family() -> None:
    """Values of every slice column are corrected together."""
    label, baseline, candidate, names = with_bad_slice(slices=4)
    halves = ["ab"[i % 2] for i in range(len(label))]
    made = build.compared(build.paired(label, baseline, candidate, slices={"where": names, "half": halves}))

    assert len(made.sets[0].slices) == 6
    assert all("over 6 slice values" in row.adjustment for row in made.sets[0].slices)


def test_slice_rows__small_ones_are_not_judged() -> None:
    """A slice of 19 rows has its values and a reason, and does not count as looked at."""
    label, baseline, candidate = build.simulated(2, rows=119, classes=2, right=(0.8, 0.9))
    names = ["small"] * 19 + ["large"] * 100
    large, small = build.compared(build.paired(label, baseline, candidate, slices={"s": names})).sets[0].slices

    assert small.verdict is Verdict.INCONCLUSIVE
    assert small.interval is None
    assert small.difference is not None
    assert small.reason == "too few rows to judge: 19 rows, 20 needed"
    assert large.interval is not None
    assert large.interval.level == 0.95
    assert large.adjustment == ""


@pytest.mark.parametrize("metric", ["rmse", "mae"])
def test_slice_rows__errors_are_not_seen_to_lose_nothing(metric: str) -> None:
    """What holds of the whole set holds of a slice, at the margin that it is asked for."""
    settings = build.config(metrics={"report": [metric]})
    made = rows.slices(Analysis(data=of_rows(in_regions(), settings=settings), contrasts={}), level=0.95)
    assert made is not None
    shown, (europe, america) = made.shown(), made.asked([0, 1], margin=0.2, every=True)

    assert (europe.verdict, america.verdict) == (Verdict.EQUIVALENT, Verdict.BETTER)
    assert europe.caveats == NO_RARER
    assert not {*NO_RARER} & {text for row in (america, *shown) for text in row.caveats}
    assert made.presumes(0) == NO_RARER


def test_class_rows__recall_of_each_label() -> None:
    """Each class is compared on exactly its rows; the values are the recalls."""
    label, baseline, candidate = build.simulated(2, rows=900, classes=3, right=(0.7, 0.8))
    made = build.compared(build.paired(label, baseline, candidate)).sets[0].classes
    y, a = np.array(label), np.array(candidate)

    assert [row.group for row in made] == ["c000", "c001", "c002"]
    for row in made:
        assert row.candidate.value == pytest.approx(np.mean(a[y == row.group] == row.group))
        assert row.support == np.sum(y == row.group)
        assert (row.metric, row.slice) == ("recall", "")


def test_class_rows__alone_and_unpaired() -> None:
    """Without a baseline there are only values; without pairing the intervals are Newcombe's."""
    label, baseline, candidate = build.simulated(2, rows=600, classes=2, right=(0.6, 0.8))
    single = build.compared(build.alone(label, candidate)).sets[0].classes
    apart = build.compared(build.unpaired((label, candidate), (label, baseline))).sets[0].classes

    assert [(row.verdict, row.baseline) for row in single] == [(None, None)] * 2
    assert all(row.candidate.interval is not None for row in single)
    assert [row.interval.method for row in apart if row.interval] == ["Newcombe hybrid score"] * 2
    assert {row.verdict for row in apart} == {Verdict.BETTER}
    assert all(row.detectable for row in apart)


def test_class_rows__label_that_one_side_lacks() -> None:
    """A class without rows on one side has no value there, and is not judged."""
    joined = build.unpaired((["a"] * 30, ["a"] * 30), (["a"] * 30 + ["b"] * 30, ["a"] * 60), same_test_set=True)
    (_, row) = build.compared(joined).sets[0].classes

    assert row.candidate.value is None
    assert row.difference is None
    assert row.verdict is Verdict.INCONCLUSIVE


def test_class_rows__few_rows_of_weighted_sides() -> None:
    """The side that has fewer rows of a class decides, whichever it is, with weights as without."""
    ours, theirs = ["a"] * 30 + ["b"] * 60, ["a"] * 82 + ["b"] * 8
    joined = build.unpaired((ours, ours[::-1]), (theirs, theirs[::-1]), same_test_set=True)
    weight = np.tile([1.0, 2.0], 45)
    weighted = structs.replace(
        joined,
        groups=groups_of(joined.candidate, (ours, ours[::-1]), weight=weight),
        baseline_groups=groups_of(joined.baseline, (theirs, theirs[::-1]), weight=weight),
    )
    for one in (joined, weighted):
        (_, few) = build.compared(one, weight="w" if one is weighted else None).sets[0].classes
        assert few.reason == "too few rows to judge: 8 rows, 20 needed"


def test_class_rows__small_and_incomparable() -> None:
    """Not comparable wins over too small: that is the graver reason."""
    joined = build.unpaired((["a"] * 5, ["a"] * 5), (["a"] * 6, ["a"] * 6))
    (row,) = build.compared(joined).sets[0].classes

    assert row.verdict is Verdict.INCOMPARABLE
    assert row.reason.startswith("different test sets")


def test_class_rows__bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many classes the most significant are kept, in their own order, and the correction counts all."""
    label, baseline, candidate = build.simulated(2, rows=600, classes=6, right=(0.7, 0.8))
    joined = build.paired(label, baseline, candidate)
    whole = build.compared(joined).sets[0].classes
    monkeypatch.setattr(rows, "MOST", 3)
    kept = build.compared(joined).sets[0].classes

    assert set(kept) <= set(whole)
    assert sorted(row.p_value or 0 for row in kept) == sorted(row.p_value or 0 for row in whole)[:3]
    assert [row.group for row in kept] == sorted(row.group for row in kept)
    assert all("over 6 classes" in row.adjustment for row in kept)
    assert len(build.compared(build.alone(label, candidate)).sets[0].classes) == 3


def test_groups_without_a_row_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not listed was looked at all the same: judged or not, worse or better."""
    label, baseline, candidate, names = with_bad_slice(slices=8)
    names[-5:] = ["few"] * 5
    better, worse = ((label, *sides) for sides in ((baseline, label), (label, baseline)))
    monkeypatch.setattr(rows, "MOST", 3)

    def unlisted(truth: list[str], before: list[str], after: list[str]) -> GroupCounts:
        made = build.compared(build.paired(truth, before, after, slices={"region": names})).sets[0]
        assert (len(made.slices), made.more_classes) == (3, GroupCounts())
        return made.more_slices

    assert unlisted(label, baseline, candidate) == GroupCounts(groups=6, judged=5)
    assert unlisted(*better) == GroupCounts(groups=6, judged=5, better=5)
    assert unlisted(*worse) == GroupCounts(groups=6, judged=5, worse=5)


def test_groups_without_a_row_that_nothing_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a baseline, without a direction and where intervals are withheld they are only counted."""
    monkeypatch.setattr(rows, "MOST", 1)
    label, baseline, candidate = build.simulated(2, rows=600, classes=2, right=(0.6, 0.8))
    alone = build.compared(build.alone(label, candidate)).sets[0]
    withheld = build.compared(build.paired(label, baseline, candidate), cluster="patient").sets[0]
    marks = np.random.default_rng(1).normal(size=400)
    scored = measured({"tone": marks, "loss": marks}, {"tone": marks + 1.0, "loss": marks + marks**2})
    found = (
        rows.slices(
            Analysis(
                data=of_rows(
                    structs.replace(scored, slices=in_regions().slices),
                    settings=build.config(metrics={"report": [name], "higher_is_better": up}),
                ),
                contrasts={},
            ),
            level=0.95,
        )
        for name, up in (("tone", []), ("loss", []), ("loss", ["loss"]))
    )

    assert alone.more_classes == withheld.more_classes == GroupCounts(groups=1)
    assert [one and one.unlisted() for one in found] == [
        GroupCounts(groups=1), GroupCounts(groups=1, judged=1, better=1), GroupCounts(groups=1, judged=1, worse=1),
    ]  # fmt: skip


def test_class_rows__clusters_withhold_everything() -> None:
    """With clusters neither side's value nor the difference has an interval."""
    label, baseline, candidate = build.simulated(2, rows=600, classes=2, right=(0.6, 0.8))
    made = build.compared(build.paired(label, baseline, candidate), cluster="patient")

    for row in (*made.rows, *made.sets[0].classes):
        assert (row.interval, row.candidate.interval, row.verdict) == (None, None, Verdict.INCONCLUSIVE)
        assert "clusters" in row.reason


def test_rows__count_what_was_fixed_and_broken() -> None:
    """Each class and slice says how many of its rows changed sides; unpaired groups do not know."""
    label, baseline, candidate, names = with_bad_slice(slices=4)
    made = build.compared(build.paired(label, baseline, candidate, slices={"where": names})).sets[0]
    apart = build.compared(build.unpaired((label, candidate), (label, baseline), same_test_set=True)).sets[0]

    for found in (made.classes, made.slices):
        assert (sum(row.fixed or 0 for row in found), sum(row.broken or 0 for row in found)) == (
            made.fixed,
            made.broken,
        )
    assert {row.fixed for row in apart.classes} == {None}
