"""Rows that weigh, belong or are sliced otherwise than in the baseline, though they are the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from steelyard.engines.bins import BETWEEN
from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import literal
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
    """
    SQL for whether a row of `Paired.relation` has another value of a column in the baseline.

    Of a number that is cut into bins only the bin is kept, and the bins move when rows are added: it has certainly
    changed where its bin has no number in common with the baseline's.
    """
    if mine.startswith("slice"):
        return f"({mine} IS DISTINCT FROM other_{other} AND NOT {_overlap(mine, f'other_{other}')})"
    if mine != "weight":
        return f"{mine} IS DISTINCT FROM other_{other}"
    return f"abs(weight - other_weight) > {_SINGLE_PRECISION} * greatest(abs(weight), abs(other_weight))"


def _overlap(mine: str, other: str) -> str:
    """SQL for whether two texts, at least one of which is a bin, hold a number in common."""

    def bound(text: str, part: int) -> str:
        return f"TRY_CAST(split_part({text}, {literal(BETWEEN)}, {part}) AS DOUBLE)"

    binned = " OR ".join(f"contains({text}, {literal(BETWEEN)})" for text in (mine, other))
    meet = f"{bound(mine, 1)} <= {bound(other, -1)} AND {bound(other, 1)} <= {bound(mine, -1)}"
    return f"coalesce(({binned}) AND {meet}, false)"


def shared_columns(candidate: PredictionSet, baseline: PredictionSet) -> dict[str, str]:
    """The columns beside labels that both test sets have, as `RowFiles.testset_columns` calls them on each side."""
    both = {
        role: role for role in _ROLES if getattr(candidate, role) is not None and getattr(baseline, role) is not None
    }
    theirs = {name: f"slice{index}" for index, name in enumerate(baseline.slices)}
    return both | {f"slice{index}": theirs[name] for index, name in enumerate(candidate.slices) if name in theirs}


def named_changes(candidate: PredictionSet, rows: Mapping[str, int]) -> tuple[ChangedColumn, ...]:
    """
    The columns that changed in some rows.

    Args:
        candidate: Its columns.
        rows: By what `RowFiles.testset_columns` calls a column, how many rows have another value.
    """
    named: list[tuple[ChangedRole, str, str]] = [(role, getattr(candidate, role) or "", role) for role in _ROLES]
    named += [("slice", name, f"slice{index}") for index, name in enumerate(candidate.slices)]
    return tuple(
        ChangedColumn(role=role, name=name, rows=rows[column]) for role, name, column in named if rows.get(column)
    )


_ROLES: Final[tuple[ChangedRole, ...]] = ("weight", "cluster", "stratum")
