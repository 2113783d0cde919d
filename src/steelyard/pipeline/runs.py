"""Several runs of one training as one Evaluation: every run's predictions, and the mean of what files say."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from steelyard.config import Config, to_json
from steelyard.errors import InputError
from steelyard.log import logger
from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import FILE_NAME, Evaluation, File, Metric, PredictionSet
from steelyard.pipeline.repeat import directory
from steelyard.pipeline.workspace import Workspace
from steelyard.text import count, rounded

_SAME = "draw the split from a seed of its own, not from STEELYARD_SEED"


def with_earlier_runs(last: Evaluation, *, workspace: Workspace, config: Config, into: Path) -> Evaluation:
    """
    The last run's Evaluation together with those of the runs before it.

    Args:
        last: As collected from the workspace; its training says how many runs there were.
        workspace: Where the earlier runs were collected.
        config: What predictions are read by now. Earlier runs that were read otherwise, or that are gone, are left out,
            with a note.
        into: Directory of the Evaluation; the earlier runs' predictions are copied there.

    Raises:
        InputError: A run is broken, or had another test set.
    """
    runs = last.training.runs if last.training is not None else 1
    if runs < 2:
        return last
    places = [directory(workspace, number) for number in range(1, runs)]
    if not all((place / FILE_NAME).is_file() for place in places):
        return _alone(last, f"{count(len(places), 'earlier run')} left out: no longer in the workspace; train again")
    earlier = [load_evaluation(place) for place in places]
    now = msgspec.json.encode(to_json(config)["predictions"], order="sorted")
    if any(msgspec.json.encode(one.config.get("predictions"), order="sorted") != now for one in earlier):
        why = "[[predictions]] has changed since; train again"
        return _alone(last, f"{count(len(places), 'earlier run')} left out: {why}")
    sets = {name: _joined(name, [*earlier, last]) for name in _names([*earlier, last])}
    for one in sets.values():
        for file in (one.predictions, *one.repeats):
            _bring(file, places, into)
    return structs.replace(last, predictions=sets, metrics=_means([*(one.metrics for one in earlier), last.metrics]))


def _alone(last: Evaluation, note: str) -> Evaluation:
    logger.warning("%s", note)
    return structs.replace(last, notes=(*last.notes, note))


def _names(runs: Sequence[Evaluation]) -> list[str]:
    for number, one in enumerate(runs, start=1):
        if one.predictions.keys() != runs[0].predictions.keys():
            raise InputError(
                f"run {number} left predictions of other test sets ({', '.join(one.predictions) or 'none'}) than run 1 "
                f"({', '.join(runs[0].predictions) or 'none'})",
                hint="each run must write the same files",
            )
    return list(runs[0].predictions)


def _joined(name: str, runs: Sequence[Evaluation]) -> PredictionSet:
    """The first run's, with the predictions of the others as its repeats."""
    first, *others = [one.predictions[name] for one in runs]
    for number, other in enumerate(others, start=2):
        if (other.fingerprint, other.testset, other.key) != (first.fingerprint, first.testset, first.key):
            raise InputError(
                f"{first.source}: run {number} has another test set than run 1 "
                "(ids, labels, slices and the like must be the same in all runs)",
                hint=_SAME,
            )
        if (other.scores, other.measures) != (first.scores, first.measures):
            raise InputError(
                f"{first.source}: run {number} has other columns than run 1",
                hint="each run must write the same columns",
            )
    repeats = tuple(one.predictions for one in others if one.predictions is not None)
    notes = [*first.notes]
    if first.predictions is None or len(repeats) < len(others):
        note = f"the rows of {count(len(runs), 'run')} are not kept, so only the first run counts"
        return structs.replace(first, repeats=(), notes=(*notes, note))
    if len({first.predictions.name, *(file.name for file in repeats)}) == 1:
        notes.append(
            f"all {count(len(runs), 'run')} gave the same predictions: does the training use STEELYARD_SEED? "
            "If not, they say nothing of the luck of training"
        )
    return structs.replace(first, repeats=repeats, notes=tuple(notes))


def _bring(file: File | None, places: Sequence[Path], into: Path) -> None:
    if file is None or (into / file.name).exists():
        return
    source = next((place / file.name for place in places if (place / file.name).is_file()), None)
    if source is None:
        raise InputError(f"{file.name}: the predictions of an earlier run are gone", hint="train again")
    shutil.copyfile(source, into / file.name)


def _means(runs: Sequence[tuple[Metric, ...]]) -> tuple[Metric, ...]:
    """Each metric of a file as its mean over the runs, in the last run's order; the note gives the spread."""
    values: dict[tuple[str, str], list[float]] = {}
    for metrics in runs:
        for one in metrics:
            if one.value is not None:
                values.setdefault((one.file, one.name), []).append(one.value)
    return tuple(_mean(one, values.get((one.file, one.name), []), runs=len(runs)) for one in runs[-1])


def _mean(metric: Metric, values: Sequence[float], *, runs: int) -> Metric:
    if not values:
        return metric
    of = f"{runs} runs" if len(values) == runs else f"{len(values)} of {runs} runs"
    note = f"mean of {of}, {rounded(min(values))} … {rounded(max(values))}"
    return structs.replace(metric, value=math.fsum(values) / len(values), note=note)
