"""From a table of predictions to a `PredictionSet` and its side files."""

from __future__ import annotations

from pathlib import Path

import msgspec

from steelyard.engines.columns import Roles, recognise
from steelyard.engines.duckdb import classes, rowfiles, rows
from steelyard.engines.duckdb.keys import check_ids
from steelyard.engines.duckdb.session import Resources, Session, open_session
from steelyard.engines.duckdb.source import Source, check_file, open_source
from steelyard.engines.interface import Table
from steelyard.engines.labels import Labels, read_labels
from steelyard.engines.scores import assign_scores, choose_positive
from steelyard.engines.wording import printable
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.evaluation import PredictionSet


class Settings(Value, frozen=True, kw_only=True):
    """What an engine was made with."""

    resources: Resources
    max_file_bytes: int
    id_key: str


def ingest(table: Table, *, into: Path, keep_rows: bool, settings: Settings) -> PredictionSet:
    """See `Engine.ingest`."""
    written_by_training = table.shown
    table = msgspec.structs.replace(table, shown=printable(table.shown))
    check_file(table.path, table.shown)
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(f"{into}: cannot make the directory: {exc.strerror}") from exc
    with open_session(reads=[table.path], resources=settings.resources, scratch_in=into) as session:
        source = open_source(session, table)
        roles = recognise(source.names, table)
        if not keep_rows:
            # Only counts leave: nothing that belongs to single rows is read.
            roles = _without_row_columns(roles)
        rows.load(session, source, roles, id_key=settings.id_key)
        found = _count(session, source, roles, table)
        written = _write(session, found, into=into, limit=settings.max_file_bytes) if keep_rows else _NOT_KEPT
        predictions = _prediction_set(session, found, written, table)
    return msgspec.structs.replace(predictions, source=written_by_training)


_NOT_KEPT = rowfiles.Written(
    notes=("rows are not kept, as configured: comparisons with this commit are unpaired, so their intervals are wider",)
)


class _Found(Value, frozen=True, kw_only=True):
    """What is known once the table is read and checked."""

    roles: Roles
    rows: int
    labels: Labels
    groups: tuple[classes.LabelGroup, ...]
    positive: str | None
    scores: dict[int, str]
    """The number of the score column in `raw`: the class that it is about."""
    notes: tuple[str, ...]


def _without_row_columns(roles: Roles) -> Roles:
    return Roles(id=roles.id, label=roles.label, prediction=roles.prediction, cluster=roles.cluster, notes=roles.notes)


def _count(session: Session, source: Source, roles: Roles, table: Table) -> _Found:
    total = rows.check(session, roles, shown=table.shown)
    check_ids(session, source, roles)
    columns = classes.count(session, roles, shown=table.shown)
    labels = read_labels(columns.labels, columns.predictions, shown=table.shown)
    classes.write_spelling(session, labels)
    classes.check_numbers(session, roles, rows=total, shown=table.shown)
    positive = choose_positive(labels, table.positive, shown=table.shown)
    scores, notes = assign_scores(roles, labels, positive=positive)
    rows.check_scores(session, {i: roles.scores[i] for i in scores}, rows=total, shown=table.shown)
    return _Found(
        roles=roles,
        rows=total,
        labels=labels,
        groups=columns.groups,
        positive=positive,
        scores=scores,
        notes=(*labels.notes, *notes, *roles.notes),
    )


def _write(session: Session, found: _Found, *, into: Path, limit: int) -> rowfiles.Written:
    return rowfiles.write(session, found.roles, scores=found.scores, into=into, limit=limit)


def _prediction_set(session: Session, found: _Found, written: rowfiles.Written, table: Table) -> PredictionSet:
    return PredictionSet(
        name=table.name,
        source=table.shown,
        rows=found.rows,
        key="id" if found.roles.id is not None else "position",
        label_type=found.labels.type,
        labels=found.labels.labels,
        fingerprint=classes.fingerprint(found.groups, found.labels),
        counts=classes.own_counts(session, found.labels),
        testset=written.testset,
        predictions=written.predictions,
        scores=written.scores,
        slices=table.slices,
        cluster=table.cluster,
        monotone_labels=classes.are_contiguous(found.groups),
        positive=found.positive,
        notes=(*found.notes, *written.notes),
    )
