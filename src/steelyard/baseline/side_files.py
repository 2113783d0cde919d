"""The files that an Evaluation refers to, and whether a file is what its name says."""

from __future__ import annotations

import hashlib

from msgspec import structs

from steelyard.log import logger
from steelyard.model.evaluation import Evaluation, File, PredictionSet


def side_files(evaluation: Evaluation) -> tuple[File, ...]:
    """All of them, each once."""
    files = [plot.file for plot in evaluation.plots]
    for one in evaluation.predictions.values():
        files += _rows(one)
    return tuple({file.name: file for file in files}.values())


def belongs(content: bytes, name: str) -> bool:
    """The content has the hash (BLAKE2b, 128 bits) that the side file's name gives."""
    return hashlib.blake2b(content, digest_size=16).hexdigest() == name.partition("-")[2].partition(".")[0]


def fitting(evaluation: Evaluation, *, limit: int) -> Evaluation:
    """
    The Evaluation without side files larger than `limit` bytes.

    A prediction set loses its rows and keeps its counts: it is then compared unpaired, and says so.
    """
    sets = {name: _slim(one, limit) for name, one in evaluation.predictions.items()}
    plots = tuple(plot for plot in evaluation.plots if plot.file.size <= limit)
    if len(plots) < len(evaluation.plots):
        logger.warning("%d plots larger than %d bytes are not stored", len(evaluation.plots) - len(plots), limit)
    return structs.replace(evaluation, predictions=sets, plots=plots)


def _rows(one: PredictionSet) -> list[File]:
    return [file for file in (one.testset, one.predictions, *one.repeats) if file is not None]


def _slim(one: PredictionSet, limit: int) -> PredictionSet:
    largest = max((file.size for file in _rows(one)), default=0)
    if largest <= limit:
        return one
    note = f"its rows are not stored: {largest:,} bytes in one file, at most {limit:,} are kept"
    logger.warning(
        "prediction set %s: %s; only counts are stored, so later changes are compared unpaired", one.name, note
    )
    return structs.replace(one, testset=None, predictions=None, repeats=(), notes=(*one.notes, note))
