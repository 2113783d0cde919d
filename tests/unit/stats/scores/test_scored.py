"""`steelyard.stats.scores.scored`: whose scores are which column, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.counts import RowsOfSide
from steelyard.stats.intervals.design import Design
from steelyard.stats.scores.scored import improbable, scored, sides_of, unusable
from tests.unit.stats.score_tables import data, matrix, one_side, rows_of, scores_of

LABEL = np.array([0, 1, 0, 1])


def test_scored__single_column_is_the_positive_class() -> None:
    """One column of a binary set ranks as it is; the other class has 1 - score."""
    side = scored(
        rows_of(LABEL, [0.25, 0.5, 0.75, 1.0]), RowsOfSide(scores=matrix([0.25, 0.5, 0.75, 1.0])), positive="b"
    )

    assert side is not None
    assert side.ranking.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert side.of(0).tolist() == [0.75, 0.5, 0.25, 0.0]
    assert side.hits.tolist() == [False, True, False, True]


def test_scored__column_of_the_negative_class_is_turned_around() -> None:
    """A single column about the negative class ranks the rows the other way round, without losing tiny scores."""
    rows = rows_of(LABEL, [1e-30, 1e-20, 0.0, 1.0], scored=(0,))
    side = scored(rows, rows.candidate, positive="b")

    assert side is not None
    assert np.argsort(side.ranking).tolist() == [3, 1, 0, 2]
    assert side.of(0).tolist() == pytest.approx([1e-30, 1e-20, 0.0, 1.0])


def test_scored__a_column_of_an_unknown_class_is_left_out() -> None:
    """Beside the positive class's column, one about a class that the set does not have says nothing."""
    rows = rows_of(LABEL, np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]]), scored=(9, 1))
    side = scored(rows, rows.candidate, positive="b")

    assert side is not None
    assert side.ranking.tolist() == pytest.approx([0.1, 0.8, 0.4, 0.7])
    assert side.of(0).tolist() == pytest.approx([0.9, 0.2, 0.6, 0.3])


def test_scored__positive_is_the_configured_class() -> None:
    """The positive class may be the first one; its own column is used where there are two."""
    rows = rows_of(LABEL, np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]]))
    side = scored(rows, rows.candidate, positive="a")

    assert side is not None
    assert side.ranking.tolist() == pytest.approx([0.9, 0.2, 0.6, 0.3])


def test_scored__columns_follow_the_classes() -> None:
    """Columns in another order than the classes, with one for a class that no row has, come out in class order."""
    rows = rows_of([0, 1, 2], np.array([[3, 9, 1, 2], [6, 9, 4, 5], [9, 9, 7, 8]]), classes=("a", "b", "c"))
    rows = rows_of([0, 1, 2], scores_of(rows.candidate), classes=("a", "b", "c"), scored=(2, 7, 0, 1))
    side = scored(rows, rows.candidate, positive=None)

    assert side is not None
    assert side.by_class.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert side.positive is None


def test_scored__a_class_without_scores() -> None:
    """Several classes of which one has no column have no scores that could be used."""
    rows = rows_of([0, 1, 2], np.ones((3, 3)), scored=(0, 1, 9))

    assert scored(rows, rows.candidate, positive=None) is None
    assert scored(rows, None, positive=None) is None


@pytest.mark.parametrize(
    ("label", "scores", "weight", "reason"),
    [
        ([], [], None, "no row in common"),
        ([1], [0.5], None, "all rows have one label"),
        ([1, 1, 1], [0.5, 0.2, 0.1], None, "all rows have one label"),
        ([0, 1, 1], [0.5, np.nan, np.inf], None, "2 rows with a score that is missing or infinite"),
        ([0, 1, 1], [0.5, 0.2, 0.1], [1.0, -1.0, 1.0], "some weights are negative"),
        ([0, 1, 1], [0.5, 0.2, 0.1], [1.0, np.nan, 1.0], "some weights are negative, missing"),
        ([0, 1, 1], [0.5, 0.2, 0.1], [0.0, 1.0, 1.0], 'weigh nothing that have the label "a"'),
        ([0, 1, 1], [0.5, 0.5, 0.5], None, ""),
    ],
)
def test_unusable(label: list[int], scores: list[float], weight: list[float] | None, reason: str) -> None:
    """Everything that cannot be ranked is named; constant scores can be."""
    rows = rows_of(label, scores, weight=None if weight is None else np.array(weight))
    side = scored(rows, rows.candidate, positive="b")

    assert side is not None
    found = unusable(side)
    assert reason in found if reason else found == ""


