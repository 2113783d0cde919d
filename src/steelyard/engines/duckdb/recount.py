"""
A stored prediction set counted again from its side files.

An Evaluation that somebody else wrote says how many rows it has, which labels, how often each was predicted, and which
test set that is. Where its rows are at hand nothing of that has to be believed.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from msgspec import structs

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb import classes, numbers, rows, targets
from steelyard.engines.duckdb.ingest import Settings
from steelyard.engines.duckdb.session import Session, literal, open_session
from steelyard.engines.duckdb.stored import RowFiles, check_schema, locate
from steelyard.engines.interface import StoredSet, Table
from steelyard.engines.label_sets import read_sets
from steelyard.engines.labels import Labels, read_labels
from steelyard.engines.own import NUMERIC, own_counts, own_totals
from steelyard.engines.scores import choose_positive
from steelyard.engines.tallies import counts_fingerprint
from steelyard.errors import InputError
from steelyard.model.cells import Cells
from steelyard.model.evaluation import MISSING_PREDICTION, PredictionSet

_HINT: Final = "collect it again, and hand on what `steelyard collect` writes"


def recount(stored: StoredSet, table: Table, settings: Settings) -> PredictionSet:
    """See `DuckDBEngine.recount`."""
    if stored.predictions.testset is None or stored.predictions.predictions is None:
        return _without_rows(stored.predictions, table)
    files = locate(stored, side="candidate")
    reads = [files.testset, files.predictions, *files.repeats]
    with open_session(reads=reads, resources=settings.resources) as session:
        check_schema(session, files)
        roles = _load(session, files)
        known = stored.predictions
        total = rows.check(session, roles, kind=known.kind, shown=table.shown)
        _check_order(session, files, table)
        numbers.check_weights(session, roles, rows=total, shown=table.shown)
        rows.check_design(session, roles, rows=total, shown=table.shown)
        if known.kind in NUMERIC:
            return _without_classes(session, roles, known, table)
        return _with_classes(session, roles, known, table)


def _without_rows(known: PredictionSet, table: Table) -> PredictionSet:
    """What follows from the counts where there are no rows, once they add up."""
    bare = structs.replace(known, testset=None, predictions=None, repeats=(), fingerprint_of="labels")
    if known.kind in NUMERIC:
        return structs.replace(bare, labels=(), counts=Cells.of(), positive=None, score_totals=None)
    counts = known.counts
    labels = _labels(counts.labels, set(counts.predictions) - {MISSING_PREDICTION}, known, table)
    made = structs.replace(
        bare,
        label_type=labels.type,
        labels=labels.labels,
        fingerprint=counts_fingerprint(counts.rows_of_labels),
        positive=_positive(known, labels, table),
    )
    own_counts(made)
    own_totals(made)
    return made


def _load(session: Session, files: RowFiles) -> Roles:
    """Make the table `raw` as ingest does, of what it has written; its `rowid` is the position in the files."""
    known = files.known
    selected = [name for name in files.testset_columns if name not in {"key", "label"}]
    selected += ["key"] if known.key == "id" else []
    if files.labelled:
        missing = literal(MISSING_PREDICTION)
        selected += ["label::VARCHAR AS label", f"nullif(prediction::VARCHAR, {missing}) AS prediction"]
    with session.translated(f"the side files of {known.name}", hint=_HINT):
        testset = f"read_parquet({session.file(files.testset)}) AS testset({', '.join(files.testset_columns)})"
        relation = f"(SELECT * FROM {testset})"
        if files.prediction_columns:
            predictions = f"read_parquet({session.file(files.predictions)})"
            named = f"{predictions} AS predictions({', '.join(files.prediction_columns)})"
            relation = f"{relation} POSITIONAL JOIN (SELECT * FROM {named})"
        session.run(f"CREATE TABLE raw AS SELECT {', '.join(selected) or 'key'} FROM {relation}")
    return Roles(
        label="label" if files.labelled else None,
        prediction="prediction" if files.labelled else None,
        id="key" if known.key == "id" else None,
        slices=known.slices,
        cluster=known.cluster,
        stratum=known.stratum,
        weight=known.weight,
    )


def _check_order(session: Session, files: RowFiles, table: Table) -> None:
    """Refuse keys that are not unique and in order: joined, repeated ones would multiply each other."""
    if files.known.key != "id":
        return
    with session.translated(table.shown, hint=_HINT):
        (bad,) = session.row(
            "SELECT count(*) FILTER (key <= before) FROM "
            "(SELECT key, lag(key) OVER (ORDER BY rowid) AS before FROM raw)"
        )
    if bad:
        raise InputError(f"{table.shown}: {bad:,} keys are repeated or out of order", hint=_HINT)


def _without_classes(session: Session, roles: Roles, known: PredictionSet, table: Table) -> PredictionSet:
    if roles.label is not None:
        targets.to_numbers(session, shown=table.shown)
        targets.check_finite(session, roles, shown=table.shown)
    (found,) = session.row("SELECT count(*) FROM raw")
    monotone = known.monotone_labels if known.key == "id" else targets.are_monotone(session, roles, shown=table.shown)
    return structs.replace(
        known,
        rows=found,
        label_type="float",
        labels=(),
        counts=Cells.of(),
        fingerprint=targets.fingerprint(session, roles, shown=table.shown),
        fingerprint_of="rows",
        monotone_labels=monotone,
        positive=None,
        score_totals=None,
    )


def _with_classes(session: Session, roles: Roles, known: PredictionSet, table: Table) -> PredictionSet:
    columns = classes.count(session, roles, shown=table.shown)
    labels = _labels(columns.labels, columns.predictions, known, table)
    classes.write_spelling(session, labels)
    labels = classes.with_missing(session, labels, shown=table.shown)
    (found,) = session.row("SELECT count(*) FROM raw")
    # With ids the files are in another order than the original, and nothing rests on what that was.
    monotone = known.monotone_labels if known.key == "id" else classes.are_contiguous(columns.groups)
    made = structs.replace(
        known,
        rows=found,
        label_type=labels.type,
        labels=labels.labels,
        counts=classes.own_counts(session, labels),
        fingerprint=classes.fingerprint(columns.groups, labels),
        fingerprint_of="rows",
        monotone_labels=monotone,
        positive=_positive(known, labels, table),
        # Scores that are there say more than their sums.
        score_totals=None if known.scores else known.score_totals,
    )
    own_totals(made)
    return made


def _labels(found: Collection[str], predicted: Collection[str], known: PredictionSet, table: Table) -> Labels:
    """The classes of labels and predictions as `ingest` has written them."""
    if known.kind == "multilabel":
        _check_sets({*found, *predicted}, table)
        return read_sets(found, predicted, shown=table.shown, allowed=table.labels)
    labels = read_labels(found, predicted, shown=table.shown, order=table.labels)
    if labels.recode:
        raise InputError(f"{table.shown}: its values are not spelled as steelyard spells them", hint=_HINT)
    return labels


def _positive(known: PredictionSet, labels: Labels, table: Table) -> str | None:
    return None if known.kind == "multilabel" else choose_positive(labels, table.positive, shown=table.shown)


def _check_sets(texts: Collection[str], table: Table) -> None:
    """Refuse what is not the JSON list of classes that ingest writes for a set: each once, and in order."""
    for text in texts:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found) or found != sorted({*found}):
            raise InputError(f"{table.shown}: a set of classes is not written as one", hint=_HINT)
