"""Requests of a job are refused, limited, left hanging or cut: what is left behind, and what the next run does."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.kinds import FAULTS, Fault
from tests.faults.scene import steps, suffer
from tests.faults.scenes import SCENES, scene


@pytest.mark.parametrize(("forge", "job"), SCENES)
def test_requests(forge: str, job: str, tmp_path: Path, stack: ExitStack) -> None:
    """
    Every other request meets a fault, another one each time; `make faults` lets every request meet every fault.

    There is never a second comment, nothing that was stored is lost, the branches are sound, the exit code says whether
    all went well, the job leaves its report and ends soon, and the next run mends everything.
    """
    one = scene(forge, job, tmp_path, stack)
    turns = steps(one)
    assert len(turns) >= 8
    shift = SCENES.index((forge, job))

    for number, step in enumerate(turns[shift % 2 :: 2], start=7 * shift):
        kind, once = FAULTS[number % len(FAULTS)]
        fault = Fault(step=step, kind=kind, once=once)
        played, wrong = suffer(one, fault)
        assert not wrong, f"{fault}: {wrong} (exit code {played.code})\n{played.stderr}"
