"""
From a finished training to the comment's text: `steelyard report` on the digits example with a stored baseline.

The share of imports is the time that the same modules take to be imported and nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.tasks import commanded, table

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "digits"
IMPORTS = "import steelyard.commands.report, steelyard.report.plots"


def main() -> None:
    """Train main and a change in a scratch repository, then time the report."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as directory:
        change = _repository(Path(directory))
        costs = commanded(
            {
                "python -c pass": [sys.executable, "-c", "pass"],
                "imports of `steelyard report`": [sys.executable, "-c", IMPORTS],
                "steelyard report": [sys.executable, "-m", "steelyard", "report", "-o", "report.md"],
            },
            turns=7,
            cwd=change,
        )
        print(table(costs, digits=3))


def _repository(scratch: Path) -> Path:
    remote, work = scratch / "remote.git", scratch / "work"
    _run("git", "init", "-q", "--bare", "-b", "main", str(remote), cwd=scratch)
    _run("git", "clone", "-q", str(remote), str(work), cwd=scratch)
    shutil.copytree(EXAMPLE, work, dirs_exist_ok=True)
    _commit(work, "main")
    _run("git", "push", "-q", "origin", "HEAD:main", cwd=work)
    _run(sys.executable, "-m", "steelyard", "run", cwd=work)
    _run(sys.executable, "-m", "steelyard", "baseline", "save", cwd=work)
    _run("git", "switch", "-q", "-c", "better", cwd=work)
    _run("git", "apply", "changes/better.patch", cwd=work)
    _commit(work, "better")
    _run(sys.executable, "-m", "steelyard", "run", cwd=work)
    return work


def _commit(work: Path, message: str) -> None:
    _run("git", "add", "-A", cwd=work)
    _run("git", "-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-q", "-m", message, cwd=work)


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


if __name__ == "__main__":
    main()
