"""What the fake remembers."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["guest", "reporter", "developer", "maintainer"]

_ids: Iterator[int] = itertools.count(5_000_000_001)
"""Object ids, increasing and beyond 32 bits as GitLab.com's are."""

QUICK_ACTIONS = ("approve", "assign", "close", "label", "merge", "reopen", "shrug", "title")
_QUICK_ACTION = re.compile(
    r"^```\n.+?\n```$|^.*`\n*.+?\n*`$|^<[^>]+?>\n.+?\n</[^>]+?>$|^>>>\n.+?\n>>>$"
    rf"|^/(?P<cmd>{'|'.join(QUICK_ACTIONS)})(?: (?P<arg>[^\n]*))?(?:\s*\n|\Z|(?=\n))",
    re.MULTILINE | re.IGNORECASE | re.DOTALL,
)
"""GitLab's source, lib/gitlab/quick_actions/extractor.rb: what is quoted first, so that it is passed over."""


def next_id() -> int:
    """Return an id that no object has."""
    return next(_ids)


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person, or the bot of a project access token."""

    username: str
    id: int
    bot: bool = False


@dataclass(kw_only=True, eq=False)
class Note:
    """A note on a merge request, an issue or a commit. Each is in a discussion, if only in one of its own."""

    body: str
    author: User
    system: bool = False
    """GitLab wrote it itself: "added 1 commit"."""
    discussion: str = field(default_factory=lambda: secrets.token_hex(20))
    resolvable: bool = False
    """It began a discussion on a merge request."""
    resolved: bool = False
    id: int = field(default_factory=next_id)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)


@dataclass(kw_only=True, eq=False)
class Noteable:
    """What people write notes on."""

    iid: int
    author: User
    id: int = field(default_factory=next_id)
    notes: list[Note] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    """Quick actions that notes have made GitLab carry out, with their arguments."""

    def say(self, body: str, *, author: User | None = None) -> Note:
        """Add a note, without any check."""
        note = Note(body=body, author=author or self.author)
        self.notes.append(note)
        return note

    def obey(self, body: str) -> str:
        """Carry out the quick actions of a note; returns what is left of it."""

        def one(match: re.Match[str]) -> str:
            if match["cmd"] is None:
                return match[0]
            self.commands.append(" ".join(filter(None, (match["cmd"].lower(), match["arg"]))))
            return ""

        return _QUICK_ACTION.sub(one, body.replace("\r", "")).rstrip()

    def bodies(self) -> list[str]:
        """Return what people and bots wrote, oldest first."""
        return [note.body for note in self.notes if not note.system]


@dataclass(kw_only=True, eq=False)
class Issue(Noteable):
    """An issue."""


@dataclass(kw_only=True, eq=False)
class MergeRequest(Noteable):
    """A merge request, in the project that it goes to."""

    project: Project
    source: Project | None
    """The project of the branch; None: a fork that was deleted."""
    source_branch: str
    target_branch: str
    sha: str
    state: Literal["opened", "closed", "merged", "locked"] = "opened"
    commits: list[str] = field(default_factory=list)
    """Every commit that was ever its head."""
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None

    def merge(self, sha: str, *, squashed: bool = False) -> None:
        """Close it as merged by the commit `sha` of the target branch."""
        self.state = "merged"
        self.merge_commit_sha, self.squash_commit_sha = (None, sha) if squashed else (sha, None)
        self.project.commits.add(sha)

    @property
    def related(self) -> set[str]:
        """The commits that it is listed for."""
        return {*self.commits, *filter(None, (self.merge_commit_sha, self.squash_commit_sha))}

    def push(self, sha: str) -> None:
        """Move the head to another commit, which GitLab notes."""
        self.sha = sha
        self.commits.append(sha)
        self.project.commits.add(sha)
        if len(self.commits) > 1:
            self.notes.append(Note(body=f"added 1 commit {sha[:8]}", author=self.author, system=True))


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A commit status; the newest of a name counts."""

    sha: str
    name: str
    status: str
    description: str | None
    target_url: str | None
    ref: str | None
    pipeline_id: int | None
    author: User
    id: int


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file for Markdown."""

    secret: str
    filename: str
    content: bytes
    id: int


@dataclass(kw_only=True, eq=False)
class Package:
    """A version of a generic package."""

    name: str
    version: str
    files: list[tuple[int, str, bytes]] = field(default_factory=list)
    """Number, name and content, in the order of their arrival; a name may be there twice, and then the last counts."""
    id: int = field(default_factory=next_id)
    created_at: datetime = field(default_factory=now)

    def find(self, name: str) -> bytes | None:
        """Return the newest file of that name."""
        return next((content for _, one, content in reversed(self.files) if one == name), None)


@dataclass(kw_only=True, eq=False)
class Project:
    """A project with what was said about its changes. Its git objects live in a real repository elsewhere."""

    path: str
    """`group/subgroup/name`."""
    owner: User
    private: bool = True
    archived: bool = False
    default_branch: str = "main"
    duplicates: bool = True
    """The group's setting: generic packages may have a file name twice in a version."""
    protected_packages: bool = False
    """A protection rule keeps all but maintainers from pushing packages."""
    largest_package_file: int = 5 * 1024**3
    id: int = field(default_factory=next_id)
    members: dict[int, Role] = field(default_factory=dict)
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    commit_notes: dict[str, list[Note]] = field(default_factory=dict)
    """What every discussion on a commit begins with."""
    commits: set[str] = field(default_factory=set)
    statuses: list[Status] = field(default_factory=list)
    child_pipelines: set[int] = field(default_factory=set)
    """Pipelines that another pipeline has started: they take no statuses."""
    uploads: list[Upload] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)

    def create_merge_request(
        self, *, sha: str, source_branch: str, target_branch: str = "main", source: Project | None = None
    ) -> MergeRequest:
        """Open a merge request, from a branch of this project or of the fork `source`."""
        source = source or self
        request = MergeRequest(
            iid=len(self.merge_requests) + 1, project=self, source=source, source_branch=source_branch,
            target_branch=target_branch, sha=sha, author=source.owner,
        )  # fmt: skip
        request.push(sha)
        self.merge_requests[request.iid] = request
        return request

    def create_issue(self) -> Issue:
        """Open an issue."""
        issue = Issue(iid=len(self.issues) + 1, author=self.owner)
        self.issues[issue.iid] = issue
        return issue

    def upload(self, filename: str, content: bytes) -> Upload:
        """Keep a file for Markdown."""
        made = Upload(secret=secrets.token_hex(16), filename=filename, content=content, id=next_id())
        self.uploads.append(made)
        return made
