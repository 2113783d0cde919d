"""All scenes, by the forge and the job."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.faults.github import GitHubScene
from tests.faults.gitlab import GitLabScene
from tests.faults.scene import STRAIGHT, Scene, Way
from tests.integration.inside import run_inside
from tests.integration.world import Run

SCENES = tuple((forge, job) for forge in ("github", "gitlab") for job in ("main", "first", "again"))


def scene(
    forge: str, job: str, directory: Path, stack: ExitStack, *, run: Run = run_inside, way: Way = STRAIGHT
) -> Scene:
    """A fresh project on that forge, right before the job."""
    if forge == "github":
        return GitHubScene(job, directory, stack, run=run, way=way)
    return GitLabScene(job, directory, stack, run=run, way=way)
