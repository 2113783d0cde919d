"""
Tasks that are measured in processes of their own, in turn, so that a slow minute of the machine hits all of them.

Seconds are from the start of a task's work to its end, without imports: those that pass, and those that all cores
together work on it, which say more on a machine that others use as well. Memory is the largest resident set of the
whole process; a ratio is the median over the turns.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Task(NamedTuple):
    """Something to do with what is in a place."""

    shown: str
    work: Callable[[Path], object]
    """May return by how much the seconds are to be multiplied, a float, where it did only a part of the work."""
    modules: tuple[str, ...]
    """Imported before the clock starts."""

    @property
    def possible(self) -> bool:
        """Whether all of its packages are installed."""
        return all(importlib.util.find_spec(name.partition(".")[0]) is not None for name in self.modules)


class Cost(NamedTuple):
    """What one turn of a task took."""

    seconds: float
    cpu: float
    mib: int


def flags(description: str, **numbers: int) -> argparse.Namespace:
    """The flags of a benchmark: numbers with their defaults, and those by which it calls itself."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=lambda text: int(float(text)), default=default)
    parser.add_argument(
        "--scratch", type=Path, help="where files of some gigabytes may be made (default: the system's)"
    )
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def work(tasks: Mapping[str, Task], given: argparse.Namespace) -> bool:
    """Do the task that another process of this benchmark wants and print its cost; whether there was one."""
    if given.task is None:
        return False
    task = tasks[given.task]
    for module in task.modules:
        importlib.import_module(module)
    start, worked = time.perf_counter(), time.process_time()
    times = task.work(given.place)
    times = times if isinstance(times, float) else 1.0
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    cost = Cost(times * seconds, times * cpu, peak_mib())
    print(json.dumps(cost._asdict()))
    return True


def measured(module: str, tasks: Mapping[str, Task], place: Path, *, turns: int) -> dict[str, list[Cost]]:
    """
    The costs of each task by turn.

    Args:
        module: The benchmark that calls `work` with these tasks.
        tasks: Those that are measured.
        place: What they work on.
        turns: How often each is done.
    """
    found: dict[str, list[Cost]] = {name: [] for name in tasks}
    for _ in range(turns):
        for name, costs in found.items():
            command = [sys.executable, "-m", module, "--task", name, "--place", str(place)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            costs.append(Cost(**json.loads(done.stdout.splitlines()[-1])))
    return found


def table(tasks: Mapping[str, Task], costs: Mapping[str, Sequence[Cost]]) -> str:
    """A Markdown table: medians, and those of the ratios to the first task turn by turn."""
    yardstick = next(iter(costs.values()))
    lines = ["| task | s | × first | CPU s | × first | peak MiB |", "|---|--:|--:|--:|--:|--:|"]
    for name, turns in costs.items():
        pairs = list(zip(turns, yardstick, strict=True))
        shown = " | ".join(
            f"{value:.2f} | {ratio:.1f}"
            for value, ratio in (
                (median(one.seconds for one in turns), median(one.seconds / base.seconds for one, base in pairs)),
                (median(one.cpu for one in turns), median(one.cpu / base.cpu for one, base in pairs)),
            )
        )
        lines.append(f"| {tasks[name].shown} | {shown} | {median(one.mib for one in turns):.0f} |")
    return "\n".join(lines)


def peak_mib() -> int:
    """The largest resident set of this process; on Linux without what it inherited from the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)


def machine(*packages: str) -> str:
    """Python, cores and the versions of installed packages."""
    versions = []
    for name in packages:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {', '.join(versions)}"
