"""A user's project with a bare remote: `main`, a pull request's branch, and GitHub's merge commit of both."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

RUNNER = 1001
"""The user to whom everything belongs on GitHub's machines."""

REQUIREMENTS = "numpy==1.26.4\nscikit-learn==1.4.2\nscipy==1.13.1\n"

TRAIN = """\
import csv, importlib.util, json, os, sys

import numpy, sklearn
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

PIXELS = {pixels}
private = ("GITHUB_TOKEN", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
hidden = [n for n in os.environ if n.startswith(("INPUT_", "ACTIONS_")) or n in private]
print("numpy", numpy.__version__, "sklearn", sklearn.__version__)
print("ours importable:", importlib.util.find_spec("steelyard") is not None, "seen:", hidden)
print("ours on a path:", any("/opt/steelyard" in os.environ.get(n, "") for n in ("PATH", "PYTHONPATH", "VIRTUAL_ENV")))

x, y = load_digits(return_X_y=True)
rows = list(range(len(y)))
x, x_test, y, y_test, _, ids = train_test_split(x[:, :PIXELS], y, rows, test_size=0.5, random_state=0, stratify=y)
predicted = LogisticRegression(max_iter=200, C=0.01).fit(x, y).predict(x_test)
with open("predictions.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["id", "label", "prediction"])
    writer.writerows(zip(ids, y_test, predicted))
os.makedirs("out/deep", exist_ok=True)
with open("out/deep/metrics.json", "w") as file:
    json.dump({{"train_rows": len(y)}}, file)
"""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, as a job's environment and event file tell it."""

    name: str
    ref: str
    sha: str
    payload: dict[str, object]
    head_ref: str = ""
    base_ref: str = ""


def git(*arguments: str, cwd: Path) -> str:
    """Run git with an identity and without the machine's configuration."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()},
    }
    done = subprocess.run(["git", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_IDENTITY = {"NAME": "A", "EMAIL": "a@example.org", "DATE": "2026-01-02T03:04:05Z"}


class Project:
    """
    The project's repository, made by its author's clone.

    Attributes:
        remote: The bare repository.
        main, head, merge: Commits: main, the pull request's branch, GitHub's merge of both.
    """

    def __init__(self, directory: Path, *, main: Mapping[str, str], change: Mapping[str, str]) -> None:
        """`main` are main's files, by path, `change` those that the branch adds or changes."""
        self.remote = directory / "remote.git"
        git("init", "-q", "--bare", "--initial-branch=main", str(self.remote), cwd=directory)
        self._author = directory / "author"
        git("clone", "-q", str(self.remote), str(self._author), cwd=directory)
        self.main = self._commit(main, "main")
        git("push", "-q", "origin", "main", cwd=self._author)
        git("branch", "change", cwd=self._author)
        self.push(change)

    def push(self, change: Mapping[str, str]) -> None:
        """Commit files to the pull request's branch and push it; GitHub makes its merge commit anew."""
        git("checkout", "-q", "change", cwd=self._author)
        self.head = self._commit(change, "change")
        git("checkout", "-q", "--detach", self.main, cwd=self._author)
        git("merge", "-q", "--no-ff", "-m", "merge", self.head, cwd=self._author)
        self.merge = git("rev-parse", "HEAD", cwd=self._author)
        refs = ("change", "+HEAD:refs/pull/1/merge", "change:refs/pull/1/head")
        git("push", "-q", "origin", *refs, cwd=self._author)

    def _commit(self, files: Mapping[str, str], message: str) -> str:
        for name, text in files.items():
            (self._author / name).parent.mkdir(parents=True, exist_ok=True)
            (self._author / name).write_text(text)
        git("add", "-A", cwd=self._author)
        git("commit", "-q", "-m", message, cwd=self._author)
        return git("rev-parse", "HEAD", cwd=self._author)

    def checkout(self, workspace: Path, event: Event) -> None:
        """What actions/checkout does: one commit, detached or on its branch, all of it the runner's."""
        workspace.mkdir(parents=True)
        git("init", "-q", "--initial-branch=main", ".", cwd=workspace)
        git("remote", "add", "origin", f"file://{self.remote}", cwd=workspace)
        branch = event.ref.removeprefix("refs/heads/") if event.ref.startswith("refs/heads/") else ""
        tracking = f"refs/remotes/origin/{branch}" if branch else event.ref.replace("refs/", "refs/remotes/", 1)
        git("fetch", "-q", "--depth=1", "origin", f"+{event.sha}:{tracking}", cwd=workspace)
        git("checkout", "-q", *(["-B", branch] if branch else ["--detach"]), tracking, cwd=workspace)
        for path in (workspace, *workspace.rglob("*")):
            os.chown(path, RUNNER, RUNNER, follow_symlinks=False)

    def push_event(self) -> Event:
        """Main was pushed."""
        payload: dict[str, object] = {"ref": "refs/heads/main", "after": self.main, **_REPOSITORY}
        return Event(name="push", ref="refs/heads/main", sha=self.main, payload=payload)

    def pull_request_event(self, number: int) -> Event:
        """The branch was pushed to its pull request; what is tested is the merge commit."""
        pull = {
            "number": number,
            "head": {"ref": "change", "sha": self.head, "repo": {"full_name": "octo/digits", "fork": False}},
            "base": {"ref": "main", "sha": self.main, "repo": {"full_name": "octo/digits"}},
        }
        return Event(
            name="pull_request",
            ref=f"refs/pull/{number}/merge",
            sha=self.merge,
            head_ref="change",
            base_ref="main",
            payload={"action": "synchronize", "number": number, "pull_request": pull, **_REPOSITORY},
        )


_REPOSITORY: dict[str, object] = {"repository": {"full_name": "octo/digits", "default_branch": "main"}}
