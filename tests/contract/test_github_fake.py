"""The fake GitHub through a real client: what GitHub does beyond its description, and what tests need to do to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import requests
from github import Github, GithubException
from github.PullRequest import PullRequest as Pull

from tests.contract.pygithub import connect
from tests.fakes.github import FakeGitHub, Repository, Request

HEAD = "1" * 40
MERGE = "2" * 40
WRITE = {"contents": "read", "pull-requests": "write"}

Connect = Callable[[str], AbstractContextManager[Github]]


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A running fake."""
    with FakeGitHub() as fake:
        yield fake


@pytest.fixture
def repo(github: FakeGitHub) -> Repository:
    """A private repository whose pull request 1 is open."""
    repo = github.create_repository("octo/digits", private=True)
    repo.create_pull(head_sha=HEAD, head_ref="better", merge_commit_sha=MERGE)
    return repo


@pytest.fixture
def client(github: FakeGitHub, repo: Repository) -> Iterator[Github]:
    """What a workflow with `contents: read` and `pull-requests: write` has."""
    with connect(github.api_url, github.issue_token(repo, permissions=WRITE)) as client:
        yield client


@pytest.fixture
def pull(client: Github) -> Pull:
    """Pull request 1, for that workflow."""
    return client.get_repo("octo/digits").get_pull(1)


def refusal(call: Callable[[], object]) -> GithubException:
    """Return the error that a call must end with."""
    with pytest.raises(GithubException) as caught:
        call()
    return caught.value


# Who is asking


def test_user__is_refused_to_a_workflow(client: Github) -> None:
    """`GET /user` answers 403 to a `ghs_` token, in GitHub's words."""
    error = refusal(lambda: client.get_user().login)

    assert error.status == 403
    assert error.data == {
        "message": "Resource not accessible by integration",
        "documentation_url": "https://docs.github.com/rest/users/users#get-the-authenticated-user",
        "status": "403",
    }


def test_viewer__is_who_comments(client: Github, pull: Pull) -> None:
    """GraphQL's viewer has the login under which the same token's comments appear."""
    _, answer = client.requester.graphql_query("query { viewer { login } }", {})
    author = pull.create_issue_comment("x").user

    assert answer["data"] == {"viewer": {"login": "github-actions[bot]"}}
    assert (author.login, author.type) == ("github-actions[bot]", "Bot")


@pytest.mark.parametrize("prefix", ["/api/v3", ""])
def test_viewer__of_a_person(github: FakeGitHub, prefix: str) -> None:
    """PyGithub finds GraphQL from both base URLs; a person is told their own login."""
    with connect(github.server_url + prefix, github.issue_user_token("alice")) as client:
        _, answer = client.requester.graphql_query("{ viewer { login __typename } }", {})

        assert answer["data"]["viewer"] == {"login": "alice", "__typename": "User"}
        assert client.get_user().login == "alice"


def test_graphql__other_questions_are_errors(client: Github) -> None:
    """What is not known is refused as GitHub refuses a field that does not exist."""
    error = refusal(lambda: client.requester.graphql_query("query { viewer { email } }", {}))

    assert error.data["errors"][0]["extensions"]["code"] == "undefinedField"


def test_credentials__unknown_token(github: FakeGitHub, repo: Repository) -> None:
    """A token that was never issued: 401, also for what is public."""
    public = github.create_repository("octo/open")
    with connect(github.api_url, "ghs_" + "x" * 36) as client:
        for full_name in (repo.full_name, public.full_name):
            error = refusal(client.get_repo(full_name).get_pull(1).complete)
            assert (error.status, error.data["message"]) == (401, "Bad credentials")

    assert {seen.token for seen in github.log} == {"invalid"}


def test_credentials__none(github: FakeGitHub, repo: Repository) -> None:
    """Without a token private repositories do not exist, public ones can be read and not written."""
    public = github.create_repository("octo/open")
    public.create_pull(head_sha=HEAD, head_ref="better")
    comments = f"{github.api_url}/repos/{{}}/issues/1/comments"

    assert requests.get(comments.format(repo.full_name), timeout=5).status_code == 404
    assert requests.get(comments.format(public.full_name), timeout=5).json() == []
    assert requests.post(comments.format(public.full_name), json={"body": "x"}, timeout=5).status_code == 401


