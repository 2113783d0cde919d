"""Rows that weigh, belong or are sliced otherwise than in the baseline, though they are the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.model.counts import ChangedColumn, ChangedRole
from steelyard.model.evaluation import PredictionSet

_HINT: Final = "make this Evaluation again: `steelyard collect` on its commit"

_SINGLE_PRECISION: Final = 1e-6
"""Weights that differ by no larger share are the same, written with fewer digits."""


def changed_columns(session: Session, paired: Paired) -> tuple[ChangedColumn, ...]:
    """
    What the compared rows have another value of than in the baseline, of the columns that both sides have.

    Raises:
        InputError: The stored rows cannot be read.
    """
    ours, theirs = paired.candidate.known, paired.baseline.known
    both = shared_columns(ours, theirs)
    if paired.form in {"same test set", "alone"} or not both:
        return ()
    relation = paired.relation(session, testset=[*both], other=[*both.values()])
    counts = ", ".join(f"count(*) FILTER ({_differs(mine, other)})" for mine, other in both.items())
    with session.translated("the stored rows", hint=_HINT):
        found = session.row(f"SELECT {counts} FROM {relation} WHERE {paired.same_labels}")
    return named_changes(ours, dict(zip(both, found, strict=True)))


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


def _differs(mine: str, other: str) -> str:
    """SQL for whether a row's value is another one in the baseline."""
    if mine != "weight":
        return f"{mine} IS DISTINCT FROM other_{other}"
    return f"abs(weight - other_weight) > {_SINGLE_PRECISION} * greatest(abs(weight), abs(other_weight))"
