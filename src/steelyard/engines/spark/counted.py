"""
Tables with more rows than are fetched: the cluster groups them by label and prediction, and only the cells leave it.

Values leave it as they are stored; what text they are, and in which order it stands, is decided here as for files.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import structs

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.counted import set_of
from steelyard.engines.duckdb.missing import missing
from steelyard.engines.duckdb.passing import of_cells
from steelyard.engines.duckdb.session import Resources, open_session
from steelyard.engines.duckdb.source import notation, open_source
from steelyard.engines.interface import Table
from steelyard.engines.kinds import are_numbers
from steelyard.engines.labels import NOT_A_NUMBER
from steelyard.engines.limits import MAX_CLASSES, MAX_TEXT
from steelyard.engines.spark.session import translated
from steelyard.engines.spark.source import Source
from steelyard.errors import InputError
from steelyard.model.evaluation import MISSING_PREDICTION, PredictionSet
from steelyard.text import quote

_Cells: TypeAlias = Sequence[tuple[str | None, str | None, int]]
"""Label, prediction, rows; None: missing."""

MOST_CELLS: Final = 1 << 21
"""Different pairs of label and prediction that leave the cluster."""


def check_countable(source: Source, roles: Roles, table: Table, *, rows: int, most: int) -> None:
    """
    Refuse a table of which more must be known than its counts.

    Raises:
        InputError: What that is.
    """
    lists = any(kind.startswith("array") for kind in _types(source, roles))
    if reason := _reason(roles, table, lists=lists):
        raise _needs_rows(table, reason, rows=rows, most=most)


def _types(source: Source, roles: Roles) -> list[str]:
    return [source.types[source.names.index(name)] for name in roles.compared.values()]


def _reason(roles: Roles, table: Table, *, lists: bool) -> str:
    """What is needed of each row; empty: nothing."""
    # The cluster splits the cells by these where it joins two tables.
    joins = table.lasting and roles.id is not None
    reasons = {
        "the cluster of each row": roles.cluster is not None and not joins,
        "the stratum of each row": roles.stratum is not None and not joins,
        "the weight of each row": roles.weight is not None,
        "the scores of each row": bool(roles.measures),
        "which rows the model was trained on": table.training_ids is not None,
        "which rows are left out": table.on_missing_row == "drop",
        "the classes of each row": lists or table.separator is not None or table.kind == "multilabel",
        "the target of each row": table.kind == "regression",
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _needs_rows(table: Table, reason: str, *, rows: int, most: int) -> InputError:
    return InputError(
        f"{table.shown}: {rows:,} rows, at most {most:,} are fetched from a cluster where {reason} matters",
        hint="name a table or view with a sample of the rows; of classes without any of that, all rows are counted",
    )


def count(source: Source, roles: Roles, *, scratch: Path) -> None:
    """
    Have the cluster count the rows by label and prediction, and write the cells into the Parquet file `scratch`.

    Raises:
        InputError: More cells than are counted, or the rows cannot be read.
    """
    import pyarrow.parquet as pq

    names = tuple(roles.compared.values())
    columns = source.columns(names)
    with translated(source.shown):
        cells = source.frame.groupBy(*columns).count().limit(MOST_CELLS + 1).toArrow()
    if cells.num_rows > MOST_CELLS:
        raise _too_many(source, roles)
    pq.write_table(cells.rename_columns([*names, "n"]), scratch)


def _too_many(source: Source, roles: Roles) -> InputError:
    from pyspark.sql import functions

    with translated(source.shown):
        columns = source.columns(tuple(roles.compared.values()))
        found = source.frame.select(*(functions.count_distinct(functions.col(name)) for name in columns)).toArrow()
    for (noun, name), distinct in zip(roles.compared.items(), found.to_pylist()[0].values(), strict=True):
        if distinct > MAX_CLASSES:
            return _too_many_classes(source.shown, noun, name, distinct)
    return InputError(
        f"{source.shown}: more than {MOST_CELLS:,} different pairs of label and prediction",
        hint="name a table or view with a sample of the rows",
    )


def _too_many_classes(shown: str, noun: str, name: str, distinct: int) -> InputError:
    return InputError(
        f"{shown}: column {quote(name)} has {distinct:,} distinct {noun}s, at most {MAX_CLASSES:,} are compared; "
        "is it a regression target?",
        hint=f'name the column of classes: `{noun}` in [[predictions]]; if it holds numbers, `kind = "regression"`',
    )


def read(scratch: Path, roles: Roles, table: Table, *, most: int, resources: Resources) -> PredictionSet:
    """
    The set of the cells that `count` has written; without notes on what is not kept.

    Raises:
        InputError: The columns hold what cannot be counted.
    """
    cells, held_as = _as_text(scratch, roles, table, resources=resources)
    rows = sum(n for _, _, n in cells)
    labels = {label for label, _, _ in cells if label is not None}
    predictions = {prediction for _, prediction, _ in cells if prediction is not None}
    _check(labels, predictions, roles, table, rows=rows)
    if table.kind == "auto" and are_numbers(labels, predictions):
        raise _needs_rows(table, "the target of each row", rows=rows, most=most)
    if table.kind == "auto" and all(map(_is_list, labels | predictions)):
        raise _needs_rows(table, "the classes of each row", rows=rows, most=most)
    made = None if (passed := of_cells(cells)) is None else set_of(passed, roles, table)
    if made is None:
        raise _strange(cells, roles, table, rows=rows)
    return structs.replace(made, label_notation=notation(held_as, kind=made.label_type))


def _as_text(scratch: Path, roles: Roles, table: Table, *, resources: Resources) -> tuple[_Cells, str]:
    """The cells, and as what DuckDB reads the labels."""
    cells = Table(path=scratch, shown=table.shown)
    with open_session(reads=[scratch], resources=resources) as session:
        source = open_source(session, cells)
        label, prediction = (source.text(name) for name in roles.compared.values())
        with session.translated(table.shown):
            found: _Cells = session.rows(
                f"SELECT {label}, {prediction}, sum(c2)::BIGINT FROM {source.relation} GROUP BY ALL"
            )
    return found, source.types[source.names.index(roles.compared["label"])]


def _check(labels: Collection[str], predictions: Collection[str], roles: Roles, table: Table, *, rows: int) -> None:
    """Refuse too many classes, too long ones, or none."""
    for (noun, name), texts in zip(roles.compared.items(), (labels, predictions), strict=True):
        if not texts:
            raise missing(table.shown, noun, name, rows, rows)
        if len(texts) > MAX_CLASSES:
            raise _too_many_classes(table.shown, noun, name, len(texts))
        if (longest := max(map(len, texts))) > MAX_TEXT:
            raise InputError(
                f"{table.shown}: column {quote(name)} has a value of {longest:,} characters, at most {MAX_TEXT:,} are "
                "read",
                hint="is this the column that was meant? see [[predictions]]",
            )


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def _strange(cells: _Cells, roles: Roles, table: Table, *, rows: int) -> InputError:
    """Why there is no set of these cells."""
    texts = ([(label, n) for label, _, n in cells], [(prediction, n) for _, prediction, n in cells])
    for (noun, name), found in zip(roles.compared.items(), texts, strict=True):
        if absent := sum(n for text, n in found if text is not None and text.lower() in NOT_A_NUMBER):
            return missing(table.shown, noun, name, absent, rows)
    return InputError(
        f"{table.shown}: {quote(MISSING_PREDICTION)} is a label, or there are too many classes to count",
        hint='call that label something else, or set `on_missing_row = "fail"` in [[predictions]]',
    )
