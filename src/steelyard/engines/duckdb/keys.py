"""
64-bit keys: hashes that stand for ids and clusters, so that who is in a test set does not leave the machine.

With an empty `id_key` anyone who can guess an id can find it; with a secret one, no one can.
"""

from __future__ import annotations

from typing import Final

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.limits import MAX_TEXT
from steelyard.errors import InputError
from steelyard.text import quote

_HASH: Final = "(md5_number({text}) >> 64)::UBIGINT"
"""The last 8 bytes of MD5, little-endian: `md5_number_lower`, which is a slow macro since DuckDB 2.0."""


def set_key(session: Session, id_key: str) -> None:
    """Give the session the secret; it never becomes part of a statement, which an error could quote."""
    session.run("SET VARIABLE id_key = ?", id_key)


def key_sql(text: str) -> str:
    """SQL for the key of an id whose text is the SQL `text`; NULL where that is."""
    return _HASH.format(text=f"getvariable('id_key') || ({text})")


def cluster_sql(text: str) -> str:
    """SQL for the hash that stands for a cluster; never equal to that of an id of the same name."""
    return _HASH.format(text=f"getvariable('id_key') || 'cluster ' || ({text})")


def position_sql() -> str:
    """SQL for a hash of the row's position in the table `raw`."""
    return _HASH.format(text="rowid::VARCHAR")


def own_cluster_sql(roles: Roles) -> str:
    """SQL for the cluster of a row of `raw`: that of its column, or one of its own where that is missing."""
    own = "key" if roles.id is not None else "raw.rowid"
    alone = _HASH.format(text=f"getvariable('id_key') || 'row ' || {own}::VARCHAR")
    return f"coalesce(cluster, {alone})"


def lone_cluster_sql(text: str) -> str:
    """As `own_cluster_sql`, for a row whose id has the SQL `text`."""
    return _HASH.format(text=f"getvariable('id_key') || 'row ' || {key_sql(text)}::VARCHAR")


def row_sql(id_column: str | None, text: str) -> str:
    """SQL for a hash of the key, or the position, of a row of `raw` and of the SQL `text`."""
    key = "key" if id_column is not None else "rowid"
    return _HASH.format(text=f"{key}::VARCHAR || ' ' || {text}")


def check_ids(session: Session, source: Source, roles: Roles) -> None:
    """
    Refuse ids that occur twice, and the one case in 10^19 pairs in which two ids have the same hash.

    Raises:
        InputError: With an example and how many ids are concerned.
    """
    if roles.id is None:
        return
    with session.translated(source.shown):
        (unique,) = session.row("SELECT count(*) = count(DISTINCT key) FROM raw")
        if unique:
            return
        twice, example = session.row(
            "SELECT count(*), min(key) FROM (SELECT key FROM raw GROUP BY key HAVING count(*) > 1)"
        )
        text = source.id_text(roles.id)
        ids = session.rows(
            f"SELECT left({text}, {MAX_TEXT}), count(*) FROM {source.relation} WHERE {key_sql(text)} = ? GROUP BY ALL",
            example,
        )
    if len(ids) > 1:
        raise InputError(
            f"{source.shown}: two ids have the same 64-bit hash: {quote(ids[0][0])} and {quote(ids[1][0])}",
            hint="rename one of them",
        )
    (repeated, times) = ids[0]
    raise repeated_ids(source.shown, roles.id, twice=twice, example=repeated, times=times)


_LOOK: Final = 10_000
"""Rows that are looked at, the first ones of the file."""


def unread_id(session: Session, source: Source, roles: Roles) -> str | None:
    """Where no ids are read, a column that is called as if it had some, and has no value twice in the first rows."""
    for name in roles.like_ids:
        try:
            text = source.id_text(name)
        except InputError:  # not of a type that ids have
            continue
        with session.translated(source.shown, hint=UNREAD):
            rows, values = session.row(
                f"SELECT count(*), count(DISTINCT id) FROM (SELECT {text} AS id FROM {source.relation} LIMIT {_LOOK})"
            )
        if rows == values:
            return name
    return None


def repeated_ids(shown: str, column: str, *, twice: int, example: str, times: int) -> InputError:
    """The error about ids that occur more than once: how many, and one of them."""
    return InputError(
        f"{shown}: {twice:,} {'id occurs' if twice == 1 else 'ids occur'} more than once, e.g. "
        f"{quote(example)} {times:,} times (column {quote(column)})",
        hint="every row needs an id of its own; take another `id` column in [[predictions]], or name this one as "
        "`cluster` if its rows belong together",
    )
