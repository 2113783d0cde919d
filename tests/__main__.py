"""
What `make test`, `make lint`, `make unit`, `make faults`, `make tools` and `make coverage` run:
`python -m tests lint | unit | faults | tools | all | coverage`.

`tools` installs what single tests need beside Python and git: Chromium, Java, rsync, and podman with its
parts. Where that is
not possible the tests that need them say so and are skipped, except with CI=true, where a missing tool is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LINT = (
    ("-m", "ruff", "check", "."),
    ("-m", "ruff", "format", "--check", "."),
    ("-m", "mypy"),
    ("-c", "from importlinter.cli import lint_imports_command as lint; lint()"),
)
TOOLS = {
    "chromium": "chromium",
    "java": "default-jre-headless",
    "podman": "podman",
    "buildah": "buildah",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
    "rsync": "rsync",
}
"""Program to Debian package."""


def python(*arguments: str) -> int:
    """Run this Python in the checkout, shown as a command; returns the exit code."""
    print("$ python", *arguments, flush=True)
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


def lint() -> int:
    """All static checks, so that one run shows every finding."""
    return max([python(*check) for check in LINT])


def unit() -> int:
    """The tests that need nothing but Python and git."""
    return python("-m", "pytest", "tests/unit", "tests/integration")


def tools() -> int:
    """Install the programs that are missing, where this is a Debian and we may; else say which they are."""
    missing = [package for program, package in TOOLS.items() if shutil.which(program) is None]
    if not missing:
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"tests that need {', '.join(missing)} will be skipped (apt-get install them as root to run these)")
        return 0
    print("installing", *missing, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", *missing]):
        code = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode
        if code != 0:
            return code
    return 0


def everything(*more: str) -> int:
    """Every test, two at a time."""
    return python("-m", "pytest", "-n", "2", "--dist", "loadgroup", *more)


def faults() -> int:
    """Every fault at every request of every job, two at a time."""
    return everything("tests/faults/every_fault.py")


def coverage() -> int:
    """The same with branch coverage, which takes nearly twice as long."""
    return everything("--cov", "--cov-report=term:skip-covered")


if __name__ == "__main__":
    actions = {"lint": lint, "unit": unit, "faults": faults, "tools": tools, "all": everything, "coverage": coverage}
    sys.exit(actions[sys.argv[1]]())
