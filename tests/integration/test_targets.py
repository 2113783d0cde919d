"""Where `steelyard ci` leaves its report, by `--target` and `--comment`, and what it does under each event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub, PullRequest
from tests.integration.world import FULL, World, git

EVERYTHING = {**FULL, "checks": "write", "issues": "write"}
GATE = '[[gates]]\nmetric = "accuracy"\nfail_if = "worse"\n'


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


def predictions(wrong: int, rows: int = 300) -> str:
    """A test set on which the first rows are wrong."""
    return "id,label,prediction\n" + "".join(f"{i},{i % 2},{(i % 2) ^ (i < wrong)}\n" for i in range(rows))


@pytest.fixture
def world(tmp_path: Path, github: FakeGitHub) -> World:
    """A project whose main is stored, and which has an open pull request that is worse."""
    world = World(tmp_path, github, files={"predictions.csv": predictions(20), "steelyard.toml": GATE})
    world.push_job("main", token=github.issue_token(world.repository, permissions=EVERYTHING))
    world.commit("change", {"predictions.csv": predictions(60)}, new=True)
    return world


@pytest.fixture
def pull(world: World) -> PullRequest:
    """The pull request."""
    return world.open_pull("change")


@pytest.fixture
def token(world: World, github: FakeGitHub) -> str:
    """A token that may do all of it."""
    return github.issue_token(world.repository, permissions=EVERYTHING)


def test_auto__comment_and_status(world: World, pull: PullRequest, token: str) -> None:
    """By default the change has one comment, and its head a status that says how the gates ended."""
    done = world.pull_job(pull, token=token)

    assert done.code == 10
    (body,) = world.repository.comments(pull.number)
    assert "Worse" in body.partition("\n")[0]
    (status,) = world.repository.statuses
    assert (status.sha, status.context, status.state) == (pull.head_sha, "steelyard/default", "failure")
    assert (status.description or "").startswith("Worse · accuracy 0.93")


def test_auto__without_statuses(world: World, pull: PullRequest, github: FakeGitHub) -> None:
    """A token that may not set statuses costs the status only; the log names the line."""
    token = github.issue_token(world.repository, permissions={**FULL, "statuses": "none"})

    done = world.pull_job(pull, token=token)

    assert done.code == 10
    assert len(world.repository.comments(pull.number)) == 1
    assert "statuses: write" in done.stderr


def test_check__instead_of_a_comment(world: World, pull: PullRequest, token: str) -> None:
    """A check run carries the report on the head, with the broken rule beside its line; there is no comment."""
    done = world.pull_job(pull, token=token, arguments=("--target", "check"))

    assert done.code == 10, done.stderr
    assert world.repository.comments(pull.number) == []
    (run,) = world.repository.check_runs
    assert (run.sha, run.name, run.conclusion) == (pull.head_sha, "steelyard/default", "failure")
    assert "accuracy" in (run.summary or "")
    assert "/runs/" in done.outputs


@pytest.mark.parametrize("target", ["auto", "check"])
def test_fork__ends_as_its_gates_do(world: World, github: FakeGitHub, target: str) -> None:
    """A fork's token cannot leave a comment or a check run: a warning says so, and the report is in the summary."""
    done = world.fork_job("change", github, arguments=("--target", target))

    assert done.code == 10, done.stderr
    assert "warning: this change comes from a fork" in done.stderr
    assert "accuracy" in done.summary
    assert world.repository.check_runs == []


@pytest.mark.parametrize("target", ["issue", "commit", "pr"])
def test_named__that_place_only(world: World, pull: PullRequest, token: str, target: str) -> None:
    """The report is where whoever started the job wants it, and nowhere else."""
    issue = world.repository.create_issue()
    where = {"issue": f"issue/{issue.number}", "commit": "commit", "pr": f"pr/{pull.number}"}[target]

    done = world.push_job("change", token=token, arguments=("--target", where))

    assert done.code == 10, done.stderr
    said = {
        "issue": world.repository.comments(issue.number),
        "commit": [one.body for one in world.repository.commit_comments if one.sha == pull.head_sha],
        "pr": world.repository.comments(pull.number),
    }
    assert {place: len(bodies) for place, bodies in said.items()} == {place: int(place == target) for place in said}


@pytest.mark.parametrize("target", ["none", "summary"])
def test_not_posted__asks_nothing(world: World, pull: PullRequest, github: FakeGitHub, token: str, target: str) -> None:
    """The job's own pages are written, and the forge is asked nothing at all."""
    github.log.clear()

    done = world.pull_job(pull, token=token, arguments=("--target", target))

    assert done.code == 10
    assert github.log == []
    assert "accuracy" in done.summary


def test_pr__that_is_none(world: World, token: str) -> None:
    """A change that is demanded and is not there is an error, once everything else is done."""
    world.commit("other", {"predictions.csv": predictions(20)}, new=True)

    done = world.push_job("other", token=token, arguments=("--target", "pr"))

    assert done.code == 2
    assert "error: --target: no open pull request has" in done.stderr
    assert "accuracy" in done.summary


@pytest.mark.parametrize("target", ["thread", "elsewhere", "pr/x"])
def test_target__that_cannot_be(world: World, pull: PullRequest, token: str, target: str) -> None:
    """A target of another forge, and one that is none, are usage errors."""
    done = world.pull_job(pull, token=token, arguments=("--target", target))

    assert done.code == 10 if target == "thread" else 2
    assert "--target" in done.stderr
    assert world.repository.comments(pull.number) == []


