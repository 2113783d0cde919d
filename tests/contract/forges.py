"""The forges, each with one repository and one open change, behind one face: the contract's tests see only this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec

from steelyard.ci import Context, Secret
from steelyard.forge.github import GitHub
from steelyard.forge.gitlab import GitLab
from steelyard.forge.interface import Commit, Forge, Issue
from steelyard.forge.interface import Place as Where
from steelyard.forge.patience import Patience
from tests.fakes.github import FakeGitHub
from tests.fakes.github.faults import Outcome
from tests.fakes.github.state import CommitComment
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.state import Note

OLD, HEAD, NEXT = "0" * 40, "1" * 40, "2" * 40
KINDS = ("github", "gitlab")
ENOUGH = {"contents": "write", "issues": "write", "pull-requests": "write"}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A request, as far as both forges have it in common."""

    method: str
    path: str

    @property
    def writes(self) -> bool:
        """It changes something; GraphQL's questions do not."""
        return self.method != "GET" and "graphql" not in self.path


class Place(Protocol):
    """A forge with the change 1, whose head is `HEAD` and whose branch is `better`."""

    context: Context

    def bodies(self) -> list[str]:
        """What people and bots wrote on the change, oldest first."""
        ...

    def say(self, body: str) -> None:
        """A person writes."""
        ...

    def repeat(self) -> None:
        """Our own first comment is there once more, as when two jobs have started at once."""
        ...

    def forget(self) -> None:
        """Somebody deletes all comments."""
        ...

    def issue(self) -> int:
        """Open an issue; returns its number."""
        ...

    def said_on(self, where: Where) -> list[str]:
        """What was said in a place, oldest first."""
        ...

    def say_on(self, where: Where, body: str, *, ours: bool = False) -> None:
        """A person writes there, or another program with the job's own token."""
        ...

    def forget_on(self, where: Where) -> None:
        """Somebody deletes all that was said there."""
        ...

    def push(self, sha: str) -> None:
        """Move the change's head."""
        ...

    def close(self) -> None:
        """Close the change without merging it."""
        ...

    def merge(self, sha: str) -> None:
        """Merge the change: `sha` is the commit that it became on the default branch."""
        ...

    def weak(self) -> Context:
        """The same job with a token that may read, but not write."""
        ...

    def unknown(self) -> Context:
        """The same job with a token that the forge never gave out."""
        ...

    def fail_next(self, method: str, pattern: str, outcome: Outcome, *, retry_after: str = "") -> None:
        """Let a request fail."""
        ...

    def on_request(self, hook: Callable[[Seen], None]) -> None:
        """Call the hook before each request is handled."""
        ...


def _at_once(seconds: float) -> None:
    del seconds


def forge(context: Context, *, sleep: Callable[[float], None] = _at_once) -> Forge:
    """The forge of a job whose pauses take no time, unless the test says otherwise."""
    patience = Patience(sleep=sleep)
    if context.provider == "github":
        return GitHub(context, timeout=1, patience=patience)
    return GitLab(context, timeout=1, patience=patience)


@contextmanager
def place(kind: str) -> Iterator[Place]:
    """A place of that kind, for one test."""
    if kind == "github":
        with FakeGitHub() as github:
            yield OnGitHub(github)
    else:
        with FakeGitLab(root="/git") as gitlab:
            yield OnGitLab(gitlab)


