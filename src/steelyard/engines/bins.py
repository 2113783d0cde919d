"""Values of slices: their order, and how bins of numbers are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

BETWEEN: Final = " … "
"""What stands between the least and the greatest number of a bin."""

_NUMBER: Final = re.compile(rf"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{{1,3}})?(?={BETWEEN}|\Z)")


def bin_texts(bins: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    """
    `12.5 … 30`, with as few digits as tell the bounds apart; a bin of one value is that value.

    Args:
        bins: The least and the greatest value of each.
    """
    bounds = {bound for least_and_greatest in bins for bound in least_and_greatest}
    digits = next(digits for digits in (4, 6, 9, 17) if len({f"{bound:.{digits}g}" for bound in bounds}) == len(bounds))
    return tuple(
        f"{low:.{digits}g}{BETWEEN}{high:.{digits}g}" if low < high else f"{low:.{digits}g}" for low, high in bins
    )


def slice_order(values: Iterable[str]) -> list[str]:
    """Bins and numbers by value, where all values are such; else by code point. The missing value comes first."""
    known = sorted(values)
    numbers = {value: found for value in known if value and (found := _NUMBER.match(value)) is not None}
    if len(numbers) < len([value for value in known if value]):
        return known
    return sorted(known, key=lambda value: (value != "", float(numbers[value][0]) if value else 0.0, value))


def bin_places(values: Iterable[str]) -> dict[str, int]:
    """The place of each bin among all by its numbers, the missing value left out; empty where not all are bins."""
    known = [value for value in slice_order(values) if value]
    binned = any(BETWEEN in value for value in known) and all(map(_NUMBER.match, known))
    return {value: place for place, value in enumerate(known)} if binned else {}
