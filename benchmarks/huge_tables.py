"""
Tables that are too large for their rows to be kept: a whole report, candidate only, at little more than a scan's cost.

    python -m benchmarks.huge_tables [--rows 3e6] [--turns 5]

`count` checks and counts the table, and adds up its scores where it has some; `report` makes the text of the report of
it, statistics included, without pictures. The floor is DuckDB's `sum` and `max` of each column that is read, of a CSV
file with declared types; pyarrow, which reads the same columns and drops them, shows what it is to have the values at
all. `sort` is ROC AUC alone, of all scores in memory as 32-bit numbers, which numpy sorts. pandas and scikit-learn,
which hold the table in memory, read a table of up to 10,000,000 rows and make the confusion matrix, and of scores
`roc_auc_score`, `average_precision_score`, `log_loss` and `brier_score_loss`.

Parquet files are written by pyarrow, as pandas writes them: int16 labels and predictions, float32 scores, zstd, row
groups of 1,000,000 rows, everything else as pyarrow has it by default. CSV files are written by DuckDB.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.tasks import Task, flags, machine, measured, table, work

if TYPE_CHECKING:
    from steelyard.model.evaluation import PredictionSet

MOST_IN_MEMORY = 10_000_000
ROW_GROUP = 1_000_000


class Kind(NamedTuple):
    """A kind of table, and the columns that it has beside `label` and `prediction`."""

    classes: int
    scores: tuple[str, ...] = ()
    suffix: str = ".parquet"
    distinct: int = 0
    """How many different scores of each class there are, about; 0: nearly every row has its own."""

    @property
    def name(self) -> str:
        """Of its file; says all of it."""
        few = f", {self.distinct:,} distinct" if self.distinct else ""
        return f"{self.classes} classes, {len(self.scores)} scores{few}{self.suffix}"


TEN = tuple(f"score_{code}" for code in range(10))
KINDS = (
    Kind(10),
    Kind(1000),
    Kind(2, ("score",)),
    Kind(2, ("score",), distinct=1_000_000),
    Kind(10, TEN),
    Kind(10, suffix=".csv"),
    Kind(2, ("score",), ".csv"),
)


def make(file: Path, kind: Kind, *, rows: int) -> None:
    """A table of `content`."""
    import duckdb

    session = duckdb.connect()
    session.execute("SET enable_progress_bar = false")
    session.execute("SELECT setseed(0)").fetchall()
    if file.suffix == ".csv":
        session.execute(f"COPY ({content(kind, rows=rows)}) TO '{file}' (HEADER)")
        return
    from pyarrow import parquet

    schema = session.sql(content(kind, rows=0)).to_arrow_table().schema
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        # A row group at a time, which is all that is in memory.
        for start in range(0, rows, ROW_GROUP):
            some = session.sql(content(kind, rows=min(ROW_GROUP, rows - start)))
            writer.write_table(some.to_arrow_table(), row_group_size=ROW_GROUP)


def content(kind: Kind, *, rows: int) -> str:
    """SQL of random labels, 15% random predictions; scores that are higher for the own label, and sum to 1."""
    label = f"SELECT floor(random() * {kind.classes})::SMALLINT AS label FROM range({rows})"  # noqa: S608
    prediction = f"(CASE WHEN random() < 0.85 THEN label ELSE floor(random() * {kind.classes}) END)::SMALLINT"
    selected = f"SELECT label, {prediction} AS prediction"
    if len(kind.scores) == 1:
        noise = "2.4 * (random() + random() + random() - 1.5)"
        noise = f"round({noise} * {kind.distinct} / 7.2) * 7.2 / {kind.distinct}" if kind.distinct else noise
        selected += f", (1 / (1 + exp(0.9 - 1.8 * label - {noise})))::FLOAT AS score"
    elif kind.scores:
        raw = ", ".join(f"-ln(1 - random()) + 2 * (label = {code})::INT AS r{code}" for code in range(kind.classes))
        total = " + ".join(f"r{code}" for code in range(kind.classes))
        shares = ", ".join(f"(r{code} / ({total}))::FLOAT AS score_{code}" for code in range(kind.classes))
        label = f"SELECT label, {raw} FROM ({label})"  # noqa: S608
        selected += f", {shares}"
    return f"{selected} FROM ({label})"


def floor(file: Path) -> None:
    """Scan the columns with sum and max, and keep nothing."""
    import duckdb

    reader = f"read_parquet('{file}')"
    scores = kind_of(file).scores
    if file.suffix == ".csv":
        types = {"label": "SMALLINT", "prediction": "SMALLINT", **dict.fromkeys(scores, "FLOAT")}
        reader = f"read_csv('{file}', auto_detect = false, header = true, columns = {types})"
    both = ", ".join(f"sum({name}), max({name})" for name in ("label", "prediction", *scores))
    duckdb.sql(f"SELECT {both} FROM {reader}").fetchall()  # noqa: S608


def decode(file: Path) -> None:
    """Have the values of all columns in memory, some rows at a time."""
    from pyarrow import csv, parquet

    columns = ["label", "prediction", *kind_of(file).scores]
    batches = (
        parquet.ParquetFile(file).iter_batches(batch_size=1 << 17, columns=columns)
        if file.suffix == ".parquet"
        else csv.open_csv(file)
    )
    assert sum(batch.num_rows for batch in batches) > 0  # noqa: S101 - a benchmark that reads nothing is none


def kind_of(file: Path) -> Kind:
    """What a file made here is."""
    return next(kind for kind in KINDS if kind.name == file.name)


def count(file: Path) -> None:
    """Check and count the table; no row is kept."""
    _collected(file)


def report(file: Path) -> None:
    """The report's text, from the file on."""
    from steelyard.config import Config
    from steelyard.engines.duckdb import DuckDBEngine
    from steelyard.engines.interface import StoredSet
    from steelyard.model.evaluation import Evaluation
    from steelyard.model.report import Provenance
    from steelyard.report import build, markdown
    from steelyard.stats.compare import compare

    found = _collected(file)
    joined = DuckDBEngine().alone(StoredSet(predictions=found, directory=Path()))
    evaluation = Evaluation(steelyard="", created="2026-01-01T00:00:00+00:00", predictions={found.name: found})
    comparison = compare(evaluation, None, {"test": joined}, Config())
    text = markdown.render(build.build(comparison, provenance=Provenance()), images={})
    assert "accuracy" in text  # noqa: S101 - a benchmark that reports nothing is none


