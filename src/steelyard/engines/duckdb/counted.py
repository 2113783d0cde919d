"""
Tables whose rows are not kept and too many to be loaded: counted in one pass over the file.

What comes out is what the usual way makes of the same table, save for two things. Ids are not read, so none of them is
found to occur twice; and where there are ids, the fingerprint is that of the number of rows by label.
"""

from __future__ import annotations

import msgspec
import numpy as np
from msgspec import structs

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb import passing
from steelyard.engines.duckdb.codes import Codes, all_codes, first_codes
from steelyard.engines.duckdb.missing import MISSING_PREDICTION, missing, wrong_note
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import Source
from steelyard.engines.interface import Table
from steelyard.engines.kinds import are_numbers, check_classes
from steelyard.engines.labels import NOT_A_NUMBER, Labels, infer_type, read_labels
from steelyard.engines.once import has_more_lines
from steelyard.engines.scores import choose_positive
from steelyard.engines.tallies import counts_fingerprint
from steelyard.errors import InputError
from steelyard.model.counts import IntArray
from steelyard.model.evaluation import Cell, PredictionSet


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
    for learn in (first_codes, all_codes):
        codes = learn(session, source, roles)
        if codes is None or (table.kind == "auto" and are_numbers(codes.labels, codes.predictions)):
            return None
        if (found := passing.count(session, source, roles, codes)) is not None:
            return _set(codes, found, roles, table) if int(found.n.sum()) > most else None
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


def _set(codes: Codes, found: passing.Passed, roles: Roles, table: Table) -> PredictionSet | None:
    shown, rows = table.shown, int(found.n.sum())
    if unlabelled := int(found.n[-1].sum()):
        raise missing(shown, "label", roles.compared["label"], unlabelled, rows)
    n = found.n[:-1]
    if table.on_missing_row == "wrong":
        codes, n = _without_nan(codes, n)
    unpredicted = int(n[:, -1].sum())
    if unpredicted and table.on_missing_row == "fail":
        raise missing(shown, "prediction", roles.compared["prediction"], unpredicted, rows)
    notes = (wrong_note(unpredicted, rows, roles),) if unpredicted else ()
    check_classes(codes.labels, codes.predictions, table)
    labels = read_labels(codes.labels, codes.predictions, shown=shown, order=table.labels)
    if None in labels.recode.values() or (unpredicted and MISSING_PREDICTION in labels.labels):
        return None
    spelled = [labels.recode.get(text) or text for text in codes.labels]
    fingerprint = (
        found.order.fingerprint(spelled) if roles.id is None else counts_fingerprint(spelled, n.sum(axis=1).tolist())
    )
    return PredictionSet(
        name=table.name,
        source=shown,
        rows=rows,
        key="position" if roles.id is None else "id",
        label_type=labels.type,
        labels=labels.labels,
        fingerprint=fingerprint,
        counts=_cells(codes, n, labels),
        slices=table.slices,
        cluster=table.cluster,
        stratum=table.stratum,
        weight=table.weight,
        monotone_labels=found.order.contiguous,
        positive=choose_positive(labels, table.positive, shown=shown),
        notes=(*notes, *labels.notes),
    )


def _without_nan(codes: Codes, n: IntArray) -> tuple[Codes, IntArray]:
    """Where labels are numbers, a prediction that reads "nan" is a missing one."""
    is_nan = np.array([text.lower() in NOT_A_NUMBER for text in codes.predictions], dtype=np.bool_)
    if not is_nan.any() or infer_type(codes.labels) not in {"integer", "float"}:
        return codes, n
    absent = n[:, -1] + n[:, :-1][:, is_nan].sum(axis=1)
    predictions = tuple(text for text, nan in zip(codes.predictions, is_nan, strict=True) if not nan)
    return structs.replace(codes, predictions=predictions), np.column_stack([n[:, :-1][:, ~is_nan], absent])


def _cells(codes: Codes, n: IntArray, labels: Labels) -> tuple[Cell, ...]:
    """The counts with one spelling a class, in the order of the classes, the missing prediction last."""
    classes = (*labels.classes, MISSING_PREDICTION)
    place = {text: index for index, text in enumerate(labels.classes)}
    of_label = np.array([place[labels.recode.get(text) or text] for text in codes.labels])
    of_prediction = np.array([*(place[labels.recode.get(text) or text] for text in codes.predictions), len(place)])
    label, prediction = np.nonzero(n)
    cells = of_label[label] * len(classes) + of_prediction[prediction]
    found, where = np.unique(cells, return_inverse=True)
    total = np.zeros(len(found), dtype=np.int64)
    np.add.at(total, where, n[label, prediction])
    texts = np.array(classes, dtype=object)
    columns = (texts[found // len(classes)], texts[found % len(classes)], total)
    return msgspec.convert(list(zip(*(column.tolist() for column in columns), strict=True)), tuple[Cell, ...])
