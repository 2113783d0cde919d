"""Secrets of the environment are in nothing that a job writes or posts, however they got into what it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.model.codec import decode
from steelyard.model.comparison import Comparison
from steelyard.model.evaluation import Evaluation
from tests.fakes.github import FakeGitHub
from tests.integration.world import FULL, Finished, World

ROWS = "id,label,prediction\n" + "".join(f"{row},{row % 2},{row % 3 % 2}\n" for row in range(60))
PASSWORD = 'c4f3*"ba_be<x>'
"""Markdown and JSON both write it in another way than it is."""


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, github: FakeGitHub) -> World:
    """A project on main whose predictions are in the repository, and whose evaluation main has stored."""
    world = World(tmp_path, github, files={"predictions.csv": ROWS, ".gitignore": ".steelyard/\n"})
    done = world.push_job("main", token=github.issue_token(world.repository, permissions=FULL))
    assert done.code == 0, done.stderr
    return world


def left(job: Finished) -> dict[str, str]:
    """What the job wrote for people and programs to read."""
    files = [job.workspace / ".steelyard" / name for name in ("report.md", "report.json")]
    return {"summary": job.summary, "outputs": job.outputs, **{file.name: file.read_text("utf-8") for file in files}}


def test_ci__secrets_that_an_earlier_step_printed(world: World, github: FakeGitHub) -> None:
    """
    Training ran before this step, which alone has the token: its log's end and a parameter are shown with it masked.

    The step before could not know what is secret here, so it kept its training's output as it was.
    """
    token = github.issue_token(world.repository, permissions=FULL)
    printed = f"key {token} and {PASSWORD}\n"
    world.commit("change", {"leak.txt": printed, "params.json": json.dumps({"key": PASSWORD})}, new=True)
    pull = world.open_pull("change")
    earlier = "env -u DB_PASSWORD python -m steelyard run -- cat leak.txt"
    world.variables["DB_PASSWORD"] = PASSWORD
    job = world.pull_job(pull, token=token, arguments=("--prepare", earlier))

    assert job.code == 0, job.stderr
    assert f"key {token} and" in job.stdout
    kept = decode((job.workspace / ".steelyard/evaluation/evaluation.json").read_bytes(), Evaluation, source="kept")
    assert kept.training is not None
    assert kept.training.log_tail == ("key *** and ***",)
    (body,) = world.repository.comments(pull.number)
    texts = {**left(job), "comment": body}
    assert "key *** and ***" in texts["report.md"]
    assert "key *** and ***" in texts["report.json"]
    assert "key *** and ***" in body
    for secret in (token, PASSWORD, json.dumps(PASSWORD)[1:-1], "c4f3", "ba\\_be"):
        assert [name for name, text in texts.items() if secret in text] == []
    found = decode(texts["report.json"].encode(), Comparison, source="report.json")
    assert found.candidate.training is not None
    assert found.candidate.training.log_tail == ("key *** and ***",)


def test_comment__file_with_a_secret(world: World, github: FakeGitHub) -> None:
    """Any Markdown that is posted is posted without the token."""
    token = github.issue_token(world.repository, permissions=FULL)
    world.commit("change", {"note.md": f"# {token}\n"}, new=True)
    pull = world.open_pull("change")
    job = world.pull_job(pull, token=token, command="comment", arguments=("note.md",))

    assert job.code == 0, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert body.startswith("# ***\n")
