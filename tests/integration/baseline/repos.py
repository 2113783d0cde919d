"""Real git repositories for the tests."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "dev@example.invalid",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "dev@example.invalid",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
"""The environment of every test, so that nobody's own configuration matters."""


def git(directory: Path, *arguments: str, stdin: str | None = None) -> str:
    """Run git as a developer would; returns what it printed."""
    done = subprocess.run(
        ["git", *arguments], cwd=directory, input=stdin, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"git {arguments}: {done.stderr}"
    return done.stdout.strip()


def bare(path: Path, *, filters: bool = True) -> Path:
    """An empty bare repository to be somebody's remote, with or without partial clones."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--bare", "--initial-branch=main", ".")
    git(path, "config", "uploadpack.allowFilter", "true" if filters else "false")
    return path


def clone(remote: Path | str, path: Path, *options: str) -> Path:
    """A developer's or a job's clone; local paths go through git's protocol, as anything else would."""
    address = f"file://{remote}" if isinstance(remote, Path) else remote
    path.parent.mkdir(parents=True, exist_ok=True)
    git(path.parent, "clone", "--quiet", *options, address, str(path))
    return path


def commit(repository: Path, message: str = "change", *, name: str = "model.txt", text: str | None = None) -> str:
    """A commit that changes one file; returns its name."""
    (repository / name).write_text(text if text is not None else f"{message}\n", encoding="utf-8")
    git(repository, "add", name)
    git(repository, "commit", "--quiet", "--allow-empty", "-m", message)
    return head(repository)


def head(repository: Path, revision: str = "HEAD") -> str:
    """The commit that a revision means."""
    return git(repository, "rev-parse", f"{revision}^{{commit}}")


def project(directory: Path, *, filters: bool = True, commits: int = 3) -> tuple[Path, Path]:
    """A remote whose main has some commits, and a developer's full clone of it."""
    remote = bare(directory / "remote.git", filters=filters)
    work = clone(remote, directory / "work")
    git(work, "checkout", "--quiet", "-B", "main")
    for number in range(1, commits + 1):
        commit(work, f"main {number}")
    git(work, "push", "--quiet", "origin", "main")
    return remote, work


def forge_merge(remote: Path, *, target: str, branch: str, number: int) -> str:
    """`refs/pull/<number>/merge` as GitHub makes it: the target's tip first, the change's head second."""
    base = git(remote, "merge-base", target, branch)
    git(remote, "read-tree", "-i", "-m", "--aggressive", base, target, branch)
    arguments = (
        "commit-tree",
        git(remote, "write-tree"),
        "-p",
        head(remote, target),
        "-p",
        head(remote, branch),
        "-m",
        "Merge",
    )
    sha = git(remote, *arguments)
    git(remote, "update-ref", f"refs/pull/{number}/merge", sha)
    return sha


def job_clone(remote: Path, path: Path, ref: str, *, depth: int = 1) -> Path:
    """What `actions/checkout` leaves: one ref, fetched to a depth, HEAD detached at it."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", ".")
    git(path, "remote", "add", "origin", f"file://{remote}")
    options = (f"--depth={depth}",) if depth else ()
    git(path, "fetch", "--quiet", "--no-tags", *options, "origin", f"+{ref}:refs/remotes/pull/tested")
    git(path, "checkout", "--quiet", "--detach", "refs/remotes/pull/tested")
    return path


def fingerprint(repository: Path) -> dict[str, str]:
    """Every file below `.git` (or of a bare repository) with a hash of its content and its time of change."""
    root = repository / ".git" if (repository / ".git").exists() else repository
    return {
        path.relative_to(root).as_posix(): f"{_hash(path)} {path.lstat().st_mtime_ns}"
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
