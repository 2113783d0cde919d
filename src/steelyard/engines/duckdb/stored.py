"""
Reading side files back. They come from a store that others can write to: checked against the Evaluation before use.

An Evaluation can be forged together with its files; what is checked here keeps such a pair from doing more than
reporting wrong numbers.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from steelyard.engines.duckdb.rowfiles import content_hash
from steelyard.engines.duckdb.session import Session
from steelyard.engines.interface import StoredSet
from steelyard.engines.limits import MAX_STORED_ROWS
from steelyard.engines.wording import listing
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.evaluation import File

_HINT: Final = "make this Evaluation again: `steelyard collect` on its commit"


class RowFiles(Value, frozen=True, kw_only=True):
    """The side files of one side, present and with the content that their names promise."""

    side: str
    """`candidate` or `baseline`, for messages."""
    stored: StoredSet
    testset: Path
    predictions: Path

    @property
    def slices(self) -> tuple[str, ...]:
        """The names of its slice columns, in order."""
        return self.stored.predictions.slices


def locate(stored: StoredSet, *, side: str) -> RowFiles:
    """
    The side files.

    Raises:
        InputError: A file was never kept, is missing, or is not what was written.
    """
    testset, predictions = stored.predictions.testset, stored.predictions.predictions
    if testset is None or predictions is None:
        raise InputError(f"the {side}'s rows were not kept", hint=_HINT)
    return RowFiles(
        side=side,
        stored=stored,
        testset=_locate(testset, stored.directory, side),
        predictions=_locate(predictions, stored.directory, side),
    )


def _locate(file: File, directory: Path, side: str) -> Path:
    path = directory / file.name
    try:
        status = path.stat()
        sound = stat.S_ISREG(status.st_mode) and status.st_size == file.size
        sound = sound and content_hash(path) == path.stem.rpartition("-")[2]
    except OSError as exc:
        raise InputError(f"the {side}'s {file.name}: cannot be read: {exc.strerror}", hint=_HINT) from exc
    if not sound:
        raise InputError(f"the {side}'s {file.name}: its content is not what was written", hint=_HINT)
    return path


def check_schema(session: Session, files: RowFiles) -> None:
    """
    Refuse files whose columns or number of rows are not what the Evaluation says.

    Raises:
        InputError: Which file, what was expected, what was found.
    """
    known = files.stored.predictions
    testset = [("key", "UBIGINT"), ("label", "VARCHAR"), *((f"slice:{name}", "VARCHAR") for name in known.slices)]
    if known.cluster is not None:
        testset.append(("cluster", "UBIGINT"))
    predictions = [("prediction", "VARCHAR"), *((f"score:{name}", "FLOAT") for name in known.scores)]
    _check(session, files, files.testset, testset)
    _check(session, files, files.predictions, predictions)


def _check(session: Session, files: RowFiles, path: Path, expected: list[tuple[str, str]]) -> None:
    shown = f"the {files.side}'s {path.name}"
    file = session.file(path)
    with session.translated(shown, hint=_HINT):
        (rows,) = session.row(f"SELECT num_rows FROM parquet_file_metadata({file})")
        found = [(row[0], row[1]) for row in session.rows(f"DESCRIBE SELECT * FROM read_parquet({file})")]
    if len(found) != len(expected) or not all(map(_same_column, found, expected)):
        raise InputError(f"{shown}: columns {_columns(found)}, expected {_columns(expected)}", hint=_HINT)
    declared = files.stored.predictions.rows
    if rows != declared or rows > MAX_STORED_ROWS:
        raise InputError(f"{shown}: {rows:,} rows, expected {declared:,} (at most {MAX_STORED_ROWS:,})", hint=_HINT)


def _same_column(found: tuple[str, str], expected: tuple[str, str]) -> bool:
    """DuckDB appends `_1` to a name that differs from an earlier one in case only (`score:a`, `score:A`)."""
    name, _, number = found[0].rpartition("_")
    return found[1] == expected[1] and (found[0] == expected[0] or (name == expected[0] and number.isdigit()))


def _columns(columns: list[tuple[str, str]]) -> str:
    return listing((f"{name} {kind}" for name, kind in columns), limit=8)
