"""The action's image against somebody else's GitHub: npm `emulate`; tests/fakes/emulate.py says what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from github import Auth, Github

from tests.fakes.emulate import Emulator, emulate
from tests.packaging.job import Finished, Job
from tests.packaging.podman import Podman
from tests.packaging.project import RUNNER, Event, Project, git

pytestmark = [pytest.mark.contract, pytest.mark.container, pytest.mark.xdist_group("containers")]

TRAIN = """\
rows = [(i, i % 3, (i + (i % {wrong} == 0)) % 3) for i in range(600)]
with open("predictions.csv", "w") as file:
    file.writelines(["id,label,prediction\\n", *(f"{{i}},{{label}},{{said}}\\n" for i, label, said in rows)])
"""
"""Every so many rows are wrong; the image's own Python is enough for it."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The emulator, with an empty repository."""
    with emulate() as running:
        yield running


def test_action__one_comment(tmp_path: Path, podman: Podman, image: str, emulator: Emulator) -> None:
    """
    Main's push stores a baseline in the bare remote, the pull request gets one comment, the next push edits it.

    The emulator keeps the conversation, git the commits: it is told of the pull request, not of what is in it.
    """
    project = Project(tmp_path, main={"train.py": TRAIN.format(wrong=5)}, change={"train.py": TRAIN.format(wrong=50)})
    number = emulator.create_pull("change")
    client = Github(base_url=emulator.api_url, auth=Auth.Token(emulator.owner_token), seconds_between_writes=None)
    conversation = client.get_repo(emulator.full_name).get_pull(number)
    conversation.create_issue_comment("Looks good to me")

    def job(run_id: int, event: Event) -> Finished:
        one = Job(tmp_path / str(run_id), project=project, event=event, github=emulator, run_id=run_id)
        done = one.run(podman, image, token=emulator.owner_token, run="python3 train.py")
        assert emulator.owner_token not in done.log
        assert set(one.owners()) == {RUNNER}, one.owners()
        return done

    stored = job(1, project.push_event())
    refs = git("for-each-ref", "--format=%(refname)", cwd=project.remote).split()
    first = job(2, project.pull_request_event(number))
    before = [said.body for said in conversation.get_issue_comments()]
    project.push({"train.py": TRAIN.format(wrong=2)})
    second = job(3, project.pull_request_event(number))
    after = [said.body for said in conversation.get_issue_comments()]
    client.close()

    assert stored.code == first.code == second.code == 0, (stored.log, first.log, second.log)
    assert "refs/heads/steelyard-data" in refs
    assert [len(before), len(after)] == [2, 2]
    assert "Better · accuracy 0.8" in before[1]
    assert "Worse · accuracy 0.8" in after[1]
    assert project.head in after[1]
