"""Turn-by-turn timing: every round runs each command once, so that a noisy minute hits all of them alike."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def rounds(
    commands: Mapping[str, Sequence[str]], *, times: int = 11, cwd: Path | None = None
) -> dict[str, list[float]]:
    """Wall seconds of whole processes, by name; the first round warms caches and is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(times + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, cwd=cwd, check=True, capture_output=True)
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def table(seconds: Mapping[str, Sequence[float]]) -> str:
    """A Markdown table: median seconds, and the median of the ratios to the first command, taken turn by turn."""
    yardstick = next(iter(seconds.values()))
    lines = ["| command | median s | × first |", "|---|--:|--:|"]
    for name, values in seconds.items():
        ratio = statistics.median(value / base for value, base in zip(values, yardstick, strict=True))
        lines.append(f"| {name} | {statistics.median(values):.3f} | {ratio:.1f} |")
    return "\n".join(lines)
