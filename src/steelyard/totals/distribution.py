"""
How many rows with and without an outcome have each score: exactly, in 2.5 bytes a row, or 5 where scores leave [0, 1].

A score's float32 pattern is a whole number that sorts as the score does. Its upper bits are a bucket; the bits within
the bucket and the outcome are what is kept of a row. Some rows at a time are sorted, which takes numpy a few
nanoseconds a row as long as they stay in a cache, and in the end the rows of a bucket are counted by what was kept.
That has no error to state, needs no number of rows in advance, and is not slowed down by any distribution of the
scores. What is kept is only read again in order, bucket by bucket, so it may lie in a file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import IntArray, ScoreArray
from steelyard.totals.keys import ordered_keys, scores_of
from steelyard.totals.shelf import MemoryShelf, Shelf

Mask: TypeAlias = NDArray[np.bool_]
"""One truth value a row."""

_ROWS: Final = 1 << 18
"""Rows that are sorted at a time: they stay in a processor's second cache."""

_WAITING: Final = 5
"""Bytes of a row until then."""

_DENSE: Final = 1 << 14
"""Rows of a bucket from which on counting is quicker than sorting."""

_SORTED: Final = 1 << 16
"""Rows of buckets with fewer rows that are sorted together."""

_AT_ONCE: Final = 1 << 15
"""Scores that pass by at once, or more: much of a short array's cost is the call, and a long one's not in the cache."""

_RANGE: Final = 256
"""Buckets whose places are looked up at a time."""

_COUNTED: Final = 1 << 20
"""Rows of one bucket that are counted at a time."""

_ONE: Final = np.float32(1.0).view(np.uint32)
"""The pattern of 1, the greatest probability; those of negative numbers are greater."""


class Scores(Value, frozen=True, kw_only=True):
    """Distinct scores in ascending order, with their rows."""

    score: ScoreArray
    hits: IntArray
    """Rows with the outcome."""
    rest: IntArray
    """Rows without it. For some scores there may be neither, but not for the first and the last one."""


class _Layout(NamedTuple):
    """How a score and its outcome are split."""

    buckets: int
    within: int
    """Bits of what is kept of a row, the lowest of them the outcome."""


_PROBABILITIES: Final = _Layout(buckets=(int(_ONE) << 1 >> 16) + 1, within=16)
_ANY: Final = _Layout(buckets=1 << 16, within=17)


class _Parts(NamedTuple):
    """Places on the shelf, a part for some rows in the order of their buckets."""

    starts: list[int]
    """Where each bucket starts, `(buckets + 1,)`."""
    kept: list[int]
    """What is kept of each row."""


