"""
How long it takes to read two tables of predictions and to count them jointly, within a memory limit.

    python -m benchmarks.compare_rows [--rows 1e6] [--turns 5] [--memory 2000]

`floor` reads the columns of both tables with sum and max and does nothing; *ingest* reads and checks a table, hashes
the ids, sorts by hash and writes the two side files; *join + count* starts from side files, as a pull request does with
main's, and ends with the joint counts of the whole set and of a slice, and with a sample of flipped rows. `--memory` is
`compare.memory` in MB, and what DuckDB may use where it joins the tables itself. pandas holds up to 10,000,000 rows.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from benchmarks.tasks import Task, flags, machine, measured, table, work

COLUMNS = "max(id), sum(label), sum(prediction), max(region)"
MOST_IN_MEMORY = 10_000_000
MEMORY = "STEELYARD_BENCHMARK_MEMORY"
"""Environment variable: MB, for the processes of the tasks."""


def make(directory: Path, *, rows: int, classes: int) -> None:
    """Two models on the same rows, the second table in another order and without every 20th row as `other`."""
    import duckdb

    # A connection of its own: one that has spilled cannot spill elsewhere.
    session = duckdb.connect()
    session.execute(f"SET memory_limit = '{memory()}MB'")
    session.execute(f"SET temp_directory = '{directory / 'spill'}'")
    row = f"i AS id, (hash(i) % {classes})::SMALLINT AS label, 'region ' || (i % 8) AS region"
    test_set = f"SELECT {row} FROM range({rows}) t(i)"  # noqa: S608
    prediction = f"(CASE WHEN random() < 0.85 THEN label ELSE floor(random() * {classes}) END)::SMALLINT"
    shuffled = "ORDER BY hash(id + 7)"
    for seed, (name, rest) in enumerate(
        {"candidate": "", "baseline": shuffled, "other": f"WHERE id % 20 <> 0 {shuffled}"}.items()
    ):
        session.execute(f"SELECT setseed(0.{seed + 1})")
        session.execute(
            f"COPY (SELECT id, label, {prediction} AS prediction, region FROM ({test_set}) {rest}) "  # noqa: S608
            f"TO '{directory / name}.parquet' (COMPRESSION zstd, ROW_GROUP_SIZE 1000000)"
        )


def memory() -> int:
    """MB that may be used."""
    return int(os.environ[MEMORY])


def floor(directory: Path) -> None:
    """Scan the columns of both tables and keep nothing."""
    import duckdb

    for name in ("candidate", "baseline"):
        duckdb.sql(f"SELECT {COLUMNS} FROM read_parquet('{directory / name}.parquet')").fetchall()  # noqa: S608


def ingest(directory: Path, *names: str) -> None:
    """Read tables, check them, write their side files; ids are hashed, rows sorted by hash."""
    from steelyard.engines.interface import Table
    from steelyard.model import codec

    for name in names or ("candidate", "baseline"):
        one = Table(path=directory / f"{name}.parquet", shown=name, slices=("region",))
        predictions = engine().ingest(one, into=directory, keep_rows=True)
        assert predictions.testset is not None  # noqa: S101 - a benchmark that keeps nothing is none
        (directory / f"{name}.json").write_bytes(codec.encode(predictions))


def join(directory: Path, other: str, *, ids: bool = False) -> None:
    """Joint counts, slices and flipped rows out of the side files; with `ids`, the originals' ids of flipped rows."""
    from steelyard.engines.interface import StoredSet, Table
    from steelyard.model import codec
    from steelyard.model.evaluation import PredictionSet

    sides = {
        name: StoredSet(
            predictions=codec.decode((directory / f"{name}.json").read_bytes(), PredictionSet, source=name),
            directory=directory,
            original=Table(path=directory / "candidate.parquet", shown=name) if ids and name == "candidate" else None,
        )
        for name in ("candidate", other)
    }
    joined = engine().join(candidate=sides["candidate"], baseline=sides[other])
    assert joined.joint is not None  # noqa: S101 - a benchmark that counts nothing is none
    assert bool(joined.broken[0].id) == ids  # noqa: S101


def engine():  # noqa: ANN201 - imported late
    """Ours, within the memory limit; side files may have any size."""
    from steelyard.engines.duckdb import DuckDBEngine
    from steelyard.engines.duckdb.session import Resources

    return DuckDBEngine(max_file_bytes=1 << 40, resources=Resources(memory=memory() * 10**6))


def duckdb_join(directory: Path) -> None:
    """DuckDB alone: the two tables joined by id and counted, with the slice beside."""
    import duckdb

    with tempfile.TemporaryDirectory(dir=directory) as spill:
        duckdb.execute(f"SET memory_limit = '{memory()}MB'")
        duckdb.execute(f"SET temp_directory = '{spill}'")
        duckdb.sql(
            "SELECT a.label, b.prediction, a.prediction, a.region, count(*) "  # noqa: S608
            f"FROM read_parquet('{directory / 'candidate'}.parquet') a "
            f"JOIN read_parquet('{directory / 'baseline'}.parquet') b USING (id) GROUP BY ALL"
        ).fetchnumpy()


def pandas_sklearn(directory: Path) -> None:
    """The usual way: both tables in memory, merged by id, two confusion matrices and the joint counts."""
    import pandas as pd
    from sklearn.metrics import confusion_matrix

    sides = [pd.read_parquet(directory / f"{name}.parquet") for name in ("candidate", "baseline")]
    both = sides[0].merge(sides[1], on="id", suffixes=("", "_baseline"))
    confusion_matrix(both["label"], both["prediction"])
    confusion_matrix(both["label"], both["prediction_baseline"])
    both.groupby(["label", "prediction_baseline", "prediction"], observed=True).size()
    both.groupby(["region", "label", "prediction_baseline", "prediction"], observed=True).size()


OURS = ("steelyard.engines.duckdb",)
TASKS = {
    "floor": Task("bare scan of both tables", floor, ("duckdb",)),
    "ingest": Task("ingest both tables", ingest, OURS),
    "same": Task("join + count, same test set", lambda place: join(place, "baseline"), OURS),
    "overlap": Task("join + count, 95% of the rows in common", lambda place: join(place, "other"), OURS),
    "ids": Task("the same, and ids looked up", lambda place: join(place, "other", ids=True), OURS),
    "duckdb": Task("DuckDB's join of the tables", duckdb_join, ("duckdb",)),
    "pandas": Task("pandas merge + scikit-learn", pandas_sklearn, ("pandas", "pyarrow", "sklearn.metrics")),
}


def main() -> None:
    """Read the flags."""
    given = flags(__doc__, rows=1_000_000, turns=5, memory=2_000)
    if work(TASKS, given):
        return
    os.environ[MEMORY] = str(given.memory)
    print(machine("duckdb", "numpy", "pandas", "scikit-learn"))
    small = given.rows <= MOST_IN_MEMORY
    tasks = {name: task for name, task in TASKS.items() if task.possible and (small or name != "pandas")}
    for classes in (10, 1000):
        with tempfile.TemporaryDirectory(dir=given.scratch) as name:
            directory = Path(name)
            make(directory, rows=given.rows, classes=classes)
            ingest(directory, "candidate", "baseline", "other")
            costs = measured("benchmarks.compare_rows", tasks, directory, turns=given.turns)
        print(f"\n{given.rows:,} rows, {classes:,} classes, {given.turns} turns, {given.memory:,} MB\n")
        print(table(costs), flush=True)


if __name__ == "__main__":
    main()