# ---------------------------------------------------------------------------------------------------------------- modes


def test_comment__modes(world: World, pull: PullRequest, token: str) -> None:
    """Quiet modes begin no comment for what they do not name, and keep one up to date that is there."""
    pull.push(world.commit("change", {"predictions.csv": predictions(20)}))
    quiet = world.pull_job(pull, token=token, arguments=("--comment", "regressions"))
    assert quiet.code == 0, quiet.stderr
    assert world.repository.comments(pull.number) == []
    assert world.repository.statuses[-1].state == "success"
    pull.push(world.commit("change", {"predictions.csv": predictions(60)}))

    assert world.pull_job(pull, token=token, arguments=("--comment", "regressions")).code == 10
    pull.push(world.commit("change", {"predictions.csv": predictions(19)}))
    world.pull_job(pull, token=token, arguments=("--comment", "changes"))

    (body,) = world.repository.comments(pull.number)
    assert "Cannot tell" in body.partition("\n")[0]
    assert world.pull_job(pull, token=token, arguments=("--comment", "off"), run=1).code == 0
    assert world.repository.comments(pull.number) == [body]


def test_history__of_the_change(world: World, pull: PullRequest, token: str) -> None:
    """The comment shows what was said of earlier commits, as many as are asked for."""
    first = pull.head_sha
    world.pull_job(pull, token=token)
    pull.push(world.commit("change", {"predictions.csv": predictions(10)}))
    world.pull_job(pull, token=token)
    pull.push(world.commit("change", {"predictions.csv": predictions(2)}))
    world.pull_job(pull, token=token, arguments=("--history", "1"))

    (body,) = world.repository.comments(pull.number)
    assert "1 earlier commit: better" in body
    world.pull_job(pull, token=token)
    (body,) = world.repository.comments(pull.number)
    assert "2 earlier commits: 1 better, 1 worse" in body
    assert f"/commit/{first[:12]}>" in body


# --------------------------------------------------------------------------------------------------------------- events


def test_merge_group__sets_the_status_it_waits_for(world: World, pull: PullRequest, token: str) -> None:
    """A merge queue waits for the status of its own commit; the pull request's comment is left alone."""
    tested = world.merge(pull)
    world.repository.add_commit(tested)
    group = {"head_sha": tested, "base_ref": "refs/heads/main", "head_ref": "refs/heads/gh-readonly-queue/main/pr-1-x"}

    done = world.event_job(
        "merge_group", tested, {"merge_group": group}, token=token, ref="refs/heads/gh-readonly-queue/main/pr-1-x"
    )

    assert done.code == 10, done.stderr
    (status,) = world.repository.statuses
    assert (status.sha, status.state) == (tested, "failure")
    assert world.repository.comments(pull.number) == []


def _commented(pull: PullRequest) -> dict[str, object]:
    return {"issue": {"number": pull.number, "pull_request": {"url": "x"}}, "comment": {"body": "/measure"}}


def test_issue_comment__reports_on_what_is_checked_out(world: World, pull: PullRequest, token: str) -> None:
    """A job that answers a comment and checks out the pull request's merge reports on its head."""
    main = git("rev-parse", "main", cwd=world.author)
    merge = world.merge(pull)

    done = world.event_job("issue_comment", merge, _commented(pull), token=token, tested=main)

    assert done.code == 10, done.stderr
    (body,) = world.repository.comments(pull.number)
    assert f"head={pull.head_sha}" in body
    assert "as it was merged with this change" in body or "vs main" in body


def test_issue_comment__on_main_itself(world: World, pull: PullRequest, token: str) -> None:
    """A job that has checked out main measures nothing in the change's name: the comment says what to do."""
    main = git("rev-parse", "main", cwd=world.author)

    done = world.event_job("issue_comment", main, _commented(pull), token=token)

    assert done.code == 2
    assert "error: what is checked out is main itself" in done.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Nothing was measured" in body


def test_pull_request_target__on_main_itself(world: World, pull: PullRequest, token: str) -> None:
    """So does one for `pull_request_target`, whose checkout is the target's by default."""
    main = git("rev-parse", "main", cwd=world.author)
    head = {"sha": pull.head_sha, "ref": "change", "repo": {"full_name": "octo/digits"}}
    payload = {"pull_request": {"number": pull.number, "head": head, "base": {"ref": "main"}}}

    done = world.event_job("pull_request_target", main, payload, token=token)

    assert done.code == 2
    assert "refs/pull/${{ github.event.number }}/merge" in done.stderr
    right = world.event_job("pull_request_target", pull.head_sha, payload, token=token, tested=main)
    assert right.code == 10, right.stderr


def test_workflow_dispatch__on_a_branch(world: World, pull: PullRequest, token: str) -> None:
    """A run that was started by hand on a branch comments on that branch's pull request."""
    done = world.event_job("workflow_dispatch", pull.head_sha, {}, token=token, ref="refs/heads/change")

    assert done.code == 10, done.stderr
    assert len(world.repository.comments(pull.number)) == 1


def test_schedule__makes_a_baseline(world: World, token: str) -> None:
    """A scheduled run of main comments nowhere and stores main's evaluation."""
    main = git("rev-parse", "main", cwd=world.author)

    # GitHub's event of a schedule says nothing of the repository.
    done = world.event_job("schedule", main, {"schedule": "30 5 * * 1", "repository": None}, token=token)

    assert done.code == 0, done.stderr
    assert "stored the evaluation" in done.stderr