def _collected(file: Path) -> PredictionSet:
    from steelyard.engines.duckdb import DuckDBEngine
    from steelyard.engines.interface import Table

    with tempfile.TemporaryDirectory(dir=file.parent) as into:
        # Not even one row fits, as with the default limit no row of 10^8 does.
        engine = DuckDBEngine(max_file_bytes=0)
        found = engine.ingest(Table(path=file, shown=file.name), into=Path(into), keep_rows=True)
    assert found.counts.rows == found.rows > 0  # noqa: S101 - as above
    assert (found.score_totals is not None) == bool(kind_of(file).scores)  # noqa: S101
    return found


def sorted_auc(file: Path) -> None:
    """ROC AUC of two classes by one sort of all scores: a float's bits sort as it does, and the label is the lowest."""
    import numpy as np
    from pyarrow import parquet

    opened = parquet.ParquetFile(file)
    keys = np.empty(opened.metadata.num_rows, dtype=np.uint32)
    filled = 0
    for batch in opened.iter_batches(batch_size=1 << 18, columns=["score", "label"]):
        part = keys[filled : filled + batch.num_rows]
        np.left_shift(batch.column(0).to_numpy().view(np.uint32), 1, out=part)
        part |= batch.column(1).to_numpy().astype(np.uint32)
        filled += batch.num_rows
    keys.sort()
    positives = int(np.count_nonzero(keys & 1))
    negatives, below, beaten = len(keys) - positives, 0, 0.0
    # In parts that end where a score does.
    start = 0
    while start < len(keys):
        stop = min(start + (1 << 20), len(keys))
        stop = int(np.searchsorted(keys, keys[stop - 1] | np.uint32(1), side="right"))
        part = keys[start:stop]
        last = np.flatnonzero(np.append(part[1:] >> 1 != part[:-1] >> 1, True))
        hits = np.diff(np.cumsum(part & 1)[last], prepend=0)
        rest = np.diff(last + 1, prepend=0) - hits
        to_rest = np.cumsum(rest) + below
        beaten += float(hits @ (to_rest - rest / 2))
        below, start = int(to_rest[-1]), stop
    assert 0.5 < beaten / positives / negatives < 1.0  # noqa: S101 - scores are higher for the own label


