"""The whole way: real training, a real remote, real HTTP; main stores, pull requests get one comment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub
from tests.integration.world import EXAMPLE, FULL, World, git

TRAIN = ("--run", "python train.py")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, github: FakeGitHub) -> World:
    """The digits example on main, in a path with spaces; nothing has run yet."""
    directory = tmp_path / "a path with spaces"
    directory.mkdir()
    return World.digits(directory, github)


@pytest.fixture
def token(world: World, github: FakeGitHub) -> str:
    """A workflow token with the permissions of the README's first workflow."""
    return github.issue_token(world.repository, permissions=FULL)


def params(**changes: object) -> str:
    """The example's params.toml with some values changed."""
    text = (EXAMPLE / "params.toml").read_text(encoding="utf-8")
    for name, value in changes.items():
        lines = [f"{name} = {value}" if line.startswith(f"{name} = ") else line for line in text.splitlines()]
        text = "\n".join(lines) + "\n"
    return text


def test_ci__better_then_worse(world: World, github: FakeGitHub, token: str) -> None:
    """Main stores its evaluation; a pull request gets one comment, which the next push edits."""
    stored = world.push_job("main", token=token, arguments=TRAIN)
    assert stored.code == 0, stored.stderr
    assert "steelyard-data" in git("branch", "--list", "--format=%(refname:short)", cwd=world.remote)
    world.forget_jobs()

    world.apply("better", "better")
    pull = world.open_pull("better")
    first = world.pull_job(pull, token=token, arguments=TRAIN)

    assert first.code == 0, first.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Better · accuracy 0.947 → 0.967" in body
    assert "22 fixed, 2 broken" in body
    assert "steelyard-images" in git("branch", "--list", "--format=%(refname:short)", cwd=world.remote)

    pull.push(world.commit("better", {"params.toml": params(c=0.1)}))
    second = world.pull_job(pull, token=token, arguments=TRAIN)

    assert second.code == 10, second.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Worse · accuracy 0.947 → 0.915" in body
    assert "Worse" in second.summary
    assert not github.requests("GET", r"/user$")


def test_ci__nothing_detectable_among_150_comments(world: World, token: str) -> None:
    """A change that this test set cannot tell from main is called that; the comment is found beyond the first page."""
    world.push_job("main", token=token, arguments=TRAIN)
    world.apply("neutral", "neutral")
    pull = world.open_pull("neutral")
    for number in range(75):
        world.repository.add_comment(pull.number, f"comment {number}")
    world.pull_job(pull, token=token, arguments=TRAIN)
    for number in range(75):
        world.repository.add_comment(pull.number, f"comment {75 + number}")
    again = world.pull_job(pull, token=token, arguments=TRAIN)

    assert again.code == 0, again.stderr
    bodies = world.repository.comments(pull.number)
    assert len(bodies) == 151
    (ours,) = [body for body in bodies if "steelyard" in body]
    assert "Cannot tell · accuracy 0.9470 → 0.9490" in ours
    assert "inconclusive" in ours


def test_ci__no_baseline_yet(world: World, token: str) -> None:
    """The first pull request gets a whole report of its own values, and a line on what comes next."""
    world.apply("better", "better")
    pull = world.open_pull("better")
    job = world.pull_job(pull, token=token, arguments=TRAIN)

    assert job.code == 0, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert "0.967" in body
    assert "rerun" in body


def test_ci__rerun(world: World, token: str) -> None:
    """Without a stored baseline, `rerun` trains the base commit with the same command."""
    world.apply("better", "better")
    pull = world.open_pull("better")
    job = world.pull_job(pull, token=token, arguments=(*TRAIN, "--baseline", "rerun"))

    assert job.code == 0, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Better · accuracy 0.947 → 0.967" in body


