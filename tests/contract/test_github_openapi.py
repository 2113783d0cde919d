"""The fake GitHub's requests and answers, against GitHub's own description of its API."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest
from github import Github, GithubException

from tests.contract.github_description import Description
from tests.contract.github_description import github as description
from tests.contract.pygithub import connect
from tests.fakes.github import Exchange, FakeGitHub, Repository
from tests.fakes.github.routes import ROUTES, find_route

pytestmark = pytest.mark.contract

HEAD = "1" * 40
EVERYTHING = dict.fromkeys(("checks", "contents", "issues", "pull-requests", "statuses"), "write")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A fake whose every exchange is checked; a deviation fails the test when the fake ends."""
    with FakeGitHub() as fake:
        fake.on_exchange(description().check)
        yield fake


@pytest.fixture
def repo(github: FakeGitHub) -> Repository:
    """A private repository with one pull request."""
    repo = github.create_repository("octo/digits", private=True)
    repo.create_pull(head_sha=HEAD, head_ref="better", merge_commit_sha="2" * 40)
    return repo


def test_routes__are_github_operations() -> None:
    """Every endpoint that the fake serves is GitHub's, and refusals name the page that GitHub names."""
    described = {(route.method, route.template): f"https://docs.github.com/rest/{route.docs}" for route in ROUTES}

    assert set(described) <= description().operations()
    for (method, template), page in described.items():
        assert page == description().documentation(method, template)


def test_every_route__answers_as_described(github: FakeGitHub, repo: Repository) -> None:
    """One successful call of each endpoint conforms, request and answer."""
    with connect(github.api_url, github.issue_token(repo, permissions=EVERYTHING)) as client:
        _read(client)
        _talk(client)
        _mark(client)
    with connect(github.api_url, github.issue_user_token("octo")) as client:
        assert client.get_user().name is None
        _edit_commit_comment(client)

    answered = {(seen.method, _template(seen)) for seen in github.log if 200 <= seen.status < 300}
    assert {(route.method, route.template) for route in ROUTES} <= answered


def _template(exchange: Exchange) -> str:
    found = find_route(exchange.method, exchange.path)
    return found[0].template if found else exchange.path


def _read(client: Github) -> None:
    repo = client.get_repo("octo/digits")
    assert repo.private
    assert [pull.number for pull in repo.get_pulls(state="open", head="octo:better")] == [1]
    assert repo.get_pull(1).mergeable
    assert repo.get_issue(1).title == "A change"
    assert repo.get_commit(HEAD).commit.message == "A commit"
    assert [pull.number for pull in repo.get_commit(HEAD).get_pulls()] == [1]


def _talk(client: Github) -> None:
    repo = client.get_repo("octo/digits")
    said = repo.get_pull(1).create_issue_comment("first")
    said.edit("second")
    assert [said.id] == [comment.id for comment in repo.get_pull(1).get_issue_comments()]
    assert repo.get_pull(1).get_issue_comment(said.id).body == "second"
    said.delete()
    commit = repo.get_commit(HEAD)
    on_commit = commit.create_comment("well")
    assert [on_commit.id] == [comment.id for comment in commit.get_comments()]
    assert repo.get_comment(on_commit.id).body == "well"


def _edit_commit_comment(client: Github) -> None:
    repo = client.get_repo("octo/digits")
    on_commit = repo.get_commit(HEAD).create_comment("well")
    on_commit.edit("well, well")
    on_commit.delete()


def _mark(client: Github) -> None:
    repo = client.get_repo("octo/digits")
    commit = repo.get_commit(HEAD)
    commit.create_status("pending", target_url="https://example.org/run", description="training", context="model")
    # PyGithub's get_statuses() asks a path that is not described any more.
    _, statuses = client.requester.requestJsonAndCheck("GET", f"/repos/octo/digits/commits/{HEAD}/statuses")
    assert [status["state"] for status in statuses] == ["pending"]
    assert commit.get_combined_status().state == "pending"
    check = repo.create_check_run("model", HEAD, status="in_progress")
    check.edit(conclusion="success", output={"title": "better", "summary": "**better**"})
    assert repo.get_check_run(check.id).conclusion == "success"
    assert [check.id] == [one.id for one in commit.get_check_runs()]


@pytest.mark.parametrize(
    ("permissions", "status"), [({"pull-requests": "read"}, 403), ({"pull-requests": "write"}, 422)]
)
def test_refusal__is_described(github: FakeGitHub, repo: Repository, permissions: dict[str, str], status: int) -> None:
    """Refusals have GitHub's shape: a missing permission, a body that is too long, something that is not there."""
    with connect(github.api_url, github.issue_token(repo, permissions=permissions)) as client:
        pull = client.get_repo("octo/digits").get_pull(1)
        with pytest.raises(GithubException) as refusal:
            pull.create_issue_comment("x" * 65_537)
        with pytest.raises(GithubException, match="404"):
            client.get_repo("octo/digits").get_pull(9).complete()

    assert status == refusal.value.status


def test_check__notices_a_missing_field(github: FakeGitHub, repo: Repository) -> None:
    """The check is able to fail: an answer without a required field, a parameter of the wrong type."""
    with connect(github.api_url, github.issue_token(repo, permissions=EVERYTHING)) as client:
        client.get_repo("octo/digits").get_pull(1).create_issue_comment("x")
        list(client.get_repo("octo/digits").get_pulls())
    created = github.requests("POST", "/comments$")[0]
    listed = github.requests("GET", "/pulls$")[0]
    answer = json.loads(created.response_body)
    del answer["user"]
    wrong: Description = description()

    with pytest.raises(AssertionError, match="user"):
        wrong.check(msgspec.structs.replace(created, response_body=json.dumps(answer).encode()))
    with pytest.raises(AssertionError, match="body"):
        wrong.check(msgspec.structs.replace(created, request_body=b'{"text": "x"}'))
    with pytest.raises(AssertionError, match="half-open"):
        wrong.check(msgspec.structs.replace(listed, query={"state": "half-open"}))
