"""
Writing the two side files of a prediction set.

`testset` has `key`, `label`, `slice:<name>` …, `cluster`; `pred` has `prediction`, `score:<class>` …; both in the order
of the keys. The same rows give the same bytes, whatever their order in the original and the number of threads; another
version of DuckDB may give others.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Literal, TypeAlias

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.session import Session, identifier, literal
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.evaluation import File

Kind: TypeAlias = Literal["testset", "pred"]

_FORMAT: Final = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2, ROW_GROUP_SIZE 122880, WRITE_BLOOM_FILTER false"
"""V2: sorted keys shrink by a quarter."""

_KEY_BYTES: Final = 4
"""Less than a row's hashed key takes in a file of up to 10^9 rows, however it is compressed."""


class Written(Value, frozen=True, kw_only=True):
    """The side files, or why there are none."""

    testset: File | None = None
    predictions: File | None = None
    scores: tuple[str, ...] = ()
    """The classes whose scores were written."""
    notes: tuple[str, ...] = ()


def write(session: Session, roles: Roles, *, scores: dict[int, str], into: Path, limit: int) -> Written:
    """
    Write both files from the tables `raw` and `spelling`, none larger than `limit` bytes.

    Scores are the first to go: they are most of the bytes, and rows can be paired without them.

    Args:
        session: Its scratch directory must be on the file system of `into`.
        roles: The columns of the original.
        scores: The number of the score column in `raw`: the class that it is about.
        into: Directory of the files.
        limit: Bytes.

    Raises:
        InputError: A file cannot be written.
    """
    (rows,) = session.row("SELECT count(*) FROM raw")
    if roles.id is not None and rows * _KEY_BYTES > limit:
        return Written(notes=(_too_large(f"{rows:,} rows", limit),))
    _sort(session, roles, scores)
    testset = _copy(session, "testset", _testset_columns(roles))
    if _size(testset) > limit:
        return Written(notes=(_too_large(f"the test set's {_size(testset):,} bytes", limit),))
    notes: tuple[str, ...] = ()
    predictions = _copy(session, "pred", _prediction_columns(scores))
    if _size(predictions) > limit and scores:
        notes = (f"scores are not kept: with them the predictions have {_size(predictions):,} bytes, limit {limit:,}",)
        scores = {}
        predictions = _copy(session, "pred", _prediction_columns(scores))
    if _size(predictions) > limit:
        return Written(notes=(_too_large(f"the predictions' {_size(predictions):,} bytes", limit),))
    return Written(
        testset=_publish(testset, into),
        predictions=_publish(predictions, into),
        scores=tuple(scores.values()),
        notes=notes,
    )


def _too_large(what: str, limit: int) -> str:
    return (
        f"rows are not kept: {what} exceed the limit of {limit:,} bytes a file; comparisons with this commit are "
        "unpaired, so their intervals are wider"
    )


def _sort(session: Session, roles: Roles, scores: dict[int, str]) -> None:
    """Make the table `sorted`: all that is written, as it is written, in the order of the keys."""
    key = "key" if roles.id is not None else "raw.rowid::UBIGINT"
    columns = [f"{key} AS key", "coalesce(a.text, label) AS label", "coalesce(b.text, prediction) AS prediction"]
    columns += [f"coalesce(slice{index}, '') AS slice{index}" for index in range(len(roles.slices))]
    columns += ["cluster"] if roles.cluster is not None else []
    columns += [f"score{index}" for index in scores]
    with session.translated("the rows"):
        session.run(
            f"CREATE TABLE sorted AS SELECT {', '.join(columns)} FROM raw LEFT JOIN spelling a ON a.raw = label "
            f"LEFT JOIN spelling b ON b.raw = prediction ORDER BY {key}"
        )


def _testset_columns(roles: Roles) -> dict[str, str]:
    columns = {"key": "key", "label": "label"}
    columns |= {f"slice:{name}": f"slice{index}" for index, name in enumerate(roles.slices)}
    return columns | ({} if roles.cluster is None else {"cluster": "cluster"})


def _prediction_columns(scores: dict[int, str]) -> dict[str, str]:
    return {"prediction": "prediction"} | {f"score:{of}": f"score{index}" for index, of in scores.items()}


def _copy(session: Session, kind: Kind, columns: dict[str, str]) -> Path:
    """Write columns of the table `sorted` into a file in the scratch directory."""
    selected = ", ".join(f"{column} AS {identifier(name)}" for name, column in columns.items())
    partial = session.scratch / f"{kind}.parquet"
    with session.translated(f"{kind}.parquet"):
        session.run(f"COPY (SELECT {selected} FROM sorted) TO {literal(str(partial))} ({_FORMAT})")
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