def test_improbable() -> None:
    """Scores outside 0 … 1, and rows of several classes that do not sum to 1, are no probabilities."""
    assert improbable(one_side([0, 1], [0.0, 1.0])) == ""
    assert "1 row with one outside 0 … 1" in improbable(one_side([0, 1], [0.0, 1.5]))
    assert improbable(one_side([0, 1, 2], np.full((3, 3), 1 / 3))) == ""
    assert "3 rows with a sum other than 1" in improbable(one_side([0, 1, 2], np.full((3, 3), 0.5)))


def test_sides_of__both_sides_need_scores() -> None:
    """A baseline without scores leaves nothing to compare; without any baseline the candidate stands alone."""
    paired = rows_of(LABEL, [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1])
    bare = rows_of(LABEL, [0.1, 0.2, 0.3, 0.4])
    alone, both = sides_of(data(bare)), sides_of(data(paired))

    assert both is not None
    assert both.paired
    assert alone is not None
    assert alone.baseline is None
    unscored = structs.replace(bare, candidate=RowsOfSide())
    assert sides_of(data(bare, others=unscored)) is None
    assert sides_of(data(unscored)) is None


def test_sides_of__unpaired() -> None:
    """The baseline's own rows are its side where nothing is paired."""
    sides = sides_of(data(rows_of(LABEL, [0.1, 0.2, 0.3, 0.4]), others=rows_of([0, 1], [0.5, 0.6])))

    assert sides is not None
    assert not sides.paired
    assert [side.rows for side in sides.known] == [4, 2]
    assert sides.rows == 2


def test_sides_of__rows_that_lack_scores() -> None:
    """Two samples lose their own rows alone; further trainings count, and the design goes with the rows."""
    lacking = rows_of(LABEL, [0.1, np.nan, 0.3, 0.4], weight=np.arange(1.0, 5.0))
    others = structs.replace(rows_of([0, 1, 1], [0.1, 0.2, np.nan]), label=np.array([0, 1, 1]))
    further = RowsOfSide(scores=matrix([0.1, 0.2, 0.3, np.nan]))
    assert lacking.candidate is not None
    repeated = structs.replace(lacking, candidate=structs.replace(lacking.candidate, further=(further,)))

    apart, both = sides_of(data(lacking, others=others)), sides_of(data(repeated))

    assert apart is not None
    assert apart.baseline is not None
    assert (apart.candidate.rows, apart.baseline.rows, apart.missing) == (3, 2, 2)
    assert apart.left_out == ("left out: 2 rows without all scores",)
    assert apart.used == (3, 2)
    assert both is not None
    assert both.candidate.label.tolist() == [0, 0]
    assert both.candidate.design.weight is not None
    assert both.candidate.design.weight.tolist() == [1.0, 3.0]
    assert both.undefined == "undefined: all rows have one label (left out: 2 rows without all scores)"


def test_sides_of__no_row_has_all_scores() -> None:
    """Where nothing would be left, nothing is left out, and the reason counts the rows."""
    sides = sides_of(data(rows_of(LABEL, [np.nan, 0.5, np.nan, 0.5], [0.5, np.nan, 0.5, np.nan])))

    assert sides is not None
    assert sides.missing == 0
    assert sides.undefined == "undefined: 2 rows with a score that is missing or infinite"


def test_effective__rows_of_a_class_count_as_their_weights_say() -> None:
    """(Σw)² / Σw² of each class, in any unit; equal weights and none count rows."""
    label = [0, 0, 0, 1, 1]
    weights = [1.0, 1.0, 2.0, 5.0, 5.0]
    scores = np.linspace(0.1, 0.9, 5)
    for unit in (1.0, 1e-200, 1e200):
        assert one_side(label, scores, design=Design(weight=unit * np.array(weights))).effective.tolist() == (
            pytest.approx([16.0 / 6.0, 2.0])
        )
    equal = one_side(label, scores, design=Design(weight=np.full(5, 0.1)))
    assert equal.effective.tolist() == one_side(label, scores).effective.tolist() == [3.0, 2.0]
