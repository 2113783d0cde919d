"""
What it costs to start: `steelyard --help` against a bare Python and against peers.

`dvc` (from PyPI) and `cml` (from npm, @dvcorg/cml) are in the same run where they are on PATH, each in an environment
of its own; what is not is said to be left out.
"""

from __future__ import annotations

import shutil
import sys

from benchmarks.tasks import commanded, table


def main() -> None:
    """Print the table."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "steelyard --version": [sys.executable, "-m", "steelyard", "--version"],
        "steelyard --help": [sys.executable, "-m", "steelyard", "--help"],
        "steelyard report --help": [sys.executable, "-m", "steelyard", "report", "--help"],
    }
    for peer in ("dvc", "cml"):
        program = shutil.which(peer)
        if program is None:
            print(f"{peer} is left out: it is not on PATH\n")
        else:
            commands[f"{peer} --help"] = [program, "--help"]
    print(table(commanded(commands), digits=3))


if __name__ == "__main__":
    main()
