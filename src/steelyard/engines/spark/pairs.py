"""
Rows of two tables of the cluster, joined by id and counted there: only groups of rows leave it, as they are stored.

What text a value is, and which labels are the same, is decided for files and tables alike where the groups arrive. So
two rows have one id here if their ids are the same text, and whole numbers among floats read like integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.keys import repeated_ids
from steelyard.engines.duckdb.missing import lost, missing
from steelyard.engines.limits import FLIPS, MAX_SLICE_VALUES, MAX_TEXT
from steelyard.engines.spark.session import translated
from steelyard.engines.spark.source import Source
from steelyard.errors import InputError
from steelyard.model.base import Value

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, GroupedData

MOST_GROUPS: Final = 1 << 22
"""Groups of rows that leave the cluster."""

KEYS: Final = ("label", "candidate", "other", "baseline")
"""Raw values of a pair of rows: label and prediction of this change, and of the baseline."""

_WHOLE: Final = 1e15
"""Below it every whole number is a double of its own."""


class Rows(Value, frozen=True, kw_only=True):
    """A table of the cluster and what its columns mean."""

    source: Source
    roles: Roles

    @property
    def id(self) -> Column:
        """The id of a row as text; null where it is missing."""
        return self.text(self.roles.id)

    @property
    def design(self) -> dict[str, Column]:
        """What makes rows unequal: `cluster`, the id of a row `alone` that has none, and `stratum`."""
        from pyspark.sql import functions

        columns: dict[str, Column] = {}
        if self.roles.cluster is not None:
            columns["cluster"] = self.raw(self.roles.cluster)
            columns["alone"] = functions.when(self.text(self.roles.cluster).isNull(), self.id)
        if self.roles.stratum is not None:
            columns["stratum"] = self.raw(self.roles.stratum)
        return columns

    def raw(self, name: str | None) -> Column:
        """The column of this name, as it is stored."""
        from pyspark.sql import functions

        return functions.col(self._column(name))

    def selected(self, *, label: str, prediction: str, more: Mapping[str, Column]) -> DataFrame:
        """The rows with their `id`, their label and prediction under these names, and more columns."""
        named = {label: self.raw(self.roles.label), prediction: self.raw(self.roles.prediction), **more}
        return self.source.frame.select(self.id.alias("id"), *(column.alias(name) for name, column in named.items()))

    def _column(self, name: str | None) -> str:
        """What Spark calls the column of this name, which there is."""
        return self.source.columns((name or "",))[0]

    def text(self, name: str | None) -> Column:
        """As `Source.id_text` of a file."""
        from pyspark.sql import functions

        value, kind = self.raw(name), self.source.types[int(self._column(name)[1:])]
        text = value.cast("string")
        if kind in {"float", "double"}:
            whole = (value == functions.floor(value)) & (functions.abs(value) < _WHOLE)
            text = functions.when(whole, value.cast("bigint").cast("string")).when(~functions.isnan(value), text)
        return functions.when(text != "", text)


def grouped(
    candidate: Rows,
    baseline: Rows | None,
    *,
    testset: Mapping[str, Column],
    other: Mapping[str, Column],
    into: Path,
    held: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> None:
    """
    Join the rows by id and count them by their labels and predictions on both sides.

    Args:
        candidate: This change's rows.
        baseline: The baseline's; None: the candidate's stand on both sides.
        testset: Further columns of the candidate to group by.
        other: Further columns of the baseline to group by.
        into: Parquet file of the groups: `KEYS`, `ours` and `theirs` (which sides have the rows), `testset`, `other`,
            for each of `held` whether the values differ as `changed_<name>`, and `n`.
        held: Columns of the candidate's and of the baseline's table that are held against each other, by a name.

    Raises:
        InputError: More groups than are counted, or the rows cannot be read.
    """
    from pyspark.sql import functions

    here = functions.lit(True)
    mine = {f"mine_{name}": candidate.text(column) for name, (column, _) in held.items()}
    both = candidate.selected(label="label", prediction="candidate", more={**testset, **mine}).withColumn("ours", here)
    if baseline is None:
        both = both.withColumns({"other": functions.col("label"), "baseline": functions.col("candidate")})
        both = both.withColumn("theirs", here)
    else:
        more = {f"other_{name}": baseline.text(column) for name, (_, column) in held.items()}
        theirs = baseline.selected(label="other", prediction="baseline", more={**other, **more})
        theirs = theirs.withColumn("theirs", here)
        both = both.join(theirs, on="id", how="full_outer")
        both = both.withColumns(
            {
                f"changed_{name}": ~functions.col(f"mine_{name}").eqNullSafe(functions.col(f"other_{name}"))
                for name in held
            }
        )
    by = [*KEYS, "ours", "theirs", *testset, *other, *(f"changed_{name}" for name in held)]
    _collect(both.groupBy(*by), shown=candidate.source.shown, names=[*by, "n"], into=into)


def _collect(groups: GroupedData, *, shown: str, names: Sequence[str], into: Path) -> None:
    import pyarrow.parquet as pq

    with translated(shown):
        found = groups.count().limit(MOST_GROUPS + 1).toArrow()
    if found.num_rows > MOST_GROUPS:
        raise InputError(
            f"{shown}: more than {MOST_GROUPS:,} different groups of rows",
            hint="name tables with a sample of the rows, or take `cluster` or `slices` out of [[predictions]]",
        )
    pq.write_table(found.rename_columns(list(names)), into)


def few_values(rows: Rows, names: Sequence[str]) -> list[str]:
    """Of these columns those that have few enough different values to be slices, as far as an estimate tells."""
    from pyspark.sql import functions

    if not names:
        return []
    with translated(rows.source.shown):
        found = rows.source.frame.agg(*(functions.approx_count_distinct(rows.raw(name)) for name in names)).collect()
    return [name for name, values in zip(names, found[0], strict=True) if values <= 2 * MAX_SLICE_VALUES]


def flipped(candidate: Rows, baseline: Rows, cells: pa.Table, *, shown: Sequence[str], into: Path) -> None:
    """
    A sample of the rows in some cells: of broken and of fixed ones those with the smallest hashes of their ids.

    Args:
        candidate: This change's rows.
        baseline: The baseline's.
        cells: The raw values of `KEYS`, `cell` (a number) and `broken`.
        shown: Further columns of the candidate that are fetched.
        into: Parquet file with `cell`, the raw `row_id` and `shown0`, … in the order of the hashes.

    Raises:
        InputError: The rows cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.sql import functions

    more = {"row_id": candidate.raw(candidate.roles.id)}
    more |= {f"shown{index}": candidate.raw(name) for index, name in enumerate(shown)}
    both = candidate.selected(label="label", prediction="candidate", more=more).join(
        baseline.selected(label="other", prediction="baseline", more={}), on="id"
    )
    wanted = both.sparkSession.createDataFrame(cells)
    same = [both[key].eqNullSafe(wanted[key]) for key in KEYS]
    hits = both.join(functions.broadcast(wanted), on=same).select("cell", "broken", _hash().alias("hash"), *more)
    parts = []
    with translated(candidate.source.shown):
        for broken in (True, False):
            first = hits.where(functions.col("broken") == broken).orderBy("hash").limit(FLIPS)
            parts.append(first.select("cell", *more).toArrow())
    pq.write_table(pa.concat_tables(parts), into)


