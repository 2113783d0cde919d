"""
Opening a table of the cluster.

Whatever the columns are called, Spark knows them as c0, c1, …; the names of tables are quoted. No text from a
configuration or a table becomes part of a statement.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from steelyard.engines.interface import Table
from steelyard.engines.spark.session import translated
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.text import quote

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PATTERN: Final = re.compile(r"[*?\[\]{}\\]")


class Source(Value, frozen=True, kw_only=True):
    """A table of the cluster, its rows not yet read."""

    shown: str
    frame: DataFrame
    """With the columns c0, c1, …"""
    names: tuple[str, ...]
    """What the table calls them."""
    types: tuple[str, ...]
    """Spark's types, such as `string`, `array<string>`."""

    def columns(self, names: tuple[str, ...]) -> list[str]:
        """What Spark calls the columns of these names."""
        return [f"c{self.names.index(name)}" for name in names]


def is_remote(table: Table) -> bool:
    """Whether only a cluster can read it."""
    return bool(table.catalog or table.address)


def open_source(session: SparkSession, table: Table) -> Source:
    """
    The table.

    Raises:
        InputError: There is none of that name, it cannot be read, or the path is a pattern.
    """
    if _PATTERN.search(table.address):
        raise InputError(
            f"{table.shown}: a path on the cluster names one file or directory, found {quote(_found(table.address))}",
            hint="name the directory, or make a table of the files and name that: `table` in [[predictions]]",
        )
    with translated(table.shown):
        frame = session.read.table(_quoted(table.catalog)) if table.catalog else session.read.parquet(table.address)
        types = tuple(field.dataType.simpleString() for field in frame.schema.fields)
        return Source(
            shown=table.shown,
            names=tuple(frame.columns),
            types=types,
            frame=frame.toDF(*(f"c{index}" for index in range(len(types)))),
        )


def _found(address: str) -> str:
    found = _PATTERN.search(address)
    return found[0] if found is not None else ""


def _quoted(name: str) -> str:
    """A name of parts with a dot between them, such that no part can be anything else."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in name.split("."))
