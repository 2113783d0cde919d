"""A job of GitHub Actions, as the runner sets it up for a container action."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from steelyard.action.inputs import NAMES
from tests.packaging.podman import CERTIFICATES, Podman
from tests.packaging.project import RUNNER, Event, Project

_DIRECTORIES = {
    "_temp": "/github/runner_temp",
    "_temp/_github_home": "/github/home",
    "_temp/_github_workflow": "/github/workflow",
    "_temp/_runner_file_commands": "/github/file_commands",
    "workspace": "/github/workspace",
}
"""On the machine (below the job's directory) and in the container: `ContainerActionHandler.cs` of actions/runner."""

_FILES = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", "GITHUB_ENV": "env", "GITHUB_PATH": "path"}


class Forge(Protocol):
    """A GitHub, by its addresses."""

    @property
    def server_url(self) -> str:
        """Of its pages."""
        ...

    @property
    def api_url(self) -> str:
        """Of its REST API."""
        ...

    @property
    def graphql_url(self) -> str:
        """Of its GraphQL API."""
        ...


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The action's end: its exit code, all that it printed, and how long it took in seconds."""

    code: int
    log: str
    seconds: float


class Job:
    """
    One job: a checked-out workspace, and the action to be run in it.

    Attributes:
        workspace: The checkout, on the machine.
    """

    def __init__(self, directory: Path, *, project: Project, event: Event, github: Forge, run_id: int = 7001) -> None:
        self._directory = directory
        self._run_id = run_id
        self._project = project
        self._event = event
        self._github = github
        self.workspace = directory / "workspace"
        project.checkout(self.workspace, event)
        for name in _DIRECTORIES:
            (directory / name).mkdir(parents=True, exist_ok=True)
        (directory / "_temp/_github_workflow/event.json").write_text(json.dumps(event.payload))
        for name in _FILES.values():
            (directory / "_temp/_runner_file_commands" / name).touch()
        for path in (directory / "_temp", *(directory / "_temp").rglob("*")):
            os.chown(path, RUNNER, RUNNER)

    def run(self, podman: Podman, image: str, *, token: str, **given: str) -> Finished:
        """Run the action to its end with these inputs."""
        started = time.monotonic()
        done = podman.call("run", "--rm", *self._arguments(image), env=self._environment(token, given), check=False)
        return Finished(code=done.returncode, log=done.stdout, seconds=time.monotonic() - started)

    def cancel(self, podman: Podman, image: str, *, token: str, once: Path, signal: str, **given: str) -> Finished:
        """Run the action and send it `signal` as soon as the file `once` is there; gives what came after the signal."""
        name = f"steelyard-test-{os.getpid()}"
        environment = {**podman.env, **self._environment(token, given)}
        with subprocess.Popen(
            ["podman", "run", "--rm", f"--name={name}", *self._arguments(image)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            end = time.monotonic() + 120
            while not once.exists():
                if running.poll() is not None or time.monotonic() > end:
                    running.kill()
                    pytest.fail(f"{once.name} was never made:\n{running.communicate()[0]}")
                time.sleep(0.1)
            started = time.monotonic()
            podman.call("kill", f"--signal={signal}", name)
            log, _ = running.communicate(timeout=60)
        return Finished(code=running.returncode, log=log, seconds=time.monotonic() - started)

    def outputs(self) -> dict[str, str]:
        """The step's outputs; several lines between delimiters are joined."""
        lines = self._command_file("GITHUB_OUTPUT").splitlines()
        outputs: dict[str, str] = {}
        while lines:
            name, equals, value = lines.pop(0).partition("=")
            if not equals:
                name, _, delimiter = name.partition("<<")
                index = lines.index(delimiter)
                value, lines = "\n".join(lines[:index]), lines[index + 1 :]
            outputs[name] = value
        return outputs

    def summary(self) -> str:
        """The job's summary."""
        return self._command_file("GITHUB_STEP_SUMMARY")

    def owners(self) -> dict[int, list[str]]:
        """The users to whom the workspace and the runner's temporary directory belong, each with their files."""
        owners: dict[int, list[str]] = {}
        for root in (self.workspace, self._directory / "_temp"):
            for path in (root, *root.rglob("*")):
                owners.setdefault(path.lstat().st_uid, []).append(str(path.relative_to(self._directory)))
        return owners

    def _command_file(self, name: str) -> str:
        return (self._directory / "_temp/_runner_file_commands" / _FILES[name]).read_text("utf-8")

    def _arguments(self, image: str) -> list[str]:
        mounts = [f"--volume={self._directory / here}:{there}" for here, there in _DIRECTORIES.items()]
        remote = f"--volume={self._project.remote}:{self._project.remote}"
        names = [f"--env={name}" for name in self._environment("", {})]
        return ["--network=host", "--workdir=/github/workspace", *mounts, remote, *names, image]

    def _environment(self, token: str, given: Mapping[str, str]) -> dict[str, str]:
        """The variables that the runner passes; every input is there, empty when not given."""
        event = self._event
        commands = {name: f"/github/file_commands/{file}" for name, file in _FILES.items()}
        inputs = {f"INPUT_{name.upper()}": given.get(name, "") for name in NAMES}
        return {
            "CI": "true",
            "HOME": "/github/home",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_REF": event.ref,
            "GITHUB_REF_NAME": event.ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "GITHUB_HEAD_REF": event.head_ref,
            "GITHUB_BASE_REF": event.base_ref,
            "GITHUB_SHA": event.sha,
            "GITHUB_REPOSITORY": "octo/digits",
            "GITHUB_REPOSITORY_OWNER": "octo",
            "GITHUB_SERVER_URL": self._github.server_url,
            "GITHUB_API_URL": self._github.api_url,
            "GITHUB_GRAPHQL_URL": self._github.graphql_url,
            "GITHUB_RUN_ID": str(self._run_id),
            "GITHUB_RUN_NUMBER": "7",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKFLOW": "model",
            "GITHUB_JOB": "report",
            "GITHUB_ACTOR": "octo",
            "RUNNER_TEMP": "/github/runner_temp",
            "RUNNER_OS": "Linux",
            "ACTIONS_RUNTIME_URL": "http://127.0.0.1:9/",
            "ACTIONS_RUNTIME_TOKEN": "runtime-secret",
            # What a workflow behind a proxy with its own certificates would set; PYTHONPATH, what a project might.
            "SSL_CERT_FILE": CERTIFICATES,
            "PYTHONPATH": "/github/workspace",
            **{name: value for name, value in os.environ.items() if name.startswith("UV_")},
            **commands,
            **inputs,
            "INPUT_TOKEN": token,
        }
