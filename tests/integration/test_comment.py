"""`steelyard comment`: somebody else's Markdown with its pictures, in every place, watched, and in place of CML's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes.github import FakeGitHub, PullRequest
from tests.integration.world import FULL, World, git

EVERYTHING = {**FULL, "checks": "write", "issues": "write"}


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, github: FakeGitHub) -> World:
    """A repository with a report and a picture, and a branch."""
    world = World(tmp_path, github, files={"report.md": "# One\n\n![plot](plots/a%20b.png)\n[code](train.py)\n"})
    (world.author / "plots").mkdir()
    Image.new("RGB", (40, 30), "red").save(world.author / "plots" / "a b.png")
    world.commit("main", {"train.py": "\n"})
    world.commit("change", {"code.py": "\n"}, new=True)
    return world


@pytest.fixture
def pull(world: World) -> PullRequest:
    """The pull request."""
    return world.open_pull("change")


@pytest.fixture
def token(world: World, github: FakeGitHub) -> str:
    """A token that may do all of it."""
    return github.issue_token(world.repository, permissions=EVERYTHING)


def test_pictures__served_from_the_repository(world: World, pull: PullRequest, token: str) -> None:
    """The picture is shown from the images branch, the link stays as it is, and so does every other byte."""
    done = world.pull_job(pull, token=token, command="comment", arguments=("report.md",))

    assert done.code == 0, done.stderr
    (body,) = world.repository.comments(pull.number)
    start = f"# One\n\n![plot]({world.repository_url}/blob/steelyard-images/pr-{pull.number}/comment/"
    assert body.startswith(start)
    assert "?raw=true)\n[code](train.py)\n\n<!-- steelyard" in body
    assert "steelyard-images" in git("branch", "--list", cwd=world.remote)


def test_pictures__not_served(world: World, pull: PullRequest, token: str) -> None:
    """Where that is asked for the text is posted as it is, and nothing is written to the repository."""
    done = world.pull_job(pull, token=token, command="comment", arguments=("report.md", "--no-pictures"))

    assert done.code == 0
    (body,) = world.repository.comments(pull.number)
    assert body.startswith("# One\n\n![plot](plots/a%20b.png)\n[code](train.py)")
    assert "steelyard-images" not in git("branch", "--list", cwd=world.remote)


def test_targets__places(world: World, pull: PullRequest, token: str) -> None:
    """An issue, a commit, a check run, the summary: what `cml comment` and `cml check` could."""
    issue = world.repository.create_issue()

    jobs = {
        target: world.pull_job(pull, token=token, command="comment", arguments=("report.md", "--target", target, *more))
        for target, more in {
            f"issue/{issue.number}": (),
            f"commit/{pull.head_sha}": (),
            "check": ("--conclusion", "failure", "--title", "Tests"),
            "summary": (),
            "none": (),
        }.items()
    }

    assert {target: done.code for target, done in jobs.items()} == dict.fromkeys(jobs, 0), jobs["check"].stderr
    assert len(world.repository.comments(issue.number)) == 1
    assert [one.sha for one in world.repository.commit_comments] == [pull.head_sha]
    (run,) = world.repository.check_runs
    assert (run.name, run.conclusion, run.title) == ("steelyard/comment", "failure", "Tests")
    assert jobs["summary"].summary.startswith("# One")
    assert jobs["none"].stdout == ""
    assert world.repository.comments(pull.number) == []


def test_auto__commit_without_a_pull_request(world: World, token: str) -> None:
    """A push to a branch that nobody has opened a pull request for is commented on at its commit, as CML did."""
    sha = git("rev-parse", "change", cwd=world.author)
    world.repository.add_commit(sha)

    done = world.push_job("change", token=token, command="comment", arguments=("report.md",))

    assert done.code == 0, done.stderr
    assert [one.sha for one in world.repository.commit_comments] == [sha]


def test_new__adds_one(world: World, pull: PullRequest, token: str) -> None:
    """`--new` adds a comment each time; without it there is one."""
    for arguments in (("--new",), ("--new",), (), ()):
        assert world.pull_job(pull, token=token, command="comment", arguments=("report.md", *arguments)).code == 0

    assert len(world.repository.comments(pull.number)) == 3


def test_watermark_title__takes_over(world: World, pull: PullRequest, github: FakeGitHub, token: str) -> None:
    """CML's comment with the same label becomes ours; another label's stays; two labels do not meet."""
    bot = github.account(token)
    for label in ("gpu model", "cpu"):
        mark = f'![](https://cml.dev/watermark.png#{pull.head_sha} "CML watermark {label}")'
        world.repository.add_comment(pull.number, f"# By hand\n\n{mark}", user=bot)
    world.variables["GITHUB_WORKFLOW"] = "model"

    for _ in range(2):
        done = world.pull_job(
            pull, token=token, command="comment", arguments=("report.md", "--watermark-title", "gpu {workflow}")
        )
        assert done.code == 0, done.stderr

    assert [body.splitlines()[0] for body in world.repository.comments(pull.number)] == ["# One", "# By hand"]


def test_too_long__cut_between_blocks(world: World, pull: PullRequest, token: str) -> None:
    """Five megabytes end after a whole table row's block, with a note; the summary has as much as it takes."""
    long = "# Long\n\n" + "".join(f"## Part {i}\n\n{'text ' * 100}\n\n" for i in range(10_000))
    world.commit("change", {"long.md": long})
    pull.push(git("rev-parse", "change", cwd=world.author))

    done = world.pull_job(pull, token=token, command="comment", arguments=("long.md",))

    assert done.code == 0, done.stderr
    (body,) = world.repository.comments(pull.number)
    assert len(body) <= 65_536
    assert "> The text goes on: of 5," in body
    assert "characters" in done.stderr
    assert 500_000 < len(done.summary.encode()) <= 1_048_576