class Distribution:
    """
    The distribution of scores and an outcome.

    Args:
        shelf: Where what is kept of the rows goes.
    """

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf if shelf is not None else MemoryShelf()
        self._layout = _PROBABILITIES
        self._parts = _Parts([], [])
        self._rows = np.zeros(self._layout.buckets, dtype=np.int64)
        self._score = np.empty(_ROWS, dtype=np.float32)
        self._hit = np.empty(_ROWS, dtype=np.bool_)
        self._used = 0
        self.hits = 0
        """Rows with the outcome."""
        self.rows = 0
        """All rows."""
        self._shelved = 0

    @property
    def bytes(self) -> int:
        """What it takes: what is on the shelf, and what rows wait in until there are enough to be ordered."""
        waiting = min(self.rows, _ROWS) * _WAITING
        return waiting + (self._shelved + self._rows.nbytes if self._shelved else 0)

    def add(self, score: ScoreArray, hit: Mask) -> None:
        """Some more rows; scores are finite."""
        self.rows += len(score)
        self.hits += int(np.count_nonzero(hit))
        while len(score):
            taken = min(len(score), _ROWS - self._used)
            here = slice(self._used, self._used + taken)
            self._score[here], self._hit[here] = score[:taken], hit[:taken]
            self._used += taken
            score, hit = score[taken:], hit[taken:]
            if self._used == _ROWS:
                self._order()

    def walk(self, *, down: bool = False) -> Iterator[Scores]:
        """All distinct scores from the lowest to the highest, or all the way down, some at a time."""
        self._order()
        return longer(self._groups(-1 if down else 1), _AT_ONCE)

    def _groups(self, turn: int) -> Iterator[Scores]:
        """The scores of one bucket or of some neighbouring ones; the last ones first where `turn` is -1."""
        for first in range(0, self._layout.buckets, _RANGE)[::turn]:
            rows = self._rows[first : first + _RANGE]
            if not rows.any():
                continue
            starts = self._starts(first, first + len(rows) + 1)
            for low, high in list(_together(rows))[::turn]:
                dense = high - low == 1 and rows[low] >= _DENSE
                made = (self._counted if dense else self._sorted)(first + low, starts[:, low : high + 1])
                yield Scores(score=made.score[::turn], hits=made.hits[::turn], rest=made.rest[::turn])

    def _order(self) -> None:
        score, hit = self._score[: self._used], self._hit[: self._used]
        if not self._used:
            return
        if self._layout is _PROBABILITIES and int(score.view(np.uint32).max()) > _ONE:
            score = score + np.float32(0.0)  # what is left of -0 is 0
            if int(score.view(np.uint32).max()) > _ONE:
                self._widen()
        bucket, kept = _split(score, hit, self._layout)
        last = np.flatnonzero(np.append(bucket[1:] != bucket[:-1], True))
        rows = np.zeros(self._layout.buckets, dtype=np.int64)
        rows[bucket[last]] = np.diff(last, prepend=-1)
        self._put(rows, kept)
        self._used = 0

    def _put(self, rows: NDArray[np.int64], kept: NDArray[Any]) -> None:
        starts = np.zeros(len(rows) + 1, dtype=np.uint32)
        np.cumsum(rows, out=starts[1:])
        self._rows += rows
        self._shelved += starts.nbytes + kept.nbytes
        self._parts.starts.append(self._shelf.put(starts))
        self._parts.kept.append(self._shelf.put(kept))

    def _widen(self) -> None:
        """Split what was kept so far as any score is split."""
        parts, narrow = self._parts, self._layout
        self._parts, self._layout = _Parts([], []), _ANY
        self._rows = np.zeros(_ANY.buckets, dtype=np.int64)
        for place, content in zip(*parts, strict=True):
            starts = self._shelf.take([place], [0], [narrow.buckets + 1]).astype(np.int64)
            kept = self._shelf.take([content], [0], [int(starts[-1])]).astype(np.uint32)
            kept |= np.repeat((np.arange(narrow.buckets, dtype=np.uint32) & 1) << 16, np.diff(starts))
            rows = np.zeros(_ANY.buckets, dtype=np.int64)
            # Two narrow buckets are a wide one, in the upper half, where scores are positive.
            np.add.at(rows, (np.arange(narrow.buckets) >> 1) + (1 << 15), np.diff(starts))
            self._put(rows, kept)

    def _counted(self, bucket: int, bounds: NDArray[np.uint32]) -> Scores:
        """The scores of one bucket with many rows."""
        size = 1 << self._layout.within
        # Many rows of one bucket are counted in several turns.
        turn = np.cumsum(np.diff(bounds.astype(np.int64))) // _COUNTED
        cuts = [0, *(np.flatnonzero(np.diff(turn)) + 1).tolist(), len(turn)]
        turns = itertools.starmap(slice, itertools.pairwise(cuts))
        n = reduce(np.add, (np.bincount(self._kept(bounds, parts), minlength=size) for parts in turns))
        rest, hits = n[0::2], n[1::2]
        occurs = (rest + hits).astype(np.bool_)
        low, high = int(occurs.argmax()), len(occurs) - int(occurs[::-1].argmax())
        # Where most scores of the bucket occur, those that do not are not worth looking for.
        mostly = 2 * np.count_nonzero(occurs) > high - low
        some = slice(low, high) if mostly else np.flatnonzero(occurs)
        codes = np.arange(low, high, dtype=np.uint32) if mostly else np.asarray(some, dtype=np.uint32)
        return Scores(
            score=_joined(np.uint32(bucket), codes, self._layout),
            hits=np.ascontiguousarray(hits[some]),
            rest=np.ascontiguousarray(rest[some]),
        )

    def _sorted(self, bucket: int, bounds: NDArray[np.uint32]) -> Scores:
        """The scores of neighbouring buckets with few rows each; `bucket` is the first one."""
        within = self._layout.within
        first = np.arange(bounds.shape[1] - 1, dtype=np.uint32) << np.uint32(within)
        sizes = bounds[:, 1:] - bounds[:, :-1]
        keys = np.repeat(np.tile(first, len(bounds)), sizes.ravel())
        keys |= self._kept(bounds)
        keys.sort()
        score = keys >> np.uint32(1)
        last = np.flatnonzero(np.append(score[1:] != score[:-1], True))
        size, hits = (np.diff(sums[last], prepend=0) for sums in (np.arange(1, len(keys) + 1), np.cumsum(keys & 1)))
        codes = score[last]
        buckets = (codes >> np.uint32(within - 1)) + np.uint32(bucket)
        return Scores(
            score=_joined(buckets, codes & np.uint32((1 << within - 1) - 1), self._layout),
            hits=hits.astype(np.int64),
            rest=(size - hits).astype(np.int64),
        )

    def _starts(self, low: int, high: int) -> NDArray[np.uint32]:
        """Where these buckets start in each part, `(parts, high - low)`."""
        parts = len(self._parts.starts)
        return self._shelf.take(self._parts.starts, [low] * parts, [high] * parts).reshape(parts, -1)

    def _kept(self, bounds: NDArray[np.uint32], some: slice = slice(None)) -> NDArray[Any]:
        """What is kept of the rows between the first and the last of the bounds in some of the parts."""
        return self._shelf.take(self._parts.kept[some], bounds[some, 0].tolist(), bounds[some, -1].tolist())


