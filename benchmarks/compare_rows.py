"""
How long it takes to read two tables of predictions and to count them jointly, as a ratio to DuckDB's bare scan.

    python benchmarks/compare_rows.py [--rows 1000000] [--turns 5]

Every task runs in a process of its own, the tasks in turn, so that a slow minute of the machine hits all of them; a
ratio is the median over the turns. Seconds are from the start of the work to its end, without imports; memory is the
largest resident set of the whole process. `floor` reads the columns of both tables with sum and max and does nothing.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

COLUMNS = "max(id), sum(label), sum(prediction), max(region)"


def make(directory: Path, *, rows: int, classes: int) -> None:
    """Two models on the same rows, the second file in another order and without every 20th row as `other`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    label = np.random.default_rng(0).integers(0, classes, rows)
    ids = np.array([f"row-{index:08d}" for index in range(rows)])
    for seed, name in enumerate(("candidate", "baseline", "other"), start=1):
        generator = np.random.default_rng(seed)
        guess = generator.integers(0, classes, rows)
        prediction = np.where(generator.random(rows) < 0.85, label, guess)
        order = generator.permutation(rows) if name != "candidate" else np.arange(rows)
        order = order[order % 20 != 0] if name == "other" else order
        table = pa.table(
            {
                "id": ids[order],
                "label": label[order],
                "prediction": prediction[order],
                "region": [f"region {index % 8}" for index in order],
            }
        )
        pq.write_table(table, directory / f"{name}.parquet", compression="zstd")


def floor(directory: Path) -> None:
    """Scan the columns of both tables and keep nothing."""
    import duckdb

    for name in ("candidate", "baseline"):
        duckdb.sql(f"SELECT {COLUMNS} FROM read_parquet('{directory / name}.parquet')").fetchall()  # noqa: S608


def floor_side(directory: Path) -> None:
    """Scan all columns of the four side files and keep nothing."""
    import duckdb

    for name in ("candidate", "other"):
        known = json.loads((directory / f"{name}.json").read_text())
        testset, predictions = (directory / known[kind]["name"] for kind in ("testset", "predictions"))
        duckdb.sql(
            f"SELECT sum(key), sum(strlen(label)), sum(strlen(\"slice:region\")) FROM read_parquet('{testset}')"  # noqa: S608
        ).fetchall()
        duckdb.sql(f"SELECT sum(strlen(prediction)) FROM read_parquet('{predictions}')").fetchall()  # noqa: S608


def ingest(directory: Path, *names: str) -> None:
    """Read tables, check them, write their side files; ids are hashed, rows sorted by hash."""
    import msgspec

    from steelyard.engines.duckdb import DuckDBEngine
    from steelyard.engines.interface import Table

    for name in names or ("candidate", "baseline"):
        table = Table(path=directory / f"{name}.parquet", shown=name, slices=("region",))
        predictions = DuckDBEngine().ingest(table, into=directory, keep_rows=True)
        (directory / f"{name}.json").write_bytes(msgspec.json.encode(predictions))


def join(directory: Path, other: str, *, ids: bool = False) -> None:
    """Joint counts, slices and flipped rows out of the side files; with `ids`, the originals' ids of flipped rows."""
    import msgspec

    from steelyard.engines.duckdb import DuckDBEngine
    from steelyard.engines.interface import StoredSet, Table
    from steelyard.model.evaluation import PredictionSet

    sides = {
        name: StoredSet(
            predictions=msgspec.json.decode((directory / f"{name}.json").read_bytes(), type=PredictionSet),
            directory=directory,
            original=Table(path=directory / "candidate.parquet", shown=name) if ids and name == "candidate" else None,
        )
        for name in ("candidate", other)
    }
    joined = DuckDBEngine().join(candidate=sides["candidate"], baseline=sides[other])
    assert joined.joint is not None  # noqa: S101 - a benchmark that counts nothing is none
    assert bool(joined.broken[0].id) == ids  # noqa: S101


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


TASKS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "floor": ("bare scan of both tables", floor, "duckdb"),
    "side": ("bare scan of the side files", floor_side, "duckdb"),
    "ingest": ("ingest both tables", ingest, "steelyard.engines.duckdb"),
    "same": ("join + count, same test set", lambda path: join(path, "baseline"), "steelyard.engines.duckdb"),
    "overlap": ("join + count, 95% of the rows", lambda path: join(path, "other"), "steelyard.engines.duckdb"),
    "ids": (
        "the same, and ids looked up",
        lambda path: join(path, "other", ids=True),
        "steelyard.engines.duckdb",
    ),
    "pandas": ("pandas merge + scikit-learn", pandas_sklearn, "sklearn.metrics"),
}


def run(task: str, directory: Path) -> tuple[float, int]:
    """Seconds and peak MiB of one task in a process of its own."""
    command = [sys.executable, __file__, "--task", task, "--directory", str(directory)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["seconds"], answer["mib"]


def work(task: str, directory: Path) -> None:
    """Do one task and print its cost."""
    _, function, module = TASKS[task]
    importlib.import_module(module)
    if task == "pandas":
        importlib.import_module("pandas")
    start = time.perf_counter()
    function(directory)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "mib": peak_mib()}))


def peak_mib() -> int:
    """The largest resident set of this process; on Linux without what it inherited from the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)


def compare(*, rows: int, classes: int, turns: int) -> None:
    """Print the table for one number of classes."""
    tasks = [task for task in TASKS if task != "pandas" or importlib.util.find_spec("pandas")]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        make(directory, rows=rows, classes=classes)
        ingest(directory, "candidate", "baseline", "other")
        results = [{task: run(task, directory) for task in tasks} for _ in range(turns)]
    print(f"\n{rows:,} rows, {classes:,} classes, {turns} turns\n")
    print("| task | seconds | x bare scan of the tables | x bare scan of the side files | peak MiB |")
    print("|---|---:|---:|---:|---:|")
    for task in tasks:
        seconds = median(turn[task][0] for turn in results)
        ratios = [median(turn[task][0] / turn[base][0] for turn in results) for base in ("floor", "side")]
        memory = median(turn[task][1] for turn in results)
        print(f"| {TASKS[task][0]} | {seconds:.2f} | {ratios[0]:.1f} | {ratios[1]:.1f} | {memory:.0f} |")


def main() -> None:
    """Read the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--classes", type=int, nargs="+", default=[10, 1000])
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.task:
        work(flags.task, flags.directory)
        return
    packages = ("duckdb", "numpy", "pandas", "pyarrow", "scikit-learn")
    versions = [
        f"{name} {importlib.metadata.version(name)}"
        for name in packages
        if importlib.util.find_spec("sklearn" if name == "scikit-learn" else name)
    ]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {', '.join(versions)}")
    for classes in flags.classes:
        compare(rows=flags.rows, classes=classes, turns=flags.turns)


if __name__ == "__main__":
    main()
