"""Repositories, commits and pull requests: reading only, tests create them."""

from __future__ import annotations

from tests.fakes.github import render, render_commits, render_pulls
from tests.fakes.github.routes import Call, route
from tests.fakes.github.state import PullRequest, Repository
from tests.fakes.github.wire import Refusal, Response, not_found

_REPO = "/repos/{owner}/{repo}"
_READ = "pull_requests=read"


def find_pull(repo: Repository, number: int) -> PullRequest:
    """Return a pull request; 404 when there is none."""
    if number not in repo.pulls:
        raise not_found()
    return repo.pulls[number]


def resolve(repo: Repository, ref: str) -> str:
    """Return the commit that a reference names: a known object name, or the branch of a pull request."""
    if ref in repo.commits:
        return ref
    heads = {pull.head_ref: pull.head_sha for pull in repo.pulls.values() if pull.head is repo}
    if ref not in heads:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return heads[ref]


@route("GET", _REPO, docs="repos/repos#get-a-repository", accepts="metadata=read")
def get_repository(call: Call) -> Response:
    """Return the repository."""
    return Response(payload=render.repository(call.repo, links=call.request.links))


@route("GET", _REPO + "/pulls", docs="pulls/pulls#list-pull-requests", accepts=_READ)
def list_pulls(call: Call) -> Response:
    """
    List pull requests, newest first.

    A `head` that is not `owner:branch` is ignored, so that all are returned (PyGithub#1566, github/docs#16647).
    """
    query = call.request.query
    state, head, base = query.get("state", "open"), query.get("head", ""), query.get("base", "")
    pulls = [pull for pull in call.repo.pulls.values() if state in {"all", pull.state}]
    if ":" in head:
        pulls = [pull for pull in pulls if f"{pull.head.owner.login}:{pull.head_ref}" == head]
    if base:
        pulls = [pull for pull in pulls if pull.base_ref == base]
    return call.page([render_pulls.pull(pull, links=call.request.links) for pull in reversed(pulls)])


@route(
    "GET",
    _REPO + "/pulls/{pull_number}",
    docs="pulls/pulls#get-a-pull-request",
    accepts="pull_requests=read; contents=read",
    needs=_READ,
)
def get_pull(call: Call) -> Response:
    """Return a pull request. `contents=read` alone is refused although the header names it."""
    pull = find_pull(call.repo, call.number("pull_number"))
    return Response(payload=render_pulls.full_pull(pull, links=call.request.links))


@route("GET", _REPO + "/issues/{issue_number}", docs="issues/issues#get-an-issue", accepts="issues=read")
def get_issue(call: Call) -> Response:
    """Return a pull request as an issue; of a private repository that takes `issues`, not `pull_requests`."""
    pull = find_pull(call.repo, call.number("issue_number"))
    return Response(payload=render_pulls.issue(pull, links=call.request.links))


@route(
    "GET",
    _REPO + "/commits/{commit_sha}/pulls",
    docs="commits/commits#list-pull-requests-associated-with-a-commit",
    accepts=_READ,
)
def list_pulls_of_commit(call: Call) -> Response:
    """
    List the open and merged pull requests that a commit belongs to.

    The commits of an open pull request from a fork belong to the fork: asked of the base repository the list is empty
    (TooTallNate/nx.js#410, learningequality/kolibri#14719). The merge that GitHub makes for testing belongs to none.
    """
    sha = resolve(call.repo, call.params["commit_sha"])
    everywhere = {pull.id: pull for pull in [*call.repo.pulls.values(), *_from(call.repo)]}.values()
    pulls = [
        pull
        for pull in everywhere
        if (pull.merged and pull.base is call.repo and sha == pull.merge_commit_sha)
        or (pull.head is call.repo and sha in pull.commits and (pull.merged or pull.state == "open"))
    ]
    return call.page([render_pulls.pull(pull, links=call.request.links) for pull in pulls])


def _from(repo: Repository) -> list[PullRequest]:
    return list(repo.fork_of.pulls.values()) if repo.fork_of else []


@route("GET", _REPO + "/commits/{ref}", docs="commits/commits#get-a-commit", accepts="contents=read")
def get_commit(call: Call) -> Response:
    """Return a commit."""
    sha = resolve(call.repo, call.params["ref"])
    return Response(payload=render_commits.commit(sha, repo=call.repo, links=call.request.links))
