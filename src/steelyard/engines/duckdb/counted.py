"""
Tables whose rows are not kept and too many to be loaded: counted in one pass over the file.

What comes out is what the usual way makes of the same table, save for what single rows would tell: ids are not read, so
none of them is found to occur twice; the order of the rows is not looked at; and the fingerprint is that of the number
of rows by label, which is what two samples that are not paired have in common.
"""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb import passing
from steelyard.engines.duckdb.codes import Codes
from steelyard.engines.duckdb.missing import missing, with_missing_class, wrong_note
from steelyard.engines.duckdb.scoring import Scoring, check, notes_of, scoring
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import Source
from steelyard.engines.interface import Table
from steelyard.engines.kinds import are_numbers, check_classes, many_classes
from steelyard.engines.labels import NOT_A_NUMBER, Labels, infer_type, read_labels
from steelyard.engines.once import has_more_lines
from steelyard.engines.scores import choose_positive
from steelyard.engines.tallies import counts_fingerprint
from steelyard.errors import InputError
from steelyard.model.cells import Cells, read_only
from steelyard.model.counts import IntArray
from steelyard.model.evaluation import MISSING_PREDICTION, PredictionSet


def read(session: Session, source: Source, roles: Roles, table: Table, *, most: int) -> PredictionSet | None:
    """
    Count a table that can be counted; without notes on what is not kept.

    Returns:
        None where the table is to be loaded: it has no more rows than `most`, is no classification, has too many
        classes, or something is wrong with it that is told there.

    Raises:
        InputError: A label or prediction is missing, or the two columns do not fit together.
    """
    if not _has_more_rows(session, source, table, most):
        return None
    found = passing.count(session, source, roles, scoring_of=lambda codes: _scoring_of(codes, roles, table))
    if found is None or int(found.n.sum()) <= most:
        return None
    if table.kind == "auto" and are_numbers(found.codes.labels, found.codes.predictions):
        return None
    return set_of(found, roles, table)


def _scoring_of(codes: Codes, roles: Roles, table: Table) -> Scoring | None:
    """Which scores are read; None where there are none, or the classes are such that `set_of` will refuse them."""
    if not roles.scores:
        return None
    try:
        labels = read_labels(codes.labels, codes.predictions, shown=table.shown, order=table.labels)
        return scoring(roles, labels, positive=choose_positive(labels, table.positive, shown=table.shown))
    except InputError:
        return None


def _has_more_rows(session: Session, source: Source, table: Table, most: int) -> bool:
    """
    Whether the file has more rows than `most`, without reading them; it may be wrong where a record has several lines.

    Raises:
        InputError: The file cannot be read.
    """
    if table.path.suffix.lower() == ".parquet":
        with session.translated(source.shown):
            (rows,) = session.row(f"SELECT num_rows FROM parquet_file_metadata({session.file(table.path)})")
        return bool(rows > most)
    try:
        return has_more_lines(table.path, most)
    except OSError as exc:
        raise InputError(f"{source.shown}: cannot read the predictions: {exc.strerror}") from exc


