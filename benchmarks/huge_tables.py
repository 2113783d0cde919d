"""
Tables that are too large for their rows to be kept are counted in one pass, at little more than a bare scan's cost.

    python -m benchmarks.huge_tables [--rows 3000000] [--turns 5]

Every task runs in a process of its own, the tasks in turn; a ratio is the median over the turns. Seconds are from the
start of the work to its end, without imports; memory is the largest resident set of the whole process. The floor is
DuckDB's sum of label, prediction and score. pandas and scikit-learn, which hold the table in memory, read label and
prediction of a table of up to 10,000,000 rows and make the confusion matrix.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.compare_rows import peak_mib

MOST_IN_MEMORY = 10_000_000


def make(file: Path, *, rows: int, classes: int) -> None:
    """Labels, predictions of which 15% are random, and scores."""
    import duckdb

    duckdb.execute("SELECT setseed(0)")
    options = "(COMPRESSION zstd, ROW_GROUP_SIZE 1000000)" if file.suffix == ".parquet" else "(HEADER)"
    label = f"SELECT floor(random() * {classes})::SMALLINT AS label FROM range({rows})"  # noqa: S608
    prediction = f"(CASE WHEN random() < 0.85 THEN label ELSE floor(random() * {classes}) END)::SMALLINT"
    rows_sql = f"SELECT label, {prediction} AS prediction, random()::FLOAT AS score FROM ({label})"  # noqa: S608
    duckdb.execute(f"COPY ({rows_sql}) TO '{file}' {options}")


def floor(file: Path) -> None:
    """Scan the columns and keep nothing."""
    import duckdb

    reader = f"read_parquet('{file}')"
    if file.suffix == ".csv":
        columns = "{'label': 'SMALLINT', 'prediction': 'SMALLINT', 'score': 'FLOAT'}"
        reader = f"read_csv('{file}', auto_detect = false, header = true, columns = {columns})"
    duckdb.sql(f"SELECT sum(label), sum(prediction), sum(score) FROM {reader}").fetchall()  # noqa: S608


def ingest(file: Path) -> None:
    """Check and count the table; no row is kept."""
    from steelyard.engines.duckdb import DuckDBEngine
    from steelyard.engines.interface import Table

    with tempfile.TemporaryDirectory() as into:
        found = DuckDBEngine().ingest(Table(path=file, shown=file.name), into=Path(into), keep_rows=False)
    assert sum(cell.n for cell in found.counts) == found.rows > 0  # noqa: S101 - a benchmark that counts nothing is none


def pandas_sklearn(file: Path) -> None:
    """The usual way: both columns in memory, and a confusion matrix."""
    import pandas as pd
    from sklearn.metrics import confusion_matrix

    columns = ["label", "prediction"]
    table = pd.read_parquet(file, columns=columns) if file.suffix == ".parquet" else pd.read_csv(file, usecols=columns)
    confusion_matrix(table["label"], table["prediction"])


TASKS: dict[str, tuple[str, Callable[[Path], None], tuple[str, ...]]] = {
    "floor": ("bare scan", floor, ("duckdb",)),
    "ingest": ("count, rows not kept", ingest, ("steelyard.engines.duckdb", "nanoarrow")),
    "pandas": ("pandas + scikit-learn", pandas_sklearn, ("pandas", "pyarrow", "sklearn.metrics")),
}


def work(task: str, file: Path) -> None:
    """Do one task and print its cost."""
    _, function, modules = TASKS[task]
    for module in modules:
        importlib.import_module(module)
    start = time.perf_counter()
    function(file)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "mib": peak_mib()}))


def run(task: str, file: Path) -> tuple[float, int]:
    """Seconds and peak MiB of one task in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.huge_tables", "--task", task, "--file", str(file)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["seconds"], answer["mib"]


def compare(*, rows: int, classes: int, suffix: str, turns: int) -> None:
    """Print the table of one file."""
    tasks = [task for task in TASKS if task != "pandas" or rows <= MOST_IN_MEMORY]
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / f"predictions{suffix}"
        make(file, rows=rows, classes=classes)
        results = [{task: run(task, file) for task in tasks} for _ in range(turns)]
    print(f"\n{rows:,} rows, {classes:,} classes, {suffix}, {turns} turns\n")
    print("| task | median s | × bare scan | least s | × least bare scan | peak MiB |")
    print("|---|--:|--:|--:|--:|--:|")
    best = min(turn["floor"][0] for turn in results)
    for task in tasks:
        seconds = [turn[task][0] for turn in results]
        ratio = median(turn[task][0] / turn["floor"][0] for turn in results)
        memory = median(turn[task][1] for turn in results)
        least = min(seconds)
        print(
            f"| {TASKS[task][0]} | {median(seconds):.2f} | {ratio:.1f} | {least:.2f} | {least / best:.1f} "
            f"| {memory:.0f} |"
        )


def main() -> None:
    """Read the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.task:
        work(flags.task, flags.file)
        return
    for classes, suffix in ((10, ".parquet"), (1000, ".parquet"), (10, ".csv")):
        if suffix == ".parquet" or flags.rows <= MOST_IN_MEMORY:
            compare(rows=flags.rows, classes=classes, suffix=suffix, turns=flags.turns)


if __name__ == "__main__":
    main()