def test_refused__in_the_summary(world: World, pull: PullRequest, github: FakeGitHub) -> None:
    """What may not be posted is on the job's page, and the error names the line that is missing in the workflow."""
    reader = github.issue_token(world.repository, permissions={"contents": "read", "pull-requests": "read"})

    for token in (reader, ""):
        done = world.pull_job(pull, token=token, command="comment", arguments=("report.md",))

        assert done.code == 4
        assert ("pull-requests: write" if token else "GITHUB_TOKEN") in done.stderr
        assert done.summary.startswith("# One")
    assert world.repository.comments(pull.number) == []


def test_refused__too_long_is_in_the_summary_once(world: World, pull: PullRequest, github: FakeGitHub) -> None:
    """A text of which a comment would have had a part only, and that is refused, does not stand there twice."""
    world.commit("change", {"long.md": "# Long\n\n" + "text text text\n\n" * 5_000})
    pull.push(git("rev-parse", "change", cwd=world.author))
    reader = github.issue_token(world.repository, permissions={"contents": "read", "pull-requests": "read"})

    done = world.pull_job(pull, token=reader, command="comment", arguments=("long.md",))

    assert done.code == 4
    assert "characters" in done.stderr
    assert done.summary.count("# Long") == 1


@pytest.mark.parametrize("target", ["auto", "check"])
def test_fork__in_the_summary(world: World, github: FakeGitHub, target: str) -> None:
    """A fork's job, which nobody could give more than a token that reads, ends well; its summary has the text."""
    done = world.fork_job("change", github, command="comment", arguments=("report.md", "--target", target))

    assert done.code == 0, done.stderr
    assert "warning: this change comes from a fork" in done.stderr
    assert done.summary.startswith("# One")


