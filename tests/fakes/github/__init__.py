"""
A GitHub that runs in this process: REST and GraphQL over real HTTP, with state and with GitHub's refusals.

    with FakeGitHub() as github:
        repo = github.create_repository("octo/digits", private=True)
        pull = repo.create_pull(head_sha="1" * 40, head_ref="better", base_ref="main")
        token = github.issue_token(repo, permissions={"contents": "read", "pull-requests": "write"})
        ...  # point the code under test at github.api_url, let it use the token
        assert repo.comments(pull.number) == ["…"]

It exists because the emulators that there are lack what hurts in practice: permissions of `GITHUB_TOKEN`, commit
statuses, limits, locked conversations, races and broken connections. What it does not know it refuses with 404, so
that no test passes on an endpoint that nobody looked at. `tests/contract` holds it to GitHub's published description;
behaviour that the description does not state is written down, with its source, where it is implemented.
"""

from tests.fakes.github.faults import Fault
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.state import CheckRun, Comment, CommitComment, PullRequest, Repository, Status, User
from tests.fakes.github.wire import Exchange, Request

__all__ = [
    "CheckRun",
    "Comment",
    "CommitComment",
    "Exchange",
    "FakeGitHub",
    "Fault",
    "PullRequest",
    "Repository",
    "Request",
    "Status",
    "User",
]
