"""
What it costs to start: `steelyard --help` against a bare Python and, where they are installed, against peers.

Peers that are not on PATH are left out: with `dvc` or `cml` installed, they are in the same run.
"""

from __future__ import annotations

import shutil
import sys

from benchmarks.timing import rounds, table


def main() -> None:
    """Print the table."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "steelyard --version": [sys.executable, "-m", "steelyard", "--version"],
        "steelyard --help": [sys.executable, "-m", "steelyard", "--help"],
        "steelyard report --help": [sys.executable, "-m", "steelyard", "report", "--help"],
    }
    for peer in ("dvc", "cml"):
        if program := shutil.which(peer):
            commands[f"{peer} --help"] = [program, "--help"]
    print(table(rounds(commands)))


if __name__ == "__main__":
    main()
