"""The jobs of a project on GitLab, behind a front."""

from __future__ import annotations

import copy
import re
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from steelyard.baseline.packages import PackageStore
from steelyard.ci import Context, Secret
from steelyard.forge.gitlab_packages import GenericPackages
from tests.fakes.front import Front
from tests.fakes.gitlab import FakeGitLab
from tests.faults.kinds import Server
from tests.faults.scene import STRAIGHT, Scene, Way, caught, rows
from tests.integration.baseline.git_server import GitServer
from tests.integration.gitlab_world import PATH, GitLabWorld
from tests.integration.inside import run_inside
from tests.integration.world import Job, Run

_UPLOAD = re.compile(r"/uploads/([0-9a-f]{32})/")


class GitLabScene(Scene):
    """
    See `Scene`; this GitLab has a relative address.

    Args:
        job: Which.
        directory: Where all of it is.
        stack: Ends the servers.
        run: Runs the job's program.
        way: How the servers are reached.
    """

    servers: ClassVar[dict[str, Server]] = {"/git/api/": "gitlab", "/": "git"}
    run_variable = "CI_JOB_ID"

    def __init__(
        self, job: str, directory: Path, stack: ExitStack, *, run: Run = run_inside, way: Way = STRAIGHT
    ) -> None:
        self.job = job
        gitlab = stack.enter_context(FakeGitLab(root="/git"))
        served = stack.enter_context(GitServer(directory).running())
        behind = gitlab.api_url
        host = gitlab.server_url.removesuffix("/git")
        self.front = stack.enter_context(Front({"/git/api/": host, "/": served.url}, tls=way.tls))
        address = way.address or self.front.url
        gitlab.server_url, gitlab.api_url = f"{address}/git", f"{address}/git/api/v4"
        self.world = world = GitLabWorld(directory, gitlab, files={"predictions.csv": rows(40)})
        world.origin = f"{address}/{world.remote.name}"
        world.variables = way.variables(self.front.url)
        world.arguments, world.run = ("ci",), run_inside
        world.token = gitlab.issue_project_token(world.project)
        served.tokens.add(world.token)
        back = gitlab.issue_job_token(world.project, username="a-maintainer", role="maintainer")
        self._back_door = Context(
            provider="gitlab", workspace=directory, repository=PATH, project_id=world.project.id, api_url=behind,
            job_token=Secret(back),
        )  # fmt: skip
        self.begin(self._prepared(), run)

    def _prepared(self) -> Job:
        """The job, after what came before it."""
        world = self.world
        assert world.branch_job("main").code == 0
        if self.job == "main":
            self.head = world.commit("main", {"predictions.csv": rows(10)})
            return self._caught()
        self.head = world.commit("better", {"predictions.csv": rows(20)}, new=True)
        self.change = world.open("better")
        if self.job == "again":
            assert world.detached_job(self.change).code == 0
            self.head = world.commit("better", {"predictions.csv": rows(10)})
            self.change.push(self.head)
        return self._caught()

    def _caught(self) -> Job:
        def start(run: Run) -> object:
            self.world.run = run
            return self.world.branch_job("main") if self.job == "main" else self.world.detached_job(self.change)

        return caught(start)

    def remember(self) -> None:
        """See `Scene.remember`."""
        self._packages = copy.deepcopy(self.world.project.packages)
        self._notes = [] if self.job == "main" else copy.deepcopy(self.change.notes)

    def reset(self) -> None:
        """See `Scene.reset`."""
        project = self.world.project
        project.packages[:] = copy.deepcopy(self._packages)
        project.statuses.clear()
        project.uploads.clear()
        if self.job != "main":
            self.change.notes[:] = copy.deepcopy(self._notes)

    def entries(self) -> set[str]:
        """See `Scene.entries`."""
        store = PackageStore(GenericPackages(self._back_door))
        return {entry.sha for entry in store.entries("default")} - store.problems("default").keys()

    def bodies(self) -> list[str]:
        """See `Scene.bodies`."""
        return [] if self.job == "main" else self.change.bodies()

    def pictures(self, body: str) -> tuple[set[str], set[str]]:
        """See `Scene.pictures`."""
        return set(_UPLOAD.findall(body)), {one.secret for one in self.world.project.uploads}

    def broken(self) -> str:
        """See `Scene.broken`; what is sound in a registry, `entries` says."""
        return ""

    def unreported(self, program: Job) -> str:
        """See `Scene.unreported`."""
        left = program.workspace / ".steelyard"
        missing = [name for name in ("report.html", "report.md", "gates.xml") if not (left / name).is_file()]
        return f"not left: {missing}" if missing else ""
