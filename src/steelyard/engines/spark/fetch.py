"""Fetching the rows of a table of the cluster into a Parquet file of this machine, which DuckDB then reads."""

from __future__ import annotations

from pathlib import Path

from steelyard.engines.columns import Roles
from steelyard.engines.interface import Table
from steelyard.engines.spark.session import translated
from steelyard.engines.spark.source import Source


def needed(roles: Roles, table: Table) -> tuple[str, ...]:
    """The columns that are read of each row."""
    one = (roles.id, roles.label, roles.prediction, roles.cluster, roles.stratum, roles.weight)
    several = (*roles.slices, *(score.column for score in roles.scores), *roles.measures, *table.show)
    return tuple(dict.fromkeys(name for name in (*one, *several) if name is not None))


def fetch(source: Source, names: tuple[str, ...], *, into: Path) -> None:
    """
    Write the rows into the Parquet file `into`: all columns of the table, those that are not in `names` without values.

    What a column is taken for depends on what the others are called.

    Raises:
        InputError: Spark cannot read the rows, or they do not fit what a driver may take.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with translated(source.shown):
        rows = source.frame.select(*source.columns(names)).toArrow()
    values = dict(zip(names, rows.columns, strict=True))
    absent = pa.nulls(rows.num_rows, pa.string())
    columns = [values.get(name, absent) for name in source.names]
    pq.write_table(pa.Table.from_arrays(columns, names=list(source.names)), into)
