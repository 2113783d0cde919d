"""
Repeat: train several times, each time with another seed, and bring the runs together in one Evaluation.

A run overwrites what the run before it wrote, so each run but the last is collected before the next one starts, into
`.steelyard/runs/<number>`. The last one's files are in the workspace, where `collect` reads them as always; it then
adds what the earlier runs left. That is also how `steelyard report` finds them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from msgspec import structs

from steelyard import training
from steelyard.errors import InputError
from steelyard.log import logger
from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import Training
from steelyard.pipeline import fetch
from steelyard.pipeline.project import Project
from steelyard.pipeline.workspace import Workspace
from steelyard.sources import discover

_DIRECTORY = "runs"

Collect: TypeAlias = Callable[[Path, Training], object]
"""Collects what a run left into a directory."""


def train(
    project: Project, command: str | Sequence[str], *, repeat: int, collect: Collect, aside: bool = False
) -> Training:
    """
    Run the training command `repeat` times, with the seeds 0, 1, 2, …; the first failure ends it.

    Args:
        project: The project.
        command: As in `training.train`.
        repeat: How often.
        collect: Called after each run but the last one.
        aside: As in `training.train`.

    Returns:
        All runs as one training: wall clock from the first one's start, the largest memory, the last one's output.

    Raises:
        InputError: A run left nothing that can be read, or not the predictions that the one before it left.
    """
    project.workspace.emptied(_DIRECTORY)
    runs: list[Training] = []
    while len(runs) < repeat:
        number = len(runs) + 1
        if repeat > 1:
            logger.info("run %d of %d (STEELYARD_SEED=%d) …", number, repeat, number - 1)
        before = _marks(project) if number > 1 else {}
        done = training.train(command, cwd=project.workspace.root, seed=number - 1, repeat=repeat, aside=aside)
        runs.append(done)
        if done.failed:
            if repeat > 1:
                logger.error("run %d of %d failed", number, repeat)
            break
        _check_written(before, _marks(project), number)
        if number < repeat:
            collect(directory(project.workspace, number), done)
    return _together(runs, repeat)


def directory(workspace: Workspace, number: int) -> Path:
    """Where the Evaluation of an earlier run is."""
    return workspace.state(_DIRECTORY) / f"{number}"


def wanted(project: Project) -> int:
    """How often the base commit is trained: as often as this change was, or else as the configuration says."""
    try:
        last = load_evaluation(project.workspace.evaluation).training
    except InputError:
        last = None
    return last.repeat if last is not None else project.config.run.repeat


def which(trained: Training) -> str:
    """` in run 2 of 3`, of a training that failed; empty where there was to be one run."""
    return f" in run {trained.runs} of {trained.repeat}" if trained.repeat > 1 else ""


_Mark: TypeAlias = tuple[int, int, int]


def _marks(project: Project) -> dict[str, _Mark]:
    """What changes in each file of predictions when it is written again."""
    found: dict[str, _Mark] = {}
    for block in discover.find(project.workspace.root, project.config).predictions:
        path = project.workspace.root / block.path
        if fetch.is_fetched(block):
            found |= {block.path: mark} if (mark := fetch.mark(project, block)) else {}
        elif path.is_file():
            status = path.stat()
            found[block.path] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def _check_written(before: dict[str, _Mark], after: dict[str, _Mark], number: int) -> None:
    for path, mark in before.items():
        if after.get(path) == mark:
            raise InputError(
                f"{path}: run {number} did not write it, so it is still what run {number - 1} left",
                hint="each run must train with its own STEELYARD_SEED and write its predictions",
            )


def _together(runs: Sequence[Training], repeat: int) -> Training:
    first, last = runs[0], runs[-1]
    began, ended = (datetime.fromisoformat(one.started).timestamp() for one in (first, last))
    clock = ended + last.duration - began
    memory = [one.peak_memory for one in runs if one.peak_memory is not None]
    return structs.replace(
        last,
        started=first.started,
        duration=round(max(clock, sum(one.duration for one in runs)), 3),
        peak_memory=max(memory, default=None),
        runs=len(runs),
        repeat=repeat,
    )
