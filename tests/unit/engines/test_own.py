"""Tests of each side's own counts."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from steelyard.engines.own import no_counts, own_counts
from steelyard.errors import InputError
from steelyard.model.evaluation import Cell, PredictionSet
from tests.unit.engines.tables import own_cells

BASE = PredictionSet(
    name="test",
    source="p.csv",
    rows=5,
    key="id",
    label_type="integer",
    labels=("2", "10"),
    fingerprint="0" * 32,
    counts=(Cell(label="2", prediction="2", n=3), Cell(label="10", prediction="11", n=2)),
)


def test_own_counts__one_side() -> None:
    """Labels first, in natural order; predictions that are no label after them."""
    (counts,) = own_counts(BASE)

    assert counts.classes == ("2", "10", "11")
    assert counts.n_labels == 2
    assert own_cells(counts) == Counter({("2", "2"): 3, ("10", "11"): 2})


def test_own_counts__same_classes_on_both_sides() -> None:
    """The label set is the union: what one side only predicts may be a label of the other."""
    other = msgspec.structs.replace(BASE, labels=("9", "11"), counts=(Cell(label="9", prediction="11", n=5),))
    left, right = own_counts(BASE, other)

    assert left.classes == right.classes == ("2", "9", "10", "11")
    assert left.n_labels == right.n_labels == 4
    assert own_cells(left) == Counter({("2", "2"): 3, ("10", "11"): 2})
    assert own_cells(right) == Counter({("9", "11"): 5})


@pytest.mark.parametrize(
    "counts",
    [
        (Cell(label="2", prediction="2", n=4),),
        (Cell(label="2", prediction="2", n=6), Cell(label="2", prediction="3", n=-1)),
        (Cell(label="2", prediction="2", n=3), Cell(label="2", prediction="2", n=2)),
        (Cell(label="nowhere", prediction="2", n=5),),
        (),
    ],
)
def test_own_counts__forged(counts: tuple[Cell, ...]) -> None:
    """Counts that cannot be those of the rows are refused."""
    with pytest.raises(InputError, match="do not add up to 5 rows"):
        own_counts(msgspec.structs.replace(BASE, counts=counts))


def test_no_counts__is_empty() -> None:
    """An absent side has the same classes and no rows."""
    (counts,) = own_counts(BASE)

    assert no_counts(counts).classes == counts.classes
    assert len(no_counts(counts).n) == 0