# What the token may do


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        ({"pull-requests": "write"}, 201),
        ({"issues": "write"}, 403),  # enough by the header, not enough in a pull request
        ({"pull-requests": "read", "contents": "write"}, 403),
        ({}, 403),
    ],
)
def test_permissions__commenting(
    github: FakeGitHub, repo: Repository, permissions: dict[str, str], status: int
) -> None:
    """Only `pull-requests: write` lets a workflow comment; the refusal names what the endpoint accepts."""
    token = github.issue_token(repo, permissions=permissions)
    answer = requests.post(
        f"{github.api_url}/repos/{repo.full_name}/issues/1/comments",
        headers={"Authorization": f"Bearer {token}"},
        json={"body": "x"},
        timeout=5,
    )

    assert answer.status_code == status
    assert answer.headers["X-Accepted-GitHub-Permissions"] == "issues=write; pull_requests=write"
    if status == 403:
        assert answer.json() == {
            "message": "Resource not accessible by integration",
            "documentation_url": "https://docs.github.com/rest/issues/comments#create-an-issue-comment",
            "status": "403",
        }
    assert repo.comments(1) == ["x"] * (status == 201)


@pytest.mark.parametrize(
    ("method", "path", "accepted"),
    [
        ("GET", "pulls/1", "pull_requests=read; contents=read"),
        ("GET", "pulls", "pull_requests=read"),
        ("GET", f"commits/{HEAD}/pulls", "pull_requests=read"),
        ("GET", "issues/1/comments", "issues=read; pull_requests=read"),
        ("GET", "issues/1", "issues=read"),
        ("POST", f"statuses/{HEAD}", "statuses=write"),
        ("POST", "check-runs", "checks=write"),
    ],
)
def test_permissions__of_a_private_repository(
    github: FakeGitHub, repo: Repository, method: str, path: str, accepted: str
) -> None:
    """With `contents: read` alone everything else is refused, and the header says what was missing."""
    token = github.issue_token(repo, permissions={"contents": "read"})
    url = f"{github.api_url}/repos/{repo.full_name}/{path}"
    answer = requests.request(method, url, headers={"Authorization": f"Bearer {token}"}, json={}, timeout=5)

    assert (answer.status_code, answer.headers["X-Accepted-GitHub-Permissions"]) == (403, accepted)


def test_permissions__other_repositories(github: FakeGitHub, client: Github) -> None:
    """A workflow's token does not see other private repositories, and reads but never writes other public ones."""
    for private in (True, False):
        other = github.create_repository(f"else/private-{private}", private=private)
        other.create_pull(head_sha=HEAD, head_ref="better")
        pull = client.get_repo(other.full_name).get_pull(1)
        assert refusal(lambda: pull.create_issue_comment("x")).status == (404 if private else 403)  # noqa: B023  called at once
        if not private:
            assert list(pull.get_issue_comments()) == []


def test_permissions__typing_errors_are_the_tests() -> None:
    """A permission that GitHub does not know is a mistake in the test."""
    with FakeGitHub() as github, pytest.raises(ValueError, match="pull_request_s"):
        github.issue_token(github.create_repository("octo/digits"), permissions={"pull-request-s": "write"})


@pytest.mark.parametrize(("role", "status"), [("read", 403), ("write", 200)])
def test_comment__of_somebody_else(github: FakeGitHub, repo: Repository, role: str, status: int) -> None:
    """People change their own comments; those of others only with write access."""
    repo.roles["bob"] = "write" if role == "write" else "read"
    theirs = repo.add_comment(1, "theirs")
    with connect(github.api_url, github.issue_user_token("bob")) as bob:
        pull = bob.get_repo(repo.full_name).get_pull(1)
        pull.create_issue_comment("mine").edit("mine, better")
        if status == 200:
            pull.get_issue_comment(theirs.id).edit("changed")
        else:
            error = refusal(lambda: pull.get_issue_comment(theirs.id).edit("changed"))
            assert (error.status, error.data["message"]) == (403, "Must have admin rights to Repository.")

    assert repo.comments(1) == ["changed" if status == 200 else "theirs", "mine, better"]


