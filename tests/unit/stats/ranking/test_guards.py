"""`steelyard.stats.ranking.guards`: what is refused, and what is said."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.stats.intervals.design import Design, Spread
from steelyard.stats.ranking.guards import ALIKE, RIGHT, alike, few, lopsided, rough, scarce, too_few
from tests.unit.stats.score_tables import two_sides


def spread(*, error: float = 0.1, clusters: float | None = None) -> Spread:
    """How far a value may be off."""
    return Spread(standard_error=error, degrees_of_freedom=9.0, effective_clusters=clusters)


def test_classes__few_and_too_few() -> None:
    """9 rows of a class are too few, 10 to 19 are few, 20 are neither."""
    for positives, refused, said in ((9, True, True), (10, False, True), (19, False, True), (20, False, False)):
        sides = two_sides(np.arange(60) < positives, np.arange(60), np.arange(60))
        assert (scarce(sides) != "", few("roc_auc", sides) != ()) == (refused, said)


@pytest.mark.parametrize(
    ("unequal", "refused", "said"),
    [
        (30.0, 'too few rows: the rows with the label "b" count as 9.2 equal ones, 10 needed', "9.2"),
        (10.0, "", "19.8"),
        (3.0, "", ""),
    ],
)
def test_classes__weighted_rows_are_what_they_count_as(unequal: float, refused: str, said: str) -> None:
    """60 positives of which 5 weigh far more than the others are few, or too few; 3 times as much leaves enough."""
    weight = np.ones(500)
    weight[:5] = unequal
    sides = two_sides(np.arange(500) < 60, np.arange(500), np.arange(500), design=Design(weight=weight))
    assert scarce(sides) == refused
    shown = f'few rows: the rows with the label "b" count as {said} equal ones, the interval is rough'
    assert few("roc_auc", sides) == ((shown,) if said else ())


@pytest.mark.parametrize("weighted", [True, False])
def test_classes__average_precision_needs_more(weighted: bool) -> None:
    """It is rough with fewer than 150 rows of a class, or what weighted ones count as; areas need 20."""
    design = Design(weight=np.full(400, 0.3)) if weighted else Design()
    for positives, said in ((149, True), (150, False)):
        sides = two_sides(np.arange(400) < positives, np.arange(400), np.arange(400), design=design)
        shown = 'the rows with the label "b" count as 149 equal ones' if weighted else '149 rows with the label "b"'
        assert few("average_precision", sides) == ((f"few rows: {shown}, the interval is rough",) if said else ())
        assert few("roc_auc", sides) == ()


def test_lopsided_and_rough__weighted_rows_are_what_they_count_as() -> None:
    """A side's own interval, and the rows that are ranked wrong."""
    weight = np.ones(500)
    weight[:5] = 10.0
    sides = two_sides(np.arange(500) < 60, np.arange(500), np.arange(500), design=Design(weight=weight))
    assert lopsided("average_precision", 0.5, spread(), sides) == (
        'no interval: the rows with the label "b" count as 19.8 equal ones, 500 needed'
    )
    assert (
        lopsided("roc_auc", 0.96, spread(), sides) == "too few rows are ranked wrong: 0.7 of the rarest class, 1 needed"
    )
    (said,) = rough("roc_auc", sides, [0.9, 0.9], 20.0)
    assert said.startswith("few rows are ranked wrong: as many as 2 of the rarest class")


def test_alike() -> None:
    """Perfect areas and equal ranks are told apart; two samples are not equal because nothing varies."""
    assert alike([0.9, 0.8], spread(), paired=True) == ""
    assert alike([1.0, 1.0], spread(error=0.0), paired=True) == RIGHT
    assert alike([1.0, 1.0], spread(), paired=False) == RIGHT
    assert alike([0.9, 0.9], spread(error=0.0), paired=True) == ALIKE
    assert alike([0.9, 0.9], spread(error=0.0), paired=False) == ""


def test_too_few() -> None:
    """Five equal rows are enough to rest on."""
    assert too_few(5.0) == ""
    assert too_few(4.2) == "too few disagreements: they count as 4.2 equal ones, 5 needed"


def test_lopsided() -> None:
    """20 rows of a class need an area below 0.95 for an interval of its own; average precision needs 500 rows."""
    sides = two_sides(np.arange(60) < 20, np.arange(60), np.arange(60))
    assert not lopsided("roc_auc", 0.94, spread(), sides)
    assert (
        lopsided("roc_auc", 0.96, spread(), sides) == "too few rows are ranked wrong: 0.8 of the rarest class, 1 needed"
    )
    assert lopsided("average_precision", 0.5, spread(), sides) == 'no interval: 20 rows with the label "b", 500 needed'
    assert lopsided("average_precision", 0.5, spread(clusters=200.0), sides) == (
        "no interval: the clusters count as 200 equal ones, 500 needed"
    )
    many = two_sides(np.arange(1000) < 500, np.arange(1000), np.arange(1000))
    assert not lopsided("average_precision", 0.96, spread(), many)


def test_rough() -> None:
    """Areas speak of rows ranked wrong, average precision of what the difference rests on."""
    sides = two_sides(np.arange(60) < 20, np.arange(60), np.arange(60))
    assert rough("roc_auc", sides, [0.9, 0.9], 6.0) == (
        "few rows are ranked wrong: as many as 2 of the rarest class, the interval is rough",
    )
    assert rough("roc_auc", sides, [0.8, 0.8], 6.0) == ()
    assert rough("average_precision", sides, [0.9, 0.9], 6.0) == (
        "few rows decide: the difference rests on as many as 6 equal ones",
    )
    assert rough("average_precision", sides, [0.9, 0.9], 11.0) == ()


def test_few__clusters_of_an_average_precision() -> None:
    """Its influence values need 150 clusters, those of an area do not."""
    sides = two_sides(np.arange(1000) < 500, np.arange(1000), np.arange(1000))
    (said,) = few("average_precision", sides, clusters=60.0)
    assert said == "few clusters for an average precision: as many as 60 equal ones, the interval is rough"
    assert few("average_precision", sides, clusters=150.0) == few("roc_auc", sides, clusters=60.0) == ()
