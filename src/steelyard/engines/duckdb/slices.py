"""Slice columns: a value a group; numbers with many values in bins between quartiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from steelyard.engines.bins import bin_texts
from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session, literal
from steelyard.engines.duckdb.values import decimal_of
from steelyard.engines.limits import MAX_FRACTIONS, MAX_SLICE_VALUES
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.text import quote


class Sliced(Value, frozen=True, kw_only=True):
    """How the slices' values are written."""

    text: Mapping[int, str]
    """SQL for the value of the slice column with this number in `raw`."""
    notes: tuple[str, ...] = ()


def settle(session: Session, roles: Roles, *, shown: str) -> Sliced:
    """
    The values of each slice column of `raw`, those of quantities as text of their bins.

    Raises:
        InputError: A column that is no quantity has more values than are reported.
    """
    text: dict[int, str] = {}
    notes: list[str] = []
    for index, name in enumerate(roles.slices):
        column = f"slice{index}"
        text[index] = column
        with session.translated(shown):
            values, fractions, strange = session.row(
                f"SELECT count(*), count(*) FILTER (number <> trunc(number)), count(*) FILTER (isinf(number)) "
                f"FROM (SELECT DISTINCT {column}, {decimal_of(column)} AS number FROM raw WHERE {column} IS NOT NULL)"
            )
        if not strange and (fractions > MAX_FRACTIONS or values > MAX_SLICE_VALUES):
            bins = _bins(session, column, shown=shown)
            text[index] = _binned(column, bins)
            notes.append(f"slice column {quote(name)} has {values:,} values: they are cut at their quartiles")
        elif values > MAX_SLICE_VALUES:
            raise InputError(
                f"{shown}: slice column {quote(name)} has {values:,} distinct values, at most {MAX_SLICE_VALUES} are "
                "reported",
                hint="group its values (e.g. cities into regions), or take it out of `slices`",
            )
    return Sliced(text=text, notes=tuple(notes))


def _bins(session: Session, column: str, *, shown: str) -> list[tuple[float, float]]:
    """The least and the greatest value of each bin; a bin ends at a quartile, which belongs to it."""
    with session.translated(shown):
        (edges,) = session.row(f"SELECT quantile_disc({decimal_of(column)}, [0.25, 0.5, 0.75, 1.0]) FROM raw")
        bounds = [float("-inf"), *sorted(set(edges))]
        pieces = ", ".join(
            f"min(number) FILTER (number > {_double(low)} AND number <= {_double(high)})"
            for low, high in pairwise(bounds)
        )
        least = session.row(f"SELECT {pieces} FROM (SELECT {decimal_of(column)} AS number FROM raw)")
    return list(zip(least, bounds[1:], strict=True))


def _binned(column: str, bins: Sequence[tuple[float, float]]) -> str:
    number = decimal_of(column)
    cases = " ".join(
        f"WHEN {number} <= {_double(high)} THEN {literal(text)}"
        for (_, high), text in zip(bins, bin_texts(bins), strict=True)
    )
    return f"CASE {cases} END"


def _double(value: float) -> str:
    return f"{literal(repr(value))}::DOUBLE"