def test_comment__locked(github: FakeGitHub, repo: Repository, pull: Pull) -> None:
    """In a locked conversation apps neither comment nor edit; people with write access do."""
    mine = pull.create_issue_comment("before")
    repo.pulls[1].locked = True

    for call in (lambda: pull.create_issue_comment("after"), lambda: mine.edit("after")):
        error = refusal(call)
        assert (error.status, error.data["message"]) == (403, "Unable to create comment because issue is locked.")
    with connect(github.api_url, github.issue_user_token("octo")) as owner:
        owner.get_repo(repo.full_name).get_pull(1).create_issue_comment("from the owner")
    assert repo.comments(1) == ["before", "from the owner"]


def test_comment__archived(repo: Repository, pull: Pull) -> None:
    """An archived repository can only be read."""
    repo.archived = True

    error = refusal(lambda: pull.create_issue_comment("x"))

    assert (error.status, error.data["message"]) == (403, "Repository was archived so is read-only.")
    assert list(pull.get_issue_comments()) == []


# What is said


def test_comments__pages(github: FakeGitHub, repo: Repository, pull: Pull) -> None:
    """150 comments come in pages of 30, oldest first, linked by the repository's id as GitHub does."""
    for number in range(150):
        repo.add_comment(1, str(number))

    assert [comment.body for comment in pull.get_issue_comments()] == [str(number) for number in range(150)]
    pages = github.requests("GET", "/issues/1/comments$")
    assert [page.query.get("page") for page in pages] == [None, "2", "3", "4", "5"]
    assert pages[1].target == f"/api/v3/repositories/{repo.id}/issues/1/comments?page=2"
    assert [link.partition("; ")[2] for link in pages[1].response_headers["Link"].split(", ")] == [
        'rel="prev"',
        'rel="next"',
        'rel="last"',
        'rel="first"',
    ]


@pytest.mark.parametrize(
    ("query", "count", "following"),
    [
        ({"per_page": "100"}, 100, True),
        ({"per_page": "100", "page": "2"}, 50, False),
        ({"per_page": "1000"}, 100, True),
        ({"per_page": "100", "page": "3"}, 0, False),
        ({"per_page": "0"}, 30, True),
    ],
)
def test_comments__page_sizes(
    repo: Repository, client: Github, query: dict[str, str], count: int, following: bool
) -> None:
    """At most 100 a page, whatever is asked for; beyond the last page there is nothing."""
    for number in range(150):
        repo.add_comment(1, str(number))

    path = f"/repos/{repo.full_name}/issues/1/comments"
    headers, page = client.requester.requestJsonAndCheck("GET", path, parameters=query)

    assert (len(page), 'rel="next"' in headers.get("link", "")) == (count, following)


def test_comment__too_long(repo: Repository, pull: Pull) -> None:
    """65,536 characters pass, one more is refused in GitHub's exact form; nothing is posted."""
    pull.create_issue_comment("é" * 65_536)

    error = refusal(lambda: pull.create_issue_comment("é" * 65_537))

    assert error.status == 422
    assert error.data == {
        "message": "Validation Failed",
        "errors": [
            {
                "resource": "IssueComment",
                "code": "unprocessable",
                "field": "data",
                "message": "Body is too long (maximum is 65536 characters)",
            }
        ],
        "documentation_url": "https://docs.github.com/rest/issues/comments#create-an-issue-comment",
        "status": "422",
    }
    assert len(repo.comments(1)) == 1


@pytest.mark.parametrize("body", ["", " \n"])
def test_comment__blank(pull: Pull, body: str) -> None:
    """A comment without content is refused."""
    error = refusal(lambda: pull.create_issue_comment(body))

    assert error.data["errors"][0]["message"] == "Body cannot be blank"


def test_comment__gone(repo: Repository, pull: Pull) -> None:
    """A comment that was deleted meanwhile is not found."""
    comment = pull.create_issue_comment("x")
    repo.comment_list.clear()

    assert refusal(lambda: comment.edit("y")).status == 404
    assert refusal(comment.delete).status == 404


def test_commit_comment__a_workflow_cannot_edit(github: FakeGitHub, repo: Repository) -> None:
    """A workflow may comment on a commit, but GitHub refuses its edits."""
    with connect(github.api_url, github.issue_token(repo, permissions={"contents": "write"})) as client:
        comment = client.get_repo(repo.full_name).get_commit(HEAD).create_comment("x")
        error = refusal(lambda: comment.edit("y"))

    assert error.data["errors"][0]["message"] == "commit_id has been locked"
    assert [said.body for said in repo.commit_comments] == ["x"]


