"""What the server remembers. Tests change it directly; the routes do so for clients."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["read", "write", "admin"]

_ids: Iterator[int] = itertools.count(3_000_000_001)
"""Object ids, increasing and beyond 32 bits as GitHub's are."""


def next_id() -> int:
    """Return an id that no object has."""
    return next(_ids)


def now() -> datetime:
    """Return the present time, to the second, as GitHub keeps it."""
    return datetime.now(UTC).replace(microsecond=0)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person, or the bot of an app: `github-actions[bot]` is what a workflow's token acts as."""

    login: str
    id: int
    type: Literal["User", "Bot"] = "User"


@dataclass(kw_only=True, eq=False)
class Comment:
    """A comment in the conversation of a pull request or issue."""

    number: int
    """The pull request's or issue's number."""
    body: str
    user: User
    id: int = field(default_factory=next_id)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    edits: list[str] = field(default_factory=list)
    """Every body since the first, once it has been edited through the API; empty before."""


@dataclass(kw_only=True, eq=False)
class CommitComment:
    """A comment on a commit, outside any pull request."""

    sha: str
    body: str
    user: User
    id: int = field(default_factory=next_id)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A commit status. They are only ever added; the newest of a context counts."""

    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    id: int
    created_at: datetime


@dataclass(kw_only=True, eq=False)
class CheckRun:
    """A check run, written by one app and changeable by that app only."""

    sha: str
    name: str
    app: User
    status: str = "queued"
    conclusion: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    details_url: str | None = None
    external_id: str = ""
    id: int = field(default_factory=next_id)
    started_at: datetime = field(default_factory=now)
    completed_at: datetime | None = None


@dataclass(kw_only=True, eq=False)
class Issue:
    """An issue that is no pull request; the two share their numbers."""

    number: int
    user: User
    locked: bool = False


@dataclass(kw_only=True, eq=False)
class PullRequest:
    """A pull request. Tests may set `locked` and `state`; `push` and `merge` keep the commits in step."""

    number: int
    title: str
    user: User
    base: Repository
    base_ref: str
    head: Repository
    """The repository of the branch: another one than `base` when it comes from a fork."""
    head_ref: str
    head_sha: str
    state: Literal["open", "closed"] = "open"
    merged: bool = False
    locked: bool = False
    merge_commit_sha: str | None = None
    """Of an open pull request the commit that GitHub made to test the merge (`refs/pull/<n>/merge`)."""
    commits: list[str] = field(default_factory=list)
    """Every commit that was ever its head."""
    id: int = field(default_factory=next_id)
    created_at: datetime = field(default_factory=now)
    closed_at: datetime | None = None

    def close(self, *, at: datetime | None = None) -> None:
        """Close it without merging."""
        self.state, self.closed_at = "closed", at or now()

    def push(self, sha: str, *, merge_commit_sha: str | None = None) -> None:
        """Move the head to another commit."""
        self.head_sha = sha
        self.merge_commit_sha = merge_commit_sha
        self.commits.append(sha)
        for commit in filter(None, (sha, merge_commit_sha)):
            self.base.add_commit(commit)
            self.head.add_commit(commit)

    def merge(self, sha: str) -> None:
        """Close it as merged by the commit `sha` of the base branch."""
        self.close()
        self.merged, self.merge_commit_sha = True, sha
        self.base.add_commit(sha)


@dataclass(kw_only=True, eq=False)
class Repository:
    """A repository with what was said about its changes. Its git objects live in a real repository elsewhere."""

    owner: User
    name: str
    private: bool = False
    archived: bool = False
    default_branch: str = "main"
    fork_of: Repository | None = None
    id: int = field(default_factory=next_id)
    created_at: datetime = field(default_factory=now)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comment_list: list[Comment] = field(default_factory=list)
    """Every conversation comment, by increasing id; `comments` gives one pull request's bodies."""
    commit_comments: list[CommitComment] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    check_runs: list[CheckRun] = field(default_factory=list)
    commits: set[str] = field(default_factory=set)
    """Known object names; GitHub refuses to speak of others."""
    roles: dict[str, Role] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    def role(self, user: User) -> Role | None:
        """What a person may do here; None means that a private repository does not exist for them."""
        default: Role | None = None if self.private else "read"
        return "admin" if user == self.owner else self.roles.get(user.login, default)

    def add_commit(self, sha: str) -> None:
        """Make a commit known."""
        self.commits.add(sha)

    def create_pull(
        self,
        *,
        head_sha: str,
        head_ref: str,
        base_ref: str = "main",
        head: Repository | None = None,
        merge_commit_sha: str | None = None,
        title: str = "A change",
    ) -> PullRequest:
        """Open a pull request, from a branch of this repository or of the fork `head`."""
        head = head or self
        pull = PullRequest(
            number=self._next_number(), title=title, user=head.owner, base=self, base_ref=base_ref,
            head=head, head_ref=head_ref, head_sha=head_sha,
        )  # fmt: skip
        pull.push(head_sha, merge_commit_sha=merge_commit_sha)
        self.pulls[pull.number] = pull
        return pull

    def create_issue(self) -> Issue:
        """Open an issue."""
        issue = Issue(number=self._next_number(), user=self.owner)
        self.issues[issue.number] = issue
        return issue

    def _next_number(self) -> int:
        return len(self.pulls) + len(self.issues) + 1

    def add_comment(self, number: int, body: str, *, user: User | None = None) -> Comment:
        """Say something in a pull request or issue as `user` (the owner when left out), without any check."""
        comment = Comment(number=number, body=body, user=user or self.owner)
        self.comment_list.append(comment)
        return comment

    def conversation(self, number: int) -> list[Comment]:
        """Return a pull request's comments, oldest first."""
        return [comment for comment in self.comment_list if comment.number == number]

    def comments(self, number: int) -> list[str]:
        """Return the bodies of a pull request's comments, oldest first."""
        return [comment.body for comment in self.conversation(number)]
