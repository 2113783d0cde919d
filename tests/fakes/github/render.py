"""
How GitHub writes people and repositories.

In this and the sibling modules every field that GitHub's description requires is there; tests/contract checks it.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from tests.fakes.github.state import Repository, User
from tests.fakes.github.wire import JSON, Links

_USER_URLS = (
    "followers", "following{/other_user}", "gists{/gist_id}", "starred{/owner}{/repo}", "subscriptions",
    "repos", "events{/privacy}", "received_events",
)  # fmt: skip
_REPOSITORY_URLS = (
    "archive_url:{archive_format}{/ref}", "assignees{/user}", "branches{/branch}", "collaborators{/collaborator}",
    "comments{/number}", "commits{/sha}", "compare_url:compare/{base}...{head}", "contents_url:contents/{+path}",
    "contributors", "deployments", "downloads", "events", "forks", "hooks", "issues{/number}", "keys{/key_id}",
    "labels{/name}", "languages", "merges", "milestones{/number}", "notifications{?since,all,participating}",
    "pulls{/number}", "releases{/id}", "stargazers", "subscribers", "subscription", "tags", "teams",
    "blobs_url:git/blobs{/sha}", "git_commits_url:git/commits{/sha}", "git_refs_url:git/refs{/sha}",
    "git_tags_url:git/tags{/sha}", "trees_url:git/trees{/sha}", "statuses_url:statuses/{sha}",
    "issue_comment_url:issues/comments{/number}", "issue_events_url:issues/events{/number}",
)  # fmt: skip


def time(moment: datetime | None) -> str | None:
    """Return a time as GitHub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def node(kind: str, number: int) -> str:
    """Return a global id that looks like one."""
    return f"{kind}_{number:x}"


def _urls(root: str, specs: tuple[str, ...]) -> dict[str, JSON]:
    """Return `<name>_url` fields; a spec is `path`, or `field_url:path` where the names differ."""
    urls: dict[str, JSON] = {}
    for spec in specs:
        field, colon, path = spec.partition(":")
        name = field if colon else field.partition("{")[0] + "_url"
        urls[name] = f"{root}/{path or field}"
    return urls


def user(person: User, *, links: Links) -> dict[str, JSON]:
    """Return a `simple-user`; a bot's page is its app's."""
    root = f"{links.api}/users/{quote(person.login)}"
    page = f"apps/{person.login.removesuffix('[bot]')}" if person.type == "Bot" else person.login
    return {
        "login": person.login,
        "id": person.id,
        "node_id": node("BOT" if person.type == "Bot" else "U", person.id),
        "avatar_url": f"{links.web}/avatars/{person.id}",
        "gravatar_id": "",
        "url": root,
        "html_url": f"{links.web}/{page}",
        "organizations_url": f"{root}/orgs",
        **_urls(root, _USER_URLS),
        "type": person.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def account(person: User, *, links: Links) -> dict[str, JSON]:
    """Return a `public-user`: what `GET /user` says of the token's owner."""
    nothing = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    times = dict.fromkeys(("created_at", "updated_at"), "2011-01-25T18:44:36Z")
    return {**user(person, links=links), "blog": "", **nothing, **counts, **times}


def repository(repo: Repository, *, links: Links) -> dict[str, JSON]:
    """Return a `full-repository`, which also serves where less is asked for."""
    root = f"{links.api}/repos/{repo.full_name}"
    page = f"{links.web}/{repo.full_name}"
    counts = ("forks", "stargazers", "watchers", "open_issues", "network", "subscribers")
    return {
        "id": repo.id,
        "node_id": node("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": user(repo.owner, links=links),
        "private": repo.private,
        "visibility": "private" if repo.private else "public",
        "html_url": page,
        "url": root,
        **_urls(root, _REPOSITORY_URLS),
        "git_url": f"git:{page.partition(':')[2]}.git",
        "ssh_url": f"git@127.0.0.1:{repo.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "description": None,
        "fork": repo.fork_of is not None,
        "size": 0,
        "default_branch": repo.default_branch,
        "archived": repo.archived,
        "disabled": False,
        "is_template": False,
        "topics": [],
        **dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True),
        **dict.fromkeys(("has_pages", "has_discussions"), False),
        **{f"{name}_count": 0 for name in counts},
        **dict.fromkeys(("forks", "open_issues", "watchers"), 0),
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), time(repo.created_at)),
    }
