"""The rows of one table: read in one pass over the file into the table `raw`, then checked there."""

from __future__ import annotations

from typing import Final

from steelyard.engines.columns import Roles, ScoreColumn
from steelyard.engines.duckdb.keys import cluster_sql, key_sql, set_key
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import Source
from steelyard.engines.limits import MAX_SLICE_VALUES, MAX_TEXT
from steelyard.engines.wording import of_rows, quote
from steelyard.errors import InputError


def load(session: Session, source: Source, roles: Roles, *, id_key: str) -> None:
    """
    Read the columns of `roles` into the table `raw`; its `rowid` is the position in the file.

    Raises:
        InputError: The file is broken, or a column is of a type that cannot be used.
    """
    columns = {
        "label": source.text(roles.label),
        "prediction": source.text(roles.prediction),
    }
    if roles.id is not None:
        columns["key"] = key_sql(source.id_text(roles.id))
    if roles.cluster is not None:
        columns["cluster"] = cluster_sql(source.id_text(roles.cluster))
    columns |= {f"slice{index}": source.id_text(name) for index, name in enumerate(roles.slices)}
    columns |= {f"score{index}": source.number(score.column) for index, score in enumerate(roles.scores)}
    selected = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    set_key(session, id_key)
    with session.translated(source.shown, hint="was the file written completely, and as UTF-8?"):
        session.run(f"CREATE TABLE raw AS SELECT {selected} FROM {source.relation}")


def check(session: Session, roles: Roles, *, shown: str) -> int:
    """
    Refuse rows that cannot be counted; the number of rows otherwise.

    Raises:
        InputError: No rows; a missing id, label, prediction or cluster; text beyond the bounds; too many slice values.
    """
    required = {"label": roles.label, "prediction": roles.prediction, "key": roles.id, "cluster": roles.cluster}
    present = {column: name for column, name in required.items() if name is not None}
    texts = {"label": roles.label, "prediction": roles.prediction}
    texts |= {f"slice{index}": name for index, name in enumerate(roles.slices)}
    with session.translated(shown):
        counts = ", ".join(f"count({column})" for column in present)
        lengths = ", ".join(f"max(length({column}))" for column in texts)
        rows, *facts = session.row(f"SELECT count(*), {counts}, {lengths} FROM raw")
    if rows == 0:
        raise InputError(f"{shown}: has no rows", hint="was the test set empty, or the file not written completely?")
    for (column, name), count in zip(present.items(), facts, strict=False):
        if count < rows:
            raise missing(shown, _NOUNS[column], name, rows - count, rows)
    for name, longest in zip(texts.values(), facts[len(present) :], strict=True):
        if (longest or 0) > MAX_TEXT:
            raise InputError(
                f"{shown}: column {quote(name)} has a value of {longest:,} characters, at most {MAX_TEXT:,} are read",
                hint="is this the column that was meant? see [[predictions]]",
            )
    _check_slices(session, roles, shown)
    return int(rows)


_NOUNS: Final = {"label": "label", "prediction": "prediction", "key": "id", "cluster": "cluster"}


def missing(shown: str, noun: str, column: str, bad: int, rows: int) -> InputError:
    """The error about rows that lack something that every row must have."""
    article = "an" if noun == "id" else "a"
    return InputError(
        f"{shown}: {of_rows(bad, rows)} have no {noun} (column {quote(column)})",
        hint=f"write {article} {noun} for every row; a row that the model could not do must not vanish silently",
    )


def _check_slices(session: Session, roles: Roles, shown: str) -> None:
    for index, name in enumerate(roles.slices):
        with session.translated(shown):
            (values,) = session.row(f"SELECT count(DISTINCT slice{index}) FROM raw")
        if values > MAX_SLICE_VALUES:
            raise InputError(
                f"{shown}: slice column {quote(name)} has {values:,} distinct values, at most {MAX_SLICE_VALUES} are "
                "reported",
                hint="group its values (e.g. age into 10-year bins), or take it out of `slices`",
            )


def check_scores(session: Session, scores: dict[int, ScoreColumn], *, rows: int, shown: str) -> None:
    """
    Refuse scores that are no finite numbers; the keys of `scores` number the columns of `raw`.

    Raises:
        InputError: A score is missing, NaN, infinite or no number.
    """
    if not scores:
        return
    counts = ", ".join(f"count(*) FILTER (isfinite(score{index}))" for index in scores)
    with session.translated(shown):
        finite = session.row(f"SELECT {counts} FROM raw")
    for score, count in zip(scores.values(), finite, strict=True):
        if count < rows:
            raise InputError(
                f"{shown}: {of_rows(rows - count, rows)} have no finite score (column {quote(score.column)})",
                hint="write a number for every row, or leave the scores out: `scores = []` in [[predictions]]",
            )
