"""Test rows that the model was trained on."""

from __future__ import annotations

from typing import Final

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.keys import key_sql
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source, open_source
from steelyard.engines.interface import Table
from steelyard.engines.names import USUAL, normalise
from steelyard.engines.wording import of_rows
from steelyard.errors import InputError
from steelyard.text import count, listing, quote

LEAKAGE: Final = "LEAKAGE: "
"""Begins a note that belongs on the first screen."""


def check(session: Session, roles: Roles, table: Table) -> tuple[str, ...]:
    """
    Count the rows of `raw` whose ids are among those that the model was trained on.

    Raises:
        InputError: The rows have no ids, or the file of training ids has no column of them.
    """
    training = table.training_ids
    if training is None:
        return ()
    if roles.id is None:
        raise InputError(
            f"{table.shown}: has no column of ids, so {training.shown} cannot be compared with it",
            hint="write an id for every row, or take `training_ids` out of [[predictions]]",
        )
    source = open_source(session, training)
    text = source.id_text(_id_column(source, roles.id))
    with session.translated(training.shown, hint=UNREAD):
        session.run(f"CREATE TABLE training AS SELECT {key_sql(text)} AS key FROM {source.relation}")
        known, rows, leaked = session.row(
            "SELECT (SELECT count(key) FROM training), count(*), "
            "count(*) FILTER (key IN (SELECT key FROM training WHERE key IS NOT NULL)) FROM raw"
        )
        session.run("DROP TABLE training")
    if not known:
        raise InputError(f"{training.shown}: has no ids", hint="write the ids of all rows that training saw")
    if not leaked:
        return (f"no row is among the {count(known, 'id')} that the model was trained on ({training.shown})",)
    said = f"{of_rows(leaked, rows)} are among those that the model was trained on ({training.shown})"
    return (f"{LEAKAGE}{said}: what is reported is too good to be true of new data",)


def _id_column(source: Source, same: str) -> str:
    """The column called as the test set's, else one with a usual name, else the only one."""
    if source.names.count(same) == 1:
        return same
    usual = [name for name in source.names if normalise(name) in USUAL["id"]]
    candidates = usual or list(source.names)
    if len(candidates) == 1:
        return candidates[0]
    raise InputError(
        f"{source.shown}: no column of ids: expected {quote(same)}; found: {listing(source.names)}",
        hint="call the column of ids as in the predictions",
    )