def test_merge_group__on_the_queues_commit(world: World, pull: PullRequest, token: str) -> None:
    """A merge queue's commit belongs to no pull request alone: it is commented on itself, as CML did."""
    sha, ref = world.merge(pull), "refs/heads/gh-readonly-queue/main/pr-1"
    world.repository.add_commit(sha)
    payload = {"merge_group": {"head_ref": ref, "base_ref": "refs/heads/main", "head_sha": sha}}

    done = world.event_job(
        "merge_group", sha, payload, token=token, ref=ref, command="comment", arguments=("report.md",)
    )

    assert done.code == 0, done.stderr
    assert [one.sha for one in world.repository.commit_comments] == [sha]
    assert world.repository.comments(pull.number) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report.md", "--id", "a", "--watermark-title", "b"), "both name the comment"),
        (("-", "--watch"), "standard input cannot be watched"),
        (("report.md", "--target", "thread"), "only GitLab"),
    ],
)
def test_usage__refused(world: World, pull: PullRequest, token: str, arguments: tuple[str, ...], said: str) -> None:
    """What contradicts itself, and what this forge does not have, is a usage error in two lines."""
    done = world.pull_job(pull, token=token, command="comment", arguments=arguments)

    assert done.code == 2
    assert said in done.stderr
    assert "hint:" in done.stderr
    assert world.repository.comments(pull.number) == []


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch__posts_at_once_and_at_the_end(
    world: World, pull: PullRequest, token: str, number: signal.Signals
) -> None:
    """The comment is there before the file changes, and what the file held last is there after a signal."""
    workspace, env = world.prepare(pull, token=token)
    command = [sys.executable, "-m", "steelyard", "comment", "report.md", "--watch"]
    with subprocess.Popen(
        command, cwd=workspace, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as watching:
        try:
            until(lambda: bool(world.repository.comments(pull.number)))
            assert world.repository.comments(pull.number)[0].startswith("# One")
            (workspace / "report.md").write_text("# Two\n")
            os.kill(watching.pid, number)
            said, _ = watching.communicate(timeout=60)
        finally:
            watching.kill()  # one that was started with the signal ignored would watch for ever

    assert watching.returncode == 128 + number, said
    (body,) = world.repository.comments(pull.number)
    assert body.startswith("# Two")


@pytest.mark.parametrize("target", ["auto", "issue", "commit"])
def test_pictures__in_every_place(world: World, pull: PullRequest, token: str, target: str) -> None:
    """Pictures are served wherever the comment is."""
    where = f"issue/{world.repository.create_issue().number}" if target == "issue" else target

    done = world.pull_job(pull, token=token, command="comment", arguments=("report.md", "--target", where))

    assert done.code == 0, done.stderr
    bodies = [one.body for one in world.repository.comment_list] + [
        one.body for one in world.repository.commit_comments
    ]
    assert [f"![plot]({world.repository_url}/blob/steelyard-images/" in body for body in bodies] == [True]


def test_publish__prints_addresses(world: World, pull: PullRequest, token: str) -> None:
    """Each picture's address, or Markdown with a title; earlier ones stay."""
    plain = world.pull_job(pull, token=token, command="publish", arguments=("plots/a b.png",))
    shown = world.pull_job(
        pull, token=token, command="publish", arguments=("plots/a b.png", "--md", "--title", "x](y) @octo")
    )

    assert plain.code == shown.code == 0, shown.stderr
    start = f"{world.repository_url}/blob/steelyard-images/pr-{pull.number}/asset-"
    assert plain.stdout.startswith(start)
    assert f"](<{plain.stdout.strip()}>)" in shown.stdout
    assert "x](y)" not in shown.stdout
    assert plain.stdout.strip().removeprefix(start)[:32] in git(
        "ls-tree", "-r", "--name-only", "steelyard-images", cwd=world.remote
    )


@pytest.mark.parametrize(
    ("file", "code", "said"),
    [("train.py", 4, "not served"), ("nothing.png", 3, "cannot read"), ("/etc/hostname", 3, "outside the workspace")],
)
def test_publish__refused(world: World, pull: PullRequest, token: str, file: str, code: int, said: str) -> None:
    """What is no picture of the workspace is not served, and the error says so."""
    done = world.pull_job(pull, token=token, command="publish", arguments=(file,))

    assert done.code == code
    assert said in done.stderr
    assert done.stdout == ""
