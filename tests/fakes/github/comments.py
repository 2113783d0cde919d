"""Comments: in issues, in pull requests, which are issues to GitHub, and on commits."""

from __future__ import annotations

from tests.fakes.github.auth import at_least
from tests.fakes.github.pulls import find_pull, resolve
from tests.fakes.github.render_commits import commit_comment
from tests.fakes.github.render_pulls import comment
from tests.fakes.github.routes import Call, route
from tests.fakes.github.state import Comment, CommitComment, Issue, PullRequest, now
from tests.fakes.github.wire import DOCS, Refusal, Response, invalid, not_found

BODY_LIMIT = 65_536
"""
Characters that a comment may have, by GitHub's own message.

What was measured is that 262,144 bytes of UTF-8 pass, whatever the characters; a client that counts on this
undocumented room finds no support here.
"""

_THREAD = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
_COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}"
_ON_COMMIT = "/repos/{owner}/{repo}/commits/{commit_sha}/comments"
_COMMIT_COMMENT = "/repos/{owner}/{repo}/comments/{comment_id}"

_READ = "issues=read; pull_requests=read"
_WRITE = "issues=write; pull_requests=write"
_PULLS, _ISSUES = "pull_requests=write", "issues=write"
"""
What it really takes: in a pull request `issues=write` is not enough, whatever the header says
(fullsend-ai/fullsend#721).
"""


def _body(call: Call, resource: str) -> str:
    body = call.request.json().get("body")
    if body is None:
        raise Refusal(422, 'Invalid request.\n\n"body" wasn\'t supplied.')
    if not isinstance(body, str):
        raise Refusal(422, f"Invalid request.\n\nFor 'properties/body', {body!r} is not a string.")
    if not body.strip():
        raise invalid(resource, field="data", code="unprocessable", message="Body cannot be blank")
    if len(body) > BODY_LIMIT:
        message = f"Body is too long (maximum is {BODY_LIMIT} characters)"
        raise invalid(resource, field="data", code="unprocessable", message=message)
    return body


def _thread(call: Call, number: int) -> PullRequest | Issue:
    """Return what a conversation is about; refuse a write for which the token has only the other's permission."""
    found = call.repo.issues.get(number) or find_pull(call.repo, number)
    needs = _PULLS if isinstance(found, PullRequest) else _ISSUES
    token = call.token
    if call.request.method != "GET" and token is not None and token.kind == "installation" and not token.grants(needs):
        raise Refusal(403, "Resource not accessible by integration")
    return found


def _check_lock(call: Call, thread: PullRequest | Issue) -> None:
    """Refuse a locked conversation; people who may write to the repository pass, apps do not."""
    person = call.token is not None and call.token.kind == "user"
    if thread.locked and not (person and at_least(call.repo.role(call.user), "write")):
        docs = f"{DOCS}/articles/locking-conversations/"
        raise Refusal(403, "Unable to create comment because issue is locked.", docs=docs)


def _check_author(call: Call, said: Comment | CommitComment) -> None:
    """Refuse people who change what somebody else said; whoever may write to the repository may."""
    person = call.token is not None and call.token.kind == "user"
    if person and said.user != call.user and not at_least(call.repo.role(call.user), "write"):
        raise Refusal(403, "Must have admin rights to Repository.")


def _find(call: Call) -> Comment:
    wanted = call.number("comment_id")
    found = next((said for said in call.repo.comment_list if said.id == wanted), None)
    if found is None:
        raise not_found()
    return found


@route("GET", _THREAD, docs="issues/comments#list-issue-comments", accepts=_READ)
def list_comments(call: Call) -> Response:
    """List a conversation, by increasing id."""
    found = _thread(call, call.number("issue_number"))
    thread = sorted(call.repo.conversation(found.number), key=lambda said: said.id)
    return call.page([comment(said, repo=call.repo, links=call.request.links) for said in thread])


