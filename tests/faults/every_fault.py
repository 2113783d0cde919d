"""
Every request of every job meets every fault: `make faults`, a quarter of an hour on two cores.

It is no part of the suite, which has a choice of them in `test_requests.py`.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.kinds import FAULTS, Fault
from tests.faults.scene import steps, suffer
from tests.faults.scenes import SCENES, scene


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
