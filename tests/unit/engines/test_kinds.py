"""Tests of telling classes from numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from steelyard.engines.interface import Table
from steelyard.engines.kinds import are_numbers, check_classes, many_classes
from steelyard.errors import InputError

FRACTIONS = [str(index + 0.25) for index in range(30)]
INTEGERS = [str(index) for index in range(30)]


@pytest.mark.parametrize(
    ("labels", "predictions", "expected"),
    [
        (FRACTIONS, FRACTIONS, True),
        (FRACTIONS, ["1", "2"], True),
        (INTEGERS, FRACTIONS, True),
        ([*FRACTIONS, "nan"], ["3.5", "NaN"], True),
        (INTEGERS, INTEGERS, False),
        (["0", "1"], FRACTIONS, False),
        (FRACTIONS[:20], FRACTIONS, False),
        ([*FRACTIONS, "x"], FRACTIONS, False),
        (FRACTIONS, ["x"], False),
        (FRACTIONS, [], False),
        ([*FRACTIONS, "1.1", "1.10"], FRACTIONS, False),
        ([*INTEGERS, "007"], FRACTIONS, False),
    ],
)
def test_are_numbers__cases(labels: list[str], predictions: list[str], expected: bool) -> None:
    """Many fractions on either side; never probabilities of two classes, nor what is spelled like versions."""
    assert are_numbers(labels, predictions) is expected


def test_check_classes__targets_without_numbers_as_predictions() -> None:
    """Such a table is neither; the configuration may say that it means classes."""
    table = Table(path=Path("p.csv"), shown="p.csv")
    with pytest.raises(InputError, match=r'looks like a regression target.*"cheap" are no numbers') as error:
        check_classes(FRACTIONS, ["cheap"], table)

    assert 'kind = "classification"' in error.value.hint
    check_classes(FRACTIONS, ["cheap"], Table(path=Path("p.csv"), shown="p.csv", kind="classification"))
    check_classes(["1.5", "2.5"], ["cheap"], table)


@pytest.mark.parametrize(
    ("classes", "rows", "says"),
    [
        (20, 20, "has 20 classes in 20 rows, every row is a class of its own"),
        (3_001, 6_000, "has 3,001 classes in 6,000 rows, fewer than two rows a class"),
        (3_000, 6_000, ""),
        (19, 19, ""),
    ],
)
def test_many_classes(classes: int, rows: int, says: str) -> None:
    """A column that tells rows apart is asked about, by its name; few rows, and a configured label set, are not."""
    table = Table(path=Path("p.csv"), shown="p.csv")
    notes = many_classes(classes, rows, "customer", table)

    assert len(notes) == bool(says)
    assert all(note.startswith('CLASSES: column "customer" ') and says in note for note in notes)
    assert many_classes(classes, rows, "customer", structs.replace(table, labels=("a",))) == ()
