"""Predictions tables as real files, and what an independent count says of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import StoredSet, Table
from steelyard.model.counts import Counts, Joined, JointCounts
from steelyard.model.evaluation import PredictionSet

Columns: TypeAlias = Mapping[str, Sequence[Any]]
Cells: TypeAlias = Counter[tuple[str, ...]]

HOSTILE = (
    "a|b",
    "two\nlines",
    "<b>bold</b>",
    "\u202eright to left",
    "😀",
    "say \"hi\", then 'bye'",
    "NaN",
    "NULL",
    "@everyone",
    " padded ",
    "; DROP TABLE raw; --",
    "back\\slash",
    "null\x00byte",
)
"""Labels that must come out as they went in."""


def write(path: Path, columns: Columns) -> Path:
    """Write `columns` in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    {".csv": _write_csv, ".parquet": _write_parquet, ".jsonl": _write_jsonl}[path.suffix](path, columns)
    return path


def _write_csv(path: Path, columns: Columns) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _write_parquet(path: Path, columns: Columns) -> None:
    pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), path)


def _write_jsonl(path: Path, columns: Columns) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in zip(*columns.values(), strict=True):
            file.write(json.dumps(dict(zip(columns, row, strict=True))) + "\n")


class Bench:
    """An engine and a directory to work in."""

    def __init__(self, directory: Path, engine: DuckDBEngine | None = None) -> None:
        self.directory = directory
        self.engine = engine if engine is not None else DuckDBEngine()
        self._files = 0

    def table(self, columns: Columns, *, suffix: str = ".parquet", **settings: Any) -> Table:  # noqa: ANN401 - fields of Table, checked by it
        """A new file with these columns."""
        self._files += 1
        name = f"predictions-{self._files}{suffix}"
        return Table(path=write(self.directory / name, columns), shown=name, **settings)

    def file(self, content: bytes, *, suffix: str = ".csv", **settings: Any) -> Table:  # noqa: ANN401 - fields of Table, checked by it
        """A new file with this content."""
        self._files += 1
        name = f"predictions-{self._files}{suffix}"
        (self.directory / name).write_bytes(content)
        return Table(path=self.directory / name, shown=name, **settings)

    def ingest(self, table: Table, *, keep_rows: bool = True) -> PredictionSet:
        """The table's prediction set; its side files are in `side`."""
        return self.engine.ingest(table, into=self.side, keep_rows=keep_rows)

    def store(self, table: Table, *, keep_rows: bool = True) -> StoredSet:
        """The table's prediction set with its original at hand."""
        predictions = self.ingest(table, keep_rows=keep_rows)
        return StoredSet(predictions=predictions, directory=self.side, original=table)

    def join(self, candidate: StoredSet, baseline: StoredSet) -> Joined:
        """Both sides together."""
        return self.engine.join(candidate=candidate, baseline=baseline)

    @property
    def side(self) -> Path:
        """Where the side files are."""
        return self.directory / "side files"


def own_cells(counts: Counts) -> Cells:
    """`Counts` as (label, prediction): n."""
    names = counts.classes
    rows = zip(counts.label.tolist(), counts.prediction.tolist(), counts.n.tolist(), strict=True)
    return Counter({(names[label], names[prediction]): n for label, prediction, n in rows})


def joint_cells(counts: JointCounts) -> Cells:
    """`JointCounts` as (label, baseline, candidate): n."""
    names = counts.classes
    rows = zip(
        counts.label.tolist(), counts.baseline.tolist(), counts.candidate.tolist(), counts.n.tolist(), strict=True
    )
    return Counter({(names[label], names[old], names[new]): n for label, old, new, n in rows})


def sliced_cells(joined: Joined, name: str) -> Cells:
    """The slice column `name` as (value, label, baseline, candidate): n."""
    (sliced,) = (sliced for sliced in joined.slices if sliced.name == name)
    joint, names = sliced.joint, sliced.joint.classes
    cells: Cells = Counter()
    for index, n in enumerate(joint.n.tolist()):
        value = sliced.values[sliced.value[index]]
        codes = (joint.label[index], joint.baseline[index], joint.candidate[index])
        cells[(value, *(names[code] for code in codes))] = n
    return cells


def set_cells(predictions: PredictionSet) -> Cells:
    """The own counts of a prediction set as (label, prediction): n."""
    return Counter({(label, prediction): n for label, prediction, n in predictions.counts})


def counted(*columns: Sequence[Any]) -> Cells:
    """The cells of equally long columns, counted without the engine."""
    return Counter(tuple(map(str, row)) for row in zip(*columns, strict=True))
