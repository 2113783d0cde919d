"""
Writing the two side files of a prediction set.

`testset` has `key`, `label`, `slice:<name>` …, `stratum`, `weight`, `cluster`; `pred` has `prediction`, `score:<class>`
…, `measure:<name>` …; both in the order of the keys; see `PredictionSet`. The same rows give the same bytes, whatever
their order in the original and the number of threads; another version of DuckDB may give others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.keys import own_cluster_sql
from steelyard.engines.duckdb.session import Session, identifier, literal, path_literal
from steelyard.engines.interface import Kind as PredictionKind
from steelyard.engines.once import KEY_BYTES
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.evaluation import MISSING_PREDICTION, File

Kind: TypeAlias = Literal["testset", "pred"]

_FORMAT: Final = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2, ROW_GROUP_SIZE 122880, WRITE_BLOOM_FILTER false"
"""V2: sorted keys shrink by a quarter."""


class Written(Value, frozen=True, kw_only=True):
    """The side files, or why there are none."""

    testset: File | None = None
    predictions: File | None = None
    scores: tuple[str, ...] = ()
    """The classes whose scores were written."""
    notes: tuple[str, ...] = ()


class Content(Value, frozen=True, kw_only=True):
    """What is written: for each column of the files the SQL over `raw`, and over `spelling` where there are classes."""

    key: str
    testset: dict[str, str]
    """All but the key."""
    predictions: dict[str, str]
    scores: dict[str, str]
    """By class."""
    measures: dict[str, str]
    """By name."""
    spelled: bool
    """Texts are joined with the table `spelling`, as `a` for labels and `b` for predictions."""


def content(roles: Roles, *, kind: PredictionKind, scores: Mapping[int, str], slices: Mapping[int, str]) -> Content:
    """
    What is written of the table `raw`.

    Args:
        roles: The columns of the original.
        kind: What a prediction is.
        scores: The number of the score column in `raw`: the class that it is about.
        slices: SQL for the value of the slice column with this number.
    """
    spelled = kind in {"classification", "multilabel"}
    testset = {"label": "coalesce(a.text, label)" if spelled else "label"} if roles.label is not None else {}
    testset |= {f"slice:{name}": f"coalesce({slices[index]}, '')" for index, name in enumerate(roles.slices)}
    testset |= {"stratum": "coalesce(stratum, '')"} if roles.stratum is not None else {}
    testset |= {"weight": "weight"} if roles.weight is not None else {}
    testset |= {"cluster": own_cluster_sql(roles)} if roles.cluster is not None else {}
    text = f"coalesce(b.text, prediction, {literal(MISSING_PREDICTION)})"
    return Content(
        key="key" if roles.id is not None else "raw.rowid::UBIGINT",
        testset=testset,
        predictions={} if roles.prediction is None else {"prediction": text if spelled else "prediction"},
        scores={of: f"coalesce(score{index}, 'nan'::FLOAT)" for index, of in scores.items()},
        measures={name: f"coalesce(measure{index}, 'nan'::DOUBLE)" for index, name in enumerate(roles.measures)},
        spelled=spelled,
    )


def write(session: Session, columns: Content, *, hashed: bool, into: Path, limit: int) -> Written:
    """
    Write both files, none larger than `limit` bytes.

    Scores of the classes are the first to go: they are most of the bytes, and rows can be paired without them.

    Args:
        session: Its scratch directory must be on the file system of `into`.
        columns: What is written.
        hashed: The keys are hashes, which cannot be compressed.
        into: Directory of the files.
        limit: Bytes.

    Raises:
        InputError: A file cannot be written.
    """
    (rows,) = session.row("SELECT count(*) FROM raw")
    if hashed and rows * KEY_BYTES > limit:
        return Written(notes=too_many(rows, limit))
    names = _sort(session, columns)
    testset = _copy(session, "testset", ["key", *columns.testset], names)
    if _size(testset) > limit:
        return Written(notes=(_too_large(f"the test set's {_size(testset):,} bytes", limit),))
    notes: tuple[str, ...] = ()
    scores = columns.scores
    rest = [f"measure:{name}" for name in columns.measures]
    predictions = _copy(session, "pred", [*columns.predictions, *(f"score:{of}" for of in scores), *rest], names)
    if _size(predictions) > limit and scores:
        notes = (f"scores are not kept: with them the predictions have {_size(predictions):,} bytes, limit {limit:,}",)
        scores = {}
        predictions = _copy(session, "pred", [*columns.predictions, *rest], names)
    if _size(predictions) > limit:
        return Written(notes=(_too_large(f"the predictions' {_size(predictions):,} bytes", limit),))
    return Written(
        testset=_publish(testset, into), predictions=_publish(predictions, into), scores=tuple(scores), notes=notes
    )


def too_many(rows: int, limit: int) -> tuple[str, ...]:
    """The note about more rows than any files within the limit can hold."""
    return (_too_large(f"{rows:,} rows", limit),)


def _too_large(what: str, limit: int) -> str:
    return (
        f"rows are not kept: {what} exceed the limit of {limit:,} bytes a file; comparisons with this commit are "
        "unpaired, so their intervals are wider"
    )


def _sort(session: Session, columns: Content) -> dict[str, str]:
    """Make the table `sorted`: all that is written, in the order of the keys; what each column is called there."""
    values = {
        "key": columns.key,
        **columns.testset,
        **columns.predictions,
        **{f"score:{of}": sql for of, sql in columns.scores.items()},
        **{f"measure:{name}": sql for name, sql in columns.measures.items()},
    }
    names = {column: f"s{index}" for index, column in enumerate(values)}
    selected = ", ".join(f"{sql} AS {names[column]}" for column, sql in values.items())
    spelling = "LEFT JOIN spelling a ON a.raw = label LEFT JOIN spelling b ON b.raw = prediction"
    with session.translated("the rows"):
        source = f"raw {spelling}" if columns.spelled else "raw"
        session.run(f"CREATE TABLE sorted AS SELECT {selected} FROM {source} ORDER BY {columns.key}")
    return names


def _copy(session: Session, kind: Kind, columns: Sequence[str], names: Mapping[str, str]) -> Path:
    """Write columns of the table `sorted` into a file in the scratch directory."""
    selected = ", ".join(f"{names[column]} AS {identifier(column)}" for column in columns)
    partial = session.scratch / f"{kind}.parquet"
    with session.translated(f"{kind}.parquet"):
        session.run(f"COPY (SELECT {selected} FROM sorted) TO {path_literal(partial)} ({_FORMAT})")
    return partial


def _size(file: Path) -> int:
    return file.stat().st_size


def content_hash(file: Path) -> str:
    """128 bits of BLAKE2b over the file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _publish(partial: Path, into: Path) -> File:
    """Move a complete file to the name that its content gives it; whoever looks there never sees half a file."""
    size, name = _size(partial), f"{partial.stem}-{content_hash(partial)}.parquet"
    try:
        partial.replace(into / name)
    except OSError as exc:
        raise InputError(f"{into}: cannot write {name}: {exc.strerror}") from exc
    return File(name=name, size=size)
