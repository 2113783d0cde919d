"""The GitLab CI/CD component, run by npm `gitlab-ci-local` with its shell executor, against our GitLab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.fakes import npm
from tests.fakes.gitlab import FakeGitLab
from tests.integration.gitlab_world import TRAIN, Finished, GitLabWorld
from tests.integration.world import git

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = """\
stages: [test]
include:
  - local: templates/report.yml
    inputs:
      package: ""
      run: python train.py
"""
BETTER = TRAIN.replace("WRONG = 40", "WRONG = 10")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitLabWorld]:
    """A project whose pipeline is the component's."""
    with FakeGitLab() as gitlab:
        made = GitLabWorld(tmp_path, gitlab)
        (made.author / "templates").mkdir()
        component = (ROOT / "templates" / "report.yml").read_text(encoding="utf-8")
        made.commit("main", {".gitlab-ci.yml": PIPELINE, "templates/report.yml": component})
        yield made


def pipeline(world: GitLabWorld, sha: str, variables: Mapping[str, str]) -> Finished:
    """Run the pipeline of a commit; its artifacts are brought back into the checkout."""
    workspace = world.checkout(sha)
    git(
        "remote", "set-url", "origin", "https://gitlab.invalid/group/sub/digits.git", cwd=workspace
    )  # it reads the name
    index = npm.install("gitlab-ci-local") / "dist" / "index.js"
    given = {**world.environment(sha, workspace), **variables}
    given = {name: value for name, value in given.items() if name not in {"CI", "CI_PROJECT_DIR"}}
    arguments = [f"--variable={name}={value}" for name, value in given.items()]
    env = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(workspace.parent),
        "OMP_NUM_THREADS": "1",
    }
    command = [str(npm.NODE), str(index), "--force-shell-executor", "--artifacts-to-source", *arguments]
    done = subprocess.run(command, cwd=workspace, env=env, capture_output=True, text=True, check=False, timeout=180)
    return Finished(code=done.returncode, stdout=done.stdout, stderr=done.stderr, workspace=workspace)


def test_component__main_then_merge_request(world: GitLabWorld) -> None:
    """Main's pipeline stores, a merge request's leaves its note and the artifacts that GitLab shows."""
    if shutil.which("rsync") is None:
        pytest.skip("gitlab-ci-local needs rsync")
    sha = world.tip("main")
    stored = pipeline(world, sha, {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"})
    assert stored.code == 0, stored.stdout + stored.stderr
    assert len(world.project.packages) == 1
    world.token = world.gitlab.issue_project_token(world.project)
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")

    named = {"CI_MERGE_REQUEST_EVENT_TYPE": "detached", "CI_MERGE_REQUEST_DIFF_BASE_SHA": sha, "CI_COMMIT_BRANCH": ""}
    done = pipeline(world, change.sha, {**world.of(change), **named})

    assert done.code == 0, done.stdout + done.stderr
    (body,) = change.bodies()
    assert "🟢" in body.splitlines()[0]
    assert done.left("report.html").startswith("<!doctype html>")
    assert world.token not in done.stdout + done.stderr
