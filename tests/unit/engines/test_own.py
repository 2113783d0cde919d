"""Tests of each side's own counts."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from steelyard.engines.own import no_counts, own_counts, own_totals
from steelyard.errors import InputError
from steelyard.model import codec
from steelyard.model.cells import Cells
from steelyard.model.evaluation import PredictionSet
from steelyard.model.totals import Moments, Neighbours, Ranking, ScoreTotals
from tests.unit.engines.tables import own_cells

BASE = PredictionSet(
    name="test",
    source="p.csv",
    rows=5,
    key="id",
    label_type="integer",
    labels=("2", "10"),
    fingerprint="0" * 32,
    counts=Cells.of([("2", "2", 3), ("10", "11", 2)]),
)


def test_own_counts__one_side() -> None:
    """Labels first, in natural order; predictions that are no label after them."""
    (counts,) = own_counts(BASE)

    assert counts.classes == ("2", "10", "11")
    assert counts.n_labels == 2
    assert own_cells(counts) == Counter({("2", "2"): 3, ("10", "11"): 2})


def test_own_counts__same_classes_on_both_sides() -> None:
    """The label set is the union: what one side only predicts may be a label of the other."""
    other = msgspec.structs.replace(BASE, labels=("9", "11"), counts=Cells.of([("9", "11", 5)]))
    left, right = own_counts(BASE, other)

    assert left.classes == right.classes == ("2", "9", "10", "11")
    assert left.n_labels == right.n_labels == 4
    assert own_cells(left) == Counter({("2", "2"): 3, ("10", "11"): 2})
    assert own_cells(right) == Counter({("9", "11"): 5})


@pytest.mark.parametrize(
    "counts",
    [
        (("2", "2", 4),),
        (("2", "2", 3), ("2", "2", 2)),
        (("nowhere", "2", 5),),
        (),
    ],
)
def test_own_counts__forged(counts: tuple[tuple[str, str, int], ...]) -> None:
    """Counts that cannot be those of the rows are refused."""
    with pytest.raises(InputError, match="do not add up to 5 rows"):
        own_counts(msgspec.structs.replace(BASE, counts=Cells.of(counts)))


def test_no_counts__is_empty() -> None:
    """An absent side has the same classes and no rows."""
    (counts,) = own_counts(BASE)

    assert no_counts(counts).classes == counts.classes
    assert len(no_counts(counts).n) == 0


RANKING = Ranking(
    positives=2,
    negatives=3,
    roc_auc=0.75,
    roc_auc_error=0.1,
    average_precision=0.5,
    average_precision_error=None,
)
LOSS = Moments(n=5, mean=0.3, squares=0.2, least=0.1, most=0.5)
TOTALS = ScoreTotals(
    classes=("2", "10"),
    positive="10",
    support=(3, 2),
    rankings={"10": RANKING},
    log_loss=LOSS,
    brier=LOSS,
    calibration=(Neighbours(n=3, score=0.2, hits=0), Neighbours(n=2, score=0.9, hits=2)),
)


def test_own_totals() -> None:
    """What an Evaluation carries, after a way through JSON; nothing where there are no scores."""
    known = msgspec.structs.replace(BASE, score_totals=TOTALS)
    again = codec.decode(codec.encode(known), PredictionSet, source="it")

    assert own_totals(again) == TOTALS
    assert own_totals(BASE) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"classes": ("10", "2")},
        {"classes": ("2", "10", "10"), "support": (3, 2, 2)},
        {"support": (2, 3)},
        {"support": (3,)},
        {"rankings": {}},
    ],
)
def test_own_totals__forged(changed: dict[str, object]) -> None:
    """Sums that cannot be those of the rows are refused."""
    forged = msgspec.structs.replace(TOTALS, **changed)
    with pytest.raises(InputError, match="do not add up to 5 rows"):
        own_totals(msgspec.structs.replace(BASE, score_totals=forged))


def test_own_totals__of_fewer_rows() -> None:
    """A label that is none of the set's is no way to leave rows out."""
    counts = Cells.of([("2", "2", 5), ("nowhere", "2", 5)])
    forged = msgspec.structs.replace(
        BASE,
        rows=10,
        counts=counts,
        score_totals=ScoreTotals(classes=("2", "10"), positive="10", support=(5, 0), missing=1),
    )
    with pytest.raises(InputError, match="do not add up to 10 rows"):
        own_totals(forged)
