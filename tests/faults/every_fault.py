"""
Every request of every job meets every fault, and every job is killed at every request: `make faults`.

It takes half an hour on two cores and is no part of the suite, which has a choice of them in `test_requests.py` and
`test_killed.py`.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.s3 import ENVIRONMENT
from tests.faults import test_s3
from tests.faults.kinds import FAULTS, Fault
from tests.faults.scene import steps, suffer
from tests.faults.scenes import SCENES, scene
from tests.faults.test_killed import MOMENTS, die, live


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}-{'once' if fault[1] else 'always'}")
@pytest.mark.parametrize(("forge", "job"), SCENES)
def test_every_request(forge: str, job: str, fault: tuple[str, bool], tmp_path: Path, stack: ExitStack) -> None:
    """As `test_requests`, for all of them."""
    one = scene(forge, job, tmp_path, stack)
    wrong = []

    for step in steps(one):
        met = Fault(step=step, kind=fault[0], once=fault[1])
        played, said = suffer(one, met)
        if said:
            wrong.append(f"{met}: {said} (exit code {played.code}, {played.seconds:.1f} s)\n{played.stderr}")

    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("forge", "job"), SCENES)
def test_every_death(forge: str, job: str, moment: str, tmp_path: Path, stack: ExitStack) -> None:
    """As `test_killed`, at all requests."""
    one, mortal, turns = live(forge, job, tmp_path, stack)

    deaths = {f"{moment} {step.name} #{step.turn}": die(one, mortal, step, moment) for step in turns}

    assert not [f"{death}: {wrong}" for death, wrong in deaths.items() if wrong]


@pytest.mark.parametrize("action", ["save", "load"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}-{'once' if fault[1] else 'always'}")
def test_every_request_to_s3(
    action: str, fault: tuple[str, bool], tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `test_s3.test_requests`, for all of them."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    stored = test_s3.Stored(tmp_path, stack)
    act = {"save": stored.save, "load": stored.load}[action]
    faults = [Fault(step=step, kind=fault[0], once=fault[1]) for step in test_s3.steps(stored, act)]

    wrong = {str(one): test_s3.suffer(stored, act, one) for one in faults}

    assert not {name: said for name, said in wrong.items() if said}