def test_ci__main_moved_on(world: World, token: str) -> None:
    """What main gained after the fork point is not credited to a change that does nothing."""
    world.push_job("main", token=token, arguments=TRAIN)
    world.commit("idle", {"notes.txt": "nothing"}, new=True)
    pull = world.open_pull("idle")
    world.commit("main", {"params.toml": params(degree=2)})
    world.push_job("main", token=token, arguments=TRAIN)
    job = world.pull_job(pull, token=token, arguments=TRAIN)

    assert job.code == 0, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert "accuracy 0.9670 → 0.9670" in body
    assert "Better" not in body.splitlines()[0]


def test_ci__training_fails(world: World, token: str) -> None:
    """A failing training is what the comment says, with exit code and log, and the exit code is 5."""
    world.push_job("main", token=token, arguments=TRAIN)
    world.commit(
        "broken", {"train.py": "print('so far so good')\nraise SystemExit('no @data <b>here</b>')\n"}, new=True
    )
    pull = world.open_pull("broken")
    job = world.pull_job(pull, token=token, arguments=TRAIN)

    assert job.code == 5, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Training failed (exit code 1)" in body
    assert "so far so good" in body


def test_ci__nothing_to_read(world: World, token: str) -> None:
    """When earlier steps left nothing, the comment says so rather than staying silent, and the exit code is 3."""
    world.commit("empty", {"notes.txt": "nothing"}, new=True)
    pull = world.open_pull("empty")
    job = world.pull_job(pull, token=token)

    assert job.code == 3, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert "predictions.parquet" in body


def test_ci__read_only_contents(world: World, github: FakeGitHub) -> None:
    """Without a token that may comment, the summary has the report and the log the line that is missing."""
    poor = github.issue_token(world.repository, permissions={"contents": "read", "pull-requests": "read"})
    world.apply("better", "better")
    pull = world.open_pull("better")
    job = world.pull_job(pull, token=poor, arguments=TRAIN)

    assert job.code == 4
    assert "pull-requests: write" in job.stderr
    assert "0.967" in job.summary
    assert world.repository.comments(pull.number) == []


def test_ci__token_appears_nowhere(world: World, token: str) -> None:
    """Not in the log at its loudest, the summary, the outputs, the files left behind, the branches or the comment."""
    world.push_job("main", token=token, arguments=(*TRAIN, "-v"))
    world.apply("better", "better")
    pull = world.open_pull("better")
    job = world.pull_job(pull, token=token, arguments=(*TRAIN, "-v"))

    texts = [job.stdout, job.stderr, job.summary, job.outputs, *world.repository.comments(pull.number)]
    texts += [path.read_bytes().decode("latin-1") for path in job.workspace.parent.rglob("*") if path.is_file()]
    texts.append(git("log", "--all", "--patch", "--format=full", cwd=world.remote))
    assert not [text for text in texts if token in text]


def test_ci__outputs(world: World, token: str) -> None:
    """The step's outputs name the verdict, the files and the comment."""
    world.push_job("main", token=token, arguments=TRAIN)
    world.apply("better", "better")
    pull = world.open_pull("better")
    job = world.pull_job(pull, token=token, arguments=TRAIN)

    assert "better" in job.outputs
    assert f"/pull/{pull.number}#issuecomment-" in job.outputs
    comparison = json.loads((job.workspace / ".steelyard" / "report.json").read_text(encoding="utf-8"))
    assert comparison["rows"][0]["verdict"] == "better"


def test_ci__user_repository_is_untouched(world: World, token: str) -> None:
    """Configuration, index, hooks and refs of the checkout are what they were."""
    world.push_job("main", token=token, arguments=TRAIN)
    world.apply("better", "better")
    pull = world.open_pull("better")
    job = world.pull_job(pull, token=token, arguments=TRAIN)
    fresh = world.checkout(git("rev-parse", "HEAD", cwd=job.workspace))

    for name in ("config", "HEAD", "hooks"):
        here, there = job.workspace / ".git" / name, fresh / ".git" / name
        assert here.is_dir() == there.is_dir()
        assert here.is_dir() or here.read_bytes() == there.read_bytes()
    assert git("for-each-ref", cwd=job.workspace) == git("for-each-ref", cwd=fresh)
    assert git("status", "--porcelain", cwd=job.workspace) == ""