def _together(rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Buckets that are handled together: a dense one alone, others up to `_SORTED` rows, none without any row."""
    low, held = 0, 0
    for bucket, n in enumerate(rows.tolist()):
        if held and (n >= _DENSE or held + n > _SORTED):
            yield low, bucket
            held = 0
        if n >= _DENSE:
            yield bucket, bucket + 1
        elif n:
            low = low if held else bucket
            held += n
    if held:
        yield low, len(rows)


def longer(made: Iterable[Scores], at_once: int) -> Iterator[Scores]:
    """The same scores, fewer than `at_once` together with the next ones."""
    held: list[Scores] = []
    waiting = 0
    for one in made:
        held.append(one)
        waiting += len(one.score)
        if waiting >= at_once:
            yield _as_one(held)
            held, waiting = [], 0
    if held:
        yield _as_one(held)


def _as_one(parts: Sequence[Scores]) -> Scores:
    if len(parts) == 1:
        return parts[0]
    return Scores(
        score=np.concatenate([one.score for one in parts]),
        hits=np.concatenate([one.hits for one in parts]),
        rest=np.concatenate([one.rest for one in parts]),
    )


def _split(score: ScoreArray, hit: Mask, layout: _Layout) -> tuple[NDArray[np.uint16], NDArray[Any]]:
    """The rows' buckets in order, and what is kept of each row."""
    if layout is _ANY:
        long = (ordered_keys(score).astype(np.uint64) << np.uint64(1)) | hit
        long.sort()
        kept: NDArray[Any] = (long & np.uint64((1 << layout.within) - 1)).astype(np.uint32)
        return (long >> np.uint64(layout.within)).astype(np.uint16), kept
    keys = score.view(np.uint32) << np.uint32(1)
    keys |= hit
    keys.sort()
    return (keys >> np.uint32(layout.within)).astype(np.uint16), keys.astype(np.uint16)


def _joined(bucket: NDArray[np.uint32] | np.uint32, within: NDArray[np.uint32], layout: _Layout) -> ScoreArray:
    """The scores in these buckets, from what is kept of them without the outcome."""
    keys = (bucket << np.uint32(layout.within - 1)) | within
    return scores_of(keys) if layout is _ANY else keys.view(np.float32)
