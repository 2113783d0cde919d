"""The jobs of a project on GitHub, behind a front: a push to main, a pull request's first run and its second."""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from steelyard.baseline.git_store import BRANCH, GitStore
from steelyard.baseline.images import BRANCH as IMAGES
from steelyard.forge import marker
from tests.fakes.front import Front
from tests.fakes.github import FakeGitHub
from tests.faults.kinds import Server
from tests.faults.scene import Played, renewed, rows, timed
from tests.integration.baseline.git_server import GitServer
from tests.integration.baseline.places import branch_files
from tests.integration.inside import run_inside
from tests.integration.world import FULL, Job, Run, World, git

PERMISSIONS = {**FULL, "statuses": "write", "checks": "write"}
SCENES = ("main", "first", "again")

_PICTURE = re.compile(rf"{IMAGES}/(pr-\d+/default/[0-9a-f]+\.png)\?raw=true")


class GitHubScene:
    """
    One job of a project on GitHub; see `scene.Scene`.

    Args:
        name: `main`, `first` or `again`.
        directory: Where all of it is.
        stack: Ends the servers.
        run: Runs the job's program.
    """

    servers: dict[str, Server] = {"/api/": "github", "/": "git"}

    def __init__(self, name: str, directory: Path, stack: ExitStack, *, run: Run = run_inside) -> None:
        self.name = name
        self._run = run
        github = stack.enter_context(FakeGitHub())
        served = stack.enter_context(GitServer(directory).running())
        self.front = stack.enter_context(Front({"/api/": github.server_url, "/": served.url}))
        github.server_url, github.api_url = self.front.url, f"{self.front.url}/api/v3"
        self._world = World(directory, github, files={"predictions.csv": rows(40)})
        self._world.origin = f"{self.front.url}/{self._world.remote.name}"
        self._world.run = run_inside
        self._token = github.issue_token(self._world.repository, permissions=PERMISSIONS)
        served.tokens.add(self._token)
        self._job = self._prepared()
        self._stored = self._entries()
        self._refs = self._read_refs()
        self._comments = copy.deepcopy(self._world.repository.comment_list)
        self._number = 10_000

    def _prepared(self) -> Job:
        """The job, after what came before it."""
        world = self._world
        assert world.push_job("main", token=self._token).code == 0
        if self.name == "main":
            self.head = world.commit("main", {"predictions.csv": rows(10)})
            return self._caught(lambda: world.push_job("main", token=self._token))
        self.head = world.commit("better", {"predictions.csv": rows(20)}, new=True)
        self.pull = world.open_pull("better")
        if self.name == "again":
            assert world.pull_job(self.pull, token=self._token).code == 0
            self.head = world.commit("better", {"predictions.csv": rows(10)})
            self.pull.push(self.head)
        return self._caught(lambda: world.pull_job(self.pull, token=self._token))

    def _caught(self, start: Callable[[], object]) -> Job:
        caught: list[Job] = []

        def catch(job: Job) -> tuple[int, str, str]:
            caught.append(job)
            return 0, "", ""

        self._world.run = catch
        start()
        return caught[0]

    def reset(self) -> None:
        """See `Scene.reset`."""
        now = self._read_refs()
        lines = [f"delete {ref}" for ref in now.keys() - self._refs.keys()]
        lines += [f"update {ref} {sha}" for ref, sha in self._refs.items() if now.get(ref) != sha]
        update = ["git", "update-ref", "--stdin"]
        subprocess.run(
            update, cwd=self._world.remote, input="".join(f"{line}\n" for line in lines), text=True, check=True
        )
        self._world.repository.comment_list[:] = copy.deepcopy(self._comments)
        self._world.repository.statuses.clear()
        self._world.repository.check_runs.clear()

    def play(self) -> Played:
        """See `Scene.play`."""
        self._number += 1
        job = renewed(self._job)
        Path(job.environment["GITHUB_STEP_SUMMARY"]).write_text("", encoding="utf-8")
        environment = {**job.environment, "GITHUB_RUN_ID": str(self._number)}
        return timed(lambda: self._run(msgspec.structs.replace(job, environment=environment)))

    def damage(self, played: Played) -> str:
        """See `Scene.damage`."""
        done = played.code == 0
        if lost := self._stored - self._entries():
            return f"lost from the store: {lost}"
        if self.name == "main":
            return "not stored, and exit code 0" if done and self.head not in self._entries() else self._unreported()
        bodies = self._world.repository.comments(self.pull.number)
        if len(bodies) > 1 or (self._comments and not bodies):
            return f"{len(bodies)} comments"
        stamps = [marker.parse(body) for body in bodies]
        if None in stamps:
            return "a comment without marker"
        if done and [stamp.run for stamp in stamps if stamp is not None] != [self._number]:
            return f"exit code 0, and the comments are of {stamps}"
        return self._unreported()

    def shortfall(self, played: Played) -> str:
        """See `Scene.shortfall`."""
        if played.code != 0:
            return f"exit code {played.code}"
        if wrong := self.damage(played):
            return wrong
        if self.name == "main":
            return "" if self._entries() == self._stored | {self.head} else f"stored: {self._entries()}"
        (body,) = self._world.repository.comments(self.pull.number)
        shown = set(_PICTURE.findall(body))
        there = {name for name in branch_files(self._world.remote, IMAGES) if name.startswith("pr-")}
        if not shown or shown != there:
            return f"pictures shown: {shown}; there: {there}"
        if "accuracy 0.900 → 0.9" not in body:
            return f"not the comparison with main: {body[:300]}"
        return "a warning" if "warning: " in played.stderr else ""

    def _unreported(self) -> str:
        """What is missing of that which a job leaves whatever happens; or what is broken in the repository."""
        home = self._job.workspace
        if not (home / ".steelyard" / "report.md").is_file():
            return "no report"
        if not Path(self._job.environment["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8").strip():
            return "no summary"
        done = subprocess.run(
            ["git", "fsck", "--strict", "--no-dangling"], cwd=self._world.remote, capture_output=True, check=False
        )
        return "" if done.returncode == 0 else f"git fsck: {done.stderr!r}"

    def _entries(self) -> set[str]:
        """The commits that have a sound Evaluation."""
        store = GitStore(self._world.author)
        found = {entry.sha for entry in store.entries("default")}
        return found - store.problems("default").keys()

    def _read_refs(self) -> dict[str, str]:
        listed = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=self._world.remote).splitlines()
        return {ref: sha for ref, _, sha in (line.partition(" ") for line in listed)}


__all__ = ["BRANCH", "SCENES", "GitHubScene"]