# Which pull request


def numbers(client: Github, full_name: str, sha: str) -> list[int]:
    """Return the numbers of a commit's pull requests, as a client sees them."""
    return [pull.number for pull in client.get_repo(full_name).get_commit(sha).get_pulls()]


def test_pulls_of_commit__life_of_a_pull_request(repo: Repository, client: Github) -> None:
    """Open and merged ones are listed, closed ones and the merge that was made for testing are not."""
    change = repo.pulls[1]
    assert numbers(client, repo.full_name, HEAD) == [1]
    assert numbers(client, repo.full_name, MERGE) == []

    change.push("3" * 40)
    assert numbers(client, repo.full_name, HEAD) == numbers(client, repo.full_name, "3" * 40) == [1]

    change.state = "closed"
    assert numbers(client, repo.full_name, HEAD) == []

    change.merge("4" * 40)
    assert numbers(client, repo.full_name, "4" * 40) == [1]


def test_pulls_of_commit__from_a_fork(github: FakeGitHub) -> None:
    """The base repository does not tell; the fork does, and the list of pull requests by `owner:branch`."""
    base = github.create_repository("octo/open")
    fork = github.create_repository("bob/open", fork_of=base)
    base.create_pull(head_sha=HEAD, head_ref="better", head=fork)
    with connect(github.api_url, github.issue_token(base, permissions=WRITE)) as client:
        assert numbers(client, "octo/open", HEAD) == []
        assert numbers(client, "bob/open", HEAD) == [1]
        found = list(client.get_repo("octo/open").get_pulls(head="bob:better"))

    assert [(pull.number, pull.head.sha, pull.head.repo.full_name) for pull in found] == [(1, HEAD, "bob/open")]


def test_pulls_of_commit__unknown(repo: Repository, client: Github) -> None:
    """A commit that the repository does not have is an error, not an empty list."""
    error = refusal(lambda: numbers(client, repo.full_name, "f" * 40))

    assert (error.status, error.data["message"]) == (422, f"No commit found for SHA: {'f' * 40}")


def test_pulls__head_without_owner_is_ignored(repo: Repository, client: Github) -> None:
    """`head=branch` filters nothing, as on GitHub."""
    repo.create_pull(head_sha="3" * 40, head_ref="other")

    assert len(list(client.get_repo(repo.full_name).get_pulls(head="other"))) == 2
    assert [pull.number for pull in client.get_repo(repo.full_name).get_pulls(head="octo:other")] == [2]
    assert list(client.get_repo(repo.full_name).get_pulls(state="closed")) == []


def test_endpoint__unknown(client: Github) -> None:
    """What the fake does not serve is not found."""
    assert refusal(lambda: list(client.get_repo("octo/digits").get_branches())).status == 404


# Statuses and checks


def test_status__newest_of_a_context_counts(github: FakeGitHub, repo: Repository) -> None:
    """Statuses pile up; the combined one takes the newest of each context."""
    with connect(github.api_url, github.issue_token(repo, permissions={"statuses": "write"})) as client:
        commit = client.get_repo(repo.full_name).get_commit(HEAD)
        for state in ("failure", "success"):
            commit.create_status(state, context="model")
        too_long = refusal(lambda: commit.create_status("success", description="x" * 141))
        combined = commit.get_combined_status()
        unknown = client.get_repo(repo.full_name).get_commit("f" * 40)

        assert too_long.status == refusal(lambda: unknown.create_status("success")).status == 422
        assert (combined.state, combined.total_count) == ("success", 1)
    assert [given.state for given in repo.statuses] == ["failure", "success"]


def test_check_run__belongs_to_its_app(github: FakeGitHub, repo: Repository) -> None:
    """People cannot write check runs, other apps cannot change ours, a summary has its limit."""
    ours = github.issue_token(repo, permissions={"checks": "write"})
    theirs = github.issue_token(repo, permissions={"checks": "write"}, app="other")
    with (
        connect(github.api_url, ours) as us,
        connect(github.api_url, theirs) as them,
        connect(github.api_url, github.issue_user_token("octo")) as person,
    ):
        check = us.get_repo(repo.full_name).create_check_run("model", HEAD)
        foreign = refusal(lambda: them.get_repo(repo.full_name).get_check_run(check.id).edit(conclusion="failure"))
        human = refusal(lambda: person.get_repo(repo.full_name).create_check_run("model", HEAD))
        long = refusal(lambda: check.edit(output={"title": "x", "summary": "x" * 65_536}))

    assert foreign.data["message"].endswith("check run can only be modified by the GitHub App that created it.")
    assert human.data["message"] == "You must authenticate via a GitHub App."
    assert long.data["message"] == "Invalid request.\n\nOnly 65535 characters are allowed; 65536 were supplied."
    assert [run.status for run in repo.check_runs] == ["queued"]