def _hash() -> Column:
    """
    The 64-bit hash of `id`, as hexadecimal digits that sort as it does.

    That of files without a secret key: the last 8 bytes of MD5, the lowest first. A secret does not leave this machine.
    """
    from pyspark.sql import functions

    digest = functions.md5(functions.col("id").cast("binary"))
    return functions.concat(*(functions.substring(digest, 2 * byte + 1, 2) for byte in range(15, 7, -1)))


def check_ids(rows: Rows) -> None:
    """
    Refuse rows without an id, and ids that occur twice.

    Raises:
        InputError: How many there are, with an example.
    """
    from pyspark.sql import functions

    column, shown = rows.roles.id or "", rows.source.shown
    ids = rows.source.frame.select(rows.id.alias("id"))
    times = ids.where("id IS NOT NULL").groupBy("id").count().where("count > 1")
    one = functions.lit(1)
    with translated(shown):
        total, present = ids.agg(functions.count(one), functions.count("id")).collect()[0]
        twice, example, most = times.agg(
            functions.count(one), functions.min("id"), functions.min_by("count", "id")
        ).collect()[0]
    if present < total:
        raise missing(shown, "id", column, total - present, total)
    if twice:
        raise repeated_ids(shown, column, twice=twice, example=example[:MAX_TEXT], times=most)


def check_design(rows: Rows) -> None:
    """
    Refuse a column of clusters or strata that is empty.

    Raises:
        InputError: Which.
    """
    from pyspark.sql import functions

    named = {"cluster": rows.roles.cluster, "stratum": rows.roles.stratum}
    columns = {role: name for role, name in named.items() if name is not None}
    if not columns:
        return
    present = [functions.count(rows.text(name)) for name in columns.values()]
    with translated(rows.source.shown):
        total, *found = rows.source.frame.agg(functions.count(functions.lit(1)), *present).collect()[0]
    for (role, name), number in zip(columns.items(), found, strict=True):
        if total and not number:
            raise lost(role, name, total, rows.source.shown)
