"""Runs studies in two processes, chunk by chunk, and shows how far it is."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from validation import catalogue, store
from validation.study import Result, Study, Sums, chunks, generator, seed_of, total

PROCESSES = 2

_Task: TypeAlias = tuple[str, int, int]
"""A study's name, the chunk's number, and its repetitions."""


def run(
    studies: Sequence[Study], *, kept: store.Chunks, scale: float = 1.0, say: Callable[[str], None] | None = None
) -> list[Result]:
    """
    Run studies, except for chunks that are on disk already.

    Args:
        studies: Which ones.
        kept: The chunks on disk.
        scale: Of the repetitions of a full run that are made.
        say: Takes a line about the progress.
    """
    tasks: list[_Task] = [
        (study.name, number, size)
        for study in studies
        for number, size in enumerate(chunks(_repetitions(study, scale)))
    ]
    missing = [task for task in tasks if kept.read(*task) is None]
    started = time.monotonic()
    for done, (task, sums) in enumerate(_finished(missing), start=1):
        kept.write(*task, sums)
        if say is not None:
            left = (time.monotonic() - started) / done * (len(missing) - done)
            say(f"{done:,} of {len(missing):,} chunks, about {left / 60.0:.0f} min left: {task[0]}")
    return [_result(study, _repetitions(study, scale), kept) for study in studies]


def _repetitions(study: Study, scale: float) -> int:
    return max(1, round(study.repetitions * scale))


def _finished(tasks: Sequence[_Task]) -> Iterator[tuple[_Task, Sums]]:
    """Chunks as they are done."""
    if len(tasks) <= 1:
        yield from map(_work, tasks)
        return
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        yield from pool.imap_unordered(_work, tasks)


def _work(task: _Task) -> tuple[_Task, Sums]:
    name, number, size = task
    return task, catalogue.study(name).run(generator(name, number), size)


def _result(study: Study, repetitions: int, kept: store.Chunks) -> Result:
    parts = [kept.read(study.name, number, size) for number, size in enumerate(chunks(repetitions))]
    sums = total([part for part in parts if part is not None])
    return Result(
        name=study.name,
        kind=study.kind,
        about=study.about,
        repetitions=repetitions,
        seed=seed_of(study.name),
        sums=sums,
        findings=tuple(study.findings(sums)),
    )


def to_stderr(line: str) -> None:
    """One line that is overwritten by the next one on a terminal."""
    end = "\r" if sys.stderr.isatty() else "\n"
    sys.stderr.write(f"{line:<100}{end}")
    sys.stderr.flush()
