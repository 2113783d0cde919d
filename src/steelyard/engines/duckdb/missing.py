"""Rows without a prediction: an error, left out, or wrong, as configured."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session
from steelyard.engines.interface import Kind, Table
from steelyard.engines.labels import Labels, infer_type
from steelyard.engines.limits import MAX_CLASSES
from steelyard.engines.wording import of_rows
from steelyard.errors import InputError
from steelyard.model.evaluation import MISSING_NOTE, MISSING_PREDICTION
from steelyard.text import listing, quote

_OR_WRONG: Final = ', or set `on_missing_row = "wrong"` in [[predictions]]'

_NOT_WRONG: Final = (
    'write one for every row, or leave such rows out with `on_missing_row = "drop"` in [[predictions]]; "wrong" is for '
    "classes, since no number that is missing is a wrong one"
)

_NAN: Final = "lower(prediction) IN ('nan', '-nan', '+nan')"


def with_missing_class(labels: Labels) -> Labels:
    """The classes, the last of them that of rows without a prediction."""
    strays = (*(text for text in labels.strays if text != MISSING_PREDICTION), MISSING_PREDICTION)
    return structs.replace(labels, strays=strays)


def settle(session: Session, roles: Roles, table: Table, *, kind: Kind) -> tuple[str, ...]:
    """
    Do to the rows of `raw` without a prediction what the configuration says; notes about them.

    With `wrong` their prediction stays NULL.

    Raises:
        InputError: There are such rows, and they are an error, or cannot be left out, or cannot be wrong.
    """
    mode = table.on_missing_row
    if mode != "fail" and kind == "classification":
        _nan_is_missing(session, table)
    with session.translated(table.shown):
        bad, rows = session.row("SELECT count(*) - count(prediction), count(*) FROM raw")
    if not bad:
        return ()
    if mode == "wrong" and kind != "regression":
        return (wrong_note(bad, rows, roles),)
    column = roles.compared["prediction"]
    said = f"{of_rows(bad, rows)} have no prediction (column {quote(column)})"
    if mode == "drop":
        drop(session, roles, "prediction IS NOT NULL", shown=table.shown, classes=kind != "regression")
        return (
            f"{MISSING_NOTE}: {said} and are left out, as configured: what is reported is about the other rows only",
        )
    if mode == "wrong":
        raise InputError(f"{table.shown}: {said}", hint=_NOT_WRONG)
    raise missing(table.shown, "prediction", column, bad, rows)


def wrong_note(bad: int, rows: int, roles: Roles) -> str:
    """The note about rows without a prediction where they are wrong."""
    column = roles.compared["prediction"]
    said = f"{of_rows(bad, rows)} have no prediction (column {quote(column)})"
    return f"{MISSING_NOTE}: {said} and count as wrong, as configured"


def drop_without(session: Session, roles: Roles, table: Table, *, present: str) -> tuple[str, ...]:
    """
    Leave out the rows of `raw` for which the SQL `present` (there is a measure) does not hold; a note about them.

    Raises:
        InputError: There is none in any row, or as `drop`.
    """
    with session.translated(table.shown):
        bad, rows = session.row(f"SELECT count(*) FILTER (NOT ({present})), count(*) FROM raw")
    if not bad:
        return ()
    if bad == rows:
        columns = "column" if len(roles.measures) == 1 else "columns"
        raise InputError(
            f"{table.shown}: {of_rows(bad, rows)} have no value ({columns} {listing(roles.measures, limit=5)})",
            hint="does the model write its scores?",
        )
    drop(session, roles, present, shown=table.shown, classes=False)
    return (f"{MISSING_NOTE}: {of_rows(bad, rows)} have no score at all and are left out, as configured",)


def refuse_wrong(session: Session, roles: Roles, table: Table) -> None:
    """
    Refuse rows of `raw` that lack a score of theirs, where they are to be wrong; an empty column is told elsewhere.

    Raises:
        InputError: There are such rows.
    """
    for index, name in enumerate(roles.measures):
        with session.translated(table.shown):
            bad, rows = session.row(f"SELECT count(*) - count(measure{index}), count(*) FROM raw")
        if 0 < bad < rows:
            raise InputError(
                f"{table.shown}: {of_rows(bad, rows)} have no score (column {quote(name)})", hint=_NOT_WRONG
            )


def drop(session: Session, roles: Roles, kept: str, *, shown: str, classes: bool) -> None:
    """
    Keep only the rows of `raw` for which the SQL `kept` holds; where there are `classes` they could be wrong instead.

    Raises:
        InputError: The rows have no ids, or none is left.
    """
    if roles.id is None:
        raise InputError(
            f"{shown}: rows without a prediction cannot be left out: the rows have no ids, so they are told apart by "
            "their position",
            hint=f"write an id for every row{_OR_WRONG if classes else ''}",
        )
    with session.translated(shown):
        session.run(f"CREATE OR REPLACE TABLE raw AS SELECT * FROM raw WHERE {kept}")
        (rows,) = session.row("SELECT count(*) FROM raw")
    if rows == 0:
        raise InputError(f"{shown}: no row has a prediction", hint="does the model write its predictions?")


def _nan_is_missing(session: Session, table: Table) -> None:
    """Where labels are numbers, a prediction that reads "nan" is none."""
    with session.translated(table.shown):
        (texts,) = session.row(f"SELECT count(*) FILTER ({_NAN}) FROM raw")
        if not texts:
            return
        labels = session.rows(f"SELECT DISTINCT label FROM raw LIMIT {MAX_CLASSES + 1}")
        if infer_type([label for (label,) in labels]) in {"integer", "float"}:
            session.run(
                f"CREATE OR REPLACE TABLE raw AS SELECT * REPLACE (CASE WHEN {_NAN} THEN NULL ELSE prediction END "
                "AS prediction) FROM raw"
            )


def missing(shown: str, noun: str, column: str, bad: int, rows: int) -> InputError:
    """The error about rows that lack something that every row must have."""
    article = "an" if noun == "id" else "a"
    further = "; see `on_missing_row` in [[predictions]]" if noun == "prediction" else ""
    return InputError(
        f"{shown}: {of_rows(bad, rows)} have no {noun} (column {quote(column)})",
        hint=f"write {article} {noun} for every row; a row that the model could not do must not vanish "
        f"silently{further}",
    )


def lost(role: str, column: str, rows: int, shown: str) -> InputError:
    """The error about a column that has no value in any row: what it was to say of them would be left out unseen."""
    return InputError(
        f"{shown}: {of_rows(rows, rows)} have no {role} (column {quote(column)})",
        hint=f"write the {role} of every row (did a join lose it?), or take `{role}` out of [[predictions]]",
    )
