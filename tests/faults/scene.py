"""A scene: one job of a project, which can be played again from the same beginning, with and without faults."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from tests.fakes.front import Front, Step
from tests.faults.kinds import Fault, Server
from tests.integration.world import Job

LONGEST = 40.0
"""Seconds that a job may take, whatever is done to it; most of them are git's own, whose clock is not hurried."""


def rows(wrong: int) -> str:
    """Predictions of a model that is wrong about twice that per mille of them."""
    lines = (f"{i},{i % 3},{i % 3 if i % 200 >= wrong // 2 else (i + 1) % 3}\n" for i in range(400))
    return f"id,label,prediction\n{''.join(lines)}"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended."""

    code: int
    stderr: str
    seconds: float


class Scene(Protocol):
    """One job of a project."""

    front: Front
    servers: dict[str, Server]
    """Who is behind the front, by prefix."""

    def reset(self) -> None:
        """Put everything back to where it was before the job."""
        ...

    def play(self) -> Played:
        """Run the job."""
        ...

    def damage(self, played: Played) -> str:
        """What is wrong with how the job ended, where something may have failed; empty: nothing."""
        ...

    def shortfall(self, played: Played) -> str:
        """What is missing after a job in which nothing failed; empty: nothing."""
        ...


def steps(scene: Scene) -> list[Step]:
    """The requests of a run in which nothing fails."""
    scene.reset()
    scene.front.clear()
    played = scene.play()
    seen = list(scene.front.steps)
    lacking = scene.shortfall(played)
    assert not lacking, f"{lacking}\n{played.stderr}"
    return seen


def suffer(scene: Scene, fault: Fault) -> tuple[Played, str]:
    """Run the job with a fault and again without; gives how the first ended, and what is wrong after either."""
    scene.reset()
    fault.befall(scene.front, scene.servers)
    first = scene.play()
    wrong = scene.damage(first) or general(first)
    scene.front.clear()
    if not wrong:
        second = scene.play()
        lacking = scene.shortfall(second)
        wrong = f"the second run: {lacking}\n{second.stderr}" if lacking else ""
    return first, wrong


def general(played: Played) -> str:
    """What no job may do."""
    if played.code not in {0, 4}:
        return f"exit code {played.code}"
    if "Traceback" in played.stderr:
        return "a traceback"
    if played.code == 4 and not ("error: " in played.stderr and "hint:  " in played.stderr):
        return "an error without its two lines"
    if played.seconds > LONGEST:
        return f"it took {played.seconds:.0f} s"
    return ""


def timed(run: Callable[[], tuple[int, str, str]]) -> Played:
    """Run a job and take its time."""
    started = time.monotonic()
    code, _, stderr = run()
    return Played(code=code, stderr=stderr, seconds=time.monotonic() - started)


def renewed(job: Job) -> Job:
    """The job in a workspace in which nothing ran yet."""
    shutil.rmtree(job.workspace / ".steelyard", ignore_errors=True)
    return job
