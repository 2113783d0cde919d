"""Several models in one repository: each has a directory, an id and a report of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.baseline.git_store import GitStore
from steelyard.baseline.images import BRANCH as IMAGES
from tests.fakes.github import FakeGitHub
from tests.faults.scene import rows
from tests.integration.baseline.places import branch_files
from tests.integration.inside import run_inside
from tests.integration.world import FULL, World

MODELS = ("cats", "dogs")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, github: FakeGitHub) -> World:
    """A repository with two models, of which the second one's predictions are worse."""
    files = {}
    for number, model in enumerate(MODELS, start=1):
        files[f"models/{model}/predictions.csv"] = rows(20 * number)
        files[f"models/{model}/steelyard.toml"] = f'id = "{model}"\n'
    made = World(tmp_path, github, files=files)
    made.run = run_inside
    return made


def test_two_models(world: World, github: FakeGitHub) -> None:
    """
    Both are stored in one branch, and both report on one pull request: neither takes the other's baseline or comment.

    A change of one model is nothing to the other's report.
    """
    token = github.issue_token(world.repository, permissions={**FULL, "statuses": "write"})
    for model in MODELS:
        stored = world.push_job("main", token=token, arguments=("-C", f"models/{model}"))
        assert stored.code == 0, stored.stderr
    world.commit("better", {"models/dogs/predictions.csv": rows(10)}, new=True)
    pull = world.open_pull("better")
    for _ in range(2):
        for model in MODELS:
            done = world.pull_job(pull, token=token, arguments=("-C", f"models/{model}"))
            assert done.code == 0, done.stderr

    bodies = {body.partition("steelyard id=")[2].partition(" ")[0]: body for body in world.repository.comments(1)}
    assert sorted(bodies) == sorted(MODELS)
    assert "accuracy 0.900 → 0.975" in bodies["dogs"]
    assert "accuracy 0.9500 → 0.9500" in bodies["cats"]
    assert len(world.repository.comments(1)) == 2
    store = GitStore(world.author)
    assert {model: len(store.entries(model)) for model in MODELS} == {"cats": 1, "dogs": 1}
    pictures = {name.rpartition("/")[0] for name in branch_files(world.remote, IMAGES) if name.startswith("pr-")}
    assert pictures == {"pr-1/cats", "pr-1/dogs"}
    assert {status.context for status in world.repository.statuses} == {f"steelyard/{model}" for model in MODELS}
