"""The kinds of store, each of which passes the same tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from steelyard.baseline import directory, git_store
from steelyard.baseline.archive import Archive
from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.files import Limits
from steelyard.baseline.git_store import GitStore
from tests.integration.baseline import buckets, registry, repos
from tests.integration.baseline.kinds import Place

__all__ = ["KINDS", "Place", "branch_files", "empty", "place", "write_branch"]

KINDS = ("directory", "git", "git-without-filters", "git-append-only", "packages", "s3")


def place(kind: str, root: Path) -> Place:
    """An empty place of that kind."""
    if kind == "packages":
        return registry.place(root)
    if kind == "s3":
        return buckets.place(root)
    return _directory(root) if kind == "directory" else _branch(kind, root)


def _directory(root: Path) -> Place:
    path = root / "store"

    def read() -> dict[str, bytes]:
        files = (file for file in path.rglob("*") if file.is_file() and file.name != ".lock")
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}

    def overwrite(changes: Mapping[str, bytes | None]) -> None:
        for name, content in changes.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).unlink(missing_ok=True) if content is None else (path / name).write_bytes(content)

    def opened(limits: Limits | None) -> Archive:
        return DirectoryStore(path, limits=limits or directory.LIMITS)

    return Place("directory", path, opened, read, overwrite)


def _branch(kind: str, root: Path) -> Place:
    remote, work = repos.project(root, filters=kind != "git-without-filters", commits=1)
    if kind == "git-append-only":
        repos.git(remote, "config", "receive.denyNonFastForwards", "true")

    def read() -> dict[str, bytes]:
        return branch_files(remote, git_store.BRANCH)

    def overwrite(changes: Mapping[str, bytes | None]) -> None:
        write_branch(remote, git_store.BRANCH, {**read(), **changes})

    def opened(limits: Limits | None) -> Archive:
        return GitStore(work, limits=limits or git_store.LIMITS)

    return Place(kind, work, opened, read, overwrite)


def branch_files(remote: Path, branch: str) -> dict[str, bytes]:
    """The files on a branch of a bare repository; none when there is no such branch."""
    if not repos.git(remote, "for-each-ref", f"refs/heads/{branch}"):
        return {}
    names = repos.git(remote, "ls-tree", "-r", "-z", "--name-only", branch).rstrip("\0").split("\0")
    show = ("git", "cat-file", "blob")
    return {name: subprocess.check_output([*show, f"{branch}:{name}"], cwd=remote) for name in names}


def write_branch(remote: Path, branch: str, files: Mapping[str, bytes | None]) -> None:
    """Replace a branch by one commit with these files, without asking anybody."""
    script = [f"commit refs/heads/{branch}\ncommitter X <x@example.invalid> 0 +0000\ndata 0\n\ndeleteall\n".encode()]
    for name, content in files.items():
        if content is not None:
            script.append(f'M 100644 inline "{name}"\ndata {len(content)}\n'.encode() + content + b"\n")
    command = ["git", "fast-import", "--quiet", "--force"]
    environment = {**os.environ, "GIT_DIR": str(remote)}
    repos.git(remote, "update-ref", "-d", f"refs/heads/{branch}")
    subprocess.run(command, cwd=remote, input=b"".join(script), env=environment, check=True)


def empty(into: Path) -> Path:
    """A directory with nothing in it."""
    shutil.rmtree(into, ignore_errors=True)
    return into
