"""The same way against somebody else's GitHub: npm `emulate`; tests/fakes/emulate.py says what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from github import Auth, Github

from tests.fakes.emulate import Emulator, emulate
from tests.fakes.github import FakeGitHub
from tests.integration.test_end_to_end import TRAIN, params
from tests.integration.world import World

pytestmark = pytest.mark.contract


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The emulator, with an empty repository."""
    with emulate() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, emulator: Emulator) -> World:
    """The digits example; jobs talk to the emulator, our own fake only keeps the commits of the pull request."""
    with FakeGitHub() as github:
        world = World.digits(tmp_path, github)
    world.api_url = emulator.api_url
    return world


def test_ci__one_comment(world: World, emulator: Emulator) -> None:
    """Main stores; the pull request gets one comment among 150 others, and the next push edits it."""
    token = emulator.owner_token
    number = emulator.create_pull("better")
    assert world.push_job("main", token=token, arguments=TRAIN).code == 0
    world.apply("better", "better")
    pull = world.open_pull("better")
    assert pull.number == number

    client = Github(base_url=emulator.api_url, auth=Auth.Token(token), seconds_between_writes=None)
    conversation = client.get_repo(emulator.full_name).get_pull(number)
    for index in range(75):
        conversation.create_issue_comment(f"comment {index}")
    first = world.pull_job(pull, token=token, arguments=TRAIN)
    for index in range(75):
        conversation.create_issue_comment(f"comment {75 + index}")
    before = [said.body for said in conversation.get_issue_comments()]
    pull.push(world.commit("better", {"params.toml": params(c=0.1)}))
    second = world.pull_job(pull, token=token, arguments=TRAIN)
    after = [said.body for said in conversation.get_issue_comments()]
    client.close()

    assert (first.code, second.code) == (0, 10), second.stderr
    assert (len(before), len(after)) == (151, 151)
    assert "Better · accuracy 0.947 → 0.967" in before[75]
    assert "Worse · accuracy 0.947 → 0.915" in after[75]
