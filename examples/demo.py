"""
`make demo`: what steelyard does, on a real model in a scratch git repository, with the commands that you would type.

A bare repository plays the forge's part. One clone is main's: it trains and stores its evaluation on the data branch
of the remote. A second clone is the change's: it knows main's predictions only from that branch.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE / "digits"
GATE_FAILED = 10
_LEFT_BY_TRAINING = shutil.ignore_patterns(".steelyard", "predictions.parquet", "metrics.json", "plots", "changes")
CHANGES = sorted(patch.stem for patch in (EXAMPLE / "changes").glob("*.patch"))


class Clone:
    """A clone of the scratch repository, in which commands are run and shown."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def git(self, *arguments: str) -> None:
        """Run git as a made-up author, quietly."""
        author = ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"]
        _run(["git", *author, *arguments], cwd=self.directory, quiet=True)

    def steelyard(self, *arguments: str) -> None:
        """Run steelyard, shown as a command; a failed gate is a result, not a failure of the demo."""
        print(f"\n\033[1m$ {shlex.join(['steelyard', *arguments])}\033[0m", flush=True)
        code = _run([sys.executable, "-m", "steelyard", *arguments], cwd=self.directory, accepted=(0, GATE_FAILED))
        if code == GATE_FAILED:
            print(f"(exit code {code}: a gate failed; in CI, this is what fails the job)")


def main() -> None:
    """Make the repository anew, train main and the change, show the comment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--change", choices=CHANGES, default="better", help="which change the branch makes (better)")
    parser.add_argument("--directory", type=Path, default=HERE.parent / "demo", help="where it all happens (./demo)")
    options = parser.parse_args()
    scratch: Path = options.directory.resolve()
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)

    remote = scratch / "remote.git"
    _run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], cwd=scratch)

    _headline("main: train, and store what came out on the remote's data branch")
    main_clone = _clone(remote, scratch / "main")
    shutil.copytree(EXAMPLE, main_clone.directory, dirs_exist_ok=True, ignore=_LEFT_BY_TRAINING)
    main_clone.git("add", "--all")
    main_clone.git("commit", "--quiet", "--message", "Train a classifier of handwritten digits")
    main_clone.git("push", "--quiet", "origin", "HEAD:main")
    main_clone.steelyard("run", "--", "python", "train.py")
    main_clone.steelyard("baseline", "save")

    _headline(f"a branch, in another clone: the change '{options.change}'")
    change = _clone(remote, scratch / "change")
    change.git("switch", "--quiet", "--create", options.change)
    patch = EXAMPLE / "changes" / f"{options.change}.patch"
    print(patch.read_text(encoding="utf-8"))
    change.git("apply", str(patch))
    change.git("commit", "--quiet", "--all", "--message", f"Make it {options.change}")
    change.steelyard("run", "--", "python", "train.py")

    _headline("the comment that the pull request gets")
    page = scratch / "report.html"
    change.steelyard("report", "--html", os.path.relpath(page, change.directory))
    print(f"\nThe same as a page: {page}")
    print(f"The other changes: {', '.join(f'make demo CHANGE={name}' for name in CHANGES if name != options.change)}")
    if sys.stdout.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
        webbrowser.open(page.as_uri())


def _clone(remote: Path, directory: Path) -> Clone:
    _run(["git", "clone", "--quiet", str(remote), str(directory)], cwd=remote.parent, quiet=True)
    return Clone(directory)


def _headline(text: str) -> None:
    print(f"\n\033[1;36m── {text} {'─' * max(0, 76 - len(text))}\033[0m", flush=True)


def _run(command: list[str], *, cwd: Path, quiet: bool = False, accepted: tuple[int, ...] = (0,)) -> int:
    """Run a command with this environment's Python first in PATH; end the demo if it fails. Returns the exit code."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    stderr = subprocess.DEVNULL if quiet else None
    done = subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": path}, stderr=stderr, check=False)
    if done.returncode not in accepted:
        sys.exit(f"error: {shlex.join(command)} failed with exit code {done.returncode}")
    return done.returncode


if __name__ == "__main__":
    main()
