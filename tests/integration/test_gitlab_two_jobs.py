"""The example of two jobs on GitLab, run by npm `gitlab-ci-local` with its shell executor, against our GitLab."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.gitlab import FakeGitLab
from tests.integration.gitlab_world import TRAIN, GitLabWorld
from tests.integration.test_gitlab_component import pipeline

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
WORSE = TRAIN.replace("WRONG = 40", "WRONG = 160")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitLabWorld]:
    """A project whose pipeline is the example's; steelyard is installed already."""
    example = (ROOT / "examples" / "two-jobs" / ".gitlab-ci.yml").read_text(encoding="utf-8")
    installed, lines = re.subn(r"^    - pip install .*\n", "", example, flags=re.MULTILINE)
    assert lines == 2
    with FakeGitLab() as gitlab:
        made = GitLabWorld(tmp_path, gitlab)
        ignored = "predictions.csv\n.steelyard/\nbundle/\n.gitlab-ci-local*\n"
        made.commit("main", {".gitlab-ci.yml": installed, ".gitignore": ignored})
        yield made


def test_two_jobs__main_then_merge_request(world: GitLabWorld) -> None:
    """What the first job measures the second one stores, or says on the merge request, also if it failed."""
    if shutil.which("rsync") is None:
        pytest.skip("gitlab-ci-local needs rsync")
    sha = world.tip("main")
    stored = pipeline(world, sha, {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"})
    assert stored.code == 0, stored.stdout + stored.stderr
    assert len(world.project.packages) == 1
    world.token = world.gitlab.issue_project_token(world.project)
    world.commit("worse", {"train.py": WORSE}, new=True)
    change = world.open("worse")

    named = {"CI_MERGE_REQUEST_EVENT_TYPE": "detached", "CI_MERGE_REQUEST_DIFF_BASE_SHA": sha, "CI_COMMIT_BRANCH": ""}
    done = pipeline(world, change.sha, {**world.of(change), **named})

    log = done.stdout + done.stderr
    assert done.code != 0, log
    (body,) = change.bodies()
    assert "🔴 Worse" in body.splitlines()[0]
    assert "took over bundle bundle" in log
    assert log.count("gate on accuracy") >= 2
    assert [status.status for status in world.project.statuses] == ["failed"]
    assert len(world.project.packages) == 1
