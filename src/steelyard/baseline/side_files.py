"""The files that an Evaluation refers to, and whether a file is what its name says."""

from __future__ import annotations

import hashlib

from msgspec import structs

from steelyard.log import logger
from steelyard.model.evaluation import Evaluation, File, PredictionSet, Rows


def side_files(evaluation: Evaluation) -> tuple[File, ...]:
    """All of them, each once."""
    files = [plot.file for plot in evaluation.plots]
    for one in evaluation.predictions.values():
        files += _rows(one)
    return tuple({file.name: file for file in files}.values())


def belongs(content: bytes, name: str) -> bool:
    """The content has the hash (BLAKE2b, 128 bits) that the side file's name gives."""
    return hashlib.blake2b(content, digest_size=16).hexdigest() == name.partition("-")[2].partition(".")[0]


def oversized(evaluation: Evaluation, *, limit: int) -> bool:
    """Whether a prediction set has a file larger than `limit` bytes."""
    return any(_largest(one) > limit for one in evaluation.predictions.values())


def displaced(evaluation: Evaluation, *, limit: int) -> Evaluation:
    """The Evaluation with the rows of sets that have a file larger than `limit` bytes elsewhere."""
    sets = {name: _displaced(one) if _largest(one) > limit else one for name, one in evaluation.predictions.items()}
    return structs.replace(evaluation, predictions=sets)


def restored(evaluation: Evaluation) -> Evaluation:
    """The Evaluation with all rows beside it again."""
    sets = {name: _restored(one) for name, one in evaluation.predictions.items()}
    return structs.replace(evaluation, predictions=sets)


def without_rows(evaluation: Evaluation, *, note: str) -> Evaluation:
    """The Evaluation without what is elsewhere; these sets keep their counts, and a note."""
    sets = {
        name: one if one.elsewhere is None else structs.replace(one, elsewhere=None, notes=(*one.notes, note))
        for name, one in evaluation.predictions.items()
    }
    return structs.replace(evaluation, predictions=sets)


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


def _largest(one: PredictionSet) -> int:
    return max((file.size for file in _rows(one)), default=0)


def _displaced(one: PredictionSet) -> PredictionSet:
    if one.testset is None or one.predictions is None:
        return one
    rows = Rows(testset=one.testset, predictions=one.predictions, repeats=one.repeats)
    return structs.replace(one, testset=None, predictions=None, repeats=(), elsewhere=rows)


def _restored(one: PredictionSet) -> PredictionSet:
    rows = one.elsewhere
    if rows is None:
        return one
    return structs.replace(
        one, testset=rows.testset, predictions=rows.predictions, repeats=rows.repeats, elsewhere=None
    )


def _slim(one: PredictionSet, limit: int) -> PredictionSet:
    largest = _largest(one)
    if largest <= limit:
        return one
    note = f"its rows are not stored: {largest:,} bytes in one file, at most {limit:,} are kept"
    logger.warning(
        "prediction set %s: %s; only counts are stored, so later changes are compared unpaired", one.name, note
    )
    return structs.replace(one, testset=None, predictions=None, repeats=(), notes=(*one.notes, note))
