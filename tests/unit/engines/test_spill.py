"""`steelyard.engines.spill`: what does not fit the memory comes back from a file."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from steelyard.engines.spill import SpillingShelf, spilling
from steelyard.errors import InputError, SteelyardError, UsageError
from steelyard.totals import distribution
from steelyard.totals.distribution import Distribution
from steelyard.totals.ranking import RankSums
from steelyard.totals.shelf import MemoryShelf, Shelf


@pytest.mark.parametrize("room", [0, 100, 1000])
def test_take__in_memory_or_not(tmp_path: Path, room: int) -> None:
    """Pieces are the same whatever fits, of whatever type, and no file is left or even has a name."""
    with spilling(tmp_path, room=room) as shelf:
        numbers, small = np.arange(30, dtype=np.uint32), np.arange(50, 0, -1).astype(np.uint16)
        places = [shelf.put(numbers), shelf.put(small), shelf.put(numbers * 7)]

        assert shelf.take([places[1]], [10], [13]).tolist() == [40, 39, 38]
        assert shelf.take([places[0], places[2]], [28, 0], [30, 2]).tolist() == [28, 29, 0, 7]
        assert list(tmp_path.iterdir()) == []


def test_distribution__on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores that do not fit the memory are ranked exactly, logits after probabilities included."""
    monkeypatch.setattr(distribution, "_ROWS", 500)
    rng = np.random.default_rng(0)
    score = np.concatenate([rng.random(4000), rng.normal(0, 3, 2000)]).astype(np.float32)
    hit = rng.random(6000) < 0.3
    with spilling(tmp_path, room=200_000) as shelf:
        made = Distribution(shelf)
        made.add(score, hit)
        sums = RankSums(positives=int(hit.sum()), negatives=int((~hit).sum()))
        for some in made.walk():
            sums.add(some)
        found = sums.ranking()

    assert made.bytes > 200_000
    assert found is not None
    assert found.roc_auc == pytest.approx(roc_auc_score(hit, score), abs=1e-12)


def test_walk__the_same_from_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same scores in the same steps pass by, bit by bit, wherever what is kept of the rows lies."""
    monkeypatch.setattr(distribution, "_ROWS", 1 << 14)
    rng = np.random.default_rng(1)
    score = np.concatenate([rng.random(150_000) ** 3, np.full(50_000, 0.25)]).astype(np.float32)
    hit = rng.random(200_000) < score

    def steps(shelf: Shelf) -> list[list[bytes]]:
        made = Distribution(shelf)
        made.add(score, hit)
        return [[one.score.tobytes(), one.hits.tobytes(), one.rest.tobytes()] for one in made.walk()]

    with spilling(tmp_path, room=0) as shelf:
        filed = steps(shelf)

    assert len(filed) > 3
    assert filed == steps(MemoryShelf())


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, UsageError), (errno.EDQUOT, UsageError), (errno.EIO, InputError)]
)
def test_put__cannot_be_written(number: int, kind: type[SteelyardError]) -> None:
    """Two lines say what to do; a full disk is no fault of the input."""

    class Broken(io.BytesIO):
        """A file that takes nothing."""

        def write(self, _data: object) -> int:
            raise OSError(number, os.strerror(number))

    with pytest.raises(kind, match=f"cannot be put on the disk: {os.strerror(number)}") as error:
        SpillingShelf(Broken(), room=0).put(np.zeros(10))

    assert "memory" in str(error.value.hint)
