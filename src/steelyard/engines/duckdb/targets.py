"""Rows without classes: the targets of a regression, or nothing but scores of each row."""

from __future__ import annotations

import hashlib

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.keys import row_sql
from steelyard.engines.duckdb.missing import missing
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.values import decimal_of
from steelyard.engines.wording import of_rows
from steelyard.errors import InputError
from steelyard.text import quote


def to_numbers(session: Session, *, shown: str) -> None:
    """Replace the texts of labels and predictions in `raw` by numbers: NULL for NaN, infinite for what is none."""
    columns = ", ".join(f"{decimal_of(column)} + 0.0 AS {column}" for column in ("label", "prediction"))
    with session.translated(shown):
        session.run(f"CREATE OR REPLACE TABLE raw AS SELECT * REPLACE ({columns}) FROM raw")


def check_finite(session: Session, roles: Roles, *, shown: str) -> None:
    """
    Refuse labels and predictions of a regression that are no finite numbers.

    Raises:
        InputError: How many.
    """
    for noun, column in roles.compared.items():
        with session.translated(shown):
            rows, present, strange = session.row(
                f"SELECT count(*), count({noun}), count(*) FILTER (isinf({noun})) FROM raw"
            )
        if strange:
            raise InputError(
                f"{shown}: {of_rows(strange, rows)} have no finite number as {noun} (column {quote(column)})",
                hint=f'write a number as {noun} for every row, or set `kind = "classification"` in [[predictions]]',
            )
        if present < rows:
            raise missing(shown, noun, column, rows - present, rows)


def fingerprint(session: Session, roles: Roles, *, shown: str) -> str:
    """
    Hash of the set of (key, label), or of keys where nothing is predicted, whatever the order of the rows.

    128 bits of BLAKE2b in hexadecimal over the number of rows and the sum of their 64-bit hashes.
    """
    label = "label::VARCHAR" if roles.label is not None else "''"
    with session.translated(shown):
        rows, total = session.row(f"SELECT count(*), sum({row_sql(roles.id, label)}) FROM raw")
    kind = b"steelyard targets 1" if roles.label is not None else b"steelyard keys 1"
    return hashlib.blake2b(kind + f" {rows} {total}".encode(), digest_size=16).hexdigest()


_REPEATED = 0.1
"""
The share of rows that may have the target of the row before them, and the order still tells rows apart.

Where such rows are sorted by prediction, too, their errors meet their like. The paired test of two equally good models
(mean absolute error of 400 rows, at 5%) then errs in 6.0% of cases at this share, in 9% at a quarter, in 16% at a half.
"""


def are_monotone(session: Session, roles: Roles, *, shown: str) -> bool:
    """Whether the labels rise, or fall, all through the file and many are repeated, or there are none."""
    if roles.label is None:
        return True
    with session.translated(shown):
        rises, falls, repeated, rows = session.row(
            "SELECT bool_and(before IS NULL OR before <= label), bool_and(before IS NULL OR before >= label), "
            "count(*) FILTER (before = label), count(*) "
            "FROM (SELECT label, lag(label) OVER (ORDER BY rowid) AS before FROM raw)"
        )
    return bool(rises or falls) and repeated > _REPEATED * rows
