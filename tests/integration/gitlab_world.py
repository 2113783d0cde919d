"""A project on a GitLab: a bare remote, branches, jobs. Each job is a fresh checkout in which `steelyard ci` runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.fakes.gitlab import FakeGitLab, MergeRequest
from tests.fakes.gitlab.state import Role
from tests.integration.world import Job, Run, git, run_process

PATH = "group/sub/digits"

TRAIN = """\
import csv

WRONG = 40
rows = [(i, i % 3, i % 3 if i % 200 >= WRONG // 2 else (i + 1) % 3) for i in range(400)]
with open("predictions.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["id", "label", "prediction"])
    writer.writerows(rows)
"""
CONFIG = """\
[run]
command = "python train.py"

[[gates]]
metric = "accuracy"
fail_if = "worse"
"""


FILES = {"train.py": TRAIN, "steelyard.toml": CONFIG, ".gitignore": "predictions.csv\n.steelyard/\n"}


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a job's script ended, and what it left for GitLab."""

    code: int
    stdout: str
    stderr: str
    workspace: Path

    def left(self, name: str) -> str:
        """A file of the job's artifacts."""
        return (self.workspace / ".steelyard" / name).read_text(encoding="utf-8")


class GitLabWorld:
    """
    A project on a GitLab.

    Attributes:
        project: The project, as the API knows it.
        remote: The bare repository that git talks to.
        origin: The address at which the jobs find it.
        token: What the jobs have as GITLAB_TOKEN; empty: nothing.
        arguments: What the jobs run steelyard with.
        run: How the jobs' programs are run.
    """

    def __init__(self, directory: Path, gitlab: FakeGitLab, *, files: Mapping[str, str] | None = None) -> None:
        self._directory = directory
        self._jobs = 900
        self.gitlab = gitlab
        self.project = gitlab.create_project(PATH)
        self.token = ""
        self.role: Role = "maintainer"
        self.variables: dict[str, str] = {}
        self.arguments: tuple[str, ...] = ("ci", "--run", "python train.py")
        self.run: Run = run_process
        self.remote = directory / "remote.git"
        self.origin = self.remote.as_uri()
        git("init", "-q", "--bare", "--initial-branch=main", str(self.remote), cwd=directory)
        self.author = directory / "author"
        git("clone", "-q", str(self.remote), str(self.author), cwd=directory)
        self.commit("main", FILES if files is None else files)

    def commit(self, branch: str, files: Mapping[str, str], *, new: bool = False) -> str:
        """Commit files to a branch and push it; `new` branches off main. Returns the commit."""
        if new:
            git("checkout", "-q", "-B", branch, "main", cwd=self.author)
        for name, text in files.items():
            (self.author / name).write_text(text, encoding="utf-8")
        git("add", "-A", cwd=self.author)
        git("commit", "-q", "--allow-empty", "-m", f"change {branch}", cwd=self.author)
        git("push", "-q", "--force", "origin", f"HEAD:refs/heads/{branch}", cwd=self.author)
        sha = git("rev-parse", "HEAD", cwd=self.author)
        self.project.commits.add(sha)
        return sha

    def switch(self, branch: str) -> None:
        """Check out a branch."""
        git("checkout", "-q", branch, cwd=self.author)

    def open(self, branch: str) -> MergeRequest:
        """Open a merge request from a branch into main."""
        return self.project.create_merge_request(sha=self.tip(branch), source_branch=branch)

    def tip(self, revision: str) -> str:
        """A branch's commit."""
        return git("rev-parse", revision, cwd=self.author)

    def branch_job(self, branch: str, **variables: str) -> Finished:
        """The job of a branch's pipeline."""
        named = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": branch}
        return self._job(self.tip(branch), {**named, **variables})

    def detached_job(self, change: MergeRequest, **variables: str) -> Finished:
        """The job of a merge request's pipeline that tests its head."""
        base = git("merge-base", "main", change.sha, cwd=self.author)
        named = {"CI_MERGE_REQUEST_EVENT_TYPE": "detached", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
        return self._job(change.sha, {**self.of(change), **named, **variables})

    def merged_job(self, change: MergeRequest, *, kind: str = "merged_result", **variables: str) -> Finished:
        """The job of a merge request's pipeline that tests GitLab's merge of its head into today's main."""
        git("checkout", "-q", "--detach", "main", cwd=self.author)
        git("merge", "-q", "--no-ff", "-m", "merge", change.sha, cwd=self.author)
        ref = f"refs/merge-requests/{change.iid}/{'train' if kind == 'merge_train' else 'merge'}"
        git("push", "-q", "--force", "origin", f"HEAD:{ref}", cwd=self.author)
        tested = self.tip("HEAD")
        base = git("merge-base", "main", change.sha, cwd=self.author)
        self.switch("main")
        named = {
            "CI_MERGE_REQUEST_EVENT_TYPE": kind,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": change.sha,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        }
        return self._job(tested, {**self.of(change), **named, **variables})

    def of(self, change: MergeRequest) -> dict[str, str]:
        """What GitLab says of a merge request in its pipelines."""
        return {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": str(change.iid),
            "CI_MERGE_REQUEST_PROJECT_ID": str(self.project.id),
            "CI_MERGE_REQUEST_PROJECT_PATH": PATH,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": PATH,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": change.source_branch,
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": change.target_branch,
        }

    def checkout(self, sha: str) -> Path:
        """A shallow checkout, as the runner makes it."""
        self._jobs += 1
        workspace = self._directory / f"job-{self._jobs}" / "workspace"
        workspace.mkdir(parents=True)
        git("init", "-q", "--initial-branch=main", ".", cwd=workspace)
        git("remote", "add", "origin", self.origin, cwd=workspace)
        git("fetch", "-q", "--depth=1", self.remote.as_uri(), sha, cwd=workspace)
        git("checkout", "-q", "--detach", sha, cwd=workspace)
        return workspace

    def environment(self, sha: str, workspace: Path) -> dict[str, str]:
        """What GitLab and its runner give to every job."""
        pipeline = self._jobs * 10
        return {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_SERVER_URL": self.gitlab.server_url,
            "CI_API_V4_URL": self.gitlab.api_url,
            "CI_PROJECT_ID": str(self.project.id),
            "CI_PROJECT_PATH": PATH,
            "CI_PROJECT_DIR": str(workspace),
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": sha,
            "CI_PIPELINE_ID": str(pipeline),
            "CI_JOB_ID": str(pipeline + 1),
            "CI_JOB_TOKEN": self.gitlab.issue_job_token(self.project, username=f"a-{self.role}", role=self.role),
            **({"GITLAB_TOKEN": self.token} if self.token else {}),
        }

    def _job(self, sha: str, variables: Mapping[str, str]) -> Finished:
        workspace = self.checkout(sha)
        env = {
            **{name: value for name, value in os.environ.items() if name.startswith(("COVERAGE", "COV_"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(workspace.parent),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            **self.environment(sha, workspace),
            **variables,
            **self.variables,
        }
        if env["CI_PIPELINE_SOURCE"] == "parent_pipeline":
            self.project.child_pipelines.add(int(env["CI_PIPELINE_ID"]))
        code, stdout, stderr = self.run(Job(arguments=self.arguments, workspace=workspace, environment=env))
        return Finished(code=code, stdout=stdout, stderr=stderr, workspace=workspace)
