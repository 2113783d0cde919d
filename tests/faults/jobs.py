"""Jobs in a hurry: their clocks run faster, and what the faults have nothing to do with is done once."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from steelyard import training
from steelyard.model.comparison import Comparison
from steelyard.report import plots

HURRY = 20
"""How many times faster clocks run."""


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """A context in which waiting for others takes a twentieth, and what has nothing to do with them is done once."""
    clock = SimpleNamespace(
        monotonic=lambda: time.monotonic() * HURRY, sleep=lambda seconds: time.sleep(seconds / HURRY), time=time.time
    )
    with contextlib.ExitStack() as stack:
        for target, value in {
            "steelyard.forge.patience.time": clock,
            "steelyard.forge.patience.TIMEOUT": 1,
            "steelyard.baseline.repository.STALLED": 1,
            "steelyard.baseline.branch.time": clock,
            "steelyard.baseline.s3_store.time": clock,
            "steelyard.training.environment": functools.cache(training.environment),
            "steelyard.report.plots.draw": _once(plots.draw),
        }.items():
            stack.enter_context(mock.patch(target, value))
        yield


def _once(draw: Callable[[Comparison, Path], dict[str, Path]]) -> Callable[[Comparison, Path], dict[str, Path]]:
    """Figures of the same numbers are drawn once."""
    kept: dict[str, dict[str, bytes]] = {}

    def drawn(comparison: Comparison, directory: Path) -> dict[str, Path]:
        key = repr((comparison.rows, comparison.sets))
        if key not in kept:
            kept[key] = {name: file.read_bytes() for name, file in draw(comparison, directory).items()}
        directory.mkdir(parents=True, exist_ok=True)
        files = {name: directory / f"{name}.png" for name in kept[key]}
        for name, file in files.items():
            file.write_bytes(kept[key][name])
        return files

    return drawn
