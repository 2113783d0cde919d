"""
Tasks and commands that are measured in processes of their own, in turn: a slow minute of the machine hits all of them.

Seconds of a task are from the start of its work to its end, without imports: those that pass, and those that all
cores together work on it, which say more on a machine that others use as well. Memory is the largest resident set of
the whole process; a ratio is the median over the turns. Commands are measured from the start of their process to its
end.
"""

from __future__ import annotations

import argparse
import gc
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
    mib: int | None = None
    """None: not measured."""


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
    gc.collect()  # looking through all that imports have made is their cost, and would come in the midst of the work
    start, worked = time.perf_counter(), time.process_time()
    times = task.work(given.place)
    times = times if isinstance(times, float) else 1.0
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    cost = Cost(times * seconds, times * cpu, peak_mib())
    print(json.dumps(cost._asdict()))
    return True


def measured(module: str, tasks: Mapping[str, Task], place: Path, *, turns: int) -> dict[str, list[Cost]]:
    """
    The costs of each task by turn, by what it is shown as.

    Args:
        module: The benchmark that calls `work` with these tasks.
        tasks: Those that are measured.
        place: What they work on.
        turns: How often each is done.
    """
    found: dict[str, list[Cost]] = {task.shown: [] for task in tasks.values()}
    for _ in range(turns):
        for name, task in tasks.items():
            command = [sys.executable, "-m", module, "--task", name, "--place", str(place)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[task.shown].append(Cost(**json.loads(done.stdout.splitlines()[-1])))
    return found


def commanded(
    commands: Mapping[str, Sequence[str]], *, turns: int = 11, cwd: Path | None = None
) -> dict[str, list[Cost]]:
    """The costs of commands by turn; a first turn warms caches and is not counted."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(turns + 1):
        for name, command in commands.items():
            start, worked = time.perf_counter(), _cpu_of_children()
            subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if turn:
                found[name].append(Cost(time.perf_counter() - start, _cpu_of_children() - worked))
    return found


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(costs: Mapping[str, Sequence[Cost]], *, digits: int = 2) -> str:
    """A Markdown table: medians, and those of the ratios to the first row turn by turn."""
    yardstick = next(iter(costs.values()))
    heads = ["", "s", "× first", "CPU s", "× first"] + ["peak MiB"] * (yardstick[0].mib is not None)
    lines = [_line(heads), f"|---|{'--:|' * (len(heads) - 1)}"]
    for name, turns in costs.items():
        pairs = list(zip(turns, yardstick, strict=True))
        values = [
            f"{median(one.seconds for one in turns):.{digits}f}",
            f"{median(one.seconds / base.seconds for one, base in pairs):.1f}",
            f"{median(one.cpu for one in turns):.{digits}f}",
            f"{median(one.cpu / base.cpu for one, base in pairs):.1f}",
        ]
        peaks = [one.mib for one in turns if one.mib is not None]
        lines.append(_line([name, *values, *([f"{median(peaks):.0f}"] if peaks else [])]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


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
