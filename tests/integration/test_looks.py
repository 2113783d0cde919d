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


def test_ci__main_remembers_what_was_merged(tmp_path: Path, github: FakeGitHub) -> None:
    """Candidates that a change tried before it was merged count as looks for the next change."""
    world = World(tmp_path, github, files={"predictions.csv": predictions(5)})
    token = github.issue_token(world.repository, permissions=FULL)
    assert world.push_job("main", token=token).code == 0
    world.commit("change", {"predictions.csv": predictions(6)}, new=True)
    pull = world.open_pull("change")
    assert world.pull_job(pull, token=token).code == 0
    for wrong in (7, 8):
        pull.head_sha = world.commit("change", {"predictions.csv": predictions(wrong)})
        assert world.pull_job(pull, token=token).code == 0
    world.land(pull)
    main = world.push_job("main", token=token)
    world.commit("next", {"predictions.csv": predictions(9)}, new=True)
    after = world.open_pull("next")
    report = world.pull_job(after, token=token)

    assert main.code == 0, main.stderr
    assert "had shown 3 candidates" in main.stderr
    assert report.code == 0, report.stderr
    (body,) = world.repository.comments(after.number)
    # 5 and 8 are main's own, 6 and 7 were tried on the way
    assert "Look 5 at this test set: 1 by this change, 4 by main and what was merged into it." in body


def test_ci__main_is_stored_although_nothing_is_known_of_the_merge(tmp_path: Path, github: FakeGitHub) -> None:
    """A token that may not read pull requests costs the count, never the baseline."""
    world = World(tmp_path, github, files={"predictions.csv": predictions(5)})
    token = github.issue_token(world.repository, permissions=FULL)
    world.commit("change", {"predictions.csv": predictions(6)}, new=True)
    pull = world.open_pull("change")
    assert world.pull_job(pull, token=token).code == 0
    world.land(pull)
    weak = github.issue_token(world.repository, permissions={"contents": "write", "metadata": "read"})
    main = world.push_job("main", token=weak)

    assert main.code == 0, main.stderr
    assert "stored the evaluation" in main.stderr
    assert "had shown" not in main.stderr
