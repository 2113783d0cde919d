"""What is said of columns of numbers that miss some, and of scores that are no probabilities."""

from __future__ import annotations

from typing import Final

from steelyard.engines.interface import Table
from steelyard.engines.wording import of_rows
from steelyard.errors import InputError
from steelyard.text import quote

SCORE: Final = "finite score up to ±3.4e38"
"""What a score of a class is: 32 bits hold no greater one."""


def check_present(table: Table, name: str, *, rows: int, absent: int, strange: int, what: str) -> tuple[str, ...]:
    """
    Refuse a column that lacks numbers; a note about those that it may lack.

    Args:
        table: The configuration.
        name: The column's.
        rows: All rows.
        absent: Those without a number.
        strange: Those with something that is no finite number.
        what: What is lacking, for the error.

    Raises:
        InputError: A number is infinite or none, all are missing, or one is although rows must not lack anything.
    """
    if strange or absent == rows or (absent and table.on_missing_row == "fail"):
        lacking = "value" if absent == rows else what
        raise InputError(
            f"{table.shown}: {of_rows(strange + absent, rows)} have no {lacking} (column {quote(name)})",
            hint="write a number for every row, or leave the column out of `scores` or `measures` in [[predictions]]; "
            "`[]` reads none",
        )
    if not absent:
        return ()
    return (f"{of_rows(absent, rows)} have no number in column {quote(name)}",)


def probability_notes(*, rows: int, columns: int, outside: int, off: int) -> tuple[str, ...]:
    """
    A note about scores that are no probabilities.

    Args:
        rows: All rows.
        columns: Of scores.
        outside: Rows with a score outside 0 … 1.
        off: Rows whose scores are far from a sum of 1.
    """
    if outside:
        said = f"{of_rows(outside, rows)} have a score outside 0 … 1: the scores are no probabilities"
        return (f"{said}, so log loss and Brier score are not computed; rows can be ranked by them",)
    if columns > 1 and off:
        return (f"the scores of {of_rows(off, rows)} do not sum to 1, as probabilities of the classes would",)
    return ()