# What tests do to it


def test_fault__status(github: FakeGitHub, repo: Repository, pull: Pull) -> None:
    """A fault replaces one answer, with its headers; then all is as before."""
    github.fail_next("POST", r"/comments$", 502, headers={"Retry-After": "1"}, message="Bad Gateway")

    error = refusal(lambda: pull.create_issue_comment("x"))
    pull.create_issue_comment("y")

    assert error.headers is not None
    assert (error.status, error.headers["retry-after"]) == (502, "1")
    assert repo.comments(1) == ["y"]


def test_fault__reset_and_lost(github: FakeGitHub, repo: Repository, pull: Pull) -> None:
    """`reset` does nothing, `lost` does the work; the client cannot tell one from the other."""
    for outcome in ("reset", "lost"):
        github.fail_next("POST", r"/comments$", "reset" if outcome == "reset" else "lost")
        with pytest.raises(requests.ConnectionError):
            pull.create_issue_comment(outcome)

    assert repo.comments(1) == ["lost"]
    assert [seen.status for seen in github.requests("POST")] == [0, 0]


def test_fault__hang(github: FakeGitHub, repo: Repository) -> None:
    """A request that hangs ends with the client's time limit, and does not keep the server from stopping."""
    token = github.issue_token(repo, permissions=WRITE)
    github.fail_next("GET", "/pulls", "hang")

    with connect(github.api_url, token, timeout=1) as client, pytest.raises(requests.Timeout):
        list(client.get_repo(repo.full_name).get_pulls())


def test_fault__that_never_happens_fails_the_test() -> None:
    """A fault that nothing ran into means that the test did not test it."""
    with pytest.raises(AssertionError, match="never happened"), FakeGitHub() as github:
        github.fail_next("GET", "/nowhere", 500)


def test_on_request__acts_between_two_calls(github: FakeGitHub, repo: Repository, pull: Pull) -> None:
    """A hook can be the other job that comments after we looked and before we write."""
    bot = github.create_user("github-actions[bot]")

    def race(request: Request) -> None:
        if request.method == "POST":
            repo.add_comment(1, "from the other job", user=bot)

    github.on_request(race)
    assert list(pull.get_issue_comments()) == []
    pull.create_issue_comment("ours")

    assert repo.comments(1) == ["from the other job", "ours"]


def test_hook__its_assertion_fails_the_test() -> None:
    """What a hook asserts reaches the test, not only the client."""

    def wrong(_: object) -> None:
        raise AssertionError("not what I expected")

    github = FakeGitHub()
    github.on_exchange(wrong)
    with pytest.raises(AssertionError, match="not what I expected"), github:
        requests.get(github.api_url, timeout=5)


def test_log__has_kinds_of_tokens_only(github: FakeGitHub, repo: Repository) -> None:
    """The log says who asked what, and never shows a token."""
    token = github.issue_token(repo, permissions=WRITE)
    with connect(github.api_url, token) as client:
        client.get_repo(repo.full_name).get_pull(1).create_issue_comment("x")

    assert [(seen.method, seen.path, seen.status, seen.token) for seen in github.log] == [
        ("GET", "/repos/octo/digits/pulls/1", 200, "installation"),
        ("POST", "/repos/octo/digits/issues/1/comments", 201, "installation"),
    ]
    assert json.loads(github.log[1].request_body) == {"body": "x"}
    assert token.startswith("ghs_")
    assert token not in repr(github.log)


def test_rate_limit__counts(github: FakeGitHub, client: Github) -> None:
    """Every answer counts down the thousand requests that a workflow has an hour."""
    for _ in range(2):
        client.requester.graphql_query("query { viewer { login } }", {})

    assert [seen.response_headers["X-RateLimit-Remaining"] for seen in github.log] == ["999", "998"]
