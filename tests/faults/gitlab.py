"""The jobs of a project on GitLab, behind a front: a push to main, a merge request's first pipeline and its second."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from steelyard.baseline.packages import PackageStore
from steelyard.ci import Context, Secret
from steelyard.forge import marker
from steelyard.forge.gitlab_packages import GenericPackages
from tests.fakes.front import Front
from tests.fakes.gitlab import FakeGitLab
from tests.faults.kinds import Server
from tests.faults.scene import Played, renewed, rows, timed
from tests.integration.baseline.git_server import GitServer
from tests.integration.gitlab_world import PATH, GitLabWorld
from tests.integration.inside import run_inside
from tests.integration.world import Job, Run

SCENES = ("main", "first", "again")

_UPLOAD = re.compile(r"/uploads/([0-9a-f]{32})/")


class GitLabScene:
    """
    One job of a project on GitLab; see `scene.Scene`.

    Args:
        name: `main`, `first` or `again`.
        directory: Where all of it is.
        stack: Ends the servers.
        run: Runs the job's program.
    """

    servers: dict[str, Server] = {"/git/api/": "gitlab", "/": "git"}

    def __init__(self, name: str, directory: Path, stack: ExitStack, *, run: Run = run_inside) -> None:
        self.name = name
        self._run = run
        self._gitlab = stack.enter_context(FakeGitLab(root="/git"))
        served = stack.enter_context(GitServer(directory).running())
        self._behind = self._gitlab.api_url
        host = self._gitlab.server_url.removesuffix("/git")
        self.front = stack.enter_context(Front({"/git/api/": host, "/": served.url}))
        self._gitlab.server_url = f"{self.front.url}/git"
        self._gitlab.api_url = f"{self.front.url}/git/api/v4"
        self._world = GitLabWorld(directory, self._gitlab, files={"predictions.csv": rows(40)})
        self._world.origin = f"{self.front.url}/{self._world.remote.name}"
        self._world.arguments, self._world.run = ("ci",), run_inside
        self._world.token = self._gitlab.issue_project_token(self._world.project)
        served.tokens.add(self._world.token)
        self._job = self._prepared()
        self._stored = self._entries()
        project = self._world.project
        self._packages = copy.deepcopy(project.packages)
        self._notes = copy.deepcopy(self.change.notes) if self.name != "main" else []
        self._number = 10_000

    def _prepared(self) -> Job:
        """The job, after what came before it."""
        world = self._world
        assert world.branch_job("main").code == 0
        if self.name == "main":
            self.head = world.commit("main", {"predictions.csv": rows(10)})
            return self._caught(lambda: world.branch_job("main"))
        self.head = world.commit("better", {"predictions.csv": rows(20)}, new=True)
        self.change = world.open("better")
        if self.name == "again":
            assert world.detached_job(self.change).code == 0
            self.head = world.commit("better", {"predictions.csv": rows(10)})
            self.change.push(self.head)
        return self._caught(lambda: world.detached_job(self.change))

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
        project = self._world.project
        project.packages[:] = copy.deepcopy(self._packages)
        project.statuses.clear()
        project.uploads.clear()
        if self.name != "main":
            self.change.notes[:] = copy.deepcopy(self._notes)

    def play(self) -> Played:
        """See `Scene.play`."""
        self._number += 1
        job = renewed(self._job)
        environment = {**job.environment, "CI_JOB_ID": str(self._number)}
        return timed(lambda: self._run(msgspec.structs.replace(job, environment=environment)))

    def damage(self, played: Played) -> str:
        """See `Scene.damage`."""
        done = played.code == 0
        if lost := self._stored - self._entries():
            return f"lost from the store: {lost}"
        if not (self._job.workspace / ".steelyard" / "report.html").is_file():
            return "no page"
        if self.name == "main":
            return "not stored, and exit code 0" if done and self.head not in self._entries() else ""
        bodies = self.change.bodies()
        if len(bodies) > 1 or (self._notes and not bodies):
            return f"{len(bodies)} notes"
        stamps = [marker.parse(body) for body in bodies]
        if None in stamps:
            return "a note without marker"
        if done and [stamp.run for stamp in stamps if stamp is not None] != [self._number]:
            return f"exit code 0, and the notes are of {stamps}"
        return ""

    def shortfall(self, played: Played) -> str:
        """See `Scene.shortfall`."""
        if played.code != 0:
            return f"exit code {played.code}"
        if wrong := self.damage(played):
            return wrong
        if self.name == "main":
            return "" if self._entries() == self._stored | {self.head} else f"stored: {self._entries()}"
        (body,) = self.change.bodies()
        shown, there = set(_UPLOAD.findall(body)), {one.secret for one in self._world.project.uploads}
        if not shown or not shown <= there:
            return f"pictures shown: {shown}; there: {there}"
        if "accuracy 0.900 → 0.9" not in body:
            return f"not the comparison with main: {body[:300]}"
        if [status.sha for status in self._world.project.statuses][-1:] != [self.head]:
            return "no status"
        return "a warning" if "warning: " in played.stderr else ""

    def _entries(self) -> set[str]:
        """The commits that have a sound Evaluation, by the back door."""
        token = self._gitlab.issue_job_token(self._world.project, username="a-maintainer", role="maintainer")
        context = Context(
            provider="gitlab", workspace=self._world.author, repository=PATH,
            project_id=self._world.project.id, api_url=self._behind, job_token=Secret(token),
        )  # fmt: skip
        store = PackageStore(GenericPackages(context))
        return {entry.sha for entry in store.entries("default")} - store.problems("default").keys()
