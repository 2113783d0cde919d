"""Rows that weigh, belong or are sliced otherwise than in the baseline, though they are the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from steelyard.engines.duckdb.pairing import Moved, Paired
from steelyard.engines.duckdb.session import Session, literal
from steelyard.engines.limits import MAX_SLICE_VALUES
from steelyard.engines.staying import Cell, few, staying, total
from steelyard.errors import InputError
from steelyard.model.counts import ChangedColumn, ChangedRole
from steelyard.model.evaluation import PredictionSet

_SINGLE_PRECISION: Final = 1e-6
"""Weights that differ by no larger share are the same, written with fewer digits."""


def held(paired: Paired) -> dict[str, str]:
    """The columns that are held against the baseline's, as `shared_columns`; none where they are the same ones."""
    if paired.form in {"same test set", "alone"}:
        return {}
    return shared_columns(paired.candidate.known, paired.baseline.known)


def differs(mine: str, other: str) -> str:
    """SQL for whether a row of `Paired.relation` has another weight, cluster or stratum in the baseline."""
    if mine != "weight":
        return f"{mine} IS DISTINCT FROM other_{other}"
    return f"abs(weight - other_weight) > {_SINGLE_PRECISION} * greatest(abs(weight), abs(other_weight))"


def regrouped(session: Session, paired: Paired, rows: Mapping[str, int]) -> dict[str, int]:
    """
    How many rows are in another cluster, or stratum, than those that most of their own are in now.

    A group that only has another name (`1.0` for `1`, where one row has none) is the same: it has more than half of the
    rows of both.

    Args:
        session: Where the rows are read.
        paired: The rows.
        rows: By column of the design, how many have another value.
    """
    found = dict(rows)
    for name in {"cluster", "stratum"} & {name for name, number in rows.items() if number}:
        relation = paired.relation(session, testset=[name], other=[name])
        with session.translated("the stored rows"):
            (moved,) = session.row(
                "SELECT coalesce(sum(n) FILTER (2 * n <= mine OR 2 * n <= theirs), 0)::BIGINT FROM (SELECT n, "
                f"sum(n) OVER (PARTITION BY {name}) AS mine, sum(n) OVER (PARTITION BY other_{name}) AS theirs FROM ("
                f"SELECT {name}, other_{name}, count(*) AS n FROM {relation} WHERE {paired.same_labels} GROUP BY ALL))"
            )
        found[name] = min(found[name], moved)
    return found


def slices_in(held: Mapping[str, str]) -> dict[str, str]:
    """The slice columns of `held`."""
    return {mine: other for mine, other in held.items() if mine.startswith("slice")}


def moved(session: Session, relation: str, *, mine: str, other: str, rows: str) -> Moved | None:
    """
    Which rows lie in another slice than in the baseline; None where none does.

    Args:
        session: Where the rows are read.
        relation: A FROM item of the compared rows, with both columns.
        mine: The slice column.
        other: The baseline's, without `other_`.
        rows: SQL for how many rows there are in a group.

    Raises:
        InputError: The columns have missing values, or more than an engine of ours writes.
    """
    most = MAX_SLICE_VALUES * MAX_SLICE_VALUES
    found = session.rows(f"SELECT {mine}, other_{other}, {rows}::BIGINT FROM {relation} GROUP BY 1, 2 LIMIT {most + 1}")
    if len(found) > most:
        raise InputError(
            f"the stored rows have more than {MAX_SLICE_VALUES} values in a slice", hint="make this Evaluation again"
        )
    if any(value is None for row in found for value in row):
        raise InputError("the stored rows have missing slice values", hint="make this Evaluation again")
    cells = [Cell(*row) for row in found]
    stay = staying(cells)
    lost = total(cells) - total(stay)
    if not lost:
        return None
    return Moved(
        other=other,
        stays=_stays(mine, f"other_{other}", stay),
        rows=lost,
        left_out=few(cells, stay),
    )


def _stays(mine: str, other: str, cells: Sequence[Cell]) -> str:
    """SQL for whether a row is in one of these cells."""
    if not cells:
        return "false"
    places: dict[str, list[str]] = {}
    for cell in cells:
        places.setdefault(cell.mine, []).append(literal(cell.other))
    cases = " ".join(f"WHEN {literal(value)} THEN {other} IN ({', '.join(one)})" for value, one in places.items())
    return f"coalesce(CASE {mine} {cases} END, false)"


def shared_columns(candidate: PredictionSet, baseline: PredictionSet) -> dict[str, str]:
    """The columns beside labels that both test sets have, as `RowFiles.testset_columns` calls them on each side."""
    both = {
        role: role for role in _ROLES if getattr(candidate, role) is not None and getattr(baseline, role) is not None
    }
    theirs = {name: f"slice{index}" for index, name in enumerate(baseline.slices)}
    return both | {f"slice{index}": theirs[name] for index, name in enumerate(candidate.slices) if name in theirs}


def named_changes(
    candidate: PredictionSet, rows: Mapping[str, int], moved: Mapping[str, Moved] = MappingProxyType({})
) -> tuple[ChangedColumn, ...]:
    """
    The columns that changed in some rows.

    Args:
        candidate: Its columns.
        rows: By what `RowFiles.testset_columns` calls a column, how many rows have another value.
        moved: By the same, the slices in which rows have moved.
    """
    named: list[tuple[ChangedRole, str, str]] = [(role, getattr(candidate, role) or "", role) for role in _ROLES]
    found = [ChangedColumn(role=role, name=name, rows=rows[column]) for role, name, column in named if rows.get(column)]
    slices = [(name, moved.get(f"slice{index}")) for index, name in enumerate(candidate.slices)]
    found += [
        ChangedColumn(role="slice", name=name, rows=one.rows, left_out=one.left_out)
        for name, one in slices
        if one is not None
    ]
    return tuple(found)


_ROLES: Final[tuple[ChangedRole, ...]] = ("weight", "cluster", "stratum")
