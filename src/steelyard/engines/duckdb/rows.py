"""The rows of one table: read in one pass over the file into the table `raw`, then checked there."""

from __future__ import annotations

from typing import Final

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.keys import cluster_sql, key_sql, set_key
from steelyard.engines.duckdb.missing import lost, missing
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.engines.duckdb.values import decimal, set_text, single
from steelyard.engines.interface import Kind, Table
from steelyard.engines.limits import MAX_SET_TEXT, MAX_STRATA, MAX_TEXT
from steelyard.engines.wording import of_rows
from steelyard.errors import InputError
from steelyard.text import count, quote


def load(session: Session, source: Source, roles: Roles, table: Table, *, kind: Kind | None, id_key: str) -> None:
    """
    Read the columns of `roles` into the table `raw`; its `rowid` is the position in the file.

    `label` and `prediction` are text, of sets of classes as JSON lists; a missing number is NULL, what is no number
    infinite.

    Raises:
        InputError: The file is broken, or a column is of a type that cannot be used.
    """
    columns = {
        noun: set_text(source, name, separator=table.separator) if kind == "multilabel" else source.text(name)
        for noun, name in roles.compared.items()
    }
    if roles.id is not None:
        columns["key"] = key_sql(source.id_text(roles.id))
    if roles.cluster is not None:
        columns["cluster"] = cluster_sql(source.id_text(roles.cluster))
    if roles.stratum is not None:
        columns["stratum"] = source.id_text(roles.stratum)
    if roles.weight is not None:
        columns["weight"] = decimal(source, roles.weight)
    columns |= {f"slice{index}": source.id_text(name) for index, name in enumerate(roles.slices)}
    columns |= {f"score{index}": single(source, one.column) for index, one in enumerate(roles.scores)}
    columns |= {f"measure{index}": decimal(source, name) for index, name in enumerate(roles.measures)}
    selected = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    set_key(session, id_key)
    with session.translated(source.shown, hint=UNREAD):
        session.run(f"CREATE TABLE raw AS SELECT {selected} FROM {source.relation}")


def check(session: Session, roles: Roles, *, kind: Kind | None, shown: str) -> int:
    """
    Refuse rows that cannot be counted; the number of rows otherwise.

    Raises:
        InputError: No rows; a missing id or label; text beyond the bounds.
    """
    required = {"label": roles.label, "key": roles.id}
    present = {column: name for column, name in required.items() if name is not None}
    texts = {**roles.compared, **{f"slice{index}": name for index, name in enumerate(roles.slices)}}
    if roles.stratum is not None:
        texts["stratum"] = roles.stratum
    with session.translated(shown):
        counts = [f"count({column})" for column in present]
        lengths = [f"max(length({column}))" for column in texts]
        rows, *facts = session.row(f"SELECT {', '.join(['count(*)', *counts, *lengths])} FROM raw")
    if rows == 0:
        raise InputError(f"{shown}: has no rows", hint="was the test set empty, or the file not written completely?")
    for (column, name), number in zip(present.items(), facts, strict=False):
        if number < rows:
            raise missing(shown, _NOUNS[column], name, rows - number, rows)
    for (column, name), longest in zip(texts.items(), facts[len(present) :], strict=True):
        most = MAX_SET_TEXT if kind == "multilabel" and column in _NOUNS else MAX_TEXT
        if (longest or 0) > most:
            raise InputError(
                f"{shown}: column {quote(name)} has a value of {longest:,} characters, at most {most:,} are read",
                hint="is this the column that was meant? see [[predictions]]",
            )
    return int(rows)


_NOUNS: Final = {"label": "label", "prediction": "prediction", "key": "id"}


def check_design(session: Session, roles: Roles, *, rows: int, shown: str) -> tuple[str, ...]:
    """
    Notes about clusters and strata that say little.

    Raises:
        InputError: No row has a cluster, or a stratum, or there are more strata than a design has.
    """
    notes: list[str] = []
    if roles.cluster is not None:
        with session.translated(shown):
            (absent, clusters) = session.row("SELECT count(*) - count(cluster), count(DISTINCT cluster) FROM raw")
        if not clusters:
            raise lost("cluster", roles.cluster, absent, shown)
        if absent:
            notes.append(
                f"{of_rows(absent, rows)} have no cluster (column {quote(roles.cluster)}): each is one of its own"
            )
        if absent + clusters < 2:
            notes.append(
                f"column {quote(roles.cluster)} puts all rows into one cluster: how much clusters differ is not known"
            )
    if roles.stratum is not None:
        with session.translated(shown):
            (absent, strata) = session.row("SELECT count(*) - count(stratum), count(DISTINCT stratum) FROM raw")
        if not strata:
            raise lost("stratum", roles.stratum, absent, shown)
        if strata > MAX_STRATA:
            raise InputError(
                f"{shown}: column {quote(roles.stratum)} has {strata:,} strata, at most {MAX_STRATA:,} are read",
                hint="a stratum is a part that rows were drawn from; rows that belong together are a `cluster`",
            )
        if absent:
            column = quote(roles.stratum)
            notes.append(f"{of_rows(absent, rows)} have no stratum (column {column}): they are one of their own")
        with session.translated(shown):
            (single,) = session.row("SELECT count(*) FROM (SELECT 1 FROM raw GROUP BY stratum HAVING count(*) = 1)")
        if single:
            notes.append(f"{count(single, 'stratum', 'strata')} with one row only: how rows vary there is not known")
    return tuple(notes)