@route("POST", _THREAD, docs="issues/comments#create-an-issue-comment", accepts=_WRITE, role="read")
def create_comment(call: Call) -> Response:
    """Add a comment."""
    found = _thread(call, call.number("issue_number"))
    _check_lock(call, found)
    said = call.repo.add_comment(found.number, _body(call, "IssueComment"), user=call.user)
    payload = comment(said, repo=call.repo, links=call.request.links)
    return Response(status=201, payload=payload, headers={"Location": str(payload["url"])})


@route("GET", _COMMENT, docs="issues/comments#get-an-issue-comment", accepts=_READ)
def get_comment(call: Call) -> Response:
    """Return a comment."""
    return Response(payload=comment(_find(call), repo=call.repo, links=call.request.links))


@route("PATCH", _COMMENT, docs="issues/comments#update-an-issue-comment", accepts=_WRITE, role="read")
def update_comment(call: Call) -> Response:
    """Replace a comment's body."""
    said = _find(call)
    _check_author(call, said)
    _check_lock(call, _thread(call, said.number))
    before = said.body
    said.body, said.updated_at = _body(call, "IssueComment"), now()
    said.edits += [said.body] if said.edits else [before, said.body]
    return Response(payload=comment(said, repo=call.repo, links=call.request.links))


@route("DELETE", _COMMENT, docs="issues/comments#delete-an-issue-comment", accepts=_WRITE, role="read")
def delete_comment(call: Call) -> Response:
    """Remove a comment."""
    said = _find(call)
    _thread(call, said.number)
    _check_author(call, said)
    call.repo.comment_list.remove(said)
    return Response(status=204)


@route("GET", _ON_COMMIT, docs="commits/comments#list-commit-comments", accepts="metadata=read")
def list_commit_comments(call: Call) -> Response:
    """List what was said on a commit."""
    sha = resolve(call.repo, call.params["commit_sha"])
    said = [one for one in call.repo.commit_comments if one.sha == sha]
    return call.page([commit_comment(one, repo=call.repo, links=call.request.links) for one in said])


@route("POST", _ON_COMMIT, docs="commits/comments#create-a-commit-comment", accepts="contents=read", role="read")
def create_commit_comment(call: Call) -> Response:
    """Say something on a commit; reading the contents is enough."""
    sha = resolve(call.repo, call.params["commit_sha"])
    said = CommitComment(sha=sha, body=_body(call, "CommitComment"), user=call.user)
    call.repo.commit_comments.append(said)
    payload = commit_comment(said, repo=call.repo, links=call.request.links)
    return Response(status=201, payload=payload, headers={"Location": str(payload["url"])})


def _find_on_commit(call: Call) -> CommitComment:
    wanted = call.number("comment_id")
    found = next((said for said in call.repo.commit_comments if said.id == wanted), None)
    if found is None:
        raise not_found()
    return found


@route("GET", _COMMIT_COMMENT, docs="commits/comments#get-a-commit-comment", accepts="metadata=read")
def get_commit_comment(call: Call) -> Response:
    """Return a comment on a commit."""
    return Response(payload=commit_comment(_find_on_commit(call), repo=call.repo, links=call.request.links))


@route("PATCH", _COMMIT_COMMENT, docs="commits/comments#update-a-commit-comment", accepts="contents=write", role="read")
def update_commit_comment(call: Call) -> Response:
    """Replace the body; a workflow's token is refused, in these words (iterative/cml#888)."""
    said = _find_on_commit(call)
    _check_author(call, said)
    if call.token is not None and call.token.kind == "installation":
        raise invalid("CommitComment", field="commit_id", code="custom", message="commit_id has been locked")
    said.body, said.updated_at = _body(call, "CommitComment"), now()
    return Response(payload=commit_comment(said, repo=call.repo, links=call.request.links))


@route(
    "DELETE", _COMMIT_COMMENT, docs="commits/comments#delete-a-commit-comment", accepts="contents=write", role="read"
)
def delete_commit_comment(call: Call) -> Response:
    """Remove a comment on a commit."""
    said = _find_on_commit(call)
    _check_author(call, said)
    call.repo.commit_comments.remove(said)
    return Response(status=204)
