"""`steelyard.engines.score_checks`: what is said of numbers that are lacking, and of scores that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from steelyard.engines.interface import Table
from steelyard.engines.score_checks import check_present, probability_notes
from steelyard.errors import InputError


def table(on_missing_row: Literal["fail", "wrong"]) -> Table:
    """A table's configuration."""
    return Table(path=Path("x.csv"), shown="x.csv", on_missing_row=on_missing_row)


@pytest.mark.parametrize(
    ("mode", "absent", "strange", "lacking"),
    [
        ("fail", 1, 0, "finite score"),
        ("fail", 0, 1, "finite score"),
        ("wrong", 0, 1, "finite score"),
        ("wrong", 10, 0, "value"),
        ("fail", 10, 0, "value"),
    ],
)
def test_check_present__refuses(mode: Literal["fail", "wrong"], absent: int, strange: int, lacking: str) -> None:
    """Missing ones where none may, infinite ones always, and a column without any number."""
    with pytest.raises(InputError, match=f"{absent + strange} of 10 rows have no {lacking} "):
        check_present(table(mode), "p", rows=10, absent=absent, strange=strange, what="finite score")


def test_check_present__notes() -> None:
    """Where some may lack one, it is said how many do."""
    assert check_present(table("wrong"), "p", rows=10, absent=0, strange=0, what="number") == ()
    (note,) = check_present(table("wrong"), "p", rows=10, absent=2, strange=0, what="number")
    assert "2 of 10 rows have no number" in note


def test_probability_notes() -> None:
    """Scores outside 0 … 1 and sums other than 1 are told, one column's sum is nothing."""
    assert "outside 0 … 1" in probability_notes(rows=9, columns=2, outside=1, off=1)[0]
    assert "do not sum to 1" in probability_notes(rows=9, columns=2, outside=0, off=1)[0]
    assert probability_notes(rows=9, columns=1, outside=0, off=1) == ()
