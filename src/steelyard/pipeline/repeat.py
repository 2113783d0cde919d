"""
Repeat: train several times, each time with another seed, and bring the runs together in one Evaluation.

A run overwrites what the run before it wrote, so each run but the last is collected before the next one starts, into
`.steelyard/runs/<number>`. The last one's files are in the workspace, where `collect` reads them as always; it then
adds what the earlier runs left. That is also how `steelyard report` finds them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
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


class Runs:
    """
    A training that is repeated, with the seeds 0, 1, 2, …; one run at a time, so that two trainings can take turns.

    The workspace must not be reserved: the training may call us.

    Args:
        project: The project.
        command: As in `training.train`.
        repeat: How often.
        collect: Called after each run but the last one, in the workspace that is reserved for it.
        aside: As in `training.train`.
    """

    def __init__(
        self, project: Project, command: str | Sequence[str], *, repeat: int, collect: Collect, aside: bool = False
    ) -> None:
        self._project = project
        self._command = command
        self._repeat = repeat
        self._collect = collect
        self._aside = aside
        self._runs: list[Training] = []
        with project.workspace.reserved():
            project.workspace.emptied(_DIRECTORY)

    def step(self) -> bool:
        """
        Do the next run; returns whether there are more. The first failure ends them all.

        Raises:
            InputError: The run left nothing that can be read, or not the predictions that the one before it left.
        """
        number = len(self._runs) + 1
        if self._repeat > 1:
            logger.info("run %d of %d (STEELYARD_SEED=%d) …", number, self._repeat, number - 1)
        before = _marks(self._project) if number > 1 else {}
        root = self._project.workspace.root
        done = training.train(self._command, cwd=root, seed=number - 1, repeat=self._repeat, aside=self._aside)
        self._runs.append(done)
        if done.failed:
            if self._repeat > 1:
                logger.error("run %d of %d failed", number, self._repeat)
            return False
        _check_written(before, _marks(self._project), number)
        if number == self._repeat:
            return False
        with self._project.workspace.reserved():
            self._collect(directory(self._project.workspace, number), done)
        return True

    def together(self) -> Training:
        """All runs so far as one training: the sum of their times, the largest memory, the last one's output."""
        last = self._runs[-1]
        ended = datetime.fromisoformat(last.started) + timedelta(seconds=last.duration)
        memory = [one.peak_memory for one in self._runs if one.peak_memory is not None]
        return structs.replace(
            last,
            started=self._runs[0].started,
            duration=round(sum(one.duration for one in self._runs), 3),
            ended=ended.isoformat(timespec="milliseconds"),
            peak_memory=max(memory, default=None),
            runs=len(self._runs),
            repeat=self._repeat,
        )


def train(runs: Runs, *, beside: Callable[[], object] | None = None) -> Training:
    """
    Do all runs; returns them as one training.

    Args:
        runs: What to do.
        beside: Called after each run: another training's turn.

    Raises:
        InputError: As `Runs.step`.
    """
    more = True
    while more:
        more = runs.step()
        if beside is not None:
            beside()
    return runs.together()


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