def pandas_sklearn(file: Path) -> None:
    """The usual way: the columns in memory, a confusion matrix, and the metrics of scores."""
    import numpy as np
    import pandas as pd
    from sklearn import metrics

    scores = list(kind_of(file).scores)
    columns = ["label", "prediction", *scores]
    data = pd.read_parquet(file, columns=columns) if file.suffix == ".parquet" else pd.read_csv(file, usecols=columns)
    label = data["label"].to_numpy()
    metrics.confusion_matrix(label, data["prediction"])
    if len(scores) == 1:
        score = data["score"].to_numpy()
        metrics.roc_auc_score(label, score)
        metrics.average_precision_score(label, score)
        metrics.log_loss(label, score)
        metrics.brier_score_loss(label, score)
    elif scores:
        score = data[scores].to_numpy(dtype=np.float64)
        score = score / score.sum(axis=1, keepdims=True)
        metrics.roc_auc_score(label, score, multi_class="ovr")
        metrics.log_loss(label, score)


OURS = ("duckdb", "nanoarrow", "numpy.ma", "steelyard.engines.duckdb")
REPORT = ("numpy.random", "steelyard.stats.compare", "steelyard.report.build", "steelyard.report.markdown")
TASKS = {
    "floor": Task("bare scan", floor, ("duckdb",)),
    "decode": Task("pyarrow, values dropped", decode, ("pyarrow.csv", "pyarrow.parquet")),
    "count": Task("count, rows not kept", count, OURS),
    "report": Task("the report's text", report, (*OURS, *REPORT)),
    "sort": Task("numpy's sort, ROC AUC alone", sorted_auc, ("pyarrow.parquet", "numpy")),
    "pandas": Task("pandas + scikit-learn", pandas_sklearn, ("pandas", "pyarrow", "sklearn.metrics")),
}


def main() -> None:
    """Read the flags."""
    given = flags(__doc__, rows=3_000_000, turns=5)
    if work(TASKS, given):
        return
    print(machine("duckdb", "numpy", "nanoarrow", "pandas", "scikit-learn"))
    small = given.rows <= MOST_IN_MEMORY
    tasks = {name: task for name, task in TASKS.items() if task.possible and (small or name != "pandas")}
    for kind in KINDS:
        if not small and (kind.suffix == ".csv" or len(kind.scores) > 1):
            continue
        with tempfile.TemporaryDirectory(dir=given.scratch) as name:
            file = Path(name) / kind.name
            make(file, kind, rows=given.rows)
            sortable = len(kind.scores) == 1 and kind.suffix == ".parquet"
            fit = {name: task for name, task in tasks.items() if sortable or name != "sort"}
            costs = measured("benchmarks.huge_tables", fit, file, turns=given.turns)
            print(f"\n{given.rows:,} rows, {kind.name}, {file.stat().st_size / 1e6:,.0f} MB, {given.turns} turns\n")
        print(table(costs), flush=True)


if __name__ == "__main__":
    main()
