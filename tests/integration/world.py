"""A project on a GitHub: a bare remote, branches, jobs. Each job is a fresh checkout in which `steelyard ci` runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from tests.fakes.github import FakeGitHub, PullRequest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "digits"
FULL = {"contents": "write", "pull-requests": "write", "statuses": "write", "metadata": "read"}

_IDENTITY = {"NAME": "A", "EMAIL": "a@example.org"}


def git(*arguments: str, cwd: Path) -> str:
    """Run git with an identity and without the machine's configuration; returns what it prints."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()},
    }
    done = subprocess.run(["git", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a job's step ended: exit code, what it printed, and what GitHub read of it."""

    code: int
    stdout: str
    stderr: str
    summary: str
    outputs: str
    workspace: Path


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A program of a job: its module and arguments, where it runs, and all of its environment."""

    module: str = "steelyard"
    arguments: tuple[str, ...]
    workspace: Path
    environment: dict[str, str]


Run: TypeAlias = Callable[[Job], tuple[int, str, str]]
"""Runs a job's program to its end; gives exit code, standard output and standard error."""


def run_process(job: Job) -> tuple[int, str, str]:
    """Run it as a process of its own."""
    command = [sys.executable, "-m", job.module, *job.arguments]
    done = subprocess.run(
        command, cwd=job.workspace, env=job.environment, capture_output=True, text=True, check=False, timeout=180
    )
    return done.returncode, done.stdout, done.stderr


class World:
    """
    A repository on a GitHub.

    Attributes:
        api_url: Where the jobs find the API; a test may name another server.
        server_url: What the jobs take for GitHub's own address.
        remote: The bare repository that git talks to.
        origin: The address at which the jobs find it.
        run: How the jobs' programs are run.
        repository: The same, as the forge's API knows it.
        variables: What the environment of the jobs has beyond GitHub's own; none by default.
    """

    def __init__(self, directory: Path, github: FakeGitHub, *, files: Mapping[str, str]) -> None:
        self._directory = directory
        self.api_url, self.server_url = github.api_url, github.server_url
        self.run: Run = run_process
        self._jobs = 0
        self.variables: dict[str, str] = {}
        self.repository = github.create_repository("octo/digits", private=True)
        self.remote = directory / "remote.git"
        self.origin = self.remote.as_uri()
        git("init", "-q", "--bare", "--initial-branch=main", str(self.remote), cwd=directory)
        self.author = directory / "author"
        git("clone", "-q", str(self.remote), str(self.author), cwd=directory)
        self.commit("main", files)

    @classmethod
    def digits(cls, directory: Path, github: FakeGitHub) -> World:
        """The example project on main."""
        names = ("train.py", "params.toml", "steelyard.toml", ".gitignore")
        return cls(directory, github, files={name: (EXAMPLE / name).read_text(encoding="utf-8") for name in names})

    def commit(self, branch: str, files: Mapping[str, str], *, new: bool = False) -> str:
        """Commit files to a branch and push it; `new` branches off main. Returns the commit."""
        if new:
            git("checkout", "-q", "-B", branch, "main", cwd=self.author)
        else:
            git("checkout", "-q", branch, cwd=self.author) if self._has(branch) else None
        for name, text in files.items():
            (self.author / name).parent.mkdir(parents=True, exist_ok=True)
            (self.author / name).write_text(text, encoding="utf-8")
        return self._publish(branch, f"change {', '.join(files)}")

    def apply(self, branch: str, change: str) -> str:
        """Commit one of the example's changes to a new branch and push it."""
        git("checkout", "-q", "-B", branch, "main", cwd=self.author)
        git("apply", str(EXAMPLE / "changes" / f"{change}.patch"), cwd=self.author)
        return self._publish(branch, change)

    def _publish(self, branch: str, message: str) -> str:
        git("add", "-A", cwd=self.author)
        git("commit", "-q", "--allow-empty", "-m", message, cwd=self.author)
        git("push", "-q", "--force", "origin", f"HEAD:refs/heads/{branch}", cwd=self.author)
        return git("rev-parse", "HEAD", cwd=self.author)

    def _has(self, branch: str) -> bool:
        return branch in git("branch", "--format=%(refname:short)", cwd=self.author).split()

    def open_pull(self, branch: str) -> PullRequest:
        """Open a pull request from a branch into main."""
        head = git("rev-parse", branch, cwd=self.author)
        return self.repository.create_pull(head_sha=head, head_ref=branch, base_ref="main")

    @property
    def repository_url(self) -> str:
        """Its page."""
        return f"{self.server_url}/octo/digits"

    def push_job(self, branch: str, *, token: str, arguments: tuple[str, ...] = (), command: str = "ci") -> Finished:
        """The job of a push to a branch."""
        sha = git("rev-parse", branch, cwd=self.author)
        payload: dict[str, object] = {"ref": f"refs/heads/{branch}", "after": sha, **_REPOSITORY}
        variables = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": f"refs/heads/{branch}", "GITHUB_SHA": sha}
        return self._job(sha, variables, payload, token=token, arguments=(command, *arguments))

    def pull_job(
        self, pull: PullRequest, *, token: str, arguments: tuple[str, ...] = (), run: int = 0, command: str = "ci"
    ) -> Finished:
        """The job of a pull request: what is checked out is GitHub's merge of its head into today's main."""
        return self._pull_job(pull, token=token, arguments=(command, *arguments), run=run)

    def action_job(self, pull: PullRequest, *, token: str, **given: str) -> Finished:
        """The same, by the entrypoint of the container action with these inputs."""
        inputs = {f"INPUT_{name.upper()}": value for name, value in given.items()}
        return self._pull_job(pull, token=token, variables=inputs, module="steelyard.action")

    def event_job(
        self, event: str, sha: str, payload: Mapping[str, object], *, token: str, arguments: tuple[str, ...] = (),
        ref: str = "refs/heads/main", tested: str = "", command: str = "ci",
    ) -> Finished:  # fmt: skip
        """
        The job of any event.

        Args:
            event: Its name.
            sha: What the workflow checks out.
            payload: What the event says.
            token: The job's token.
            arguments: After the command.
            ref: `GITHUB_REF`.
            tested: `GITHUB_SHA`, where it is not what is checked out.
            command: What of steelyard is run.
        """
        variables = {"GITHUB_EVENT_NAME": event, "GITHUB_REF": ref, "GITHUB_SHA": tested or sha}
        return self._job(sha, variables, {**_REPOSITORY, **payload}, token=token, arguments=(command, *arguments))

    def fork_job(
        self, branch: str, github: FakeGitHub, *, arguments: tuple[str, ...] = (), command: str = "ci"
    ) -> Finished:
        """The job of a pull request from a fork, whose token can only read."""
        fork = github.create_repository("stranger/digits", fork_of=self.repository)
        head = git("rev-parse", branch, cwd=self.author)
        pull = self.repository.create_pull(head_sha=head, head_ref=branch, base_ref="main", head=fork)
        request = {
            "number": pull.number,
            "head": {"ref": branch, "sha": head, "repo": {"full_name": "stranger/digits", "fork": True}},
            "base": {"ref": "main", "sha": "0" * 40, "repo": {"full_name": "octo/digits"}},
        }
        return self.event_job(
            "pull_request",
            self.merge(pull),
            {"pull_request": request},
            token=github.issue_token(self.repository, permissions={"contents": "read", "pull-requests": "read"}),
            ref=f"refs/pull/{pull.number}/merge",
            arguments=arguments,
            command=command,
        )

    def merge(self, pull: PullRequest) -> str:
        """GitHub's merge of the pull request's head into today's main, for testing."""
        return self._merge(pull)

    def land(self, pull: PullRequest) -> str:
        """Merge the pull request into main, as its button does; returns main's new commit."""
        git("checkout", "-q", "main", cwd=self.author)
        git("merge", "-q", "--no-ff", "-m", "merge", pull.head_sha, cwd=self.author)
        git("push", "-q", "origin", "main", cwd=self.author)
        sha = git("rev-parse", "HEAD", cwd=self.author)
        pull.merge(sha)
        return sha

    def _pull_job(
        self,
        pull: PullRequest,
        *,
        token: str,
        arguments: tuple[str, ...] = (),
        run: int = 0,
        variables: Mapping[str, str] | None = None,
        module: str = "steelyard",
    ) -> Finished:
        merge, own, payload = self._pull(pull)
        variables = {**(variables or {}), **own, **({"GITHUB_RUN_ID": str(run)} if run else {})}
        return self._job(merge, variables, payload, token=token, arguments=arguments, module=module)

    def prepare(self, pull: PullRequest, *, token: str) -> tuple[Path, dict[str, str]]:
        """A pull request's job that a test runs itself: its checkout and its environment."""
        merge, variables, payload = self._pull(pull)
        workspace = self.checkout(merge)
        return workspace, self._environment(workspace, variables, payload, token=token)

    def _pull(self, pull: PullRequest) -> tuple[str, dict[str, str], dict[str, object]]:
        """What is checked out, what GitHub says in variables, and in its event."""
        merge = self._merge(pull)
        variables = {
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REF": f"refs/pull/{pull.number}/merge",
            "GITHUB_SHA": merge,
            "GITHUB_HEAD_REF": pull.head_ref,
            "GITHUB_BASE_REF": "main",
        }
        request = {
            "number": pull.number,
            "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": {"full_name": "octo/digits", "fork": False}},
            # GitHub's base.sha is stale once main has moved on: nothing may rest on it.
            "base": {"ref": "main", "sha": "0" * 40, "repo": {"full_name": "octo/digits"}},
        }
        payload = {"action": "synchronize", "number": pull.number, "pull_request": request, **_REPOSITORY}
        return merge, variables, payload

    def _merge(self, pull: PullRequest) -> str:
        git("checkout", "-q", "--detach", "main", cwd=self.author)
        git("merge", "-q", "--no-ff", "-m", "merge", pull.head_sha, cwd=self.author)
        git("push", "-q", "--force", "origin", f"HEAD:refs/pull/{pull.number}/merge", cwd=self.author)
        merge = git("rev-parse", "HEAD", cwd=self.author)
        git("checkout", "-q", "main", cwd=self.author)
        return merge

    def checkout(self, sha: str) -> Path:
        """A depth-1 checkout, as actions/checkout makes it."""
        self._jobs += 1
        workspace = self._directory / f"job-{self._jobs}" / "workspace"
        workspace.mkdir(parents=True)
        git("init", "-q", "--initial-branch=main", ".", cwd=workspace)
        git("remote", "add", "origin", self.origin, cwd=workspace)
        git("fetch", "-q", "--depth=1", self.remote.as_uri(), sha, cwd=workspace)
        git("checkout", "-q", "--detach", sha, cwd=workspace)
        return workspace

    def _job(
        self,
        sha: str,
        variables: Mapping[str, str],
        payload: Mapping[str, object],
        *,
        token: str,
        arguments: tuple[str, ...],
        module: str = "steelyard",
    ) -> Finished:
        workspace = self.checkout(sha)
        home = workspace.parent
        env = self._environment(workspace, variables, payload, token=token)
        job = Job(module=module, arguments=arguments, workspace=workspace, environment=env)
        code, stdout, stderr = self.run(job)
        return Finished(
            code=code,
            stdout=stdout,
            stderr=stderr,
            summary=(home / "summary").read_text(encoding="utf-8"),
            outputs=(home / "output").read_text(encoding="utf-8"),
            workspace=workspace,
        )

    def _environment(
        self, workspace: Path, variables: Mapping[str, str], payload: Mapping[str, object], *, token: str
    ) -> dict[str, str]:
        home = workspace.parent
        (home / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        for name in ("summary", "output"):
            (home / name).touch()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {
            **{name: value for name, value in os.environ.items() if name.startswith(("COVERAGE", "COV_"))},
            "PATH": path,
            "HOME": str(home),
            # Tests run side by side: trainings that each take all cores for themselves are many times slower.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_TOKEN": token,
            "GITHUB_REPOSITORY": "octo/digits",
            "GITHUB_API_URL": self.api_url,
            "GITHUB_SERVER_URL": self.server_url,
            "GITHUB_RUN_ID": str(7000 + self._jobs),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_EVENT_PATH": str(home / "event.json"),
            "GITHUB_STEP_SUMMARY": str(home / "summary"),
            "GITHUB_OUTPUT": str(home / "output"),
            **self.variables,
            **variables,
        }

    def forget_jobs(self) -> None:
        """Remove all checkouts, so that nothing can come from one by a local path."""
        for directory in self._directory.glob("job-*"):
            shutil.rmtree(directory)


_REPOSITORY: dict[str, object] = {"repository": {"full_name": "octo/digits", "default_branch": "main"}}
