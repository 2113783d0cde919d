"""A scene: one job of a project, which can be played again from the same beginning, with and without faults."""

from __future__ import annotations

import shutil
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec

from steelyard.forge import marker
from tests.fakes.front import Front, Step
from tests.faults.kinds import Fault, Server
from tests.integration.world import Job, Run

LONGEST = 40.0
"""Seconds that a job may take, whatever is done to it; most of them are git's own, whose clock is not hurried."""


def rows(wrong: int) -> str:
    """Predictions of a model, of which about `wrong` in 400 are wrong."""
    lines = (f"{i},{i % 3},{i % 3 if i % 200 >= wrong // 2 else (i + 1) % 3}\n" for i in range(400))
    return f"id,label,prediction\n{''.join(lines)}"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a job reaches its servers."""

    address: str = ""
    """By which it knows them; empty: the front's own."""
    tls: ssl.SSLContext | None = None
    variables: Callable[[str], dict[str, str]] = lambda _: {}
    """What its environment says of the way, given the front's address."""


STRAIGHT = Way()


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended."""

    code: int
    stderr: str
    seconds: float


class Scene(ABC):
    """
    One job of a project: `main`, a push to it; `first`, the first run of a change; `again`, the second one.

    Attributes:
        job: Which.
        front: What is before the servers.
        head: The commit that the job is about.
    """

    servers: ClassVar[dict[str, Server]]
    """Who is behind the front, by prefix."""
    run_variable: ClassVar[str]
    """What numbers the runs."""

    job: str
    front: Front
    head: str

    def begin(self, program: Job, run: Run) -> None:
        """Remember what there is: this is where every play begins."""
        self._program = program
        self._run = run
        self._number = 10_000
        self._before = self.entries()
        self._said = self.bodies()
        self.remember()

    @property
    def workspace(self) -> Path:
        """Where the job runs."""
        return self._program.workspace

    def forget(self, *variables: str) -> None:
        """Take variables out of the job's environment."""
        kept = {name: value for name, value in self._program.environment.items() if name not in variables}
        self._program = msgspec.structs.replace(self._program, environment=kept)

    def play(self) -> Played:
        """Run the job in a workspace in which nothing ran yet."""
        self._number += 1
        shutil.rmtree(self._program.workspace / ".steelyard", ignore_errors=True)
        environment = {**self._program.environment, self.run_variable: str(self._number)}
        program = msgspec.structs.replace(self._program, environment=environment)
        started = time.monotonic()
        code, _, stderr = self._run(program)
        return Played(code=code, stderr=stderr, seconds=time.monotonic() - started)

    def damage(self, played: Played) -> str:
        """What is wrong with how the job ended, where something may have failed; empty: nothing."""
        return self.left_behind(done=played.code == 0) or self.unreported(self._program)

    def left_behind(self, *, done: bool = False) -> str:
        """What is wrong with what it has left on the servers; `done`: it said that all went well. Empty: nothing."""
        stored, bodies = self.entries(), self.bodies()
        stamps = [marker.parse(body) for body in bodies]
        if lost := self._before - stored:
            return f"lost from the store: {lost}"
        if len(bodies) > 1 or len(bodies) < len(self._said) or None in stamps:
            return f"comments: {bodies}"
        if done and self.job == "main" and self.head not in stored:
            return "not stored, and exit code 0"
        if done and self.job != "main" and [stamp.run for stamp in stamps if stamp] != [self._number]:
            return f"exit code 0, and the comments are {stamps}"
        return self.broken()

    def shortfall(self, played: Played) -> str:
        """What is missing after a job in which nothing failed; empty: nothing."""
        if played.code != 0 or "warning: " in played.stderr:
            return f"exit code {played.code}, or a warning"
        if wrong := self.damage(played):
            return wrong
        if self.job == "main":
            stored = self.entries()
            return "" if stored == self._before | {self.head} else f"stored: {stored}"
        (body,) = self.bodies()
        shown, there = self.pictures(body)
        if not shown or not shown <= there:
            return f"pictures shown: {shown}; there: {there}"
        return "" if "accuracy 0.900 → 0.9" in body else f"not the comparison with main: {body[:300]}"

    @abstractmethod
    def remember(self) -> None:
        """Take note of the present, for `reset`."""

    @abstractmethod
    def reset(self) -> None:
        """Put everything back to what was remembered."""

    @abstractmethod
    def entries(self) -> set[str]:
        """The commits that have a sound Evaluation, by the back door."""

    @abstractmethod
    def bodies(self) -> list[str]:
        """The comments on the change; none where there is no change."""

    @abstractmethod
    def pictures(self, body: str) -> tuple[set[str], set[str]]:
        """The pictures that a comment shows, and those that there are."""

    @abstractmethod
    def broken(self) -> str:
        """What is broken on the servers; empty: nothing."""

    @abstractmethod
    def unreported(self, program: Job) -> str:
        """What is missing of that which a job leaves in its workspace whatever happens; empty: nothing."""


def caught(start: Callable[[Run], object]) -> Job:
    """The job that `start` would have run."""
    jobs: list[Job] = []

    def catch(job: Job) -> tuple[int, str, str]:
        jobs.append(job)
        return 0, "", ""

    start(catch)
    return jobs[0]


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
    wrong = scene.damage(first) or never(first)
    scene.front.clear()
    return first, wrong or mended(scene)


def mended(scene: Scene) -> str:
    """What is missing after another run, in which nothing fails; empty: nothing."""
    second = scene.play()
    lacking = scene.shortfall(second)
    return f"the second run: {lacking}\n{second.stderr}" if lacking else ""


def never(played: Played) -> str:
    """What no job may do; empty: it did not."""
    if played.code not in {0, 4} or "Traceback" in played.stderr:
        return f"exit code {played.code}, or a traceback"
    if played.code == 4 and not ("error: " in played.stderr and "hint:  " in played.stderr):
        return "an error without its two lines"
    return f"it took {played.seconds:.0f} s" if played.seconds > LONGEST else ""
