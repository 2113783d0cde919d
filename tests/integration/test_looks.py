"""Looks at a test set: remembered in the comment, job after job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.forge import marker
from tests.fakes.github import FakeGitHub, PullRequest
from tests.integration.world import FULL, World


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


def predictions(wrong: int) -> str:
    """A test set on which the first rows are wrong."""
    return "id,label,prediction\n" + "".join(f"{i},{i % 2},{(i % 2) ^ (i < wrong)}\n" for i in range(60))


def looks(world: World, pull: PullRequest) -> tuple[str, ...]:
    """What the one comment remembers."""
    (body,) = world.repository.comments(pull.number)
    stamp = marker.parse(body)
    assert stamp is not None
    return stamp.looks


def test_ci__each_candidate_is_one_look(tmp_path: Path, github: FakeGitHub) -> None:
    """Another model is another look, the same predictions again are none, and a failing training shows nothing."""
    world = World(tmp_path, github, files={"predictions.csv": predictions(5)})
    token = github.issue_token(world.repository, permissions=FULL)
    world.commit("change", {"predictions.csv": predictions(6)}, new=True)
    pull = world.open_pull("change")

    first = world.pull_job(pull, token=token)
    assert first.code == 0, first.stderr
    one = looks(world, pull)
    world.pull_job(pull, token=token)
    again = looks(world, pull)
    pull.head_sha = world.commit("change", {"predictions.csv": predictions(7)})
    second = world.pull_job(pull, token=token)
    assert second.code == 0, second.stderr
    two = looks(world, pull)
    world.pull_job(pull, token=token, arguments=("--run", "false"))

    assert len(one) == 1
    assert again == one
    assert two[:1] == one
    assert len(two) == 2
    assert looks(world, pull) == two
