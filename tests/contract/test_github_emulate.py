"""The independent GitHub emulator through PyGithub: what it can be used for, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from github import Github, GithubException
from github.Commit import Commit

from tests.contract.pygithub import connect
from tests.fakes.emulate import Emulator, emulate

pytestmark = pytest.mark.contract

WRITE = {"contents": "read", "pull_requests": "write"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One emulator for the module; every test opens its own pull request."""
    with emulate() as running:
        yield running


def test_comment__life(emulator: Emulator) -> None:
    """An app's token creates, lists, edits and deletes a comment of its own."""
    number = emulator.create_pull("life")
    with connect(emulator.api_url, emulator.installation_token(WRITE)) as client:
        pull = client.get_repo(emulator.full_name).get_pull(number)
        comment = pull.create_issue_comment("first")
        comment.edit("second")
        listed = [(said.id, said.body, said.user.login, said.user.type) for said in pull.get_issue_comments()]
        comment.delete()

        assert listed == [(comment.id, "second", "steelyard-test[bot]", "Bot")]
        assert list(pull.get_issue_comments()) == []


def test_comments__pages(emulator: Emulator) -> None:
    """More comments than a page holds are listed in full, oldest first."""
    number = emulator.create_pull("pages")
    with connect(emulator.api_url, emulator.owner_token) as client:
        pull = client.get_repo(emulator.full_name).get_pull(number)
        bodies = [str(index) for index in range(35)]
        for body in bodies:
            pull.create_issue_comment(body)

        assert [said.body for said in pull.get_issue_comments()] == bodies


def test_pulls__by_head(emulator: Emulator) -> None:
    """The pull request of a branch is found, with the branch's own commit as its head."""
    number = emulator.create_pull("head")
    with connect(emulator.api_url, emulator.installation_token(WRITE)) as client:
        repo = client.get_repo(emulator.full_name)
        (pull,) = repo.get_pulls(state="open", head="octo:head")

        assert pull.number == number
        assert pull.head.sha != pull.base.sha


def test_permissions__are_enforced_without_saying_which(emulator: Emulator) -> None:
    """A token that may only read cannot comment; unlike GitHub's, the refusal does not name what is missing."""
    number = emulator.create_pull("permissions")
    with connect(emulator.api_url, emulator.installation_token({"pull_requests": "read"})) as client:
        pull = client.get_repo(emulator.full_name).get_pull(number)
        with pytest.raises(GithubException) as caught:
            pull.create_issue_comment("x")

    assert (caught.value.status, caught.value.data["message"]) == (403, "Forbidden")
    assert "x-accepted-github-permissions" not in (caught.value.headers or {})


def test_absent__what_the_fake_is_for(emulator: Emulator) -> None:
    """GraphQL, the pull requests of a commit and statuses are not there; when they come, this test says so."""
    number = emulator.create_pull("absent")
    with connect(emulator.api_url, emulator.owner_token) as client:
        repo = client.get_repo(emulator.full_name)
        commit = repo.get_commit(repo.get_pull(number).head.sha)
        for ask in (_viewer, _pulls, _status):
            with pytest.raises(GithubException) as caught:
                ask(client, commit)
            assert caught.value.status == 404


def _viewer(client: Github, _: Commit) -> None:
    client.requester.graphql_query("query { viewer { login } }", {})


def _pulls(_: Github, commit: Commit) -> None:
    list(commit.get_pulls())


def _status(_: Github, commit: Commit) -> None:
    commit.create_status("success")


def test_different__what_github_refuses(emulator: Emulator) -> None:
    """It takes strangers for the first user, answers an app's `GET /user`, and posts a comment of any length."""
    number = emulator.create_pull("different")
    for token in ("ghp_" + "x" * 36, emulator.installation_token({"issues": "write", "pull_requests": "read"})):
        with connect(emulator.api_url, token) as client:
            client.get_repo(emulator.full_name).get_pull(number).create_issue_comment("x" * 65_537)

            assert client.get_user().login == "octo"
