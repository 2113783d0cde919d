"""A GitLab project's package registry as a place for Evaluations, and a back door to it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from steelyard.baseline import ledger as ledgers
from steelyard.baseline import packages
from steelyard.baseline.archive import Archive
from steelyard.baseline.files import Limits
from steelyard.baseline.ledger import Group, Ledger
from steelyard.ci import Context, Secret
from steelyard.forge.gitlab_packages import PACKAGE, GenericPackages
from tests.fakes.gitlab import FakeGitLab, Package, Project
from tests.fakes.gitlab.state import Role
from tests.integration.baseline.kinds import Place

_EVALUATION = re.compile(r"evaluations/([^/]+)/([0-9a-f]{40})\.json")


def store(path: Path, *, limits: Limits = packages.LIMITS) -> Archive:
    """A store with the job that a file describes."""
    return packages.PackageStore(GenericPackages(job(path)), limits=limits)


def job(path: Path) -> Context:
    """The job that a file describes."""
    said = json.loads(path.read_text())
    return Context(
        provider="gitlab", workspace=path.parent, repository="group/digits", project_id=said["project"],
        api_url=said["api"], job_token=Secret(said["token"]),
    )  # fmt: skip


def write_job(path: Path, gitlab: FakeGitLab, project: Project, *, role: Role = "maintainer") -> None:
    """Describe a job of a pipeline that somebody with that role started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    token = gitlab.issue_job_token(project, username=f"a-{role}", role=role)
    path.write_text(json.dumps({"api": gitlab.api_url, "project": project.id, "token": token}))


def place(root: Path) -> Place:
    """The registry of a new project on a new GitLab."""
    gitlab = FakeGitLab()
    gitlab.__enter__()
    project = gitlab.create_project("group/digits")
    path = root / "job.json"
    write_job(path, gitlab, project)

    def opened(limits: Limits | None) -> Archive:
        return store(path, limits=limits or packages.LIMITS)

    return Place(
        "packages",
        path,
        opened,
        lambda: read(project),
        lambda changes: overwrite(project, changes),
        lambda: gitlab.__exit__(None, None, None),
    )


class _Listed(msgspec.Struct):
    group: Group


class _Index(msgspec.Struct):
    listed: list[_Listed]


def read(project: Project) -> dict[str, bytes]:
    """All files that are there, by the names that they have in a store; the ledger is what the newest index says."""
    found = {}
    for version in project.packages:
        for _, name, content in version.files:
            found[_name(version, name)] = content
    if "ledger.json" in found:
        try:
            index = msgspec.json.decode(found["ledger.json"], type=_Index)
            found["ledger.json"] = ledgers.encode(Ledger(groups=tuple(one.group for one in index.listed)))
        except msgspec.DecodeError:
            pass
    return found


def _name(version: Package, file: str) -> str:
    if file == packages.INDEX:
        return "ledger.json"
    if file == packages.EVALUATION:
        report, _, rest = version.version.partition(".")
        return f"evaluations/{report}/{rest.partition('.')[0]}.json"
    return f"files/{file}"


def overwrite(project: Project, changes: Mapping[str, bytes | None]) -> None:
    """
    Write or (None) remove files as an intruder would: in every version that has them, else in one of their own.

    The ledger stands for the indexes; one that is removed is one that says nothing, for without an index there is no
    version.
    """
    for name, content in changes.items():
        _overwrite(project, name, (content or b"") if name == "ledger.json" else content)


def _overwrite(project: Project, name: str, content: bytes | None) -> None:
    holding = [
        version for version in project.packages if name in {_name(version, file) for _, file, _ in version.files}
    ]
    for version in holding:
        file = next(file for _, file, _ in version.files if _name(version, file) == name)
        version.files = [one for one in version.files if one[1] != file]
        if content is not None:
            version.files.append((0, file, content))
    if not holding and content is not None:
        named = _EVALUATION.fullmatch(name)
        called = f"{named[1]}.{named[2]}.{'0' * 16}" if named else name.replace("/", ".")
        files = [(0, packages.EVALUATION, content), (0, packages.INDEX, b"")]
        project.packages.append(Package(name=PACKAGE, version=called, files=files))
