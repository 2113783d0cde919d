"""From a table of predictions to a `PredictionSet` and its side files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb import (
    classes,
    counted,
    kind,
    leakage,
    missing,
    numbers,
    rowfiles,
    rows,
    scoring,
    slices,
    targets,
)
from steelyard.engines.duckdb.keys import check_ids, unread_id
from steelyard.engines.duckdb.session import Resources, Session, with_session
from steelyard.engines.duckdb.source import Source, check_file, label_notation, open_table
from steelyard.engines.interface import Kind, Table
from steelyard.engines.kinds import are_numbers, check_classes, many_classes
from steelyard.engines.label_sets import read_sets
from steelyard.engines.labels import Labels, LabelType, read_labels
from steelyard.engines.once import can_count, most_kept
from steelyard.engines.own import NUMERIC
from steelyard.engines.scores import assign_scores, choose_positive, score_plan
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.cells import Cells
from steelyard.model.evaluation import PredictionSet
from steelyard.model.totals import ScoreTotals
from steelyard.text import listing, printable


class Settings(Value, frozen=True, kw_only=True):
    """What an engine was made with."""

    resources: Resources
    max_file_bytes: int
    id_key: str


class _Compared(Value, frozen=True, kw_only=True):
    """What the rows of `raw` say of labels and predictions."""

    kind: Kind
    fingerprint: str
    monotone: bool
    label_type: LabelType = "float"
    labels: tuple[str, ...] = ()
    counts: Cells = Cells.of()
    positive: str | None = None
    class_of: Mapping[str, str] = {}
    """The class of each label as the file spells it."""
    scores: Mapping[int, str] = {}
    """The number of the score column in `raw`: the class that it is about."""
    notes: tuple[str, ...] = ()


def ingest(table: Table, *, into: Path, keep_rows: bool, settings: Settings) -> PredictionSet:
    """See `Engine.ingest`."""
    written_by_training = table.shown
    table = msgspec.structs.replace(table, shown=printable(table.shown))
    reads = [one.path for one in (table, table.training_ids) if one is not None]
    check_file(table.path, table.shown)
    if table.training_ids is not None:
        check_file(table.training_ids.path, table.training_ids.shown)
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(f"{into}: cannot make the directory: {exc.strerror}") from exc
    predictions = with_session(
        lambda session: _read(session, table, into=into, keep_rows=keep_rows, settings=settings),
        reads=reads,
        resources=settings.resources,
        scratch_in=into,
    )
    return msgspec.structs.replace(predictions, source=written_by_training)


def _read(session: Session, table: Table, *, into: Path, keep_rows: bool, settings: Settings) -> PredictionSet:
    source, named = open_table(session, table)
    early = kind.before_reading(session, source, named, table)
    # Where only counts may leave, nothing that belongs to single rows is read, and no scores either.
    roles = named if keep_rows else _without_row_columns(named, early)
    limit = settings.max_file_bytes
    if can_count(roles, table, kind=early):
        made = counted.read(session, source, roles, table, most=most_kept(roles, keep_rows=keep_rows, limit=limit))
        if made is not None:
            made = _with_notation(session, source, roles, made)
            return only_counted(made, named, keep_rows=keep_rows, limit=limit)
    rows.load(session, source, roles, table, kind=early, id_key=settings.id_key)
    total = rows.check(session, roles, kind=early, shown=table.shown)
    check_ids(session, source, roles)
    numbers.check_weights(session, roles, rows=total, shown=table.shown)
    compared = _compare(session, roles, table, early=early)
    notes = [*compared.notes, *rows.check_design(session, roles, rows=total, shown=table.shown)]
    notes += numbers.check_scores(session, {i: roles.scores[i] for i in compared.scores}, table)
    notes += numbers.check_measures(session, roles, table) if keep_rows else ()
    notes += leakage.check(session, roles, table)
    sliced = slices.settle(session, roles, shown=table.shown)
    written = _NOT_KEPT
    if keep_rows:
        content = rowfiles.content(roles, kind=compared.kind, scores=compared.scores, slices=sliced.text)
        hashed = roles.id is not None
        written = rowfiles.write(session, content, hashed=hashed, into=into, limit=limit)
    (left,) = session.row("SELECT count(*) FROM raw")
    lost = keep_rows and bool(compared.scores) and not written.scores
    totals, more = _totals(session, roles, compared, shown=table.shown) if lost else (None, ())
    more += SCORES_UNREAD if named.scores and not keep_rows else ()
    more += _SLICES_UNREAD if named.slices and written.testset is None else ()
    made = PredictionSet(
        name=table.name,
        source=table.shown,
        rows=left,
        key="id" if roles.id is not None else "position",
        unread_id=unread_id(session, source, named) if keep_rows else None,
        kind=compared.kind,
        label_type=compared.label_type,
        labels=compared.labels,
        fingerprint=compared.fingerprint,
        counts=compared.counts,
        testset=written.testset,
        predictions=written.predictions,
        scores=written.scores,
        score_totals=totals,
        measures=roles.measures,
        slices=table.slices,
        cluster=table.cluster,
        stratum=table.stratum,
        weight=table.weight,
        monotone_labels=compared.monotone,
        positive=compared.positive,
        notes=(*notes, *sliced.notes, *roles.notes, *written.notes, *more),
    )
    return made if compared.kind in NUMERIC else _with_notation(session, source, roles, made)


def _with_notation(session: Session, source: Source, roles: Roles, made: PredictionSet) -> PredictionSet:
    notation = label_notation(session, source, roles.compared["label"], kind=made.label_type)
    return msgspec.structs.replace(made, label_notation=notation)


def _totals(
    session: Session, roles: Roles, compared: _Compared, *, shown: str
) -> tuple[ScoreTotals | None, tuple[str, ...]]:
    """What the scores of the loaded rows add up to, and what is to be said of that; nothing where rows are unequal."""
    scored = tuple(compared.scores.values())
    plan = score_plan(scored, compared.labels, kind=compared.label_type, positive=compared.positive)
    unequal = (roles.cluster, roles.stratum, roles.weight) != (None, None, None)
    if plan is None or unequal or compared.kind != "classification":
        return None, ()
    columns = [f"coalesce(score{index}, 'nan'::FLOAT)" for index in compared.scores]
    with session.translated(shown):
        totals = scoring.of_rows(session, "raw", scores=columns, plan=plan, class_of=compared.class_of)
    return totals, scoring.notes_of(totals, plan)


def only_counted(made: PredictionSet, roles: Roles, *, keep_rows: bool, limit: int) -> PredictionSet:
    """A set whose rows were not loaded, with what is to be said of that."""
    notes = rowfiles.too_many(made.rows, limit) if keep_rows else _NOT_KEPT.notes
    ids = _IDS_UNREAD if roles.id is not None else ()
    scores = SCORES_UNREAD if roles.scores and made.score_totals is None else ()
    sliced = _SLICES_UNREAD if roles.slices else ()
    return msgspec.structs.replace(made, notes=(*made.notes, *roles.notes, *notes, *ids, *scores, *sliced))


_IDS_UNREAD = ("ids are not read, since no row is kept: whether one occurs twice was not checked",)

SCORES_UNREAD = ("scores are not read, since no row is kept: only metrics of labels and predictions are computed",)
"""The note about scores of which not even sums are made."""

_SLICES_UNREAD = ("slices are not read, since no row is kept: only the whole and its classes are compared",)

_NOT_KEPT = rowfiles.Written(
    notes=("rows are not kept, as configured: comparisons with this commit are unpaired, so their intervals are wider",)
)


def _without_row_columns(roles: Roles, early: Kind | None) -> Roles:
    return Roles(
        id=roles.id,
        label=roles.label,
        prediction=roles.prediction,
        measures=roles.measures if early == "measures" else (),
        scores_named=roles.scores_named,
        notes=roles.notes,
    )


def _compare(session: Session, roles: Roles, table: Table, *, early: Kind | None) -> _Compared:
    if early == "measures":
        notes = _without_measures(session, roles, table)
        return _by_rows(session, roles, table, "measures", notes=notes)
    found = early if early is not None else kind.after_reading(session, table)
    if found == "regression":
        return _regression(session, roles, table)
    notes = missing.settle(session, roles, table, kind=found)
    return _classes(session, roles, table, kind=found, notes=notes)


def _without_measures(session: Session, roles: Roles, table: Table) -> tuple[str, ...]:
    """Where rows may be left out, those without any score say nothing."""
    if table.on_missing_row == "wrong":
        missing.refuse_wrong(session, roles, table)
    if table.on_missing_row != "drop":
        return ()
    present = " OR ".join(f"measure{index} IS NOT NULL" for index in range(len(roles.measures)))
    return missing.drop_without(session, roles, table, present=present)


def _regression(session: Session, roles: Roles, table: Table) -> _Compared:
    targets.to_numbers(session, shown=table.shown)
    notes = missing.settle(session, roles, table, kind="regression")
    targets.check_finite(session, roles, shown=table.shown)
    return _by_rows(session, roles, table, "regression", notes=notes)


def _by_rows(session: Session, roles: Roles, table: Table, found: Kind, *, notes: tuple[str, ...]) -> _Compared:
    unused = (
        f"`show` names {listing(table.show, limit=8)}, which nothing shows: only rows of classes are broken or fixed"
    )
    return _Compared(
        kind=found,
        fingerprint=targets.fingerprint(session, roles, shown=table.shown),
        monotone=targets.are_monotone(session, roles, shown=table.shown),
        notes=(*notes, unused) if table.show else notes,
    )


def _classes(session: Session, roles: Roles, table: Table, *, kind: Kind, notes: tuple[str, ...]) -> _Compared:
    columns = classes.count(session, roles, shown=table.shown)
    several = kind == "multilabel"
    if not several and table.kind == "auto" and are_numbers(columns.labels, columns.predictions):
        # The first rows did not show it.
        session.run("DROP TABLE cells; DROP TABLE label_groups")
        return _regression(session, roles, table)
    labels = _labels(columns, table, several=several)
    classes.write_spelling(session, labels)
    (total,) = session.row("SELECT count(*) FROM raw")
    classes.check_numbers(session, roles, rows=total, shown=table.shown)
    labels = classes.with_missing(session, labels, shown=table.shown)
    positive = None if several else choose_positive(labels, table.positive, shown=table.shown)
    scores, score_notes = assign_scores(roles, labels, positive=positive)
    return _Compared(
        kind=kind,
        fingerprint=classes.fingerprint(columns.groups, labels),
        monotone=classes.are_contiguous(columns.groups),
        label_type=labels.type,
        labels=labels.labels,
        class_of={text: labels.recode.get(text) or text for text in columns.labels},
        counts=classes.own_counts(session, labels),
        positive=positive,
        scores=scores,
        notes=(
            *notes,
            *(() if several else many_classes(len(columns.labels), total, roles.compared["label"], table)),
            *labels.notes,
            *score_notes,
        ),
    )


def _labels(columns: classes.Columns, table: Table, *, several: bool) -> Labels:
    if several:
        return read_sets(columns.labels, columns.predictions, shown=table.shown, allowed=table.labels)
    check_classes(columns.labels, columns.predictions, table)
    return read_labels(columns.labels, columns.predictions, shown=table.shown, order=table.labels)