def set_of(found: passing.Passed, roles: Roles, table: Table) -> PredictionSet | None:
    """
    The set of a whole pass; without notes on what is not kept.

    Returns:
        None where a label or a prediction of numbers reads "nan", or a label reads like a missing prediction.

    Raises:
        InputError: As `read`.
    """
    shown, rows = table.shown, int(found.n.sum())
    if unlabelled := int(found.n[-1].sum()):
        raise missing(shown, "label", roles.compared["label"], unlabelled, rows)
    codes, n = found.codes, found.n[:-1]
    if table.on_missing_row == "wrong":
        codes, n = _without_nan(codes, n)
    unpredicted = int(n[:, -1].sum())
    if unpredicted and table.on_missing_row == "fail":
        raise missing(shown, "prediction", roles.compared["prediction"], unpredicted, rows)
    notes = (wrong_note(unpredicted, rows, roles),) if unpredicted else ()
    check_classes(codes.labels, codes.predictions, table)
    many = many_classes(len(codes.labels), rows, roles.compared["label"], table)
    labels = read_labels(codes.labels, codes.predictions, shown=shown, order=table.labels)
    if None in labels.recode.values() or (unpredicted and MISSING_PREDICTION in labels.labels):
        return None
    labels = with_missing_class(labels) if unpredicted else labels
    counts = _cells(codes, n, labels)
    return PredictionSet(
        name=table.name,
        source=shown,
        rows=rows,
        key="position" if roles.id is None else "id",
        label_type=labels.type,
        labels=labels.labels,
        fingerprint=counts_fingerprint(counts.rows_of_labels),
        fingerprint_of="labels",
        counts=counts,
        slices=table.slices,
        cluster=table.cluster,
        stratum=table.stratum,
        weight=table.weight,
        positive=choose_positive(labels, table.positive, shown=shown),
        notes=(*notes, *many, *labels.notes, *_score_notes(found, roles, table, rows=rows)),
        score_totals=None if found.scored is None else found.scored.totals,
    )


def _score_notes(found: passing.Passed, roles: Roles, table: Table, *, rows: int) -> tuple[str, ...]:
    """
    What is to be said of the scores.

    Raises:
        InputError: A score is missing or infinite.
    """
    used = _scoring_of(found.codes, roles, table)
    if used is None:
        return ()
    if found.scored is None or used.plan is None:
        return used.notes
    columns = [roles.scores[index].column for index in used.columns]
    notes = check(found.scored.faults, columns, table, rows=rows)
    return (*used.notes, *notes, *notes_of(found.scored.totals, used.plan))


def _without_nan(codes: Codes, n: IntArray) -> tuple[Codes, IntArray]:
    """Where labels are numbers, a prediction that reads "nan" is a missing one."""
    is_nan = np.array([text.lower() in NOT_A_NUMBER for text in codes.predictions], dtype=np.bool_)
    if not is_nan.any() or infer_type(codes.labels) not in {"integer", "float"}:
        return codes, n
    absent = n[:, -1] + n[:, :-1][:, is_nan].sum(axis=1)
    predictions = tuple(text for text, nan in zip(codes.predictions, is_nan, strict=True) if not nan)
    return structs.replace(codes, predictions=predictions), np.column_stack([n[:, :-1][:, ~is_nan], absent])


def _cells(codes: Codes, n: IntArray, labels: Labels) -> Cells:
    """The counts with one spelling a class, in the order of the classes; the last column are missing predictions."""
    place = {text: index for index, text in enumerate(labels.classes)}
    of_label, predicted = (
        [place[labels.recode.get(text) or text] for text in texts] for texts in (codes.labels, codes.predictions)
    )
    # Where nothing is missing, no cell has what stands for it.
    of_prediction = np.array([*predicted, place.get(MISSING_PREDICTION, len(place))])
    column, of_row = np.flatnonzero(n), np.count_nonzero(n, axis=1)
    rows = n.ravel()[column]
    column -= np.repeat(np.arange(len(n)) * n.shape[1], of_row)
    is_place = np.array_equal(of_prediction, np.arange(len(of_prediction)))
    label, prediction = np.repeat(of_label, of_row), column if is_place else of_prediction[column]
    if (np.diff(of_label) <= 0).any() or (np.diff(of_prediction) <= 0).any():
        # Two spellings of one class make one cell, and their order is not that of the classes.
        cells = label * len(place) + prediction
        order = np.argsort(cells, kind="stable")
        cells, first = np.unique(cells[order], return_index=True)
        rows = np.add.reduceat(rows[order], first)
        label, prediction = np.divmod(cells, len(place))
    return Cells(
        labels=labels.labels,
        predictions=labels.classes,
        label=read_only(label),
        prediction=read_only(prediction),
        n=read_only(rows),
    )
