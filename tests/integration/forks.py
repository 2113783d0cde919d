"""A project on a GitHub that takes changes from forks: one workflow measures, another one of main reports."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.fakes.github import FakeGitHub, PullRequest
from tests.integration.served import FILES, TRAIN, Served
from tests.integration.world import FULL, Finished, git

READ = {"contents": "read", "metadata": "read"}
"""What a job of a fork's pull request gets, whatever its workflow asks for."""

_FILES = {
    **FILES,
    "steelyard.toml": '[[gates]]\nmetric = "accuracy"\nfail_if = "worse"\n',
    ".gitignore": ".steelyard/\npredictions.csv\nmetrics.json\nbundle/\nbundle.zip\n",
}


class Forks(Served):
    """
    The project, and a fork of it.

    Attributes:
        fork: The fork, as the API knows it. Its commits are in the same remote, as GitHub gives them out.
    """

    def __init__(self, directory: Path, github: FakeGitHub, *, files: Mapping[str, str] | None = None) -> None:
        super().__init__(directory, github, files={**_FILES, **(files or {})})
        self.fork = github.create_repository("stranger/digits", fork_of=self.repository)
        self.reader = github.issue_token(self.repository, permissions=READ)
        self.writer = github.issue_token(self.repository, permissions=FULL)

    def open_from_fork(self, branch: str, files: Mapping[str, str], *, base: str = "main") -> PullRequest:
        """A pull request from a branch of the fork; this repository has its commits under no branch of its own."""
        head = self.commit(branch, files, new=True)
        pull = self.repository.create_pull(head_sha=head, head_ref=branch, base_ref=base, head=self.fork)
        git("push", "-q", "origin", f"{head}:refs/pull/{pull.number}/head", f":refs/heads/{branch}", cwd=self.author)
        return pull

    def measure(
        self, pull: PullRequest, *, arguments: tuple[str, ...] = TRAIN, variables: Mapping[str, str] | None = None
    ) -> Finished:
        """The job of the pull request itself: a merge is checked out, and the token can only read."""
        merge = self._merge(pull)
        fork = {"full_name": pull.head.full_name, "fork": pull.head is not self.repository}
        request = {
            "number": pull.number,
            "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": fork},
            "base": {"ref": pull.base_ref, "sha": "0" * 40, "repo": {"full_name": "octo/digits"}},
        }
        known = {
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REF": f"refs/pull/{pull.number}/merge",
            "GITHUB_SHA": merge,
            "GITHUB_HEAD_REF": pull.head_ref,
            "GITHUB_BASE_REF": pull.base_ref,
        }
        return self._job(
            merge,
            {**known, **(variables or {})},
            {"pull_request": request, **_REPOSITORY},
            token=self.reader,
            arguments=("ci", "--bundle", "bundle", *arguments),
        )

    def measure_main(self) -> Finished:
        """The job of a push to main, which measures too."""
        sha = git("rev-parse", "main", cwd=self.author)
        known = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": sha}
        payload = {"ref": "refs/heads/main", "after": sha, **_REPOSITORY}
        return self._job(sha, known, payload, token=self.reader, arguments=("ci", "--bundle", "bundle", *TRAIN))

    def report(
        self,
        measured: Finished,
        run: Mapping[str, object],
        *,
        token: str | None = None,
        zipped: bool = True,
        arguments: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        checkout: str = "main",
        bundle: bool = True,
    ) -> Finished:
        """
        The job that GitHub starts on main when the other run has ended.

        Args:
            measured: The other job; its bundle is the artifact.
            run: `workflow_run` of the event.
            token: Default: one that may write.
            zipped: The artifact is handed over as the archive that GitHub keeps.
            arguments: Further ones.
            variables: Further ones.
            checkout: What the workflow checks out.
            bundle: It takes the bundle; otherwise it measures by itself.
        """
        main = git("rev-parse", "main", cwd=self.author)
        artifact = measured.workspace / "bundle"
        if zipped and artifact.is_dir():
            artifact = Path(shutil.make_archive(str(artifact), "zip", artifact))
        known = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": main}
        return self._job(
            git("rev-parse", checkout, cwd=self.author),
            {**known, **(variables or {})},
            {"action": "completed", "workflow_run": run, **_REPOSITORY},
            token=self.writer if token is None else token,
            arguments=("ci", *(("--from-bundle", str(artifact)) if bundle else ()), *arguments),
        )

    def run_of(self, pull: PullRequest, **changes: object) -> dict[str, object]:
        """What GitHub says of the run that a pull request's push has started, with parts of it replaced."""
        return {
            "id": 9_001,
            "run_attempt": 1,
            "event": "pull_request",
            "conclusion": "success",
            "head_branch": pull.head_ref,
            "head_sha": pull.head_sha,
            "head_repository": {"full_name": pull.head.full_name},
            "pull_requests": [],
            **changes,
        }

    def run_of_main(self) -> dict[str, object]:
        """The same of a push to main."""
        return {
            "id": 9_000,
            "run_attempt": 1,
            "event": "push",
            "head_branch": "main",
            "head_sha": git("rev-parse", "main", cwd=self.author),
            "head_repository": {"full_name": "octo/digits"},
        }

    def store_main(self) -> None:
        """Let main store its evaluation, in one job, which takes half the time of two."""
        done = self.push_job("main", token=self.writer, arguments=TRAIN)
        assert done.code == 0, done.stderr


_REPOSITORY: dict[str, object] = {"repository": {"full_name": "octo/digits", "default_branch": "main"}}
