"""A baseline that was named by its path: an Evaluation, or what another training left behind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs

from steelyard import __version__
from steelyard.config import Predictions, to_json
from steelyard.errors import UsageError
from steelyard.model.codec import save_evaluation
from steelyard.model.evaluation import FILE_NAME, Evaluation
from steelyard.pipeline.collect import table
from steelyard.pipeline.project import Project
from steelyard.pipeline.replacing import replacing
from steelyard.sources import discover, read
from steelyard.text import bounded, listing, quote

_ROWS = frozenset({".parquet", ".jsonl"})
"""Endings of files that can only be predictions; one that ends in .csv may be either."""


def is_file_name(name: str) -> bool:
    """It ends as files of predictions or metrics do, so a file is meant even where there is none."""
    return Path(name).suffix.lower() in _ROWS | read.SOURCES.keys()


def evaluation_at(name: str, project: Project) -> Path:
    """
    The Evaluation that a path means.

    A file of predictions or of metrics is read as this change's own of that kind are, into `.steelyard/baseline`.

    Args:
        name: A directory that `collect` wrote, the `evaluation.json` in it, a file of predictions, or one of metrics;
            relative to the workspace.
        project: The project.

    Returns:
        The Evaluation's directory.

    Raises:
        InputError: The file cannot be read.
        UsageError: It is not said which test set the predictions are of, or it is a file of another kind.
    """
    path = project.workspace.root / name
    if path.is_dir() or path.name == FILE_NAME:
        return path if path.is_dir() else path.parent
    suffix = path.suffix.lower()
    found = discover.find(project.workspace.root, project.config)
    if not is_file_name(name):
        kinds = listing(sorted(_ROWS | read.SOURCES.keys()))
        raise UsageError(
            f"the baseline {quote(name, limit=200)}: a file of predictions or metrics ends in one of {kinds}",
            hint="or name a directory that `collect` wrote, a branch, a tag, a commit, or `rerun`",
        )
    is_metrics = suffix not in _ROWS and (
        suffix != ".csv" or not found.predictions or path.name in {file.name for file in found.metrics}
    )
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    bare = Evaluation(steelyard=__version__, id=project.config.id, created=made, config=to_json(project.config))
    into = project.workspace.emptied("baseline")
    with replacing(into) as directory:
        if is_metrics:
            part = read.metrics([path.absolute()], root=path.absolute().parent)
            evaluation = structs.replace(bare, metrics=part.metrics, notes=part.notes)
        else:
            evaluation = _with_predictions(bare, path, _block(path, found.predictions), project, directory)
        save_evaluation(evaluation, directory)
    return into


def _with_predictions(bare: Evaluation, path: Path, block: Predictions, project: Project, into: Path) -> Evaluation:
    here = structs.replace(block, path=str(path.absolute()), table="", engine="duckdb", training_ids=None)
    read_as = table(project, here, sha="")
    one = project.engine.ingest(read_as, into=into, keep_rows=project.config.store.predictions)
    return structs.replace(bare, predictions={block.name: one})


def _block(path: Path, blocks: tuple[Predictions, ...]) -> Predictions:
    """The change's predictions that those in the file are compared with."""
    if len(blocks) < 2:
        return blocks[0] if blocks else Predictions(path=path.name)
    alike = [block for block in blocks if Path(block.path).name == path.name or block.name == path.stem]
    if len(alike) != 1:
        raise UsageError(
            f"the baseline {quote(path.name, limit=200)}: there are {len(blocks)} test sets, and its name does not say "
            f"of which one it is ({listing(block.name for block in blocks)})",
            hint=f"call it as one of them, such as {bounded(blocks[0].name, limit=60)}{path.suffix}, or name a "
            "directory that `collect` wrote",
        )
    return alike[0]
