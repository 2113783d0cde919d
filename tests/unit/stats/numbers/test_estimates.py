"""`steelyard.stats.numbers.estimates`: which of two sides' estimates have an interval, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from msgspec import structs

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.intervals.design import Design, Sampling, Spread
from steelyard.stats.intervals.trainings import Trained, over_trainings
from steelyard.stats.numbers.contrast import OneSide
from steelyard.stats.numbers.estimates import Estimates, Judged

ROWS = 600
SOUND = Spread(standard_error=0.1, degrees_of_freedom=9.0)


def sampling(cluster: IntArray | None = None) -> Sampling:
    """Of as many rows."""
    return Sampling.of(Design(cluster=cluster), entries=ROWS)


def rows(seed: int) -> FloatArray:
    """A number of each row."""
    found: FloatArray = np.random.default_rng(seed).normal(size=ROWS)
    return found


def trained(*values: FloatArray) -> Trained:
    """The mean of the rows' numbers, in each training."""
    return over_trainings(
        [float(one.mean()) for one in values], [one - one.mean() for one in values], sampling().spread
    )


def pair(*, cluster: IntArray | None = None, by_row: bool = False, moved: FloatArray | None = None) -> Estimates:
    """Two sides on the same rows."""
    ours = rows(1)
    sides = [trained(ours), trained(ours + (0.5 * rows(2) if moved is None else moved))]
    return Estimates.of(sides, [sampling(cluster)], difference=sides[0].psi - sides[1].psi, by_row=by_row)


def test_paired_sides_have_the_spread_of_their_difference() -> None:
    """That of `ttest_rel`, and of each side alone that of `sem`."""
    ours, theirs = rows(1), rows(1) + 0.5 * rows(2)
    found = pair()
    assert found.spread.standard_error == pytest.approx(scipy.stats.sem(ours - theirs))
    assert [one.standard_error for one in found.owns] == pytest.approx([scipy.stats.sem(ours), scipy.stats.sem(theirs)])
    assert not found.clustered


def test_two_samples_have_welchs() -> None:
    """A sampling of each; with a single side its own spread is that of the estimate."""
    sides = [trained(rows(1)), trained(3.0 * rows(2))]
    found = Estimates.of(sides, [sampling(), sampling()])
    assert found.spread.standard_error == pytest.approx(
        np.hypot(found.owns[0].standard_error, found.owns[1].standard_error)
    )
    alone = Estimates.of(sides[:1], [sampling()])
    assert alone.spread == alone.owns[0]
    assert (len(alone.owns), len(found.owns)) == (1, 2)


def test_trainings_bring_their_luck() -> None:
    """In each side's spread, in that of the difference, and in what more rows do not lower."""
    sides = [trained(rows(1), rows(1) + 0.3), trained(rows(2), rows(2) + 0.5)]
    found = Estimates.of(sides, [sampling()], difference=sides[0].psi - sides[1].psi)
    assert found.fixed_variance == pytest.approx(0.15**2 + 0.25**2)
    assert found.owns[0].standard_error > 0.15
    assert found.spread.standard_error > np.hypot(0.15, 0.25)


@pytest.mark.parametrize(("by_row", "looked_at"), [(True, ["heavy tail: 1% of the rows "]), (False, [])])
def test_single_rows_are_looked_at_on_demand(by_row: bool, looked_at: list[str]) -> None:
    """Three of 600 rows make most of the variance of the difference."""
    moved = np.where(np.arange(ROWS) < 3, 50.0, 0.1 * rows(3))
    assert [text[:27] for text in pair(by_row=by_row, moved=moved).decided] == looked_at


def test_clusters_are_looked_at_always() -> None:
    """Where few carry a difference neither it nor the values have an interval; a side alone keeps its own."""
    cluster = np.arange(ROWS, dtype=np.int64) // 5
    moved = np.where(cluster < 2, 5.0, 0.0)
    found = pair(cluster=cluster, moved=moved)
    judged = found.judged(withheld="", own=["", ""])
    assert judged.unfit == "too few clusters carry it: they count as 2.1 equal ones, 5 needed"
    assert [side.spread for side in judged.shown] == [None, None]
    assert [side.value is None for side in judged.shown] == [False, False]
    assert found.decided[0].startswith("skewed: 120 clusters are few ")

    alone = Estimates.of([trained(moved)], [sampling(cluster)])
    assert alone.judged(withheld="", own=[""]).unfit == ""


def test_reasons_come_in_their_order() -> None:
    """Withheld, the metric's own, the spread's, what is said then, the clusters' and the last."""
    cluster = np.arange(ROWS, dtype=np.int64) // 5
    few = pair(cluster=cluster, moved=np.where(cluster < 2, 5.0, 0.0))
    broken = structs.replace(few, spread=structs.replace(few.spread, unfit="of the spread"))

    def said(found: Estimates, *, withheld: str = "", refused: str = "", then: str = "", last: str = "last") -> str:
        return found.judged(withheld=withheld, refused=refused, then=then, last=last, own=["", ""]).unfit

    assert said(broken, withheld="withheld", refused="own", then="then") == "withheld"
    assert said(broken, refused="own", then="then") == "own"
    assert said(broken, then="then") == "of the spread"
    assert said(few, then="then") == "then"
    assert said(few).startswith("too few clusters carry it")
    assert said(pair()) == "last"
    assert said(pair(), last="") == ""


def test_a_refused_difference_leaves_the_values_their_intervals() -> None:
    """What is withheld altogether does not, nor does a reason of a side's own, nor a value that is none."""
    found = pair()
    assert [one.spread for one in found.judged(withheld="", refused="own", own=["", ""]).shown] == list(found.owns)
    assert [one.spread for one in found.judged(withheld="all", own=["", ""]).shown] == [None, None]
    assert [one.spread for one in found.judged(withheld="", own=["few", ""]).shown] == [None, found.owns[1]]
    lost = structs.replace(found, sides=(Trained(values=np.array([np.nan]), psi=np.zeros(0)), found.sides[1]))
    assert lost.judged(withheld="", own=["", ""]).ours == OneSide(value=None)


@pytest.mark.parametrize(("count", "shown"), [(1, True), (2, False), (4, False), (5, True)])
def test_a_value_of_few_trainings_has_no_interval(count: int, shown: bool) -> None:
    """Five tell how far their mean may be off."""
    one = trained(*(rows(1) + 0.1 * number for number in range(count)))
    judged = Estimates.of([one], [sampling()]).judged(withheld="", own=[""], skewness=[0.2])
    assert (judged.ours.spread is not None) is shown
    assert judged.ours.skewness == (0.2 if shown else 0.0)


def test_caveats_are_of_intervals_that_there_are() -> None:
    """Those of any interval where there is one, those of the difference where it has one."""
    some, none = (OneSide(value=0.5, spread=SOUND), OneSide(value=0.5)), (OneSide(value=0.5),)
    for unfit, shown, said in (
        ("", none, ("any", "difference")),
        ("few", some, ("any",)),
        ("few", none, ()),
    ):
        assert Judged(unfit=unfit, shown=shown).caveats(["any"], ["difference"]) == said


def test_theirs() -> None:
    """A baseline that is expected is there without a value."""
    ours = OneSide(value=0.5)
    alone, both = Judged(unfit="", shown=(ours,)), Judged(unfit="", shown=(ours, OneSide(value=0.4)))
    assert alone.theirs() is None
    assert alone.theirs(expected=True) == OneSide(value=None)
    assert both.theirs(expected=True) == both.theirs() == OneSide(value=0.4)
