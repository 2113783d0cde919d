"""Secrets of a GitLab job are nowhere in what it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.gitlab import FakeGitLab
from tests.integration.canary import SPY, files_below, objects_of, places_of, record_arguments
from tests.integration.gitlab_world import TRAIN, GitLabWorld

ID_KEY = "canaryOfTheKeyThatIdsAreHashedWith"
REGISTRY = "canaryOfTheRegistrysPassword"
BETTER = TRAIN.replace("WRONG = 40", "WRONG = 10")


@pytest.mark.parametrize("refused", [False, True], ids=["all is well", "everything is refused"])
def test_job__canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: bool) -> None:
    """
    Neither the token that comments nor the job's own is in files, the log, the note, statuses, uploads or packages.

    Looked at: as in `test_security.test_job__canary`, which says what is not covered; here the git remote is a
    directory, so that no credential travels by git.
    """
    log = record_arguments(tmp_path, monkeypatch)
    with FakeGitLab() as gitlab:
        world = GitLabWorld(tmp_path, gitlab)
        jobs: list[str] = []
        environment = world.environment

        def recorded(sha: str, workspace: Path) -> dict[str, str]:
            made = environment(sha, workspace)
            jobs.append(made["CI_JOB_TOKEN"])
            return made

        monkeypatch.setattr(world, "environment", recorded)
        world.token = gitlab.issue_project_token(world.project)
        world.variables = {"STEELYARD_ID_KEY": ID_KEY, "CI_REGISTRY_PASSWORD": REGISTRY, "HOME": str(tmp_path / "home")}
        (tmp_path / "home").mkdir()
        assert world.branch_job("main").code == 0
        world.commit("better", {"train.py": f"import json, os\n{SPY}{BETTER}"}, new=True)
        change = world.open("better")
        if refused:
            for method, pattern in (("POST", "/notes$"), ("POST", "/uploads$"), ("POST", "/statuses/")):
                gitlab.fail_next(method, pattern, 403)
        done = world.detached_job(change)

        assert done.code == (4 if refused else 0), done.stderr
        assert len(jobs) == 2
        texts = files_below(tmp_path, but=world.remote)
        texts |= {name: getattr(done, name).encode() for name in ("stdout", "stderr")}
        texts["notes"] = "\n".join(change.bodies()).encode()
        texts["statuses"] = repr(world.project.statuses).encode()
        texts["uploads"] = b"\n".join(made.content for made in world.project.uploads)
        texts["packages"] = repr(world.project.packages).encode()
        texts["remote"] = objects_of(world.remote)
        seen = json.loads((done.workspace / "seen.json").read_text(encoding="utf-8"))

    assert seen["CI_COMMIT_SHA"] == change.sha
    assert "git" in log.read_text(encoding="utf-8").split()
    assert bool(change.bodies()) is not refused
    assert places_of((world.token, *jobs, ID_KEY, REGISTRY), texts) == []
