"""
How the rows of the two sides are brought together.

Side files are in the order of their keys. Where both sides have the same keys, row i is row i and no join is needed;
otherwise rows are joined by key. Rows without ids are paired by position, if the labels agree in every position.
"""

from __future__ import annotations

from typing import Literal

from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.stored import RowFiles
from steelyard.engines.interface import StoredSet
from steelyard.errors import InputError
from steelyard.model.base import Value


class Paired(Value, frozen=True, kw_only=True):
    """Rows of both sides, side by side."""

    method: Literal["id", "position"]
    relation: str
    """A FROM item: key, label, other (the baseline's label), baseline, candidate, slice0, slice1, …"""
    keys: int
    """All keys are below it."""
    reason: str = ""
    """As in `Pairing`."""


class Unpaired(Value, frozen=True, kw_only=True):
    """The rows cannot be brought together."""

    reason: str


def why_not(candidate: StoredSet, baseline: StoredSet) -> str | None:
    """What rules out pairing before any file is opened."""
    for side, stored in (("this change", candidate), ("the baseline", baseline)):
        if stored.predictions.testset is None or stored.predictions.predictions is None:
            return f"the rows of {side} were not kept, only their counts"
    if candidate.predictions.key == baseline.predictions.key:
        return None
    with_ids, without = ("this change", "the baseline")
    if candidate.predictions.key == "position":
        with_ids, without = without, with_ids
    return f"the rows of {with_ids} have ids, those of {without} have none"


def pair(session: Session, *, candidate: RowFiles, baseline: RowFiles) -> Paired | Unpaired:
    """
    Bring the rows together.

    Raises:
        InputError: A side file holds what no engine of ours writes.
    """
    by_id = candidate.stored.predictions.key == "id"
    if candidate.testset.name == baseline.testset.name:
        relation = _same_test_set(session, candidate, baseline)
        return _by_id(relation) if by_id else _by_position(relation, candidate, baseline)
    rows = candidate.stored.predictions.rows, baseline.stored.predictions.rows
    moved, relabelled = _differences(session, candidate, baseline) if rows[0] == rows[1] else (1, 1)
    if by_id:
        if moved == 0:
            return _by_id(_side_by_side(session, candidate, baseline))
        _check_keys(session, candidate)
        _check_keys(session, baseline)
        return _by_id(_joined(session, candidate, baseline))
    if rows[0] != rows[1]:
        return Unpaired(reason=f"the rows have no ids, and their numbers differ ({rows[0]:,} and {rows[1]:,})")
    if relabelled:
        return Unpaired(
            reason=f"the rows have no ids, and the labels differ in {relabelled:,} of {rows[0]:,} positions"
        )
    return _by_position(_side_by_side(session, candidate, baseline), candidate, baseline)


def _by_id(relation: str) -> Paired:
    return Paired(method="id", relation=relation, keys=1 << 64)


def _by_position(relation: str, candidate: RowFiles, baseline: RowFiles) -> Paired:
    reason = "the rows have no ids, but the same labels in the same order"
    if candidate.stored.predictions.monotone_labels or baseline.stored.predictions.monotone_labels:
        reason += "; as the labels are sorted, that does not show that they are the same rows"
    return Paired(method="position", relation=relation, keys=candidate.stored.predictions.rows, reason=reason)


def _testset(session: Session, files: RowFiles, *, slices: bool) -> str:
    count = len(files.slices) if slices else 0
    names = ["key", "label", *(f"slice{index}" for index in range(count))]
    return f"(SELECT {', '.join(names)} FROM read_parquet({session.file(files.testset)}) AS file({', '.join(names)}))"


def _predictions(session: Session, files: RowFiles, name: str) -> str:
    return f"(SELECT prediction AS {name} FROM read_parquet({session.file(files.predictions)}) AS file(prediction))"


def _selected(candidate: RowFiles, other: str) -> str:
    slices = [f"c.slice{index}" for index in range(len(candidate.slices))]
    return ", ".join(["c.key AS key", "c.label AS label", f"{other} AS other", "baseline", "candidate", *slices])


def _same_test_set(session: Session, candidate: RowFiles, baseline: RowFiles) -> str:
    return (
        f"(SELECT {_selected(candidate, 'c.label')} FROM {_testset(session, candidate, slices=True)} AS c "
        f"POSITIONAL JOIN {_predictions(session, candidate, 'candidate')} "
        f"POSITIONAL JOIN {_predictions(session, baseline, 'baseline')})"
    )


def _side_by_side(session: Session, candidate: RowFiles, baseline: RowFiles) -> str:
    return (
        f"(SELECT {_selected(candidate, 'b.label')} FROM {_testset(session, candidate, slices=True)} AS c "
        f"POSITIONAL JOIN {_predictions(session, candidate, 'candidate')} "
        f"POSITIONAL JOIN {_testset(session, baseline, slices=False)} AS b "
        f"POSITIONAL JOIN {_predictions(session, baseline, 'baseline')})"
    )


def _joined(session: Session, candidate: RowFiles, baseline: RowFiles) -> str:
    return (
        f"(SELECT {_selected(candidate, 'b.label')} FROM (SELECT * FROM {_testset(session, candidate, slices=True)} "
        f"POSITIONAL JOIN {_predictions(session, candidate, 'candidate')}) AS c "
        f"JOIN (SELECT * FROM {_testset(session, baseline, slices=False)} "
        f"POSITIONAL JOIN {_predictions(session, baseline, 'baseline')}) AS b ON c.key = b.key)"
    )


def _differences(session: Session, candidate: RowFiles, baseline: RowFiles) -> tuple[int, int]:
    """In how many positions the keys, and the labels, of two test sets of equal length differ."""
    with session.translated(f"the {candidate.side}'s or the {baseline.side}'s test set"):
        keys, labels = session.row(
            "SELECT count(*) FILTER (c.key IS DISTINCT FROM b.key), count(*) FILTER (c.label IS DISTINCT FROM b.label) "
            f"FROM {_testset(session, candidate, slices=False)} AS c "
            f"POSITIONAL JOIN {_testset(session, baseline, slices=False)} AS b"
        )
    return int(keys), int(labels)


def _check_keys(session: Session, files: RowFiles) -> None:
    """Refuse keys that are not sorted and unique: joined, repeated keys would multiply each other."""
    with session.translated(f"the {files.side}'s {files.testset.name}"):
        (bad,) = session.row(
            "SELECT count(*) FILTER (key <= before OR key IS NULL) FROM "
            f"(SELECT key, lag(key) OVER () AS before FROM {_testset(session, files, slices=False)})"
        )
    if bad:
        raise InputError(
            f"the {files.side}'s {files.testset.name}: {bad:,} keys are missing, repeated or out of order",
            hint="make this Evaluation again: `steelyard collect` on its commit",
        )
