"""A process that saves Evaluations into a store: `writer.py KIND PATH FIRST COUNT`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from steelyard.baseline.archive import Archive
from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.git_store import GitStore
from tests.integration.baseline import buckets, registry
from tests.integration.baseline.evaluations import evaluation


def main(kind: str, path: Path, first: int, count: int) -> None:
    """Save `count` Evaluations of the commits from `first` on."""
    openers: dict[str, Callable[[Path], Archive]] = {
        "directory": DirectoryStore,
        "packages": registry.store,
        "s3": buckets.store,
    }
    store = openers.get(kind, GitStore)(path)
    with tempfile.TemporaryDirectory() as directory:
        for number in range(first, first + count):
            store.save(evaluation(Path(directory, str(number)), number), keep=500)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
