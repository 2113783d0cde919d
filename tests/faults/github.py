"""The jobs of a project on GitHub, behind a front."""

from __future__ import annotations

import copy
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from steelyard.baseline.git_store import GitStore
from steelyard.baseline.images import BRANCH as IMAGES
from tests.fakes.front import Front
from tests.fakes.github import FakeGitHub
from tests.faults.kinds import Server
from tests.faults.scene import STRAIGHT, Scene, Way, caught, rows
from tests.integration.baseline.git_server import GitServer
from tests.integration.baseline.places import branch_files
from tests.integration.inside import run_inside
from tests.integration.world import FULL, Job, Run, World, git

PERMISSIONS = {**FULL, "statuses": "write", "checks": "write"}

_PICTURE = re.compile(rf"{IMAGES}/(pr-\d+/default/[0-9a-f]+\.png)\?raw=true")


class GitHubScene(Scene):
    """
    See `Scene`.

    Args:
        job: Which.
        directory: Where all of it is.
        stack: Ends the servers.
        run: Runs the job's program.
        way: How the servers are reached.
    """

    servers: ClassVar[dict[str, Server]] = {"/api/": "github", "/": "git"}
    run_variable = "GITHUB_RUN_ID"

    def __init__(
        self, job: str, directory: Path, stack: ExitStack, *, run: Run = run_inside, way: Way = STRAIGHT
    ) -> None:
        self.job = job
        github = stack.enter_context(FakeGitHub())
        served = stack.enter_context(GitServer(directory).running())
        self.front = stack.enter_context(Front({"/api/": github.server_url, "/": served.url}, tls=way.tls))
        address = way.address or self.front.url
        github.server_url, github.api_url = address, f"{address}/api/v3"
        self.world = world = World(directory, github, files={"predictions.csv": rows(40)})
        world.origin = f"{address}/{world.remote.name}"
        world.variables = way.variables(self.front.url)
        world.run = run_inside
        self.token = github.issue_token(world.repository, permissions=PERMISSIONS)
        served.tokens.add(self.token)
        self.begin(self._prepared(), run)

    def _prepared(self) -> Job:
        """The job, after what came before it."""
        world, token = self.world, self.token
        assert world.push_job("main", token=token).code == 0
        if self.job == "main":
            self.head = world.commit("main", {"predictions.csv": rows(10)})
            return self._caught()
        self.head = world.commit("better", {"predictions.csv": rows(20)}, new=True)
        self.pull = world.open_pull("better")
        if self.job == "again":
            assert world.pull_job(self.pull, token=token).code == 0
            self.head = world.commit("better", {"predictions.csv": rows(10)})
            self.pull.push(self.head)
        return self._caught()

    def _caught(self) -> Job:
        def start(run: Run) -> object:
            self.world.run = run
            if self.job == "main":
                return self.world.push_job("main", token=self.token)
            return self.world.pull_job(self.pull, token=self.token)

        return caught(start)

    def remember(self) -> None:
        """See `Scene.remember`."""
        self._refs = self._read_refs()
        self._comments = copy.deepcopy(self.world.repository.comment_list)

    def reset(self) -> None:
        """See `Scene.reset`."""
        now = self._read_refs()
        lines = [f"delete {ref}\n" for ref in now.keys() - self._refs.keys()]
        lines += [f"update {ref} {sha}\n" for ref, sha in self._refs.items() if now.get(ref) != sha]
        update = ["git", "update-ref", "--stdin"]
        subprocess.run(update, cwd=self.world.remote, input="".join(lines), text=True, check=True)
        repository = self.world.repository
        repository.comment_list[:] = copy.deepcopy(self._comments)
        repository.statuses.clear()
        repository.check_runs.clear()

    def entries(self) -> set[str]:
        """See `Scene.entries`."""
        store = GitStore(self.world.author)
        return {entry.sha for entry in store.entries("default")} - store.problems("default").keys()

    def bodies(self) -> list[str]:
        """See `Scene.bodies`."""
        return [] if self.job == "main" else self.world.repository.comments(self.pull.number)

    def pictures(self, body: str) -> tuple[set[str], set[str]]:
        """See `Scene.pictures`."""
        there = {name for name in branch_files(self.world.remote, IMAGES) if name.startswith("pr-")}
        return set(_PICTURE.findall(body)), there

    def unreported(self, program: Job) -> str:
        """See `Scene.unreported`."""
        if not (program.workspace / ".steelyard" / "report.md").is_file():
            return "no report"
        summary = Path(program.environment["GITHUB_STEP_SUMMARY"])
        if not summary.read_text(encoding="utf-8").strip():
            return "no summary"
        summary.write_text("", encoding="utf-8")
        return ""

    def broken(self) -> str:
        """See `Scene.broken`."""
        check = ["git", "fsck", "--strict", "--no-dangling"]
        done = subprocess.run(check, cwd=self.world.remote, capture_output=True, check=False)
        return "" if done.returncode == 0 else f"git fsck: {done.stderr!r}"

    def _read_refs(self) -> dict[str, str]:
        listed = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=self.world.remote).splitlines()
        return {ref: sha for ref, _, sha in (line.partition(" ") for line in listed)}
