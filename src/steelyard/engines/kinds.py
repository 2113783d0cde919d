"""Whether two columns hold classes or numbers, told from their distinct values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from steelyard.engines.interface import Table
from steelyard.engines.labels import is_whole, numbers_of
from steelyard.engines.limits import MAX_FRACTIONS
from steelyard.errors import InputError
from steelyard.text import listing, quote


def are_numbers(labels: Collection[str], predictions: Collection[str]) -> bool:
    """
    Whether these are a regression's targets and predictions.

    Both columns are numbers, a target is spelled in one way only, and either the targets have many fractions, or there
    are many targets and the predictions have many fractions. Two classes with probabilities as predictions are none.

    Args:
        labels: Distinct values of the label column as the file spells them; some of them are enough to say yes.
        predictions: Distinct values of the prediction column.
    """
    targets, predicted = numbers_of(labels), numbers_of(predictions)
    if None in targets or None in predicted or len(set(targets)) < len(targets):
        return False
    many = len(targets) > MAX_FRACTIONS and _fractions(predicted) > MAX_FRACTIONS
    return bool(predicted) and (many or _fractions(targets) > MAX_FRACTIONS)


def check_classes(labels: Collection[str], predictions: Collection[str], table: Table) -> None:
    """
    Refuse targets of a regression whose predictions are no numbers, unless classes are configured.

    Raises:
        InputError: With examples of both.
    """
    targets = numbers_of(labels)
    distinct = {text for text in targets if text is not None}
    if table.kind != "auto" or None in targets or len(distinct) < len(targets) or _fractions(targets) <= MAX_FRACTIONS:
        return
    fractions = sorted(text for text in distinct if not is_whole(text))
    strange = sorted(text for text in predictions if numbers_of([text]) == [None])
    raise InputError(
        f"{table.shown}: the label column looks like a regression target: {len(fractions):,} distinct values that are "
        f"no whole numbers, such as {listing(fractions[:3])}; but predictions such as {listing(strange[:3])} are no "
        "numbers",
        hint='write numbers as predictions, or set `kind = "classification"` in [[predictions]]',
    )


def many_classes(classes: int, rows: int, column: str, table: Table) -> tuple[str, ...]:
    """
    A loud note about a label column that tells rows apart rather than classes, as a column of ids does.

    Args:
        classes: Distinct labels.
        rows: All rows.
        column: The label column's name.
        table: The configuration; where it has the label set, that was meant.
    """
    if rows < _FEWEST_ROWS or 2 * classes <= rows or table.labels:
        return ()
    said = "every row is a class of its own" if classes == rows else "fewer than two rows a class"
    shown = f"column {quote(column)} has {classes:,} classes in {rows:,} rows"
    return (f"{CLASSES}{shown}, {said}: is that the column of labels?",)


CLASSES: Final = "CLASSES: "
"""How a note begins that the first screen of a report shows."""

_FEWEST_ROWS: Final = 20


def _fractions(numbers: Collection[str | None]) -> int:
    return sum(1 for number in numbers if number is not None and not is_whole(number))
