"""A process that saves Evaluations into a store: `writer.py KIND PATH FIRST COUNT`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.files import Limits
from steelyard.baseline.git_store import GitStore
from steelyard.baseline.interface import Store
from steelyard.baseline.layered import LayeredStore
from tests.integration.baseline import buckets, registry
from tests.integration.baseline.evaluations import evaluation


def _layered(work: Path) -> LayeredStore:
    small = Limits(file=5_000, total=1_000_000)
    return LayeredStore(GitStore(work, limits=small), lambda: DirectoryStore(work.parent / "large"))


def main(kind: str, path: Path, first: int, count: int) -> None:
    """Save `count` Evaluations of the commits from `first` on."""
    openers: dict[str, Callable[[Path], Store]] = {
        "directory": DirectoryStore,
        "packages": registry.store,
        "s3": buckets.store,
        "layered": _layered,
    }
    store = openers.get(kind, GitStore)(path)
    size = 20_000 if kind == "layered" else 0
    with tempfile.TemporaryDirectory() as directory:
        for number in range(first, first + count):
            predictions = b"%d " % number * size if size else None
            store.save(evaluation(Path(directory, str(number)), number, predictions=predictions), keep=500)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
