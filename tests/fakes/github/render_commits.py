"""How GitHub writes commits and what is attached to them: comments, statuses, check runs."""

from __future__ import annotations

from tests.fakes.github.render import node, time, user
from tests.fakes.github.state import CheckRun, CommitComment, Repository, Status
from tests.fakes.github.wire import JSON, Links


def commit_comment(said: CommitComment, *, repo: Repository, links: Links) -> dict[str, JSON]:
    """Return a `commit-comment`."""
    return {
        "id": said.id,
        "node_id": node("CC", said.id),
        "url": f"{links.api}/repos/{repo.full_name}/comments/{said.id}",
        "html_url": f"{links.web}/{repo.full_name}/commit/{said.sha}#commitcomment-{said.id}",
        "commit_id": said.sha,
        "body": said.body,
        "user": user(said.user, links=links),
        "created_at": time(said.created_at),
        "updated_at": time(said.updated_at),
        "author_association": "NONE" if said.user.type == "Bot" else "CONTRIBUTOR",
        **dict.fromkeys(("position", "line", "path")),
    }


def commit(sha: str, *, repo: Repository, links: Links) -> dict[str, JSON]:
    """Return a `commit`, of which nothing but the name is known."""
    root = f"{links.api}/repos/{repo.full_name}"
    signature: JSON = {"name": repo.owner.login, "email": "someone@example.org", "date": time(repo.created_at)}
    return {
        "sha": sha,
        "node_id": node("C", int(sha[:8], 16)),
        "url": f"{root}/commits/{sha}",
        "html_url": f"{links.web}/{repo.full_name}/commit/{sha}",
        "comments_url": f"{root}/commits/{sha}/comments",
        "author": user(repo.owner, links=links),
        "committer": user(repo.owner, links=links),
        "parents": [],
        "commit": {
            "url": f"{root}/git/commits/{sha}",
            "author": signature,
            "committer": signature,
            "message": "A commit",
            "comment_count": 0,
            "tree": {"sha": sha, "url": f"{root}/git/trees/{sha}"},
        },
    }


def status(given: Status, *, repo: Repository, links: Links) -> dict[str, JSON]:
    """Return a `status`."""
    return {
        "id": given.id,
        "node_id": node("SC", given.id),
        "url": f"{links.api}/repos/{repo.full_name}/statuses/{given.sha}",
        "avatar_url": f"{links.web}/avatars/{given.creator.id}",
        "state": given.state,
        "context": given.context,
        "description": given.description,
        "target_url": given.target_url,
        "creator": user(given.creator, links=links),
        "created_at": time(given.created_at),
        "updated_at": time(given.created_at),
    }


def check_run(check: CheckRun, *, repo: Repository, links: Links) -> dict[str, JSON]:
    """Return a `check-run`."""
    url = f"{links.api}/repos/{repo.full_name}/check-runs/{check.id}"
    page = f"{links.web}/{repo.full_name}/runs/{check.id}"
    slug = check.app.login.removesuffix("[bot]")
    output: JSON = {
        "title": check.title,
        "summary": check.summary,
        "text": check.text,
        "annotations_count": 0,
        "annotations_url": f"{url}/annotations",
    }
    return {
        "id": check.id,
        "node_id": node("CR", check.id),
        "name": check.name,
        "head_sha": check.sha,
        "external_id": check.external_id,
        "url": url,
        "html_url": page,
        "details_url": check.details_url or page,
        "status": check.status,
        "conclusion": check.conclusion,
        "started_at": time(check.started_at),
        "completed_at": time(check.completed_at),
        "output": output,
        "check_suite": {"id": check.id + 1},
        "app": {
            "id": check.app.id,
            "slug": slug,
            "node_id": node("A", check.app.id),
            "owner": user(repo.owner, links=links),
            "name": slug,
            "description": None,
            "external_url": links.web,
            "html_url": f"{links.web}/apps/{slug}",
            "created_at": "2018-07-30T09:30:17Z",
            "updated_at": "2018-07-30T09:30:17Z",
            "permissions": {},
            "events": [],
        },
        "pull_requests": [],
    }
