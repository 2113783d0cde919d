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
from steelyard.engines.limits import MAX_STORED_ROWS, MAX_TRAININGS
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.evaluation import File, PredictionSet
from steelyard.text import listing

_HINT: Final = "make this Evaluation again: `steelyard collect` on its commit"


class RowFiles(Value, frozen=True, kw_only=True):
    """The side files of one side, present and with the content that their names promise."""

    side: str
    """`candidate` or `baseline`, for messages."""
    stored: StoredSet
    testset: Path
    predictions: Path
    repeats: tuple[Path, ...] = ()

    @property
    def known(self) -> PredictionSet:
        """What its Evaluation says of it."""
        return self.stored.predictions

    @property
    def labelled(self) -> bool:
        """Whether the rows have labels and predictions."""
        return self.known.kind != "measures"

    @property
    def testset_columns(self) -> dict[str, tuple[str, str]]:
        """The columns of the test set, in order: what SQL calls it, its name in the file and its type."""
        known = self.known
        columns = {"key": ("key", "UBIGINT")}
        columns |= {"label": ("label", self._type)} if self.labelled else {}
        columns |= {f"slice{index}": (f"slice:{name}", "VARCHAR") for index, name in enumerate(known.slices)}
        columns |= {"stratum": ("stratum", "VARCHAR")} if known.stratum is not None else {}
        columns |= {"weight": ("weight", "DOUBLE")} if known.weight is not None else {}
        return columns | ({"cluster": ("cluster", "UBIGINT")} if known.cluster is not None else {})

    @property
    def prediction_columns(self) -> dict[str, tuple[str, str]]:
        """The columns of the predictions, likewise."""
        known = self.known
        columns = {"prediction": ("prediction", self._type)} if self.labelled else {}
        columns |= {f"score{index}": (f"score:{name}", "FLOAT") for index, name in enumerate(known.scores)}
        return columns | {f"measure{index}": (f"measure:{name}", "DOUBLE") for index, name in enumerate(known.measures)}

    @property
    def _type(self) -> str:
        return "DOUBLE" if self.known.kind == "regression" else "VARCHAR"


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
        repeats=tuple(
            _locate(file, stored.directory, side) for file in stored.predictions.repeats[: MAX_TRAININGS - 1]
        ),
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
    _check(session, files, files.testset, list(files.testset_columns.values()))
    columns = list(files.prediction_columns.values())
    _check(session, files, files.predictions, columns)
    for path in files.repeats:
        _check(session, files, path, columns)


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
