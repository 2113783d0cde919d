"""A GitHub with one repository and one pull request, and jobs on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from steelyard.ci import Context, Secret
from steelyard.forge.github import GitHub
from steelyard.forge.interface import Change, Posted, Stamp
from steelyard.forge.patience import Patience
from tests.fakes.github import FakeGitHub, PullRequest, Repository

OLD, HEAD, NEXT = "0" * 40, "1" * 40, "2" * 40
ENOUGH = {"contents": "read", "pull-requests": "write"}


class Place:
    """One repository with one open pull request, whose head is `HEAD`."""

    def __init__(self, github: FakeGitHub, *, private: bool = False) -> None:
        self.github = github
        self.repo: Repository = github.create_repository("octo/digits", private=private)
        self.pull: PullRequest = self.repo.create_pull(head_sha=HEAD, head_ref="better")

    def context(self, permissions: Mapping[str, str] | None = None) -> Context:
        """A job with a workflow's token."""
        token = self.github.issue_token(self.repo, permissions=ENOUGH if permissions is None else permissions)
        return Context(
            provider="github",
            workspace=Path(),
            repository="octo/digits",
            server_url=self.github.server_url,
            api_url=self.github.api_url,
            default_branch="main",
            branch="better",
            token=Secret(token),
        )

    def job(self, permissions: Mapping[str, str] | None = None) -> GitHub:
        """The forge of such a job, which does not like to wait."""
        return impatient(self.context(permissions))

    def bodies(self) -> list[str]:
        """The comments of the pull request."""
        return self.repo.comments(self.pull.number)

    def post(self, head: str = HEAD, *, run: int = 1, markdown: str = "the report") -> Posted:
        """What a whole job does: find the change and leave a report."""
        return leave(self.job(), head=head, run=run, markdown=markdown)


def impatient(context: Context, *, timeout: int = 1) -> GitHub:
    """The forge of a job that sleeps through no pause."""
    return GitHub(context, timeout=timeout, patience=Patience(sleep=lambda _: None))


def leave(forge: GitHub, *, head: str = HEAD, run: int = 1, markdown: str = "the report") -> Posted:
    """Find pull request 1 and leave a report on it."""
    change = forge.find_change(number=1, head_sha=head)
    assert change is not None
    return forge.upsert_comment(change, markdown=markdown, stamp=Stamp(id="default", head_sha=head, run=run))


def change(number: int = 1, *, head: str = HEAD) -> Change:
    """A change that was found before."""
    return Change(number=number, head_sha=head)


def with_token(context: Context, token: str) -> Context:
    """The same job with another token."""
    return msgspec.structs.replace(context, token=Secret(token))


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub for one test."""
    with FakeGitHub() as fake:
        yield fake


@pytest.fixture
def place(github: FakeGitHub) -> Place:
    """A public repository with a pull request."""
    return Place(github)
