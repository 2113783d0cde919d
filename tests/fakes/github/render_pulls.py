"""How GitHub writes pull requests and what is said in them."""

from __future__ import annotations

from tests.fakes.github.render import node, repository, time, user
from tests.fakes.github.state import Comment, PullRequest, Repository
from tests.fakes.github.wire import JSON, Links


def pull(change: PullRequest, *, links: Links) -> dict[str, JSON]:
    """Return a `pull-request-simple`."""
    root = f"{links.api}/repos/{change.base.full_name}"
    page = f"{links.web}/{change.base.full_name}/pull/{change.number}"
    urls: dict[str, str] = {
        "self": f"{root}/pulls/{change.number}",
        "html": page,
        "issue": f"{root}/issues/{change.number}",
        "comments": f"{root}/issues/{change.number}/comments",
        "review_comments": f"{root}/pulls/{change.number}/comments",
        "review_comment": f"{root}/pulls/comments{{/number}}",
        "commits": f"{root}/pulls/{change.number}/commits",
        "statuses": f"{root}/statuses/{change.head_sha}",
    }
    return {
        "id": change.id,
        "node_id": node("PR", change.id),
        "number": change.number,
        "state": change.state,
        "locked": change.locked,
        "title": change.title,
        "body": None,
        "user": user(change.user, links=links),
        "url": urls["self"],
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        **{f"{name}_url": url for name, url in urls.items() if name not in {"self", "html"}},
        "_links": {name: {"href": url} for name, url in urls.items()},
        "head": _branch(change.head, change.head_ref, change.head_sha, links=links),
        "base": _branch(change.base, change.base_ref, "0" * 40, links=links),
        "created_at": time(change.created_at),
        "updated_at": time(change.created_at),
        "closed_at": None if change.state == "open" else time(change.created_at),
        "merged_at": time(change.created_at) if change.merged else None,
        "merge_commit_sha": change.merge_commit_sha,
        "author_association": "CONTRIBUTOR",
        "draft": False,
        **dict.fromkeys(("assignee", "milestone", "auto_merge", "active_lock_reason")),
        **{name: [] for name in ("assignees", "labels", "requested_reviewers", "requested_teams")},
    }


def _branch(repo: Repository, ref: str, sha: str, *, links: Links) -> dict[str, JSON]:
    owner = user(repo.owner, links=links)
    whole = repository(repo, links=links)
    return {"label": f"{repo.owner.login}:{ref}", "ref": ref, "sha": sha, "user": owner, "repo": whole}


def full_pull(change: PullRequest, *, links: Links) -> dict[str, JSON]:
    """Return a `pull-request`: what `GET …/pulls/<n>` adds to an entry of the list."""
    return {
        **pull(change, links=links),
        "merged": change.merged,
        "mergeable": None if change.merged else True,
        "rebaseable": None,
        "mergeable_state": "unknown" if change.merged else "clean",
        "merged_by": user(change.base.owner, links=links) if change.merged else None,
        "comments": len(change.base.conversation(change.number)),
        "commits": len(change.commits),
        "maintainer_can_modify": False,
        **dict.fromkeys(("review_comments", "additions", "deletions", "changed_files"), 0),
    }


def issue(change: PullRequest, *, links: Links) -> dict[str, JSON]:
    """Return the pull request as the `issue` that it also is."""
    seen = full_pull(change, links=links)
    url = f"{links.api}/repos/{change.base.full_name}/issues/{change.number}"
    same = (
        "number", "state", "locked", "title", "body", "user", "html_url", "comments", "created_at", "updated_at",
        "closed_at", "assignee", "assignees", "milestone", "labels", "author_association", "comments_url",
    )  # fmt: skip
    return {
        **{name: seen[name] for name in same},
        "id": change.id + 1,
        "node_id": node("I", change.id),
        "url": url,
        "repository_url": f"{links.api}/repos/{change.base.full_name}",
        "labels_url": f"{url}/labels{{/name}}",
        "events_url": f"{url}/events",
        "pull_request": {name: seen[name] for name in ("url", "html_url", "diff_url", "patch_url", "merged_at")},
    }


def comment(said: Comment, *, repo: Repository, links: Links) -> dict[str, JSON]:
    """Return an `issue-comment`."""
    kind = "issues" if said.number in repo.issues else "pull"
    root = f"{links.api}/repos/{repo.full_name}"
    return {
        "id": said.id,
        "node_id": node("IC", said.id),
        "url": f"{root}/issues/comments/{said.id}",
        "html_url": f"{links.web}/{repo.full_name}/{kind}/{said.number}#issuecomment-{said.id}",
        "issue_url": f"{root}/issues/{said.number}",
        "body": said.body,
        "user": user(said.user, links=links),
        "created_at": time(said.created_at),
        "updated_at": time(said.updated_at),
        "author_association": "NONE" if said.user.type == "Bot" else "CONTRIBUTOR",
        "performed_via_github_app": None,
    }