class OnGitHub:
    """See `Place`."""

    def __init__(self, fake: FakeGitHub) -> None:
        self.fake = fake
        self.repo = fake.create_repository("octo/digits", private=True)
        self.pull = self.repo.create_pull(head_sha=HEAD, head_ref="better")
        token = fake.issue_token(self.repo, permissions=ENOUGH)
        self.context = Context(
            provider="github", workspace=Path(), repository="octo/digits", server_url=fake.server_url,
            api_url=fake.api_url, default_branch="main", branch="better", token=Secret(token),
        )  # fmt: skip

    def bodies(self) -> list[str]:
        """See `Place`."""
        return self.repo.comments(1)

    def say(self, body: str) -> None:
        """See `Place`."""
        self.repo.add_comment(1, body)

    def repeat(self) -> None:
        """See `Place`."""
        first = self.repo.conversation(1)[0]
        self.repo.add_comment(1, first.body, user=first.user)

    def forget(self) -> None:
        """See `Place`."""
        self.repo.comment_list.clear()

    def issue(self) -> int:
        """See `Place`."""
        return self.repo.create_issue().number

    def said_on(self, where: Where) -> list[str]:
        """See `Place`."""
        if isinstance(where, Commit):
            return [said.body for said in self.repo.commit_comments if said.sha == where.sha]
        return self.repo.comments(where.number)

    def say_on(self, where: Where, body: str, *, ours: bool = False) -> None:
        """See `Place`."""
        user = self.fake.account(self.context.token.reveal()) if ours else self.repo.owner
        if isinstance(where, Commit):
            self.repo.commit_comments.append(CommitComment(sha=where.sha, body=body, user=user))
        else:
            self.repo.add_comment(where.number, body, user=user)

    def forget_on(self, where: Where) -> None:
        """See `Place`."""
        (self.repo.commit_comments if isinstance(where, Commit) else self.repo.comment_list).clear()

    def push(self, sha: str) -> None:
        """See `Place`."""
        self.pull.push(sha)

    def close(self) -> None:
        """See `Place`."""
        self.pull.state = "closed"

    def merge(self, sha: str) -> None:
        """See `Place`."""
        self.pull.merge(sha)

    def weak(self) -> Context:
        """See `Place`."""
        token = self.fake.issue_token(self.repo, permissions={"contents": "read", "pull-requests": "read"})
        return msgspec.structs.replace(self.context, token=Secret(token))

    def unknown(self) -> Context:
        """See `Place`."""
        return msgspec.structs.replace(self.context, token=Secret("ghs_" + "0" * 36))

    def fail_next(self, method: str, pattern: str, outcome: Outcome, *, retry_after: str = "") -> None:
        """See `Place`."""
        self.fake.fail_next(method, pattern, outcome, headers={"Retry-After": retry_after} if retry_after else {})

    def on_request(self, hook: Callable[[Seen], None]) -> None:
        """See `Place`."""
        self.fake.on_request(lambda request: hook(Seen(method=request.method, path=request.path)))


class OnGitLab:
    """See `Place`."""

    def __init__(self, fake: FakeGitLab) -> None:
        self.fake = fake
        self.project = fake.create_project("group/sub/digits")
        self.request = self.project.create_merge_request(sha=HEAD, source_branch="better")
        token = fake.issue_project_token(self.project)
        self.context = Context(
            provider="gitlab", workspace=Path(), repository="group/sub/digits", project_id=self.project.id,
            server_url=fake.server_url, api_url=fake.api_url, default_branch="main", branch="better",
            token=Secret(token),
        )  # fmt: skip

    def bodies(self) -> list[str]:
        """See `Place`."""
        return self.request.bodies()

    def say(self, body: str) -> None:
        """See `Place`."""
        self.request.say(body)

    def repeat(self) -> None:
        """See `Place`."""
        first = self.request.notes[0]
        self.request.say(first.body, author=first.author)

    def forget(self) -> None:
        """See `Place`."""
        self.request.notes.clear()

    def issue(self) -> int:
        """See `Place`."""
        return self.project.create_issue().iid

    def said_on(self, where: Where) -> list[str]:
        """See `Place`."""
        return [note.body for note in self._notes(where) if not note.system]

    def say_on(self, where: Where, body: str, *, ours: bool = False) -> None:
        """See `Place`."""
        author = self.fake.account(self.context.token.reveal()) if ours else self.project.owner
        self._notes(where).append(Note(body=body, author=author))

    def forget_on(self, where: Where) -> None:
        """See `Place`."""
        self._notes(where).clear()

    def _notes(self, where: Where) -> list[Note]:
        if isinstance(where, Commit):
            return self.project.commit_notes.setdefault(where.sha, [])
        issue = isinstance(where, Issue)
        return self.project.issues[where.number].notes if issue else self.request.notes

    def push(self, sha: str) -> None:
        """See `Place`."""
        self.request.push(sha)

    def close(self) -> None:
        """See `Place`."""
        self.request.state = "closed"

    def merge(self, sha: str) -> None:
        """See `Place`."""
        self.request.merge(sha)

    def weak(self) -> Context:
        """See `Place`."""
        token = self.fake.issue_project_token(self.project, scopes=("read_api",))
        return msgspec.structs.replace(self.context, token=Secret(token))

    def unknown(self) -> Context:
        """See `Place`."""
        return msgspec.structs.replace(self.context, token=Secret("glpat-" + "0" * 20))

    def fail_next(self, method: str, pattern: str, outcome: Outcome, *, retry_after: str = "") -> None:
        """See `Place`."""
        self.fake.fail_next(method, pattern, outcome, headers={"Retry-After": retry_after} if retry_after else {})

    def on_request(self, hook: Callable[[Seen], None]) -> None:
        """See `Place`."""
        self.fake.on_request(lambda request: hook(Seen(method=request.method, path=request.path)))
