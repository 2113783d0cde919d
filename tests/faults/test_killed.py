"""A job's process is killed at a request, before or after it was carried out; the next run mends what that left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.front import Front, Step, Trouble
from tests.faults.scene import Scene, mended, steps
from tests.faults.scenes import SCENES, scene
from tests.integration.inside import run_inside
from tests.integration.world import Job

MOMENTS = ("before", "after")


class Mortal:
    """Runs a job's program within this process, or as one that can be killed."""

    def __init__(self) -> None:
        self.doomed = False
        self.child: subprocess.Popen[str] | None = None

    def __call__(self, job: Job) -> tuple[int, str, str]:
        """Run it."""
        if not self.doomed:
            return run_inside(job)
        command = [sys.executable, "-m", job.module, *job.arguments]
        self.child = subprocess.Popen(
            command, cwd=job.workspace, env=job.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        stdout, stderr = self.child.communicate(timeout=120)
        return self.child.returncode, stdout, stderr

    def kill(self) -> None:
        """End it at once, as a runner does that is taken away; git's own processes go on."""
        assert self.child is not None
        os.kill(self.child.pid, signal.SIGKILL)


def kill_at(front: Front, fatal: Step, moment: str, mortal: Mortal) -> None:
    """Let the process be killed when it makes that request, before the server sees it or once it is done."""

    def is_it(step: Step) -> bool:
        return (step.name, step.turn, step.prefix) == (fatal.name, fatal.turn, fatal.prefix)

    def meddle(step: Step) -> Trouble | None:
        if moment == "after" or not is_it(step):
            return None
        mortal.kill()
        return "reset"

    def after(step: Step) -> None:
        if moment == "after" and is_it(step):
            mortal.kill()

    front.clear()
    front.meddle, front.after = meddle, after


def die(one: Scene, mortal: Mortal, fatal: Step, moment: str) -> str:
    """Run the job until it is killed, and again; gives what is wrong after either; empty: nothing."""
    one.reset()
    kill_at(one.front, fatal, moment, mortal)
    mortal.doomed = True
    first = one.play()
    mortal.doomed = False
    one.front.clear()
    if first.code != -signal.SIGKILL:
        return f"exit code {first.code}: {first.stderr}"
    return one.left_behind() or mended(one)


def live(forge: str, job: str, directory: Path, stack: ExitStack) -> tuple[Scene, Mortal, list[Step]]:
    """A scene whose job can be killed, and its requests."""
    mortal = Mortal()
    one = scene(forge, job, directory, stack, run=mortal)
    return one, mortal, steps(one)


@pytest.mark.parametrize(("forge", "job"), SCENES[::2])
def test_killed(forge: str, job: str, tmp_path: Path, stack: ExitStack) -> None:
    """
    At some requests, those that write among them: there is at most one comment, nothing that was stored is lost, the
    branches are sound, and the next run mends everything. `make faults` kills at all of them.
    """
    one, mortal, turns = live(forge, job, tmp_path, stack)
    writes = [step for step in turns if not step.name.startswith("GET") and "upload-pack" not in step.name]
    chosen = [(step, MOMENTS[number % 2]) for number, step in enumerate(writes)][-2:]
    assert chosen

    for step, moment in chosen:
        wrong = die(one, mortal, step, moment)
        assert not wrong, f"{moment} {step.name} #{step.turn}: {wrong}"
