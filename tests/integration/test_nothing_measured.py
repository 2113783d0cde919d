"""Jobs that end before anything is measured: annotation, summary and one comment say why, and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub
from tests.integration.world import FULL, Finished, World, git

ROWS = "id,label,prediction\n" + "".join(f"{row},{row % 2},{row % 3 % 2}\n" for row in range(60))
UNKNOWN = "colour = 1\n"


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, github: FakeGitHub) -> World:
    """A project whose predictions are in the repository: jobs need no training."""
    return World(tmp_path, github, files={"predictions.csv": ROWS, ".gitignore": ".steelyard/\n"})


@pytest.fixture
def token(world: World, github: FakeGitHub) -> str:
    """A token that may do what the README's first workflow asks for."""
    return github.issue_token(world.repository, permissions=FULL)


def on_the_page(job: Finished) -> list[str]:
    """What the run's page shows."""
    return [line for line in job.stderr.splitlines() if line.startswith("::error ")]


def assert_said(job: Finished, bodies: list[str], *, why: str) -> None:
    """The same reason is on the run's page, in the job's summary and in the only comment."""
    (body,) = bodies
    (annotation,) = on_the_page(job)
    assert why in annotation
    assert why in job.summary
    assert why in body
    assert "Traceback" not in job.stderr


@pytest.mark.parametrize(
    ("text", "arguments", "why", "report"),
    [
        (UNKNOWN, (), "unknown key", "default"),
        ("id = ", (), "not valid TOML", "default"),
        (f'id = "model"\n{UNKNOWN}', (), "unknown key", "model"),
        (f'id = "model"\n{UNKNOWN}', ("--id", "given"), "unknown key", "given"),
        ("", ("--id", "not an id"), "of letters, digits", "default"),
        ('baseline = "rerun"\n', (), "needs a training command", "default"),
        ("", ("--baseline", "rerun"), "there is no training command", "default"),
    ],
)
def test_ci__configuration_is_wrong(
    world: World, token: str, text: str, arguments: tuple[str, ...], why: str, report: str
) -> None:
    """A broken configuration costs the numbers, not the answer; the comment is the one that the mended run edits."""
    world.commit("broken", {"steelyard.toml": text}, new=True)
    pull = world.open_pull("broken")
    job = world.pull_job(pull, token=token, arguments=arguments)

    assert job.code == 2, job.stderr
    assert [line.split(":")[0] for line in job.stderr.splitlines()[-2:]] == ["error", "hint"]
    assert_said(job, world.repository.comments(pull.number), why=why)
    (body,) = world.repository.comments(pull.number)
    assert "Nothing was measured" in body
    assert f"<!-- steelyard id={report} head={pull.head_sha}" in body


@pytest.mark.parametrize(
    ("text", "arguments", "code", "why"),
    [
        ('baseline = "v99"\n', (), 2, "there is no revision 'v99'"),
        ("", ("--baseline", "v99"), 2, "there is no revision 'v99'"),
        ("", ("--baseline", "missing.csv"), 2, "there is no such file"),
        ("", ("--baseline", "old.csv"), 3, "no column for the label"),
    ],
)
def test_ci__baseline_that_is_not_there(
    world: World, token: str, text: str, arguments: tuple[str, ...], code: int, why: str
) -> None:
    """A baseline that was named and cannot be had costs the comparison, not the report of this side."""
    world.commit("named", {"steelyard.toml": text, "old.csv": "a,b\n1,2\n"}, new=True)
    pull = world.open_pull("named")
    job = world.pull_job(pull, token=token, arguments=arguments)

    assert job.code == code, job.stderr
    assert_said(job, world.repository.comments(pull.number), why=why)
    (body,) = world.repository.comments(pull.number)
    assert "First report · accuracy 0.50" in body


def test_ci__configuration_is_mended(world: World, token: str) -> None:
    """The comment that said why nothing was measured becomes the report."""
    world.commit("broken", {"steelyard.toml": f'id = "model"\n{UNKNOWN}'}, new=True)
    pull = world.open_pull("broken")
    world.pull_job(pull, token=token)
    pull.push(world.commit("broken", {"steelyard.toml": 'id = "model"\n'}))
    job = world.pull_job(pull, token=token)

    assert job.code == 0, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert "First report" in body


@pytest.mark.parametrize("arguments", [(), ("--prepare", "exit 3"), ("--run", "exit 3")])
def test_ci__nothing_is_stored(world: World, token: str, arguments: tuple[str, ...]) -> None:
    """A run of main that measured nothing leaves no baseline, which would hide the one before it."""
    if not arguments:
        world.commit("main", {"steelyard.toml": UNKNOWN})
    job = world.push_job("main", token=token, arguments=arguments)

    assert job.code == (5 if arguments else 2), job.stderr
    assert "steelyard-data" not in git("branch", "--list", "--format=%(refname:short)", cwd=world.remote)


def test_ci__configuration_is_wrong_and_the_forge_refuses(world: World, github: FakeGitHub, token: str) -> None:
    """The first thing that went wrong decides the exit code; the other is in the log."""
    world.commit("broken", {"steelyard.toml": UNKNOWN}, new=True)
    pull = world.open_pull("broken")
    github.fail_next("POST", "/comments$", 403)
    job = world.pull_job(pull, token=token)

    assert job.code == 2, job.stderr
    assert world.repository.comments(pull.number) == []
    assert "unknown key" in job.summary
    assert "error: " in job.stderr.partition("::error ")[0]


def test_ci__prepares_before_it_trains(world: World, token: str) -> None:
    """What prepares runs first, as training does; where it succeeds the report is about the training alone."""
    world.commit("change", {"notes.txt": ""}, new=True)
    pull = world.open_pull("change")
    train = 'test -e prepared && test -z "$GITHUB_TOKEN" && echo trained'
    prepare = 'test -z "$GITHUB_TOKEN" && touch prepared'
    job = world.pull_job(pull, token=token, arguments=("--prepare", prepare, "--run", train))

    assert job.code == 0, job.stderr
    (body,) = world.repository.comments(pull.number)
    assert "trained" in body
    assert "touch prepared" not in body


def test_ci__cannot_prepare(world: World, token: str) -> None:
    """Where what prepares fails nothing is trained, and the comment has its last words, as of a failed training."""
    world.commit("change", {"notes.txt": ""}, new=True)
    pull = world.open_pull("change")
    prepare = "printf 'no %s here' room; exit 3"
    job = world.pull_job(pull, token=token, arguments=("--prepare", prepare, "--run", "touch trained"))

    assert job.code == 5, job.stderr
    assert_said(job, world.repository.comments(pull.number), why="exit code 3")
    (body,) = world.repository.comments(pull.number)
    assert "no room here" in body
    assert "no room here" in job.summary
    assert not (job.workspace / "trained").exists()


def test_action__requirements_cannot_be_installed(world: World, token: str) -> None:
    """The comment has the command and the end of what uv said, without secrets."""
    requirements = f"./no-such-{token}.whl\n"
    world.commit("change", {"sub dir/requirements.txt": requirements}, new=True)
    pull = world.open_pull("change")
    job = world.action_job(pull, token=token, run="touch trained", requirements="sub dir/requirements.txt", id="model")

    assert job.code == 5, job.stderr
    assert_said(job, world.repository.comments(pull.number), why="uv pip install")
    (body,) = world.repository.comments(pull.number)
    assert "Training failed" in body
    assert "no-such-***.whl" in body
    assert "id=model" in body
    assert token not in job.summary + body
    assert not (job.workspace / "trained").exists()
